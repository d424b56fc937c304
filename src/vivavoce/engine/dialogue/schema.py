"""What a function's JSON Schema says of its properties, as far as that is needed to fill them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vivavoce.scenario.words import stems

_MAX_PROPERTIES = 32
_MAX_OPTIONS = 64
_MAX_REFERENCES = 8


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    label: str
    """As a person calls it: "check in date", and of an object's property "address city"."""
    schema: dict[str, Any]
    """Without references and alternatives."""
    nullable: bool
    required: bool

    @property
    def words(self) -> list[str]:
        return name_words(self.name)

    @property
    def stems(self) -> frozenset[str]:
        return stems(self.words)

    @property
    def kind(self) -> str:
        return kind(self.schema)

    @property
    def options(self) -> list[Any]:
        """What an enum allows."""
        options = self.schema.get("enum")
        if not isinstance(options, list):
            return []
        return [option for option in options[:_MAX_OPTIONS] if option is not None]


def properties(schema: Any, root: Any, label: str = "") -> Iterator[Property]:
    """An object's properties, in the schema's order; none where it does not say what they are."""
    found = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(found, dict):
        return
    required = schema.get("required")
    for name, given in list(found.items())[:_MAX_PROPERTIES]:
        resolved, nullable = resolve(given, root)
        called = " ".join([*([label] if label else []), *name_words(name)])
        yield Property(name, called, resolved, nullable, isinstance(required, list) and name in required)


def resolve(schema: Any, root: Any) -> tuple[dict[str, Any], bool]:
    """A schema without references and alternatives, and whether null is allowed: `anyOf` becomes its first that is not
    null, as optional fields are commonly written."""
    nullable = False
    for _ in range(_MAX_REFERENCES):
        if not isinstance(schema, dict):
            return {}, nullable
        if isinstance(schema.get("$ref"), str):
            schema = _referred(schema["$ref"], root)
            continue
        choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if not isinstance(choices, list):
            break
        rest = [choice for choice in choices if not (isinstance(choice, dict) and choice.get("type") == "null")]
        nullable = nullable or len(rest) < len(choices)
        own = {name: value for name, value in schema.items() if name not in ("anyOf", "oneOf", "allOf")}
        schema = {**own, **rest[0]} if rest and isinstance(rest[0], dict) else own
    kinds = schema.get("type")
    options = schema.get("enum")
    nullable = nullable or (isinstance(kinds, list) and "null" in kinds)
    return schema, nullable or (isinstance(options, list) and None in options)


def kind(schema: dict[str, Any]) -> str:
    """The `type`; of several, the first that is not null."""
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kinds, list):
        kinds = next((one for one in kinds if one != "null"), "null")
    return kinds if isinstance(kinds, str) else "string"


def name_words(name: str) -> list[str]:
    """get_weather and getWeather are both "get weather"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.casefold() for word in re.findall(r"[^\W_]+", spaced)]


def _referred(path: str, root: Any) -> Any:
    if not path.startswith("#/"):
        return {}
    for step in path[2:].split("/"):
        root = root.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(root, dict) else None
    return root
