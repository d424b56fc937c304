"""What all voices have in common: how they are asked, how loud they are, how long they pause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from vivavoce.hosts.native.speech.loudness import loudness
from vivavoce.hosts.native.speech.resample import Samples

LUFS = -23.0
"""How loud every voice is: EBU R 128."""
LEAST_GAIN, MOST_GAIN = 0.25, 6.0
"""A sentence is made softer or louder by this at most: a breath stays a breath."""
QUIET = 0.01
"""Below this part of the loudest sample, what stands at a sentence's ends is padding."""
LEAD_S, PAUSE_S = 0.02, 0.28
"""What stays of the padding; the second is the breath between two sentences."""
SLOWEST, FASTEST = 0.5, 2.0


class Synthesiser(Protocol):
    """A voice model, shared by all calls and threads."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    def speak(self, text: str, voice: str, speed: float) -> Iterator[Samples]:
        """Sentence by sentence, each made when it is asked for. The ten voice names of the Realtime API are known, and
        an unknown one speaks as the first of them does."""


def dressed(sentence: Samples, rate: int) -> Samples:
    """A sentence as a model made it, brought to the common loudness and to the common silence around it."""
    loudest = float(np.abs(sentence).max(initial=0.0))
    if not np.isfinite(loudest) or loudest < 1e-4:
        return np.zeros(round(PAUSE_S * rate), np.float32)
    loud = np.flatnonzero(np.abs(sentence) > QUIET * loudest)
    lead, pause = round(LEAD_S * rate), round(PAUSE_S * rate)
    padded = np.pad(sentence, (lead, pause))[loud[0] : loud[-1] + lead + pause]
    gain = np.clip(10 ** ((LUFS - loudness(padded, rate)) / 20), LEAST_GAIN, MOST_GAIN)
    whole: Samples = (padded * gain).astype(np.float32)
    return whole
