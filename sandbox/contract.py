"""The published REST contract, held against what is really sent and answered. For tests; needs their libraries."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = "contract"
PREFIX = "/stores/{store_hash}"
# Where the contract says something the service cannot mean; each with its reason.
FORGIVEN = (
    # A list of hooks is described as never empty.
    (re.compile(r"^GET /v3/hooks$"), re.compile(r"\[\] (should be non-empty|is too short)")),
    # An order's consignments are either whole or a link, and the link fits both descriptions.
    (re.compile(r"^(GET|PUT|POST) /v2/orders"), re.compile(r"consignments: \{'url'.* is valid under each of")),
    # Four kinds of rules, exactly one of which must fit: an empty list fits them all.
    (re.compile(r"^GET /v2/customer_groups"), re.compile(r"discount_rules: \[\] is valid under each of")),
)


class Contract:
    """Checks one exchange at a time; a violation is a sentence."""

    def __init__(self, path: str | Path) -> None:
        from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, oas30_format_checker
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT4

        self.document: dict[str, Any] = json.loads(Path(path).read_text())
        _tighten(self.document)
        resource = Resource.from_contents(self.document, default_specification=DRAFT4)
        self._registry = Registry().with_resource(f"urn:{ROOT}", resource)
        self._reading, self._writing = OAS30ReadValidator, OAS30WriteValidator
        self._formats = oas30_format_checker
        self._validators: dict[tuple[str, bool], Any] = {}
        self._templates = [
            (re.compile(re.sub(r"\{[^}/]+\}", r"[^/]+", path.removeprefix(PREFIX))), path.count("{"), path)
            for path in self.document["paths"]
        ]
        self._templates.sort(key=lambda entry: entry[1])

    def find(self, path: str) -> str | None:
        """The described path (its template) for a path below /stores/{hash}, plain ones before those with holes."""
        return next((template for shape, _, template in self._templates if shape.fullmatch(path)), None)

    def check(
        self, method: str, path: str, query: list[tuple[str, str]], sent: bytes, status: int, answered: bytes
    ) -> list[str]:
        """What violates the contract in this exchange; [] also where it says nothing about the path."""
        # The service's own links leave the underscore out.
        template = self.find(path.replace("/shippingaddresses", "/shipping_addresses"))
        operation = self.document["paths"].get(template, {}).get(method.lower()) if template else None
        if template is None or operation is None:
            return []
        where = f"{method} {path}"
        pointer = f"/paths/{_escape(template)}/{method.lower()}"
        found = [*self._query(template, operation, query), *self._answer(operation, pointer, status, answered)]
        # A request that was refused may well be wrong: refusing it is the point.
        if status < 400:
            found += self._request(operation, pointer, sent)
        return [
            f"{where} -> {status}: {sentence}"
            for sentence in found
            if not any(place.search(where) and words.search(sentence) for place, words in FORGIVEN)
        ]

    def _resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _query(self, template: str, operation: dict[str, Any], query: list[tuple[str, str]]) -> list[str]:
        parameters = [*self.document["paths"][template].get("parameters", []), *operation.get("parameters", [])]
        known = {}
        for parameter in map(self._resolve, parameters):
            if parameter["in"] == "query":
                known[parameter["name"]] = self._resolve(parameter.get("schema", {}))
        found = []
        for name, value in query:
            if name not in known:
                found.append(f"the query parameter {name!r} is not described")
            elif not _fits(value, known[name]):
                found.append(f"the query parameter {name}={value!r} does not fit {known[name].get('type')}")
        return found

    def _request(self, operation: dict[str, Any], pointer: str, sent: bytes) -> list[str]:
        if "requestBody" not in operation:
            return ["a body was sent where none is described"] if sent else []
        if "$ref" in operation["requestBody"]:
            pointer = operation["requestBody"]["$ref"].removeprefix("#")
        else:
            pointer += "/requestBody"
        body = self._resolve(operation["requestBody"])
        if not sent:
            return ["the body is missing"] if body.get("required") else []
        if "application/json" not in body["content"]:
            return []
        return self._validate(f"{pointer}/content/application~1json/schema", json.loads(sent), reading=False)

    def _answer(self, operation: dict[str, Any], pointer: str, status: int, answered: bytes) -> list[str]:
        responses = operation["responses"]
        if str(status) not in responses:
            # 204 for an empty V2 list and the common errors are facts the contract leaves out.
            return [] if status == 204 or status >= 400 else [f"the status {status} is not described"]
        response = responses[str(status)]
        pointer += f"/responses/{status}"
        if "$ref" in response:
            pointer = response["$ref"].removeprefix("#")
        content = self._resolve(response).get("content", {})
        kind = next((kind for kind in content if "json" in kind), None)
        if status == 204 or kind is None or "schema" not in content[kind]:
            return ["a body was answered where none is described"] if answered and not content else []
        return self._validate(f"{pointer}/content/{_escape(kind)}/schema", json.loads(answered), reading=True)

    def _validate(self, pointer: str, value: Any, *, reading: bool) -> list[str]:
        key = (pointer, reading)
        if key not in self._validators:
            kind = self._reading if reading else self._writing
            schema = {"$ref": f"urn:{ROOT}#{pointer.replace('{', '%7B').replace('}', '%7D')}"}
            self._validators[key] = kind(schema, registry=self._registry, format_checker=self._formats)
        return [_sentence(error) for error in self._validators[key].iter_errors(value)][:5]


def _tighten(node: Any) -> None:
    """A link to a sub-resource needs its two fields: else anything at all would pass for a link where both fit."""
    if isinstance(node, list):
        for part in node:
            _tighten(part)
    elif isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict) and properties.keys() == {"url", "resource"}:
            node["required"] = ["url", "resource"]
        for part in node.values():
            _tighten(part)


def _sentence(error: Any) -> str:
    place = "/".join(str(part) for part in error.absolute_path)
    deepest = min(error.context, key=lambda inner: -len(inner.absolute_path), default=None)
    more = f" ({_sentence(deepest)})" if deepest is not None else ""
    return f"{place or 'body'}: {str(error.message)[:300]}{more}"


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _fits(value: str, schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    if kind == "array":
        items = schema.get("items", {})
        return all(_fits(part, items) for part in value.split(","))
    if kind == "integer":
        return bool(re.fullmatch(r"-?\d+", value))
    if kind == "number":
        return bool(re.fullmatch(r"-?\d+(\.\d+)?", value))
    if kind == "boolean":
        return value in ("true", "false")
    allowed = schema.get("enum")
    return allowed is None or value in [str(one) for one in allowed]
