"""Audio as a client sent it, and the format that it is in."""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.protocol.audio import AudioFormat


@dataclass(frozen=True, slots=True)
class Clip:
    audio: bytes
    format: AudioFormat

    @property
    def ms(self) -> float:
        return self.format.duration_ms(len(self.audio))

    @property
    def whole(self) -> bool:
        """Whether it ends with a whole sample."""
        return len(self.audio) % self.format.sample_bytes == 0
