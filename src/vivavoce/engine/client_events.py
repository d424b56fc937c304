"""The events that a client may send: what each must look like."""

from __future__ import annotations

from typing import Any, Final

from vivavoce.engine.config import SessionType
from vivavoce.engine.items import TRUNCATE
from vivavoce.engine.session_shapes import RESPONSE
from vivavoce.engine.shapes import Check, base64_bytes, free, missing, not_among, obj, text, wrong_type

_EVENT_ID = text(512)
_ITEM_ID = obj({"item_id": text(64)}, required=("item_id",))
_NOTHING = obj({})

CLIENT_EVENTS: Final[dict[str, Check]] = {
    "session.update": obj({"session": free}, required=("session",)),
    "input_audio_buffer.append": obj({"audio": base64_bytes}, required=("audio",)),
    "input_audio_buffer.commit": _NOTHING,
    "input_audio_buffer.clear": _NOTHING,
    "conversation.item.create": obj({"item": free, "previous_item_id": text(64)}, required=("item",)),
    "conversation.item.truncate": TRUNCATE,
    "conversation.item.delete": _ITEM_ID,
    "conversation.item.retrieve": _ITEM_ID,
    "response.create": obj({"response": RESPONSE}),
    "response.cancel": obj({"response_id": text(64)}),
}
_KNOWN: Final[dict[SessionType, tuple[str, ...]]] = {
    "realtime": tuple(CLIENT_EVENTS),
    "transcription": tuple(kind for kind in CLIENT_EVENTS if not kind.startswith("response.")),
}


def event_id_of(event: dict[str, Any]) -> str | None:
    """The client's own id, which an error refers to; None when there is none."""
    given = event.get("event_id")
    return None if given is None else str(_EVENT_ID(given, "event_id"))


def checked(event: dict[str, Any], session: SessionType) -> tuple[str, dict[str, Any]]:
    """The type of an event and its fields, or RequestError: where nobody answers there are no responses to ask for."""
    kind = event.get("type")
    if kind is None:
        raise missing("type")
    if not isinstance(kind, str):
        raise wrong_type(kind, "type", "a string")
    if kind not in _KNOWN[session]:
        raise not_among(kind, "type", _KNOWN[session])
    fields: dict[str, Any] = CLIENT_EVENTS[kind](event, "")
    return kind, fields
