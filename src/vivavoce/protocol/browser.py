"""What a browser may say, field by field.

A browser is not trusted: its frame is parsed, checked and turned into one of the classes below, and the relay writes a
fresh event from that. Nothing that a browser sent is passed on, with one exception: the audio frame, whose exact shape
is proven first (see `protocol.flowing`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vivavoce.protocol.audio import base64_size
from vivavoce.protocol.flowing import speech_size
from vivavoce.protocol.message import Event, MalformedFrame, read_strictly, write

MAX_FRAME_BYTES = 256 * 1024
"""Two seconds of audio as base64 are 128 KiB; a larger frame has no honest use."""
MAX_TEXT_CHARS = 2_000
MAX_EVENT_ID_CHARS = 512
MAX_ITEM_ID_CHARS = 64
MAX_ANSWER_CHARS = 500


class BrowserError(Exception):
    """A frame that is refused. The attributes are those of the Realtime API's `error` object."""

    def __init__(self, code: str, message: str, param: str | None = None, event_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.event_id = event_id


@dataclass(frozen=True, slots=True)
class Append:
    """input_audio_buffer.append: `frame` may be passed on as it is, `size` is its bytes of PCM16."""

    frame: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Commit:
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Clear:
    event_id: str | None


@dataclass(frozen=True, slots=True)
class CancelResponse:
    event_id: str | None


@dataclass(frozen=True, slots=True)
class CreateResponse:
    event_id: str | None


@dataclass(frozen=True, slots=True)
class UserText:
    event_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Truncate:
    event_id: str | None
    item_id: str
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class End:
    event_id: str | None


@dataclass(frozen=True, slots=True)
class QuizAnswer:
    event_id: str | None
    item_id: str
    answer: str


@dataclass(frozen=True, slots=True)
class HintRequest:
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether the sound of this call may be kept."""

    event_id: str | None
    audio: bool


BrowserEvent = (
    Append
    | Commit
    | Clear
    | CancelResponse
    | CreateResponse
    | UserText
    | Truncate
    | End
    | QuizAnswer
    | HintRequest
    | Consent
)


def read_browser(frame: bytes) -> BrowserEvent:
    """Check a browser's frame. Raises BrowserError with what to answer."""
    size = speech_size(frame)
    if size is not None:
        return Append(frame, size)
    try:
        event = read_strictly(frame)
    except MalformedFrame as error:
        raise BrowserError("invalid_json", f"Invalid event: {error}.") from error
    event_id = _event_id(event)
    try:
        build = _BUILDERS.get(event["type"])
        if build is None:
            raise BrowserError("invalid_value", "Invalid value: this event type is not accepted here.", "type")
        return build(event, event_id)
    except BrowserError as error:
        error.event_id = event_id
        raise


def _pcm_size(base64: bytes) -> int:
    size = base64_size(base64)
    if size is None:
        raise BrowserError("invalid_value", "Invalid 'audio': expected base64.", "audio")
    if size % 2:
        raise BrowserError("invalid_value", "Invalid 'audio': half a sample of PCM16.", "audio")
    return size


def _append(event: Event, event_id: str | None) -> Append:
    _only(event, "audio")
    audio = _string(event, "audio", MAX_FRAME_BYTES)
    try:
        size = _pcm_size(audio.encode("ascii"))
    except UnicodeEncodeError as error:
        raise BrowserError("invalid_value", "Invalid 'audio': expected base64.", "audio") from error
    return Append(write({"type": "input_audio_buffer.append", "audio": audio}), size)


def _bare(kind: Callable[[str | None], BrowserEvent]) -> Callable[[Event, str | None], BrowserEvent]:
    def build(event: Event, event_id: str | None) -> BrowserEvent:
        _only(event)
        return kind(event_id)

    return build


def _item_create(event: Event, event_id: str | None) -> UserText:
    """Only plain user text: a system item would override the scenario, a function output would forge a result."""
    _only(event, "item")
    item = _object(event, "item")
    _only(item, "role", "content", path="item.")
    _is(item, "type", "message", "item.type")
    _is(item, "role", "user", "item.role")
    content = item.get("content")
    if not isinstance(content, list) or len(content) != 1 or not isinstance(content[0], dict):
        raise BrowserError("invalid_value", "Invalid 'item.content': expected one part.", "item.content")
    part = content[0]
    _only(part, "text", path="item.content[0].")
    _is(part, "type", "input_text", "item.content[0].type")
    text = _string(part, "text", MAX_TEXT_CHARS, "item.content[0].text").strip()
    if not text:
        raise BrowserError("invalid_value", "Invalid text: it is empty.", "item.content[0].text")
    return UserText(event_id, text)


def _truncate(event: Event, event_id: str | None) -> Truncate:
    _only(event, "item_id", "content_index", "audio_end_ms")
    if event.get("content_index") != 0 or isinstance(event.get("content_index"), bool):
        raise BrowserError("invalid_value", "Invalid 'content_index': expected 0.", "content_index")
    audio_end_ms = event.get("audio_end_ms")
    if not isinstance(audio_end_ms, int) or isinstance(audio_end_ms, bool) or audio_end_ms < 0:
        raise BrowserError("invalid_value", "Invalid 'audio_end_ms': expected milliseconds.", "audio_end_ms")
    return Truncate(event_id, _string(event, "item_id", MAX_ITEM_ID_CHARS), audio_end_ms)


def _quiz_answer(event: Event, event_id: str | None) -> QuizAnswer:
    _only(event, "item_id", "answer")
    return QuizAnswer(
        event_id, _string(event, "item_id", MAX_ITEM_ID_CHARS), _string(event, "answer", MAX_ANSWER_CHARS)
    )


def _consent(event: Event, event_id: str | None) -> Consent:
    _only(event, "audio")
    audio = event.get("audio")
    if not isinstance(audio, bool):
        raise BrowserError("invalid_type", "Invalid 'audio': expected true or false.", "audio")
    return Consent(event_id, audio)


_BUILDERS: dict[str, Callable[[Event, str | None], BrowserEvent]] = {
    "input_audio_buffer.append": _append,
    "input_audio_buffer.commit": _bare(Commit),
    "input_audio_buffer.clear": _bare(Clear),
    "response.cancel": _bare(CancelResponse),
    "response.create": _bare(CreateResponse),
    "conversation.item.create": _item_create,
    "conversation.item.truncate": _truncate,
    "vivavoce.end": _bare(End),
    "vivavoce.quiz.answer": _quiz_answer,
    "vivavoce.hint.request": _bare(HintRequest),
    "vivavoce.consent": _consent,
}


def _event_id(event: Event) -> str | None:
    event_id = event.get("event_id")
    if event_id is None:
        return None
    if not isinstance(event_id, str) or len(event_id) > MAX_EVENT_ID_CHARS or not _encodable(event_id):
        raise BrowserError("invalid_value", "Invalid 'event_id': expected a short string.", "event_id")
    return event_id


def _only(value: dict[str, Any], *fields: str, path: str = "") -> None:
    known = {"type", "event_id", *fields} if not path else {"type", *fields}
    for name in value:
        if name not in known:
            shown = f"{path}{name[:64]}" if _encodable(name) else path
            raise BrowserError("unknown_parameter", f"Unknown parameter: '{shown}'.", shown)


def _object(event: Event, name: str) -> dict[str, Any]:
    value = event.get(name)
    if not isinstance(value, dict):
        raise BrowserError("invalid_type", f"Invalid '{name}': expected an object.", name)
    return value


def _is(value: dict[str, Any], name: str, wanted: str, param: str) -> None:
    if value.get(name) != wanted:
        raise BrowserError("invalid_value", f"Invalid '{param}': only '{wanted}' is accepted here.", param)


def _string(value: dict[str, Any], name: str, limit: int, param: str | None = None) -> str:
    param = param or name
    text = value.get(name)
    if text is None:
        raise BrowserError("missing_required_parameter", f"Missing required parameter: '{param}'.", param)
    if not isinstance(text, str) or not _encodable(text):
        raise BrowserError("invalid_type", f"Invalid '{param}': expected a string.", param)
    if len(text) > limit:
        raise BrowserError("string_above_max_length", f"Invalid '{param}': at most {limit} characters.", param)
    return text


def _encodable(text: str) -> bool:
    """Whether the text is valid Unicode; a lone surrogate escapes JSON and breaks later, when it is sent or stored."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
