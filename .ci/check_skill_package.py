"""Checks the skill package as far as that is possible without Amazon.

skill.json and every interaction model must fit the published schema of Amazon's skill management API
(`spec.json` of npm `ask-smapi-model`), made strict so that a misspelt key fails, and the rules that
the schema cannot express: names, references between parts, certification, icons, links.

    python .ci/check_skill_package.py SPEC              checks the package in the working tree
    python .ci/check_skill_package.py SPEC --self-test  bends copies in memory; each must be refused
"""

import json
import os
import re
import struct
import sys
import unicodedata
from pathlib import Path

from checks import report, self_test
from smapi_schema import schema_problems, strict_schemas

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "skill-package"
MANIFEST = "skill-package/skill.json"
MODELS = "skill-package/interactionModels/custom"

MANIFEST_TYPE = "v1.skill.Manifest.SkillManifestEnvelope"
MODEL_TYPE = "v1.skill.interactionModel.InteractionModelData"

LOCALES = set(
    "de-DE en-AU en-CA en-GB en-IN en-US es-ES es-MX es-US fr-CA fr-FR hi-IN it-IT ja-JP pt-BR".split()
)
# Amazon's own sample has the fallback intent in these locales and leaves it out elsewhere.
FALLBACK_LOCALES = {"en-US", "en-GB", "en-AU", "en-CA", "en-IN", "de-DE", "es-ES", "es-MX", "es-US"}
BUILT_IN = {"Cancel", "Help", "Stop", "NavigateHome", "Yes", "No"}

# Words that wake a device or start a skill; Alexa would hear them as such.
RESERVED_WORDS = set(
    "alexa amazon echo computer skill app ask tell open enable launch start begin play load run use".split()
)
ICONS = {"smallIconUri": 108, "largeIconUri": 512}
SKILL_EVENTS = {
    "SKILL_ACCOUNT_LINKED",
    "SKILL_DISABLED",
    "SKILL_PERMISSION_ACCEPTED",
    "SKILL_PERMISSION_CHANGED",
    "SKILL_PROACTIVE_SUBSCRIPTION_CHANGED",
}
# What buyers are asked whether they want to hear of: src/adapters/proactive.
PUBLICATION = {"eventName": "AMAZON.OrderStatus.Updated"}
NOTIFICATIONS = {"name": "alexa::devices:all:notifications:write"}
# AWS regions whose functions Alexa can call.
ENDPOINT = re.compile(
    r"arn:aws:lambda:(us-east-1|us-west-2|eu-west-1|ap-northeast-1):\d{12}:function:[\w-]+(:[\w-]+)?"
)


# ---- Reading ------------------------------------------------------------------------------------


def no_twins(pairs):
    """A key given twice silently loses its first value, so it is refused."""
    keys = [key for key, _ in pairs]
    twins = sorted({key for key in keys if keys.count(key) > 1})
    if twins:
        raise ValueError(f"key given twice: {', '.join(twins)}")
    return dict(pairs)


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=no_twins)
    except (OSError, ValueError) as error:
        sys.exit(f"{path.relative_to(ROOT)}: cannot be read as JSON: {error}")


def load(spec):
    models = sorted((ROOT / MODELS).glob("*.json"))
    if not models:
        sys.exit(f"{MODELS}: no interaction model; write them with `cargo run -- model`")
    return {
        "manifest": read_json(ROOT / MANIFEST),
        "models": {path.stem: read_json(path) for path in models},
        "icons": {
            "file://" + str(path.relative_to(PACKAGE)): png_size(path)
            for path in (PACKAGE / "assets").rglob("*.png")
        },
        "links": [str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*") if path.is_symlink()],
        "model_link": os.readlink(ROOT / "interactionModels")
        if (ROOT / "interactionModels").is_symlink()
        else None,
        "schemas": strict_schemas(json.loads(spec.read_text(encoding="utf-8"))["definitions"]),
    }


def png_size(path):
    """Width and height from the header chunk, or None when this is no PNG."""
    head = path.read_bytes()[:24]
    return struct.unpack(">II", head[16:24]) if head[:8] == b"\x89PNG\r\n\x1a\n" else None


# ---- The rules ----------------------------------------------------------------------------------


def find_problems(package):
    problems = [
        *schema_problems(MANIFEST, package["manifest"], MANIFEST_TYPE, package["schemas"]),
        *(
            problem
            for locale, model in package["models"].items()
            for problem in schema_problems(f"{MODELS}/{locale}.json", model, MODEL_TYPE, package["schemas"])
        ),
    ]
    # The rules below read the documents by key, so they wait until the shape is right.
    if problems:
        return problems
    try:
        return [
            *layout_problems(package),
            *manifest_problems(package),
            *(problem for locale in package["models"] for problem in model_problems(package, locale)),
        ]
    except KeyError as missing:
        return [f"{MANIFEST} or a model in {MODELS}: {missing} is missing"]


def layout_problems(package):
    for link in package["links"]:
        yield f"{link}: the ASK CLI packs a link as a link; put the file itself there"
    if package["model_link"] != "skill-package/interactionModels":
        yield "interactionModels: must be a symlink to skill-package/interactionModels (ln -s)"


def manifest_problems(package):
    manifest = package["manifest"]["manifest"]
    published = manifest["publishingInformation"]
    privacy = manifest["privacyAndCompliance"]
    locales = set(published["locales"])

    for where, found in (
        ("privacyAndCompliance.locales", set(privacy["locales"])),
        (MODELS, set(package["models"])),
    ):
        if found != locales:
            yield f"{MANIFEST}: publishingInformation.locales {sorted(locales)} differ from {where} {sorted(found)}"
    for locale in sorted(locales - LOCALES):
        yield f"{MANIFEST}: {locale} is not a locale of Alexa"
    for locale, text in published["locales"].items():
        yield from listing_problems(package, locale, text)
    for locale, urls in privacy["locales"].items():
        for key in ("privacyPolicyUrl", "termsOfUseUrl"):
            if not urls.get(key, "").startswith("https://"):
                yield f"{MANIFEST}: privacyAndCompliance.locales.{locale}.{key} must be an https:// address"

    if published["category"] != "SHOPPING":
        yield f"{MANIFEST}: category must be SHOPPING"
    if not published.get("testingInstructions"):
        yield f"{MANIFEST}: testingInstructions must tell the certifier how to buy"
    if privacy.get("allowsPurchases") is not True or privacy.get("usesPersonalInfo") is not True:
        yield f"{MANIFEST}: a shop must say allowsPurchases true and usesPersonalInfo true"
    if {"name": "payments:autopay_consent"} not in manifest.get("permissions", []):
        yield f"{MANIFEST}: permissions must ask for payments:autopay_consent, else nothing can be charged"
    told = NOTIFICATIONS in manifest.get("permissions", []), PUBLICATION in manifest["events"].get("publications", [])
    if any(told) and not all(told):
        yield f"{MANIFEST}: {NOTIFICATIONS['name']} and the publication {PUBLICATION['eventName']} go together"
    lacking = SKILL_EVENTS - {it.get("eventName") for it in manifest["events"].get("subscriptions", [])}
    if lacking:
        yield f"{MANIFEST}: events.subscriptions lack {sorted(lacking)}"
    yield from endpoint_problems(manifest)


def listing_problems(package, locale, text):
    """What a buyer sees in the skill store, in one locale."""
    where = f"{MANIFEST}: {locale}"
    for key in ("summary", "description", "examplePhrases"):
        if not text.get(key):
            yield f"{where}.{key} must not be empty"
    for key, side in ICONS.items():
        size = package["icons"].get(text.get(key))
        if size != (side, side):
            yield f"{where}.{key} must name a PNG of {side} x {side} in skill-package/assets, {text.get(key)} is {size}"
    description = text.get("description", "").lower()
    # Certification wants these named; the words are known for English only.
    wanted = ["amazon pay"] + (
        ["link your account", "four-digit voice code"] if locale.startswith("en-") else []
    )
    for words in wanted:
        if words not in description:
            yield f"{where}.description must mention {words!r}"
    if locale not in package["models"]:
        return
    invocation = package["models"][locale]["interactionModel"]["languageModel"]["invocationName"]
    if invocation != text["name"].lower():
        yield f"{where}.name {text['name']!r} must be the invocation name {invocation!r}, the seller's name"
    phrases = text.get("examplePhrases", [])
    if len(phrases) > 3:
        yield f"{where}.examplePhrases: the store shows three"
    for phrase in phrases:
        if not phrase.startswith("Alexa, ") or invocation not in phrase.lower():
            yield f"{where}.examplePhrases: {phrase!r} must start with 'Alexa, ' and contain {invocation!r}"


def endpoint_problems(manifest):
    """Events that go elsewhere than requests would be lost without a sign."""
    custom, events = manifest["apis"]["custom"], manifest["events"]
    if custom.get("endpoint") != events["endpoint"] or custom.get("regions") != events.get("regions"):
        yield f"{MANIFEST}: apis.custom and events must have the same endpoint and regions"
    endpoints = [
        custom.get("endpoint", {}),
        *(region["endpoint"] for region in custom.get("regions", {}).values()),
    ]
    for endpoint in endpoints:
        uri = endpoint.get("uri", "")
        if not uri.startswith("https://") and not ENDPOINT.fullmatch(uri):
            yield f"{MANIFEST}: endpoint {uri!r} must be an ARN of a function in a region that Alexa can call, or https"


def model_problems(package, locale):
    file = f"{MODELS}/{locale}.json"
    model = package["models"][locale]["interactionModel"]
    language = model["languageModel"]
    for problem in (
        *invocation_problems(language["invocationName"]),
        *intent_problems(language, locale),
        *type_problems(language),
        *dialog_problems(model),
    ):
        yield f"{file}: {problem}"


def invocation_problems(name):
    if not all(is_letter(sign) or sign in " '." for sign in name) or name != name.lower():
        yield f"invocationName {name!r} may hold lower-case letters, spaces, apostrophes and periods only"
    words = name.split(" ")
    if "" in words:
        yield f"invocationName {name!r} has a space too many"
    # Japanese has no spaces between words.
    if len(words) < 2 and name.isascii():
        yield f"invocationName {name!r} must have two words or more"
    reserved = RESERVED_WORDS.intersection(words)
    if reserved:
        yield f"invocationName {name!r} must do without {sorted(reserved)}"


def is_letter(sign):
    # Marks are the vowels of Hindi and the long sound of Japanese.
    return unicodedata.category(sign)[0] in "LM"


def intent_problems(language, locale):
    intents = language["intents"]
    names = [intent["name"] for intent in intents]
    yield from twin_problems("intent", names)
    for name in names:
        if not re.fullmatch(r"(AMAZON\.)?[A-Za-z_]+", name):
            yield f"intent {name!r}: a name holds letters and underscores only"
    built_in = BUILT_IN | ({"Fallback"} if locale in FALLBACK_LOCALES else set())
    for name in sorted({f"AMAZON.{short}Intent" for short in built_in} - set(names)):
        yield f"intent {name} is missing"
    for purpose, pattern in (("cancel an order", r"cancel_?order"), ("refund an order", r"refund")):
        if not any(re.search(pattern, name, re.IGNORECASE) for name in names):
            yield f"an intent to {purpose} is missing; certification requires it"

    types = {it["name"] for it in language.get("types", [])}
    samples = []
    for intent in intents:
        name, slots = intent["name"], intent.get("slots", [])
        yield from twin_problems(f"slot of {name}", [slot["name"] for slot in slots])
        for slot in slots:
            kind = slot.get("type", "")
            if not kind.startswith("AMAZON.") and kind not in types:
                yield f"intent {name}: slot {slot['name']} has the unknown type {kind!r}"
        if not name.startswith("AMAZON.") and not intent.get("samples"):
            yield f"intent {name}: nothing that a buyer says leads to it; add samples"
        known = {slot["name"] for slot in slots}
        for sample in [*intent.get("samples", []), *(s for slot in slots for s in slot.get("samples", []))]:
            for slot in re.findall(r"\{([^}]*)\}", sample):
                if slot not in known:
                    yield f"intent {name}: sample {sample!r} names the unknown slot {slot!r}"
        samples += intent.get("samples", [])
    yield from twin_problems("sample", [sample.lower() for sample in samples])


def type_problems(language):
    types = language.get("types", [])
    yield from twin_problems("type", [it["name"] for it in types])
    used = {slot.get("type") for intent in language["intents"] for slot in intent.get("slots", [])}
    for it in types:
        name, values = it["name"], it.get("values", [])
        if name not in used and not name.startswith("AMAZON."):
            yield f"type {name} is used by no slot"
        if not values and "valueSupplier" not in it:
            yield f"type {name} has no values"
        yield from twin_problems(f"id in type {name}", [value["id"] for value in values if "id" in value])
        # Each spoken form must lead to one value, else Alexa reports several and the shop has to ask.
        spoken = [
            form
            for value in values
            for form in {
                form.lower() for form in [value["name"]["value"], *value["name"].get("synonyms", [])]
            }
        ]
        yield from twin_problems(f"spoken form in type {name}", spoken)


def dialog_problems(model):
    slots = {
        (intent["name"], slot["name"]): slot.get("type")
        for intent in model["languageModel"]["intents"]
        for slot in intent.get("slots", [])
    }
    intents = {intent["name"] for intent in model["languageModel"]["intents"]}
    prompts = [prompt["id"] for prompt in model.get("prompts", [])]
    yield from twin_problems("prompt", prompts)
    for intent in model.get("dialog", {}).get("intents", []):
        name = intent["name"]
        if name not in intents:
            yield f"dialog: intent {name} is unknown"
        asked = list(intent.get("prompts", {}).values())
        for slot in intent.get("slots", []):
            if slots.get((name, slot["name"])) != slot["type"]:
                yield f"dialog: slot {slot['name']} of {name} differs from the intent's"
            asked += slot["prompts"].values()
            asked += [check["prompt"] for check in slot.get("validations", [])]
        for prompt in asked:
            if prompt not in prompts:
                yield f"dialog: prompt {prompt!r} of {name} is unknown"


def twin_problems(what, names):
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{what} {name!r} is there twice"


# ---- Self-test ----------------------------------------------------------------------------------


def bends(package):
    """What must never get through, each with a word of the problem it must raise."""
    locale = min(package["models"])

    def manifest(files):
        return files["manifest"]["manifest"]

    def listing(files):
        return manifest(files)["publishingInformation"]["locales"][locale]

    def language(files):
        return files["models"][locale]["interactionModel"]["languageModel"]

    def first_sampled(files):
        return next(intent for intent in language(files)["intents"] if intent.get("samples"))

    def drop_intent(name):
        def bend(files):
            language(files)["intents"] = [it for it in language(files)["intents"] if it["name"] != name]

        return bend

    def dialog(files, slots):
        files["models"][locale]["interactionModel"]["dialog"] = {
            "intents": [{"name": first_sampled(files)["name"], "slots": slots}]
        }

    unasked = {"name": "nothing", "type": "AMAZON.NUMBER", "prompts": {"elicitation": "Nobody.Wrote"}}
    typo = {"type": "hasEntityResolutionMatch", "prompt": "x", "promt": "x"}

    return [
        ("misspelt manifest key", lambda files: manifest(files).update(permisions=[]), "permisions"),
        ("misspelt locale key", lambda files: listing(files).update(sumary="x"), "sumary"),
        ("long summary", lambda files: listing(files).update(summary="x" * 161), "is too long"),
        (
            "unknown permission",
            lambda files: manifest(files)["permissions"].append({"name": "payments:autopay"}),
            "payments:autopay",
        ),
        (
            "unknown event",
            lambda files: manifest(files)["events"]["subscriptions"].append({"eventName": "SKILL_GONE"}),
            "SKILL_GONE",
        ),
        (
            "unknown interface",
            lambda files: manifest(files)["apis"]["custom"].update(interfaces=[{"type": "APL"}]),
            "APL",
        ),
        (
            "misspelt interface key",
            lambda files: manifest(files)["apis"]["custom"].update(
                interfaces=[{"type": "AUDIO_PLAYER", "sort": 1}]
            ),
            "sort",
        ),
        (
            "unknown locale",
            lambda files: manifest(files)["publishingInformation"]["locales"].update(
                {"en-XX": listing(files)}
            ),
            "en-XX",
        ),
        (
            "locale without terms",
            lambda files: manifest(files)["privacyAndCompliance"].update(locales={}),
            "differ from",
        ),
        (
            "model without listing",
            lambda files: files["models"].update({"en-ZA": files["models"][locale]}),
            "differ from",
        ),
        (
            "notifications without the permission",
            lambda files: manifest(files).update(permissions=[{"name": "payments:autopay_consent"}]),
            "go together",
        ),
        ("no Amazon Pay permission", lambda files: manifest(files).update(permissions=[]), "autopay_consent"),
        (
            "event not subscribed",
            lambda files: manifest(files)["events"]["subscriptions"].pop(0),
            "subscriptions lack",
        ),
        (
            "events go elsewhere",
            lambda files: manifest(files)["events"].update(endpoint={"uri": "https://example.com"}),
            "same endpoint",
        ),
        (
            "region without trigger",
            lambda files: manifest(files)["apis"]["custom"].update(
                endpoint={"uri": "arn:aws:lambda:eu-central-1:000000000000:function:x"}
            ),
            "region that Alexa can call",
        ),
        (
            "no purchases",
            lambda files: manifest(files)["privacyAndCompliance"].update(allowsPurchases=False),
            "allowsPurchases",
        ),
        (
            "terms by http",
            lambda files: manifest(files)["privacyAndCompliance"]["locales"][locale].update(
                termsOfUseUrl="http://example.com"
            ),
            "termsOfUseUrl",
        ),
        (
            "icons swapped",
            lambda files: listing(files).update(smallIconUri=listing(files)["largeIconUri"]),
            "smallIconUri",
        ),
        ("icon lost", lambda files: files["icons"].clear(), "largeIconUri"),
        ("silent on Amazon Pay", lambda files: listing(files).update(description="Flowers."), "amazon pay"),
        ("other seller", lambda files: listing(files).update(name="Thorn and Thistle"), "seller's name"),
        (
            "phrase without name",
            lambda files: listing(files).update(examplePhrases=["Alexa, flowers"]),
            "examplePhrases",
        ),
        (
            "linked model",
            lambda files: files["links"].append(f"{MODELS}/{locale}.json"),
            "put the file itself",
        ),
        ("models not linked", lambda files: files.update(model_link=None), "ln -s"),
        ("misspelt model key", lambda files: language(files).update(invocation="x"), "invocation"),
        ("one-word name", lambda files: language(files).update(invocationName="flowers"), "two words"),
        (
            "digits in name",
            lambda files: language(files).update(invocationName="petal 4 you"),
            "lower-case letters",
        ),
        (
            "launch word in name",
            lambda files: language(files).update(invocationName="open petal"),
            "do without",
        ),
        (
            "digit in intent",
            lambda files: first_sampled(files).update(name="Buy2Intent"),
            "letters and underscores",
        ),
        ("no help", drop_intent("AMAZON.HelpIntent"), "AMAZON.HelpIntent is missing"),
        ("no yes", drop_intent("AMAZON.YesIntent"), "AMAZON.YesIntent is missing"),
        (
            "intent twice",
            lambda files: language(files)["intents"].append(first_sampled(files)),
            "is there twice",
        ),
        (
            "sample with unknown slot",
            lambda files: first_sampled(files)["samples"].append("{nothing}"),
            "unknown slot",
        ),
        (
            "slot of unknown type",
            lambda files: (
                first_sampled(files).setdefault("slots", []).append({"name": "nothing", "type": "Nothing"})
            ),
            "unknown type",
        ),
        (
            "unused type",
            lambda files: (
                language(files)
                .setdefault("types", [])
                .append({"name": "Nothing", "values": [{"name": {"value": "x"}}]})
            ),
            "used by no slot",
        ),
        (
            "word for two products",
            lambda files: language(files).update(
                types=[
                    {
                        "name": "T",
                        "values": [
                            {"id": "a", "name": {"value": "rose"}},
                            {"id": "b", "name": {"value": "vase", "synonyms": ["Rose"]}},
                        ],
                    }
                ]
            ),
            "spoken form",
        ),
        ("prompt nobody wrote", lambda files: dialog(files, [unasked]), "Nobody.Wrote"),
        ("misspelt validation", lambda files: dialog(files, [{**unasked, "validations": [typo]}]), "promt"),
        (
            "unknown validation",
            lambda files: dialog(files, [{**unasked, "validations": [{"type": "isRose", "prompt": "x"}]}]),
            "isRose",
        ),
    ]


def main():
    spec, *options = sys.argv[1:] or sys.exit(__doc__)
    package = load(Path(spec))
    if options == ["--self-test"]:
        self_test(find_problems, package, bends(package))
        return
    report(
        [
            f"{MANIFEST} against {MANIFEST_TYPE}, store texts, endpoints, events, permission",
            *(
                f"{MODELS}/{locale}.json against {MODEL_TYPE}, names, slots, types, prompts"
                for locale in package["models"]
            ),
            f"icons {', '.join(sorted(package['icons']))}; links",
        ],
        find_problems(package),
    )


if __name__ == "__main__":
    main()
