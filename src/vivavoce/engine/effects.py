"""Everything an engine may ask of its host, as imperatives. The host performs them in order, decides nothing.

Audio is in the format that the client chose. A job number is used once; results of a cancelled job are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vivavoce.protocol.audio import AudioFormat


@dataclass(frozen=True, slots=True)
class Send:
    """One text message to the client."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Hear:
    """Windows of 32 ms for the voice detector; answer with Heard, one probability for each.

    They run on from one Hear to the next. Every window is answered, in order, because the core counts them. The format
    changes only behind a Deafen.
    """

    pcm: bytes
    format: AudioFormat


@dataclass(frozen=True, slots=True)
class Deafen:
    """Forget the voice detector's state: what follows is not a continuation.

    Windows handed out before are still answered; the core leaves them out.
    """


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Recognise speech; answer with Transcribed or TranscriptionFailed."""

    job: int
    pcm: bytes
    language: str
    """ISO 639-1 as the client gave it, or empty: to be guessed."""
    keywords: tuple[str, ...]
    """Names and words to expect."""
    format: AudioFormat


@dataclass(frozen=True, slots=True)
class Speak:
    """Say a clause; answer with Spoken as voice comes, then SpeechEnded, or SpeechFailed."""

    job: int
    text: str
    voice: str
    """A voice name of the Realtime API, for example marin."""
    speed: float
    format: AudioFormat
    """Of the voice that comes back."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Ask the chat model; answer with ReplyText and ReplyCall as they come, then ReplyEnded, or ReplyFailed."""

    job: int
    request: dict[str, Any]
    """A chat-completions body without `model` and `stream`."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The job's result is not wanted any more."""

    job: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close the client's WebSocket with this code."""

    code: int
    reason: str


Effect = Send | Hear | Deafen | Transcribe | Speak | Reply | Cancel | Close
