"""The schema of Amazon's skill management API as strict JSON schema.

Its source is `spec.json` of npm `ask-smapi-model`, which is Swagger 2.0 and accepts any unknown key.
"""

import copy

import jsonschema


def strict_schemas(definitions):
    """JSON schema definitions from Swagger 2.0 ones.

    Swagger has inheritance: a subtype is `allOf` its base and its own properties, and a discriminator
    names the subtype. JSON schema has not, and `additionalProperties` does not see through `allOf`. So
    subtypes are flattened, and a reference to a base becomes a choice by the discriminator's value.
    """
    definitions = copy.deepcopy(definitions)
    # The specification demands a synonym for every slot value; models in Amazon's own samples have none.
    value = definitions["v1.skill.interactionModel.TypeValueObject"]
    value["required"] = ["value"]
    del value["properties"]["synonyms"]["minItems"]

    def flat(definition):
        whole = {"type": "object", "properties": {}, "required": []}
        for part in definition.get("allOf", [definition]):
            part = flat(definitions[ref_name(part)]) if "$ref" in part else part
            whole["properties"] |= part.get("properties", {})
            whole["required"] += part.get("required", [])
        return whole

    subtypes = {}
    for name, definition in definitions.items():
        for part in definition.get("allOf", []):
            if "$ref" in part:
                subtypes.setdefault(ref_name(part), []).append(name)

    schemas = {}
    for name, definition in definitions.items():
        if "discriminator" in definition and name in subtypes:
            by_value = {definitions[sub]["x-discriminator-value"]: sub for sub in subtypes[name]}
            schemas[name] = choice(definition["discriminator"], by_value)
        elif "allOf" in definition:
            schemas[name] = strict(flat(definition))
        else:
            schemas[name] = strict(definition)
    return schemas


def ref_name(schema):
    return schema["$ref"].removeprefix("#/definitions/")


def choice(key, by_value):
    return {
        "type": "object",
        "required": [key],
        "properties": {key: {"enum": sorted(by_value)}},
        "allOf": [
            {
                "if": {"properties": {key: {"const": value}}},
                "then": {"$ref": f"#/definitions/{name}"},
            }
            for value, name in by_value.items()
        ],
    }


def strict(schema):
    """Closes every object that lists its properties."""
    schema = dict(schema)
    if schema.get("properties"):
        schema["properties"] = {key: strict(value) for key, value in schema["properties"].items()}
        schema.setdefault("additionalProperties", False)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = strict(schema[key])
    return schema


def schema_problems(file, document, name, schemas):
    validator = jsonschema.Draft202012Validator({"$ref": f"#/definitions/{name}", "definitions": schemas})
    for error in sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.path))):
        yield f"{file}: {error.json_path}: {error.message[:300]}"
