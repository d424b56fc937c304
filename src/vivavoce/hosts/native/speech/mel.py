"""Whisper's picture of sound: a mel spectrogram, 100 columns a second."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from vivavoce.hosts.native.speech.resample import Samples

RATE = 16_000
FFT = 400
HOP = 160
LINEAR_MELS = 15.0
"""Up to here, 1 kHz, the scale is linear with 3 mel in 200 Hz; above, a mel is a factor of 6.4 ** (1 / 27)."""
LOG_STEP = np.log(6.4) / 27.0


def log_mel(samples: Samples, seconds: float, bands: int) -> Samples:
    """`seconds` of sound in so many bands of frequency: 80 for the smaller models, 128 for large-v3."""
    padded = np.zeros(round(seconds * RATE) + FFT, np.float32)
    padded[FFT // 2 : FFT // 2 + len(samples)] = samples
    padded[: FFT // 2] = padded[FFT : FFT // 2 : -1]
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][:-1]
    power = np.abs(np.fft.rfft(frames * _hann())) ** 2
    loudness = np.log10(np.maximum(power.astype(np.float32) @ _mel_bands(bands), 1e-10))
    loudness = np.maximum(loudness, loudness.max() - 8.0)
    picture: Samples = np.ascontiguousarray(((loudness + 4.0) / 4.0).T, np.float32)
    return picture


@cache
def _hann() -> Samples:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)


@cache
def _mel_bands(bands: int) -> Samples:
    """Weights of 201 frequencies in bands of equal area, spaced as Slaney's Auditory Toolbox does."""
    edges = _mel_to_hz(np.linspace(0.0, _hz_to_mel(RATE / 2), bands + 2))
    hz = np.linspace(0.0, RATE / 2, FFT // 2 + 1)[:, np.newaxis]
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (edges[2:] - edges[:-2])
    return weights.astype(np.float32)


def _hz_to_mel(hz: float) -> float:
    return float(LINEAR_MELS + np.log(hz / 1_000.0) / LOG_STEP) if hz > 1_000.0 else hz * 3.0 / 200.0


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel > LINEAR_MELS, 1_000.0 * np.exp((mel - LINEAR_MELS) * LOG_STEP), mel * 200.0 / 3.0)
