"""The conversation: items in order, as they are said, stored, cut and shown on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vivavoce.engine.wire import RequestError

MAX_ITEMS = 500
MAX_CHARS = 500_000
"""Of all texts together. Beyond either bound the oldest items are forgotten, as upstream truncates its context."""


@dataclass(slots=True)
class Part:
    """One content part. `text` is what was typed, or the transcript of audio: None until it is known."""

    type: str
    text: str | None
    audio_ms: float = 0.0
    spoken: list[tuple[str, float]] = field(default_factory=list)
    """Clauses of an assistant's audio with the milliseconds sent of each, so that a cut finds its words."""
    heard_ms: float | None = None
    """Where a truncation cut it."""

    @property
    def is_audio(self) -> bool:
        return self.type.endswith("audio")

    def cut(self, heard_ms: float) -> None:
        """Keep what was heard: whole clauses, and of the last one as many words as its share of the time."""
        heard = ""
        left = heard_ms
        for clause, ms in self.spoken:
            if left >= ms:
                heard += clause
            elif left > 0:
                heard += _whole_words(clause, left / ms)
            left -= ms
        self.text = heard.rstrip()
        self.heard_ms = heard_ms
        self.audio_ms = min(self.audio_ms, heard_ms)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "transcript" if self.is_audio else "text": self.text}


def _whole_words(clause: str, share: float) -> str:
    heard = int(len(clause) * share)
    if clause[heard : heard + 1].isspace():
        return clause[:heard]
    return clause[: clause.rfind(" ", 0, heard) + 1]


@dataclass(slots=True)
class Item:
    id: str
    type: str
    """message, function_call or function_call_output."""
    role: str = ""
    status: str = "completed"
    parts: list[Part] = field(default_factory=list)
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""

    @property
    def text(self) -> str:
        """What a message says, as far as it is known and was heard."""
        return " ".join(part.text for part in self.parts if part.text)

    @property
    def size(self) -> int:
        return len(self.text) + len(self.arguments) + len(self.output)

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": self.id,
            "object": "realtime.item",
            "type": self.type,
            "status": self.status,
        }
        match self.type:
            case "message":
                return {**shown, "role": self.role, "content": [part.to_json() for part in self.parts]}
            case "function_call":
                return {**shown, "name": self.name, "call_id": self.call_id, "arguments": self.arguments}
            case _:
                return {**shown, "call_id": self.call_id, "output": self.output}


class Conversation:
    """Bounded, ordered, and the only owner of its items."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    @property
    def last_id(self) -> str | None:
        return self.items[-1].id if self.items else None

    @property
    def last_reply_id(self) -> str | None:
        """The last item, if it is something that the assistant said."""
        last = self.items[-1] if self.items else None
        return last.id if last and last.role == "assistant" else None

    def get(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)

    def require(self, item_id: str, verb: str) -> Item:
        """The item, or the error of conversation.item.truncate, .delete or .retrieve."""
        item = self.get(item_id)
        if item is None:
            doing = {"truncate": "truncating", "delete": "deleting", "retrieve": "retrieving"}[verb]
            message = f"Error {doing} item: the item with id '{item_id}' does not exist."
            raise RequestError(f"item_{verb}_invalid_item_id", message, "item_id")
        return item

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put the item behind `after` ("root": in front; None: at the end) and return the id now before it."""
        if self.get(item.id):
            message = f"Error adding item: the item with id '{item.id}' already exists."
            raise RequestError("item_create_duplicate_item_id", message, "item.id")
        place = self._place(after)
        self.items.insert(place, item)
        previous = self.items[place - 1].id if place else None
        self._forget_oldest(keep=item)
        return previous

    def _place(self, after: str | None) -> int:
        if after is None:
            return len(self.items)
        if after == "root":
            return 0
        for index, item in enumerate(self.items):
            if item.id == after:
                return index + 1
        message = f"Previous item with id '{after}' not found in conversation."
        raise RequestError("invalid_value", message, "previous_item_id")

    def _forget_oldest(self, keep: Item) -> None:
        chars = sum(item.size for item in self.items)
        while len(self.items) > MAX_ITEMS or (chars > MAX_CHARS and len(self.items) > 1):
            oldest = next(item for item in self.items if item is not keep)
            chars -= oldest.size
            self.items.remove(oldest)

    def delete(self, item_id: str) -> None:
        self.items.remove(self.require(item_id, "delete"))

    def has_call(self, call_id: str) -> bool:
        return any(item.type == "function_call" and item.call_id == call_id for item in self.items)

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Cut an assistant's audio message to what was heard."""
        item = self.require(item_id, "truncate")
        part = item.parts[content_index] if content_index < len(item.parts) else None
        if item.role != "assistant" or part is None or not part.spoken:
            message = "Only model output audio messages can be truncated"
            raise RequestError("unsupported_content_type", message, "item_id")
        if audio_end_ms > part.audio_ms + 1:  # a sample more is rounding
            message = f"Audio content of {part.audio_ms:.0f}ms is already shorter than {audio_end_ms}ms"
            raise RequestError("invalid_value", message, "audio_end_ms")
        part.cut(audio_end_ms)
