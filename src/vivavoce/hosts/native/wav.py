"""WAV files that a page sends, as the sound that the wire carries; and the header for sound that was kept."""

from __future__ import annotations

import io
import struct
import sys
import wave
from array import array

from vivavoce.protocol.audio import BYTES_PER_SECOND, SAMPLE_RATE

RATES = (8_000, 48_000)
"""Hertz, the least and the most."""
LEAST_S = 0.1
MOST_S = 60.0
HEADER = 44


class WavError(ValueError):
    """A file that is not taken; the message says what is."""


def read_wav(data: bytes) -> bytes:
    """PCM16 mono with 24,000 samples a second. Raises WavError."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(min(file.getnframes(), len(data)))
    except (wave.Error, EOFError, RuntimeError, ValueError, OverflowError):
        raise WavError("This is no WAV file with PCM sound.") from None
    if width != 2 or channels not in (1, 2) or not RATES[0] <= rate <= RATES[1]:
        raise WavError("The sound must be 16 bit, mono or stereo, with 8,000 to 48,000 samples a second.")
    samples = array("h", frames[: len(frames) // (2 * channels) * 2 * channels])
    if not LEAST_S <= len(samples) / channels / rate <= MOST_S:
        raise WavError(f"The sound must last from {LEAST_S:g} to {MOST_S:g} seconds.")
    if sys.byteorder == "big":
        samples.byteswap()
    if channels == 2:
        samples = array("h", ((left + right) // 2 for left, right in zip(samples[::2], samples[1::2], strict=True)))
    return _at_the_wires_rate(samples, rate)


def header(size: int) -> bytes:
    """The 44 bytes before `size` bytes of PCM16 mono at the wire's rate."""
    sound = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, SAMPLE_RATE, BYTES_PER_SECOND, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", HEADER - 8 + size, b"WAVE") + sound + struct.pack("<4sI", b"data", size)


def _at_the_wires_rate(samples: array[int], rate: int) -> bytes:
    if rate == SAMPLE_RATE:
        return samples.tobytes()
    try:
        import numpy as np

        from vivavoce.hosts.native.speech.resample import resample
    except ImportError:
        raise WavError(f"Send the sound with {SAMPLE_RATE:,} samples a second.") from None
    heard = resample(np.asarray(samples, np.float32), rate, SAMPLE_RATE)
    return np.clip(np.rint(heard), -32768, 32767).astype("<i2").tobytes()
