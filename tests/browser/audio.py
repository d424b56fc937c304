"""Sound as numbers: what a test says into the microphone, and how it compares what it heard.

Samples are float32 mono in -1..1, times are seconds unless a name says otherwise.
"""

from __future__ import annotations

import wave
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

MICROPHONE_RATE = 48_000
LEAD_S = 1.0
"""Chromium loses about 0.2 s of the file before the page's first frame."""


def read_wav(path: Path) -> tuple[Samples, int]:
    """A mono 16-bit WAV and its rate."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2), f"{path} is not mono 16-bit"
        return from_pcm(file.readframes(file.getnframes())), file.getframerate()


def from_pcm(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)


def to_pcm(samples: Samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes()


def resample(samples: Samples, rate: int, target: int) -> Samples:
    """Band-limited, by cutting or padding the spectrum: exact for a clip as a whole."""
    if rate == target:
        return samples
    length = round(len(samples) * target / rate)
    spectrum = np.fft.rfft(samples)
    resized = np.zeros(length // 2 + 1, dtype=complex)
    shared = min(len(spectrum), len(resized))
    resized[:shared] = spectrum[:shared]
    return (np.fft.irfft(resized, length) * (target / rate)).astype(np.float32)


def microphone_wav(path: Path, parts: Iterable[Path | float], tail_s: float = 1.0) -> Path:
    """Joins utterances (WAV files) and silences (seconds) into one file for the fake microphone."""
    pieces = [silence(LEAD_S)]
    for part in parts:
        if isinstance(part, Path):
            samples, rate = read_wav(part)
            pieces.append(normalised(resample(samples, rate, MICROPHONE_RATE)))
        else:
            pieces.append(silence(part))
    write_wav(path, np.concatenate([*pieces, silence(tail_s)]), MICROPHONE_RATE)
    return path


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(to_pcm(samples))


def silence(seconds: float, rate: int = MICROPHONE_RATE) -> Samples:
    return np.zeros(round(seconds * rate), dtype=np.float32)


def normalised(samples: Samples, peak: float = 0.5) -> Samples:
    loudest = float(np.abs(samples).max(initial=0))
    return samples * np.float32(peak / loudest) if loudest else samples


def chirp(seconds: float, rate: int, low_hz: float = 400, high_hz: float = 4000) -> Samples:
    """A sweep that is found again without doubt wherever it was recorded."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * (low_hz * time + (high_hz - low_hz) * time**2 / (2 * seconds))
    return (0.5 * np.sin(phase)).astype(np.float32)


def find(needle: Samples, recording: Samples) -> tuple[int, float]:
    """Where `needle` lies in `recording` (frames), and how like it is (normalised correlation, 0..1).

    The energy of the whole needle stands in the denominator, so that a part of it does not win.
    """
    size = len(recording) + len(needle) - 1
    product = np.fft.rfft(recording, size) * np.conj(np.fft.rfft(needle, size))
    correlation = np.abs(np.fft.irfft(product, size)[: len(recording)])
    best = int(np.argmax(correlation))
    window = recording[best : best + len(needle)]
    energy = float(np.linalg.norm(needle) * np.linalg.norm(window))
    return best, float(correlation[best]) / energy if energy else 0.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch that is not silent, in frames of its recording."""

    start: int
    end: int


def segments(samples: Samples, rate: int, threshold: float = 0.004, merge_s: float = 0.05) -> list[Segment]:
    """Where something is heard; pauses shorter than `merge_s` do not part a segment."""
    loud = np.flatnonzero(np.abs(samples) > threshold)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > merge_s * rate)
    starts = loud[np.concatenate(([0], breaks + 1))]
    ends = loud[np.concatenate((breaks, [len(loud) - 1]))] + 1
    return [Segment(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
