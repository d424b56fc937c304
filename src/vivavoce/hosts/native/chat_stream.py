"""What a chat-completions endpoint answers, in the dialects that there are.

They differ: a function call comes in pieces or whole, with or without an index, its arguments as text or as an object;
the last chunk says that it ended, or [DONE] does, or neither; thoughts come in a field of their own, which is left
alone, or in <think> tags; errors come as a line of the stream; and some do not stream at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 8 * 1024 * 1024
"""Of a whole answer on the wire, thoughts included."""
MAX_CALLS = 32

UNREADABLE = "The chat model's server answered with something else than a chat completion. Is VIVAVOCE_CHAT_URL right?"
TOO_LONG = "The chat model's answer was too long."
FAILED = "The chat model failed in the middle of its answer. Its server's log says why."
BROKE_OFF = "The chat model's answer broke off in the middle."


class Broken(Exception):
    """An answer that cannot be used. The message is for the client."""


@dataclass(slots=True)
class _Call:
    index: Any
    id: str
    name: str
    arguments: str


class Reading:
    """Takes an answer's bytes as they come. Raises Broken for what is none."""

    def __init__(self, *, streamed: bool) -> None:
        """`streamed` is whether the body is server-sent events; otherwise it is one JSON object."""
        self._streamed = streamed
        self._size = 0
        self._rest = bytearray()
        self._understood = False
        self._thoughts = Thoughts()
        self._calls: list[_Call] = []
        self._reason = ""
        self.done = False
        """Whether nothing that matters can follow."""

    def feed(self, piece: bytes) -> str:
        """More bytes; what they add to the words that are said."""
        self._size += len(piece)
        if self._size > MAX_BYTES:
            raise Broken(TOO_LONG)
        self._rest += piece
        if not self._streamed or b"\n" not in piece:
            return ""
        *lines, self._rest = self._rest.split(b"\n")
        return "".join(self._line(line) for line in lines)

    def end(self) -> tuple[str, list[tuple[str, str]], str]:
        """The last words, the functions called with their arguments, and the finish_reason."""
        text = self._line(self._rest) if self._streamed else self._completion(self._rest)
        if not self.done and not self._reason:
            raise Broken(BROKE_OFF if self._understood else UNREADABLE)
        calls = [(call.name, call.arguments or "{}") for call in self._calls if call.name and self._whole(call)]
        return text + self._thoughts.end(), calls, self._reason or "stop"

    def _whole(self, call: _Call) -> bool:
        """False for a call in whose middle the answer had to end."""
        if self._reason != "length":
            return True
        try:
            json.loads(call.arguments)
        except (ValueError, RecursionError):
            return False
        return True

    def _line(self, line: bytes | bytearray) -> str:
        field, _, data = line.strip().partition(b":")
        if field == b"error":
            raise Broken(FAILED)
        if field != b"data" or not data or self.done:  # a comment that keeps the connection alive, or an event's name
            return ""
        if data.strip() == b"[DONE]":
            self.done = True
            return ""
        return self._completion(data)

    def _completion(self, data: bytes | bytearray) -> str:
        try:
            completion = json.loads(data)
        except (ValueError, RecursionError):
            raise Broken(UNREADABLE) from None
        if not isinstance(completion, dict):
            raise Broken(UNREADABLE)
        if completion.get("error"):
            raise Broken(FAILED)
        choices = completion.get("choices")
        if not isinstance(choices, list):
            raise Broken(UNREADABLE)
        self._understood = True
        choice = choices[0] if choices and isinstance(choices[0], dict) else {}  # none: a chunk that tells the usage
        self._reason = str(choice.get("finish_reason") or self._reason)
        said = choice.get("delta") or choice.get("message")
        if not isinstance(said, dict):
            return ""
        calls = said.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            if isinstance(call, dict):
                self._call(call)
        content = said.get("content")
        return self._thoughts.without(content) if isinstance(content, str) else ""

    def _call(self, piece: dict[str, Any]) -> None:
        """A function call, or a piece of one."""
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        call_id, name = str(piece.get("id") or ""), str(function.get("name") or "")
        call = self._begun(piece.get("index"), call_id, name)
        if call is None:
            if len(self._calls) == MAX_CALLS:
                raise Broken(TOO_LONG)
            call = _Call(piece.get("index"), call_id, name, "")
            self._calls.append(call)
        arguments = function.get("arguments")
        call.name = call.name or name
        call.arguments += arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments else ""

    def _begun(self, index: Any, call_id: str, name: str) -> _Call | None:
        """The call that a piece belongs to; None for a new one.

        There are servers that number every call 0, and such as give each piece of a call another id.
        """
        for call in self._calls:
            if call_id and call.id == call_id:
                return call
        for call in self._calls if index is not None else ():
            if call.index == index and not (name and call_id and call.id):
                return call
        return self._calls[-1] if self._calls and index is None and not name else None


class Thoughts:
    """Leaves out what stands between <think> and </think>, wherever the stream cuts these tags."""

    _TAGS = ("<think>", "</think>")

    def __init__(self) -> None:
        self._rest = ""
        self._thinking = False

    def without(self, text: str) -> str:
        self._rest += text
        said: list[str] = []
        while True:
            tag = self._TAGS[self._thinking]
            before, found, after = self._rest.partition(tag)
            if not found:
                break
            said += [] if self._thinking else [before]
            self._rest, self._thinking = after, not self._thinking
        kept = _overlap(self._rest, tag)
        if not self._thinking:
            said.append(self._rest[: len(self._rest) - kept])
        self._rest = self._rest[len(self._rest) - kept :]
        return "".join(said)

    def end(self) -> str:
        """What was kept because it might have become a tag."""
        return "" if self._thinking else self._rest


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of `text` may begin `tag`."""
    return next((size for size in range(min(len(text), len(tag) - 1), 0, -1) if tag.startswith(text[-size:])), 0)
