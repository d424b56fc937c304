"""Everything that can happen to a session, in the past tense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from vivavoce.lesson.tools import ToolOutcome


class Peer(Enum):
    """The two ends that a session stands between."""

    BROWSER = "browser"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class Connected:
    """A peer's WebSocket is open.

    For a browser that comes back, `after` is the last durable event it has, 0 when it has none. `resume_token` is what
    it must show the next time; the host has its hash on disk already.
    """

    peer: Peer
    after: int | None = None
    resume_token: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A whole text message came in; `frame` is its UTF-8."""

    peer: Peer
    frame: bytes


@dataclass(frozen=True, slots=True)
class SpeechFlowed:
    """Frames of speech went from the browser straight to the upstream, as `Session.flow` allowed: at each of these
    moments so many, with so many bytes of PCM16.
    """

    times: Sequence[float]
    """By `flow.moment`, on the clock of `now`."""
    frames: Sequence[int]
    sizes: Sequence[int]


@dataclass(frozen=True, slots=True)
class VoiceFlowed:
    """Deltas went from the upstream straight to the browser, as `Session.flow` allowed: at each of these moments so
    many bytes of PCM16, or none; and the persona's words as they are.
    """

    times: Sequence[float]
    """By `flow.moment`, on the clock of `now`."""
    sizes: Sequence[int]
    words: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class BinaryReceived:
    """A binary message came in; the protocol has none."""

    peer: Peer
    size: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A peer's WebSocket is gone, or the upstream could not be reached at all (`code` 0, or the HTTP status).

    `retry_after`: how many seconds the upstream wants to be left alone.
    """

    peer: Peer
    code: int
    reason: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class ToolFinished:
    call_id: str
    outcome: ToolOutcome


@dataclass(frozen=True, slots=True)
class Committed:
    """Every entry up to `seq` is on disk."""

    seq: int


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """`Session.deadline` has come."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A new call of the same key begins."""


@dataclass(frozen=True, slots=True)
class Fenced:
    """The store refused to write for this session: another process has the call now."""


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody came back in time; a call that is asleep ends now."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody who may ended the call, for `reason`, one of the reasons of `vivavoce.ended`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """The host is shutting down; the call can be gone on with when it is back."""


Input = (
    Connected
    | Received
    | SpeechFlowed
    | VoiceFlowed
    | BinaryReceived
    | Disconnected
    | ToolFinished
    | Committed
    | DeadlinePassed
    | Superseded
    | Fenced
    | Expired
    | Stop
    | Stopping
)
