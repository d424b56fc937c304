"""Small checks that a client event is made of, and the wire's own complaints when one does not hold.

A check takes a value and its path (`session.audio.input`) and returns the value as it is to be kept. Unknown fields are
dropped, and `null` counts as absent unless a field says that null means something.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from vivavoce.engine.wire import RequestError

Check = Callable[[Any, str], Any]

MAX_DEPTH = 48
"""Of free JSON (a tool's parameters): whatever was read must be writable again."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def missing(path: str) -> RequestError:
    return RequestError("missing_required_parameter", f"Missing required parameter: '{path}'.", path)


def wrong_type(value: object, path: str, expected: str) -> RequestError:
    message = f"Invalid type for '{path}': expected {expected}, but got {_kind(value)} instead."
    return RequestError("invalid_type", message, path)


def not_among(value: object, path: str, values: Collection[str]) -> RequestError:
    quoted = [f"'{name}'" for name in values]
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
    shown = str(value)[:100]
    return RequestError("invalid_value", f"Invalid value: '{shown}'. Supported values are: {listed}.", path)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def text(longest: int | None = None) -> Check:
    def check(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if longest is not None and len(value) > longest:
            message = (
                f"Invalid '{path}': string too long. Expected a string with maximum length {longest}, "
                f"but got a string with length {len(value)} instead."
            )
            raise RequestError("invalid_value", message, path)
        return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)

    return check


def one_of(*values: str) -> Check:
    def check(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if value not in values:
            raise not_among(value, path, values)
        return value

    return check


def number(least: float, most: float) -> Check:
    def check(value: Any, path: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise wrong_type(value, path, "a decimal")
        if not least <= value <= most:
            raise RequestError("invalid_value", f"Invalid '{path}': must be from {least} to {most}.", path)
        return value

    return check


def integer(least: int, most: int) -> Check:
    in_range = number(least, most)

    def check(value: Any, path: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # JavaScript does not tell 500 from 500.0
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(value, path, "an integer")
        in_range(value, path)
        return value

    return check


def boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(value, path, "a boolean")
    return value


def free(value: Any, path: str) -> Any:
    """Any JSON that is not absurdly deep: kept and echoed, never acted on."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise RequestError("invalid_value", f"Invalid '{path}': nested too deeply.", path)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def base64_bytes(value: Any, path: str) -> bytes:
    if not isinstance(value, str):
        raise wrong_type(value, path, "a string")
    try:
        return binascii.a2b_base64(value.encode("ascii"), strict_mode=True)
    except ValueError as error:
        raise RequestError("invalid_value", f"Invalid '{path}': expected base64-encoded audio bytes.", path) from error


def array(check: Check, most: int = 256) -> Check:
    def check_all(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise wrong_type(value, path, "an array")
        if len(value) > most:
            raise RequestError("invalid_value", f"Invalid '{path}': at most {most} elements.", path)
        return [check(element, f"{path}[{index}]") for index, element in enumerate(value)]

    return check_all


def obj(
    fields: Mapping[str, Check],
    required: Collection[str] = (),
    null: Collection[str] = (),
    refused: Collection[str] = (),
) -> Check:
    """An object of these fields. `null` names those for which null is a value of its own."""

    def check(value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        for name in refused:
            if name in value:
                raise RequestError("unknown_parameter", f"Unknown parameter: '{path}.{name}'.", f"{path}.{name}")
        kept: dict[str, Any] = {}
        for name, check_field in fields.items():
            inner = f"{path}.{name}" if path else name
            given = value.get(name)
            if given is not None:
                kept[name] = check_field(given, inner)
            elif name in required:
                raise missing(inner)
            elif name in null and name in value:
                kept[name] = None
        return kept

    return check


def by_type(shapes: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of `shapes` it has."""

    def check(value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        if value.get("type") is None:
            raise missing(f"{path}.type")
        kind = one_of(*shapes)(value["type"], f"{path}.type")
        kept = shapes[kind](value, path)
        return {"type": kind, **kept}

    return check
