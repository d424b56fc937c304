"""Hibari's small model, and ten voices out of its one.

The model predicts the parts of a voice apart: pitch, and the envelopes of its tone, noise and rest. Scaling the pitch
and stretching the envelopes in frequency, as a longer or shorter throat does, gives other speakers at no cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from hibari import Hibari, dsp

from vivavoce.hosts.native.speech.phonemes import Reader
from vivavoce.hosts.native.speech.resample import Samples
from vivavoce.hosts.native.speech.synthesise import FASTEST, SLOWEST, dressed


@dataclass(frozen=True, slots=True)
class Speaker:
    """How a voice differs from the model's own."""

    pitch: float = 1.0
    throat: float = 1.0
    """Factor on the frequencies of the envelopes: below 1 a bigger speaker."""
    liveliness: float = 1.0
    """Factor on how far the melody strays from its middle, in octaves."""
    pace: float = 1.0


SPEAKERS = {
    "marin": Speaker(),
    "alloy": Speaker(pitch=0.86, throat=0.95),
    "ash": Speaker(pitch=0.53, throat=0.86),
    "ballad": Speaker(pitch=0.64, throat=0.90, liveliness=1.2),
    "cedar": Speaker(pitch=0.47, throat=0.83, liveliness=1.1),
    "coral": Speaker(pitch=1.11, throat=1.04, liveliness=1.15),
    "echo": Speaker(pitch=0.61, throat=0.85, liveliness=0.8),
    "sage": Speaker(pitch=0.93, throat=0.98, liveliness=0.8, pace=0.93),
    "shimmer": Speaker(pitch=1.23, throat=1.08),
    "verse": Speaker(pitch=0.78, throat=0.88, liveliness=1.3, pace=1.05),
}
"""The Realtime API's names, always the same speaker each; an unknown name is the first."""
DEFAULT = "marin"


class HibariVoices:
    rate = dsp.SR

    def __init__(self) -> None:
        self._model = Hibari(threads=1)
        self._reader = Reader()

    def speak(self, text: str, voice: str, speed: float) -> Iterator[Samples]:
        """The same words sound the same each time."""
        speaker = SPEAKERS.get(voice, SPEAKERS[DEFAULT])
        pace = min(max(speed * speaker.pace, SLOWEST), FASTEST)
        chance = np.random.default_rng(len(text))
        for phonemes in self._reader.sentences(text):
            yield dressed(self._voice(self._model.ids(phonemes), speaker, pace, chance), self.rate)

    def _voice(self, ids: list[int], speaker: Speaker, pace: float, chance: np.random.Generator) -> Samples:
        inputs = {"ids": np.array([ids], np.int64), "speed": np.array([pace], np.float32)}
        tone, phase, noise, rest, rest_phase, pitch = (part[0] for part in self._model.sess.run(None, inputs))
        if speaker.throat != 1.0:
            tone, phase, noise, rest, rest_phase = (
                _stretch(part, speaker.throat) for part in (tone, phase, noise, rest, rest_phase)
            )
        voice: Samples = dsp.synth(tone, phase, noise, rest, rest_phase, _melody(pitch, speaker), chance)
        return voice


def _stretch(envelope: Samples, factor: float) -> Samples:
    """An envelope of 601 frequencies by frames, its frequencies multiplied by `factor`."""
    last = len(envelope) - 1
    at = np.minimum(np.rint(np.arange(last + 1) / factor), last).astype(np.intp)
    return envelope[at]


def _melody(pitch: Samples, speaker: Speaker) -> Samples:
    """Pitch in Hz by frame; frames without voice are near 0 and stay so."""
    voiced = pitch > 40.0
    if not voiced.any():
        return pitch
    middle = np.exp(np.log(pitch[voiced]).mean())
    sung = middle * speaker.pitch * (pitch / middle).clip(1e-3) ** speaker.liveliness
    return np.where(voiced, np.maximum(sung, 45.0), pitch).astype(np.float32)
