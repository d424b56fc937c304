"""Everything a session may ask of its host, as imperatives. The host performs them in order and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vivavoce.lesson import record
from vivavoce.lesson.tools import ToolCall
from vivavoce.protocol.coming_back import RESUMABLE_SECONDS as RESUMABLE_SECONDS
from vivavoce.session.inputs import Peer
from vivavoce.session.spending import Spending


@dataclass(frozen=True, slots=True)
class Dial:
    """Open the upstream WebSocket; answer with Connected(UPSTREAM) or Disconnected(UPSTREAM, …)."""


@dataclass(frozen=True, slots=True)
class Send:
    peer: Peer
    frame: bytes


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a tool answered the model, kept so that the call of that id never runs again (promise P6)."""

    call_id: str
    output: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """Append one durable event; answer with Committed(seq) once it is on disk. `body` holds type and seq."""

    seq: int
    at: float
    """Seconds since the call began."""
    body: dict[str, Any]
    frame: bytes
    """`body` as JSON, to be written down as it stands."""
    tool: ToolAnswer | None = None
    """To be written in the same transaction."""


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run lesson.tools.run(scenario, call, record) off the event loop; answer with ToolFinished."""

    call: ToolCall
    record: record.Record


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
class KeepAudio:
    """From now on keep the sound of the call, because the learner agreed; or delete what was kept of it.

    Sound is kept on the clock of `Session.elapsed`. Without this effect none is.
    """

    keep: bool


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete everything that was kept of this call: its scenario wants no record."""


@dataclass(frozen=True, slots=True)
class Spend:
    """Note in the store what an answer cost."""

    spending: Spending


@dataclass(frozen=True, slots=True)
class Sleep:
    """Nothing happens until a browser comes back: the session may be dropped, and put together again from its record
    for RESUMABLE_SECONDS.
    """


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing more will happen; the session may be dropped."""


Effect = Dial | Send | Record | RunTool | Close | NoteEnd | KeepAudio | Forget | Spend | Sleep | Finish
