"""Checks an OpenAPI document with what others wrote: it is valid, and every call and every error has an example that is
what its schema says. Prints a line for each complaint.

usage: document.py FILE
"""
import json
import sys

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

document = json.load(open(sys.argv[1], encoding="utf-8"))
complaints = [f"{list(error.absolute_path)}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
checked = 0


def resolved(value):
    while "$ref" in value:
        target = document
        for part in value["$ref"][2:].split("/"):
            target = target[part]
        value = target
    return value


def check(where, media):
    """An example there is, and each fits. What is no JSON is a text, whose schema says nothing of its inside."""
    global checked
    examples = [media["example"]] if "example" in media else [
        resolved(each)["value"] for each in media.get("examples", {}).values()]
    if not examples:
        complaints.append(f"{where}: has no example")
    schema = {**media.get("schema", {}), "components": document["components"]}
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    for example in examples:
        checked += 1
        complaints.extend(f"{where}: {error.json_path}: {error.message}" for error in validator.iter_errors(example))


for path, item in document["paths"].items():
    for method, operation in item.items():
        if method == "parameters":
            continue
        call = f"{method.upper()} {path}"
        body = operation.get("requestBody", {}).get("content", {})
        if "application/json" in body:
            check(f"{call}, body", body["application/json"])
        # "default" is what a status would be that is not listed; it is among the responses below.
        for status, response in operation["responses"].items():
            if "$ref" in response:
                continue
            for kind, media in response.get("content", {}).items():
                if kind != "application/xml":
                    check(f"{call}, {status}, {kind}", media)
for name, response in document["components"]["responses"].items():
    check(f"response {name}", response["content"]["application/json"])

print("\n".join(complaints))
print(f"{checked} examples checked", file=sys.stderr)
sys.exit(1 if complaints or checked < 40 else 0)
