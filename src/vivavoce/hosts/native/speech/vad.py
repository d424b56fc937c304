"""Noticing speech: Silero's detector, one window of 32 ms at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vivavoce.hosts.native.speech import onnx
from vivavoce.hosts.native.speech.formats import to_samples
from vivavoce.hosts.native.speech.resample import Resampler, Samples
from vivavoce.protocol.audio import AudioFormat

RATE = 16_000
WINDOW = 512
"""Samples at that rate: 32 ms."""
PERHAPS_SPEECH = 0.2
"""Noise, hum, breath and keys stay below; a single spoken word has windows far above."""
CONTEXT = 64
"""Samples of the window before, which the detector wants to see again."""


class Detector:
    """The model, shared by all calls. It keeps nothing between windows: that is each call's Ear."""

    def __init__(self, folder: Path) -> None:
        self._session = onnx.load(folder / "silero_vad_16k_op15.onnx")

    def probability(self, window: Samples, state: Samples) -> tuple[float, Samples]:
        """The probability of speech in a window that begins with its context, and the state for the next one."""
        inputs = {"input": window[np.newaxis], "state": state, "sr": np.array(RATE, np.int64)}
        output, state = self._session.run(None, inputs)
        return float(output[0, 0]), state


class Attention:
    """What the detector needs to know of the windows before."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._context = np.zeros(CONTEXT, np.float32)
        self._state = np.zeros((2, 1, 128), np.float32)

    def judge(self, window: Samples) -> float:
        """The probability of speech in the next window."""
        window = np.concatenate((self._context, window))
        self._context = window[-CONTEXT:]
        probability, self._state = self._detector.probability(window, self._state)
        return probability


class Ear:
    """One call's hearing: audio of one format in pieces of any length, one probability out for each full window."""

    def __init__(self, detector: Detector, format: AudioFormat) -> None:
        self._attention = Attention(detector)
        self._format = format
        self._window_bytes = format.bytes_per_second * WINDOW // RATE
        self._unheard = b""
        self._resampler = Resampler(format.rate, RATE)

    def hear(self, audio: bytes) -> tuple[float, ...]:
        audio = self._unheard + audio
        full = len(audio) // self._window_bytes * self._window_bytes
        self._unheard = audio[full:]
        samples = self._resampler.feed(to_samples(audio[:full], self._format))
        return tuple(self._attention.judge(window) for window in samples.reshape(-1, WINDOW))


def anybody_speaks(detector: Detector, samples: Samples) -> bool:
    """Whether there is speech anywhere in samples at 16 kHz; looks no further than the first of it."""
    attention = Attention(detector)
    windows = np.pad(samples, (0, -len(samples) % WINDOW)).reshape(-1, WINDOW)
    return any(attention.judge(window) >= PERHAPS_SPEECH for window in windows)
