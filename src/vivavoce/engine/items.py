"""Items as a client writes them: in conversation.item.create, and in the `input` of a response.create."""

from __future__ import annotations

from typing import Any

from vivavoce.engine.clip import Clip
from vivavoce.engine.conversation import Item, Part
from vivavoce.engine.shapes import Check, array, base64_bytes, by_type, integer, obj, one_of, text
from vivavoce.engine.wire import Outbox, RequestError
from vivavoce.protocol.audio import AudioFormat

_TEXT = obj({"text": text()}, required=("text",))
_SAID = obj({"transcript": text()})
_CONTENT: dict[str, Check] = {
    "system": by_type({"input_text": _TEXT}),
    "user": by_type(
        {"input_text": _TEXT, "input_audio": obj({"audio": base64_bytes, "transcript": text()}, required=("audio",))}
    ),
    "assistant": by_type({"output_text": _TEXT, "output_audio": _SAID, "text": _TEXT, "audio": _SAID}),
}
_ID: dict[str, Check] = {"id": text(32)}
_CALL_ID = text(32)
ITEM = by_type(
    {
        "message": obj(
            {**_ID, "role": one_of(*_CONTENT), "content": lambda value, path: value}, required=("role", "content")
        ),
        "function_call": obj(
            {**_ID, "call_id": _CALL_ID, "name": text(128), "arguments": text()}, required=("name", "arguments")
        ),
        "function_call_output": obj({**_ID, "call_id": _CALL_ID, "output": text()}, required=("call_id", "output")),
    }
)
TRUNCATE = obj(
    {"item_id": text(64), "content_index": integer(0, 1_000), "audio_end_ms": integer(0, 10**9)},
    required=("item_id", "content_index", "audio_end_ms"),
)


def announce(item: Item, previous: str | None, out: Outbox) -> None:
    """The events of an item that came into the conversation as a whole, behind `previous`."""
    out.send("conversation.item.added", previous_item_id=previous, item=item.to_json())
    out.send("conversation.item.done", previous_item_id=previous, item=item.to_json())


def read_item(value: Any, path: str, new_id: str, format: AudioFormat) -> tuple[Item, Clip | None]:
    """A client's item with audio in this format, and the audio that still has to be recognised, if there is some."""
    given = ITEM(value, path)
    item_id = given.get("id", new_id)
    if given["type"] != "message":
        call_id = given.get("call_id") or f"call_{item_id}"[:32]
        return Item(
            item_id,
            given["type"],
            call_id=call_id,
            name=given.get("name", ""),
            arguments=given.get("arguments", ""),
            output=given.get("output", ""),
        ), None
    role = given["role"]
    content = array(_CONTENT[role])(given["content"], f"{path}.content")
    if not content:
        raise RequestError("invalid_value", f"Invalid '{path}.content': must not be empty.", f"{path}.content")
    parts = [_part(role, part, f"{path}.content[{index}]", format) for index, part in enumerate(content)]
    unheard = Clip(b"".join(part["audio"] for part in content if "audio" in part and "transcript" not in part), format)
    return Item(item_id, "message", role=role, parts=parts), unheard if unheard.audio else None


def _part(role: str, given: dict[str, Any], path: str, format: AudioFormat) -> Part:
    kind = given["type"]
    if role == "assistant":
        kind = f"output_{kind.removeprefix('output_')}"
    if not kind.endswith("audio"):
        return Part(kind, given["text"])
    clip = Clip(given.get("audio", b""), format)
    if not clip.whole:
        message = f"Invalid '{path}.audio': expected whole samples in the session's input format."
        raise RequestError("invalid_value", message, f"{path}.audio")
    return Part(kind, given.get("transcript"), audio_ms=clip.ms)
