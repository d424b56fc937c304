"""Everything that can happen to an engine, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Received:
    """A whole text message of the client came in; `frame` is its UTF-8. The host refuses binary ones."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """The speech probability, 0 to 1, of each successive 32 ms window of the audio that Hear handed out."""

    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Transcribed:
    """A Transcribe job is done. `no_speech` is the recogniser's probability that nobody spoke."""

    job: int
    text: str
    no_speech: float


@dataclass(frozen=True, slots=True)
class TranscriptionFailed:
    job: int
    reason: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """The next piece of a Speak job's voice: in the format asked for, in order, any number of pieces per job."""

    job: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """A Speak job has given its last piece."""

    job: int


@dataclass(frozen=True, slots=True)
class SpeechFailed:
    job: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReplyText:
    """The next piece of what the chat model says: a delta, of any length."""

    job: int
    text: str


@dataclass(frozen=True, slots=True)
class ReplyCall:
    """The chat model calls a function; `arguments` is the whole JSON."""

    job: int
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """A Reply job has given its last piece. `finish_reason` is the chat API's: stop, length, tool_calls, …"""

    job: int
    finish_reason: str


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """No more will come. `reason` is a sentence for the client, without secrets."""

    job: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The machine has too much to do: this Transcribe, Speak or Reply will not be done."""

    job: int


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """`Engine.deadline` has come."""


Spoke = Spoken | SpeechEnded | SpeechFailed
Replied = ReplyText | ReplyCall | ReplyEnded | ReplyFailed
Input = Received | Heard | Transcribed | TranscriptionFailed | Spoke | Replied | Refused | DeadlinePassed
