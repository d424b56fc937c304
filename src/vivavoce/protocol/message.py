"""Reading and writing of wire frames: UTF-8 JSON objects with a `type`."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from vivavoce.protocol.json_text import parse_json

Event = dict[str, Any]

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode  # json.dumps would make one each time

# Anchored at the first byte, so a nested "type" can never match; an escaped one does not match either.
_TYPE_FIRST = re.compile(rb'\s*\{\s*"type"\s*:\s*"([A-Za-z0-9_.\-]{1,96})"')


class MalformedFrame(ValueError):
    """A frame that is not a JSON object with a string `type`."""


def event_type(frame: bytes) -> str:
    """The type of a frame from a trusted peer, without parsing it when `type` is its first key.

    Only routing may depend on the answer: a second `type` key further on would go unseen, so frames of an untrusted
    peer are read with `read_strictly`.
    """
    match = _TYPE_FIRST.match(frame)
    if match:
        return match[1].decode("ascii")
    return str(read(frame)["type"])


def read(frame: bytes) -> Event:
    """Parse a trusted peer's frame. Raises MalformedFrame."""
    return _as_event(_loads(frame))


def read_strictly(frame: bytes) -> Event:
    """Parse an untrusted peer's frame: duplicate keys and NaN are refused, because parsers differ on them."""
    return _as_event(_loads(frame, object_pairs_hook=_unique, parse_constant=_no_constant))


def write(event: Event) -> bytes:
    """The frame of an event; `type` comes first when the caller put it first, so the other side can peek."""
    return _encode(event).encode("ascii")


def get_object(value: Event, name: str) -> Event:
    """The object under this name; an empty one when something else stands there, as an odd peer may send."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def get_objects(value: Event, name: str) -> list[Event]:
    """The objects of the list under this name."""
    found = value.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def get_text(value: Event, name: str) -> str:
    """The string under this name; an empty one when something else stands there.

    Half a surrogate pair, which JSON can spell and UTF-8 cannot, is a question mark: it could not be shown or sent on.
    """
    found = value.get(name)
    if not isinstance(found, str):
        return ""
    return found if found.isascii() else found.encode("utf-8", "replace").decode()


def _loads(frame: bytes, **hooks: Any) -> Any:
    try:
        return parse_json(frame.decode("utf-8"), **hooks)
    except ValueError as error:
        raise MalformedFrame("failed to parse JSON value") from error


def _as_event(value: Any) -> Event:
    if not isinstance(value, dict):
        raise MalformedFrame("expected a JSON object")
    if not isinstance(value.get("type"), str):
        raise MalformedFrame("missing string field 'type'")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
