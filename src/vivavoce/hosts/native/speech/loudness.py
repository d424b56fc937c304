"""How loud something is to a listener: ITU-R BS.1770, as broadcasters measure."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vivavoce.hosts.native.speech.resample import Samples

BLOCK_S, STEP_S = 0.4, 0.1
SILENCE_LUFS = -70.0
PAUSE_LU = 10.0
"""Blocks that are so much softer than the rest are pauses, and do not count."""
OFFSET = 0.691

Weights = npt.NDArray[np.float64]


def loudness(samples: Samples, rate: int) -> float:
    """LUFS of one channel; minus infinity for silence."""
    size = 1 << max(len(samples) - 1, 1).bit_length()
    weighted = np.fft.irfft(np.fft.rfft(samples, size) * _weights(size, rate))[: len(samples)]
    energy = np.concatenate(([0.0], np.cumsum(np.square(weighted))))
    block = min(round(BLOCK_S * rate), len(samples))
    starts = np.arange(0, len(samples) - block + 1, round(STEP_S * rate))
    power = (energy[starts + block] - energy[starts]) / max(block, 1)
    power = power[power > _power(SILENCE_LUFS)]
    if not power.size:
        return -np.inf
    power = power[power > power.mean() / 10 ** (PAUSE_LU / 10)]
    return float(10 * np.log10(power.mean()) - OFFSET)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + OFFSET) / 10))


@lru_cache(8)
def _weights(size: int, rate: int) -> Weights:
    """The K-weighting of each frequency: what a head adds above 1.7 kHz, and what an ear leaves out below 40 Hz."""
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    powers = np.stack([np.ones_like(turn), turn, np.square(turn)])
    response = np.ones(len(turn))
    for over, under in (_shelf(rate), _high_pass(rate)):
        response *= np.abs(over @ powers) / np.abs(under @ powers)
    return response


def _shelf(rate: int) -> tuple[Weights, Weights]:
    """Numerator and denominator of the standard's first filter, which it gives for 48 kHz only, at any rate."""
    bend = np.tan(np.pi * 1681.974450955533 / rate)
    width = bend / 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    square = bend * bend
    over = np.array([high + middle * width + square, 2 * (square - high), high - middle * width + square])
    return over, np.array([1 + width + square, 2 * (square - 1), 1 - width + square])


def _high_pass(rate: int) -> tuple[Weights, Weights]:
    """The same of its second filter."""
    bend = np.tan(np.pi * 38.13547087602444 / rate)
    width, square = bend / 0.5003270373238773, bend * bend
    whole = 1 + width + square
    return np.array([1.0, -2.0, 1.0]), np.array([1.0, 2 * (square - 1) / whole, (1 - width + square) / whole])
