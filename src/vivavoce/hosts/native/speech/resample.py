"""From the wire's 24 kHz to the 16 kHz that the detector and the recogniser were trained on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

WIRE_RATE = 24_000
MODEL_RATE = 16_000
REACH = 24
"""Input samples to either side that an output sample looks at: 1 ms."""
CUTOFF_HZ = 7_500


def _kernel() -> Samples:
    """Weights of a window of input samples for two output samples, which stand 0 and 1.5 input samples in.

    One low-pass, sampled every half input sample; the first output takes its even taps, the second its odd ones.
    """
    half_samples = np.arange(-2 * REACH, 2 * REACH + 1)
    low_pass = np.sinc(half_samples * CUTOFF_HZ / WIRE_RATE) * np.kaiser(4 * REACH + 1, 6.0)
    kernel = np.zeros((2 * REACH + 2, 2))
    kernel[:-1, 0] = low_pass[0::2]
    kernel[2:, 1] = low_pass[1::2]
    weights: Samples = (kernel / kernel.sum(axis=0)).astype(np.float32)
    return weights


KERNEL = _kernel()
WINDOW = len(KERNEL)


class Resampler:
    """24 kHz to 16 kHz piece by piece, 1 ms late: three samples in, two out, whatever the pieces are."""

    def __init__(self) -> None:
        self._pending = np.zeros(WINDOW - 3, np.float32)

    def feed(self, samples: Samples) -> Samples:
        self._pending = np.concatenate((self._pending, samples))
        output = _convolve(self._pending)
        self._pending = self._pending[len(output) // 2 * 3 :]
        return output


def resample(samples: Samples) -> Samples:
    """24 kHz to 16 kHz of a whole recording, without delay."""
    steps = -(-len(samples) // 3)
    padded: Samples = np.pad(samples, (REACH, 3 * steps - len(samples) + REACH))
    return _convolve(padded)


def from_pcm(pcm: bytes) -> Samples:
    """PCM16 to samples between -1 and 1."""
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32_768)


def _convolve(samples: Samples) -> Samples:
    if len(samples) < WINDOW:
        return np.zeros(0, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::3]
    output: Samples = (windows @ KERNEL).reshape(-1)
    return output
