"""From one rate to another: the wire's, the models' and the voices' all differ."""

from __future__ import annotations

from functools import cache
from math import gcd

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

REACH = 24
"""Samples of the slower rate to either side that an output sample looks at: 1.5 ms for 16 kHz, 3 ms for 8 kHz."""
CUTOFF = 0.92
"""The middle of the low-pass, as a part of what the slower rate can carry; 60 dB are gone at the whole of it."""

ROWS = 16_384
"""Blocks that are worked on at once."""


class Resampler:
    """One rate to another piece by piece, a little late: whatever the pieces are, the sound is the same.

    For each full block of `step_in` samples that went in, `step_out` come out at once.
    """

    def __init__(self, rate: int, target: int) -> None:
        self.step_in, self.step_out = _steps(rate, target)
        self._kernel = _kernel(rate, target)
        self._pending = np.zeros(len(self._kernel) - self.step_in, np.float32)

    def feed(self, samples: Samples) -> Samples:
        self._pending = np.concatenate((self._pending, samples))
        output = _convolve(self._pending, self._kernel, self.step_in)
        self._pending = self._pending[len(output) // self.step_out * self.step_in :]
        return output

    def finish(self) -> Samples:
        """What is still to come of the samples that went in."""
        return self.feed(np.zeros(len(self._kernel), np.float32))


def resample(samples: Samples, rate: int, target: int) -> Samples:
    """A whole recording at another rate, without delay."""
    if rate == target:
        return samples
    step_in, _ = _steps(rate, target)
    kernel = _kernel(rate, target)
    blocks = -(-len(samples) // step_in)
    before = _reach(rate, target)
    after = blocks * step_in - len(samples) + len(kernel) - step_in - before
    padded: Samples = np.pad(samples, (before, after))
    return _convolve(padded, kernel, step_in)


def _steps(rate: int, target: int) -> tuple[int, int]:
    common = gcd(rate, target)
    return rate // common, target // common


def _reach(rate: int, target: int) -> int:
    """Input samples to either side that an output sample looks at."""
    return -(-REACH * rate // min(rate, target))


@cache
def _kernel(rate: int, target: int) -> Samples:
    """Weights of a window of input samples (rows) for the output samples of one block (columns)."""
    step_in, step_out = _steps(rate, target)
    reach = _reach(rate, target)
    outputs = np.arange(step_out) * step_in / step_out
    window = np.arange(2 * reach + step_in)[:, np.newaxis] - reach
    away = window - outputs
    low_pass = np.sinc(away * CUTOFF * min(rate, target) / rate)
    fade = np.i0(6.0 * np.sqrt(np.clip(1.0 - np.square(away / reach), 0.0, None))) * (np.abs(away) <= reach)
    kernel = low_pass * fade
    weights: Samples = (kernel / kernel.sum(axis=0)).astype(np.float32)
    return weights


def _convolve(samples: Samples, kernel: Samples, step: int) -> Samples:
    if len(samples) < len(kernel):
        return np.zeros(0, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples, len(kernel))[::step]
    output: Samples = np.empty((len(windows), kernel.shape[1]), np.float32)
    for at in range(0, len(windows), ROWS):  # a product writes its windows out, which overlap many times over
        np.matmul(windows[at : at + ROWS], kernel, out=output[at : at + ROWS])
    return output.reshape(-1)
