"""The audio formats of the Realtime API. Nothing else knows their rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Mono audio as it stands on the wire, in base64."""

    name: str
    """The `type` of a format object."""
    rate: int
    """Samples a second."""
    sample_bytes: int

    @property
    def bytes_per_second(self) -> int:
        return self.rate * self.sample_bytes

    def duration_ms(self, size: int) -> float:
        """Milliseconds of audio in `size` bytes."""
        return size * 1000 / self.bytes_per_second

    def to_json(self) -> dict[str, Any]:
        """As a session shows it: G.711's rate is understood."""
        return {"type": self.name, "rate": self.rate} if self.name == "audio/pcm" else {"type": self.name}


PCM = AudioFormat("audio/pcm", 24_000, 2)
"""Little-endian signed 16 bit."""
PCMU = AudioFormat("audio/pcmu", 8_000, 1)
"""G.711 mu-law."""
PCMA = AudioFormat("audio/pcma", 8_000, 1)
"""G.711 A-law."""
FORMATS = {format.name: format for format in (PCM, PCMU, PCMA)}

SAMPLE_RATE = PCM.rate
"""Samples a second."""
BYTES_PER_SECOND = PCM.bytes_per_second


def duration_ms(size: int) -> float:
    """Milliseconds of audio in `size` bytes of PCM16."""
    return PCM.duration_ms(size)


def decoded_size(base64_length: int) -> int:
    """Bytes that a base64 text of this length holds, padding counted as data: an upper bound, off by 2 at most."""
    return base64_length * 3 // 4


BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_PADDING = (b"", b"=", b"==")


def base64_size(text: bytes) -> int | None:
    """Bytes that a base64 text holds; None when it is not strictly that. Five times as fast as to decode it."""
    padding = text.translate(None, BASE64)
    if len(text) % 4 or padding not in _PADDING or not text.endswith(padding):
        return None
    return len(text) // 4 * 3 - len(padding)


DELTA = b'"delta":"'


def delta_size(frame: bytes) -> int:
    """Bytes of audio in a response.output_audio.delta, which is not parsed for that: base64 holds no quote.

    Where a frame is spelled otherwise, an upper bound: its length.
    """
    begin = frame.find(DELTA) + len(DELTA)
    end = frame.find(b'"', begin)
    if begin < len(DELTA) or end < 0:
        return decoded_size(len(frame))
    padding = frame.count(b"=", max(begin, end - 2), end)
    return max(0, decoded_size(end - begin) - padding)
