#!/usr/bin/env python3
"""Plants the mistakes of tests/mutations.toml, one at a time, and demands that each is caught.

The tracked files are copied to a folder of their own and built there; what is built of other crates is
shared with the checkout. Before any mistake is planted, every detector that is used has to be silent.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = pathlib.PurePath("tests/mutations.toml")
# A detector that takes longer has found something it cannot say.
DETECTOR_MAX_S = 600

Mutation = collections.namedtuple("Mutation", "name why file find replace detectors")


def read_mutations(text):
    """The mutations, and what is wrong with their list."""
    mutations = [Mutation(**entry) for entry in tomllib.loads(text)["mutation"]]
    problems = []
    for name, count in collections.Counter(mutation.name for mutation in mutations).items():
        if count > 1:
            problems.append(f"{name}: {count} mutations of that name")
    for mutation in mutations:
        for detector in mutation.detectors:
            if not re.fullmatch(r"faults|model|(unit|it) \S+", detector):
                problems.append(f"{mutation.name}: {detector!r} is no detector")
        if not mutation.detectors:
            problems.append(f"{mutation.name}: no detector is named")
    return mutations, problems


def mutated(mutation, text):
    """The text with the mistake in it; None unless there is exactly one place for it."""
    if text.count(mutation.find) != 1 or mutation.find == mutation.replace:
        return None
    return text.replace(mutation.find, mutation.replace)


class Scratch:
    """A copy of the checkout that is built again and again."""

    def __init__(self):
        question = ["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"]
        metadata = json.loads(subprocess.run(question, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
        target = pathlib.Path(metadata["target_directory"])
        own = {it["name"] for package in metadata["packages"] for it in package["targets"]}
        self.tree = target / "mutations" / "tree"
        self.out = target / "mutations" / "out"
        self.env = os.environ | {"CARGO_TARGET_DIR": str(self.out), "CARGO_INCREMENTAL": "1"}
        self.env.pop("CARGO_BUILD_BUILD_DIR", None)
        self.borrow(target / "debug", own)
        self.copy()

    def borrow(self, built, own):
        """Takes over what the checkout has built of other crates. What is ours must not be shared: both copies have it
        under the same name."""

        def ours(folder, names):
            return [name for name in names if name == "incremental" or re.split(r"-|\.", name.removeprefix("lib"))[0] in own]

        def link(source, place):
            if not os.path.exists(place):
                os.link(source, place)

        for part in ("deps", "build", ".fingerprint"):
            if (built / part).is_dir():
                shutil.copytree(built / part, self.out / "debug" / part, ignore=ours, copy_function=link, dirs_exist_ok=True)

    def copy(self):
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
        names = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
        for name in names:
            self.write(name, (ROOT / name).read_bytes())
        for old in self.tree.rglob("*"):
            if old.is_file() and str(old.relative_to(self.tree)) not in names:
                old.unlink()

    def write(self, name, content):
        """Leaves a file alone that has this content already, or it would be built again."""
        file = self.tree / name
        if not file.is_file() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def run(self, *command):
        """Exit code and output; the code is None when it took too long."""
        try:
            ended = subprocess.run(
                [str(part) for part in command],
                cwd=self.tree,
                env=self.env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=DETECTOR_MAX_S,
            )
        except subprocess.TimeoutExpired:
            return None, ""
        return ended.returncode, ended.stdout

    def build(self, detectors):
        """The test programs by name, or what the compiler says."""
        # An integration test brings the package's programs with it.
        targets = ["--test", "model"]
        if any(detector.startswith("it ") for detector in detectors):
            targets += ["--test", "it"]
        if any(detector.startswith("unit ") for detector in detectors):
            targets.append("--lib")
        command = ["cargo", "test", "--locked", "--no-run", "--message-format=json-render-diagnostics", *targets]
        ended = subprocess.run(
            command, cwd=self.tree, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False
        )
        if ended.returncode != 0:
            return None, ended.stderr
        programs = {}
        for line in ended.stdout.splitlines():
            message = json.loads(line)
            if message.get("executable") and message["profile"]["test"]:
                programs[message["target"]["name"]] = message["executable"]
        return programs, ""


def detect(scratch, programs, detector, seeds):
    """What a detector says against the program; None when it is content."""
    kind, _, names = detector.partition(" ")
    if kind == "faults":
        code, output = scratch.run(scratch.out / "debug" / "voicetill", "faults", "--seeds", seeds, "--json")
        if code == 1 and output.lstrip().startswith("{"):
            summary = json.loads(output)
            violation = summary["violation"]
            return f"faults, after {summary['first_seed'] + 1} seeds: {violation['invariant']}"
    elif kind == "model":
        code, output = scratch.run(programs["model"])
        found = re.findall(r"^(?:violated|never happens): .*$", output, re.MULTILINE)
        if code == 1 and found:
            return f"model, {found[0]}"
    else:
        code, output = scratch.run(programs["voicetill" if kind == "unit" else "it"], names)
        failed = re.findall(r"^test (\S+) \.\.\. FAILED$", output, re.MULTILINE)
        if not re.search(r"^running [1-9]", output, re.MULTILINE):
            return f"{detector}: there is no such test"
        if code == 101 and failed:
            more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
            return f"test {failed[0]}{more}"
    if code == 0:
        return None
    last = (output.strip().splitlines() or ["no output"])[-1]
    return f"{detector}: " + ("took too long" if code is None else f"ended with {code}: {last}")


def check(mutations, seeds):
    """Problems; prints what catches each mutation."""
    scratch = Scratch()
    used = sorted({detector for mutation in mutations for detector in mutation.detectors})
    programs, errors = scratch.build(used)
    if programs is None:
        return [f"the program as it is does not build:\n{errors}"]
    alarms = [(detector, detect(scratch, programs, detector, seeds)) for detector in used]
    problems = [f"without any mistake: {said}" for _, said in alarms if said]
    if problems:
        return problems
    print(f"silent without a mistake: {', '.join(used)}\n", flush=True)
    caught = 0
    for mutation in mutations:
        began = time.monotonic()
        original = (ROOT / mutation.file).read_text()
        scratch.write(mutation.file, mutated(mutation, original).encode())
        programs, errors = scratch.build(mutation.detectors)
        if programs is None:
            problems.append(f"{mutation.name}: does not build\n{errors}")
        else:
            said = [detect(scratch, programs, detector, seeds) for detector in mutation.detectors]
            said = [f"not by {it}" if word is None else word for it, word in zip(mutation.detectors, said)]
            if all(word.startswith("not by ") for word in said):
                problems.append(f"{mutation.name}: caught by nothing")
            else:
                caught += 1
            print(f"{mutation.name} ({time.monotonic() - began:.0f} s)")
            for word in said:
                print(f"    {word}")
            sys.stdout.flush()
        scratch.write(mutation.file, original.encode())
    print(f"\n{caught} of {len(mutations)} mistakes caught")
    return problems


def self_test():
    """A find text that does not fit must be noticed, or a mutation would silently plant nothing."""
    planted = Mutation("a", "b", "c", "one", "two", ["model"])
    assert mutated(planted, "one + three") == "two + three"
    assert mutated(planted, "one + one") is None and mutated(planted, "three") is None
    assert mutated(planted._replace(replace="one"), "one") is None
    entry = '[[mutation]]\nname = "a"\nwhy = ""\nfile = ""\nfind = ""\nreplace = ""\ndetectors = ["luck"]\n'
    assert len(read_mutations(entry * 2)[1]) == 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these mutations and no others")
    parser.add_argument("--seeds", type=int, default=300, help="how many seeds the fault runs play (300)")
    parser.add_argument("--every", action="store_true", help="every mutation against fault runs and model")
    parser.add_argument("--list", action="store_true", help="plant nothing; check that each text is in its file exactly once")
    args = parser.parse_args()
    self_test()
    mutations, problems = read_mutations((ROOT / LIST).read_text())
    for mutation in mutations:
        if mutated(mutation, (ROOT / mutation.file).read_text()) is None:
            problems.append(f"{mutation.name}: its text is not exactly once in {mutation.file}")
    if args.only:
        mutations = [mutation for mutation in mutations if mutation.name in args.only]
    if args.every:
        both = ["faults", "model"]
        mutations = [it._replace(detectors=both + [d for d in it.detectors if d not in both]) for it in mutations]
    if args.list:
        print(f"{len(mutations)} mistakes that could be planted")
    elif not problems:
        problems = check(mutations, args.seeds)
    for problem in problems:
        print(f"WRONG: {problem}", file=sys.stderr)
    if problems:
        sys.exit(f"{len(problems)} problem(s)")


if __name__ == "__main__":
    main()
