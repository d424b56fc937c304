"""What a dialogue is asked and what it answers. It keeps no state: the conversation is its memory.

So what was not heard was not said, and a conversation that a client replays on a new connection goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from vivavoce.engine.conversation import Item

MAX_LINE_CHARS = 4_000
"""Of one line that is listened to; more is not conversation."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said. `text` is empty when it was not understood; a tool's line is its output."""

    speaker: Literal["system", "user", "assistant", "tool"]
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A response is wanted. `tools` are those it may call, by name."""

    history: tuple[Line, ...]
    instructions: str
    tools: dict[str, dict[str, Any]]
    must_call: bool = False
    """Whether it has to call one of them."""
    items: tuple[Item, ...] = ()
    """What `history` was read from."""
    aloud: bool = False
    max_tokens: int | None = None
    in_conversation: bool = True
    """False for a response out of band, which nobody may hear."""


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, then which functions are called."""

    text: str
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """For a chat model, which has the answer."""

    request: dict[str, Any]
    """A chat-completions body without `model` and `stream`."""
    functions: frozenset[str]
    """Those that it may call."""
    must_call: tuple[Call, ...] = ()
    """Set when a function has to be called: what is called if the model just talks, which is then not listened to."""


class Dialogue(Protocol):
    def answer(self, ask: Ask) -> Answer | Question: ...


def lines(items: Iterable[Item]) -> tuple[Line, ...]:
    """A conversation as the dialogue hears it: without calls, and without an assistant's words that nobody heard."""
    history: list[Line] = []
    for item in items:
        match item.type, item.role:
            case "message", "assistant":
                if item.text:
                    history.append(Line("assistant", item.text))
            case "message", "system":
                history.append(Line("system", item.text[:MAX_LINE_CHARS]))
            case "message", _:
                history.append(Line("user", item.text[:MAX_LINE_CHARS]))
            case "function_call_output", _:
                history.append(Line("tool", item.output[:MAX_LINE_CHARS]))
    return tuple(history)


def since_last_reply(history: tuple[Line, ...]) -> tuple[Line, ...]:
    """What still has no answer."""
    for index in range(len(history) - 1, -1, -1):
        if history[index].speaker == "assistant":
            return history[index + 1 :]
    return history
