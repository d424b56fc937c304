"""Everything a session may ask of its host, as imperatives. The host performs them in order and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vivavoce.lesson.tools import ToolCall
from vivavoce.lesson.transcript import Transcript
from vivavoce.session.inputs import Peer


@dataclass(frozen=True, slots=True)
class Dial:
    """Open the upstream WebSocket; answer with Connected(UPSTREAM) or Disconnected(UPSTREAM, …)."""


@dataclass(frozen=True, slots=True)
class Send:
    peer: Peer
    frame: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """Append one durable event; answer with Committed(seq) once it is on disk. `body` holds type and seq."""

    seq: int
    at: float
    """Seconds since the call began."""
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run lesson.tools.run(scenario, call, transcript) off the event loop; answer with ToolFinished."""

    call: ToolCall
    transcript: Transcript
    learner_turns: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close a peer's WebSocket with this code; its Disconnected is still handed in."""

    peer: Peer
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class NoteEnd:
    """Note in the store how the call ended (promise P12). The browser may stay for the quiz."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing more will happen; the session may be dropped."""


Effect = Dial | Send | Record | RunTool | Close | NoteEnd | Finish
