"""A function's arguments from its schema and what was heard. No understanding: enough to be valid, and to be useful."""

from __future__ import annotations

import json
import re
from typing import Any

_NUMBER = re.compile(r"-?[0-9]{1,15}")
_WORD = re.compile(r"[^\W_]+")
_MAX_DEPTH = 8


def fill(tool: dict[str, Any], heard: str) -> str:
    """JSON arguments for a call of `tool`: what its schema requires, taken from `heard` where that fits."""
    return json.dumps(_object(tool.get("parameters"), heard, 0), ensure_ascii=False)


def choose(tools: dict[str, dict[str, Any]], heard: str) -> str:
    """The tool whose name and description share most words with what was heard; the first of equals."""
    return max(tools, key=lambda name: len(_words(heard) & _words(f"{name} {tools[name].get('description', '')}")))


def mentioned(tools: dict[str, dict[str, Any]], heard: str) -> list[str]:
    """The tools of whose name at least half the words were said."""
    said = _words(heard)
    return [name for name in tools if (words := _words(name)) and 2 * len(words & said) >= len(words)]


def _words(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)
    return {word.casefold() for word in _WORD.findall(spaced)}


def _value(schema: Any, heard: str, depth: int) -> Any:
    if not isinstance(schema, dict):
        return heard
    if "const" in schema:
        return schema["const"]
    if isinstance(options := schema.get("enum"), list) and options:
        return next((option for option in options if str(option).casefold() in heard.casefold()), options[0])
    match _kind(schema):
        case "object":
            return _object(schema, heard, depth)
        case "array":
            least = schema.get("minItems")
            return [_value(schema.get("items"), heard, depth + 1)] * (min(least, 16) if isinstance(least, int) else 0)
        case "integer" | "number":
            found = _NUMBER.search(heard)
            return int(found[0]) if found else schema.get("minimum", 0)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return heard


def _kind(schema: dict[str, Any]) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return kind[0] if isinstance(kind, list) and kind else kind


def _object(schema: Any, heard: str, depth: int) -> dict[str, Any]:
    """The required properties; none where the schema does not say what they are."""
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return {}
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not isinstance(required, list):
        return {}
    return {
        name: _value(properties[name], heard, depth + 1)
        for name in required
        if isinstance(name, str) and name in properties
    }
