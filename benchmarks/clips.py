"""What the callers say: the tests' recorded utterances, cut to their voiced part, in the frames of a microphone."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache

import numpy as np

from browser.audio import from_pcm, to_pcm
from kit.voices import WIRE_RATE, spoken

FRAME_S = 0.04
"""As the page sends."""
FRAME_BYTES = round(2 * WIRE_RATE * FRAME_S)
VOICED = 0.02
"""Share of the loudest sample, -34 dB, from which on a sample counts as voiced."""

THREE_SECONDS = ("quiet-room", "apology", "compensation")
"""Utterances of 3.1 s, each."""
INTERRUPTION = "interrupt"


@dataclass(frozen=True)
class Clip:
    """Frames to send. The first holds the first voiced sample; the last ends with the last one."""

    frames: tuple[bytes, ...]

    @property
    def seconds(self) -> float:
        return len(self.frames) * FRAME_S

    def first(self, seconds: float) -> Clip:
        """What is said when the line breaks in mid-sentence."""
        return Clip(self.frames[: round(seconds / FRAME_S)])


@cache
def clip(name: str) -> Clip:
    samples = from_pcm(spoken(name))
    voiced = np.flatnonzero(np.abs(samples) > VOICED * np.abs(samples).max())
    pcm = to_pcm(samples[voiced[0] : voiced[-1] + 1])
    pcm = bytes(-len(pcm) % FRAME_BYTES) + pcm
    return Clip(tuple(_append(pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm), FRAME_BYTES)))


@cache
def silence() -> Clip:
    """One frame of it."""
    return Clip((_append(bytes(FRAME_BYTES)),))


def _append(pcm: bytes) -> bytes:
    audio = base64.b64encode(pcm).decode()
    return json.dumps({"type": "input_audio_buffer.append", "audio": audio}).encode()
