"""Between the wire's bytes and samples: PCM16, and the two companding laws of ITU-T G.711 by table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from vivavoce.hosts.native.speech.resample import Resampler, Samples
from vivavoce.protocol.audio import PCM, PCMA, PCMU, AudioFormat

LOUDEST = 0.97
"""No sample goes beyond: rare peaks bend towards it, what is below half of it stays as it is."""
FULL_SCALE = 32_768


def to_samples(audio: bytes, format: AudioFormat) -> Samples:
    """Samples between -1 and 1, at the format's own rate."""
    if format is PCM:
        return np.frombuffer(audio, "<i2").astype(np.float32) / np.float32(FULL_SCALE)
    return _SAMPLE_OF[format.name][np.frombuffer(audio, np.uint8)]


def to_bytes(samples: Samples, format: AudioFormat) -> bytes:
    """Samples at the format's own rate as the wire carries them; none is cut off."""
    samples = np.clip(samples, -10.0, 10.0)
    eighth_power = np.square(np.square(np.square(samples / LOUDEST)))
    bent = samples / np.sqrt(np.sqrt(np.sqrt(1.0 + eighth_power)))
    whole = np.rint(bent * (FULL_SCALE - 1)).astype("<i2")
    return bytes(whole) if format is PCM else bytes(_CODE_OF[format.name][whole.view(np.uint16)])


def encoded(sentences: Iterator[Samples], rate: int, format: AudioFormat) -> Iterator[bytes]:
    """A voice's sentences as the wire carries them, each as soon as it is there, one unbroken sound."""
    if rate == format.rate:
        yield from (to_bytes(sentence, format) for sentence in sentences)
        return
    resampler = Resampler(rate, format.rate)
    said = False
    for sentence in sentences:
        said = True
        yield to_bytes(resampler.feed(sentence), format)
    if said:
        yield to_bytes(resampler.finish(), format)


def _mu_law() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """The value of each code, and the code of each PCM16 sample (at its place as an unsigned number).

    A code is sign, three bits of segment and four of step, all inverted; each segment's steps are twice as wide as
    those of the one below. 132 is added so that each segment begins at a power of two.
    """
    bias, most = 132, 32_635
    code = ~np.arange(256, dtype=np.int32)
    segment, step = code >> 4 & 7, code & 15
    value = ((step << 3) + bias << segment) - bias
    values = np.where(code & 0x80, -value, value)

    sample = np.arange(65_536).astype(np.uint16).view(np.int16).astype(np.int32)
    size = np.minimum(np.abs(sample), most) + bias
    segment = _highest_bit(size) - 7
    codes = ~((sample < 0) << 7 | segment << 4 | (size >> segment + 3 & 15))
    return values, (codes & 0xFF).astype(np.uint8)


def _a_law() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """As for mu-law; the even bits are inverted, and the lowest two segments have steps of the same width."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = code >> 4 & 7, code & 15
    low = (step << 4) + 8
    value = np.where(segment == 0, low, low + 256 << np.maximum(segment - 1, 0))
    values = np.where(code & 0x80, value, -value)

    sample = np.arange(65_536).astype(np.uint16).view(np.int16).astype(np.int32)
    size = np.where(sample < 0, ~sample, sample)
    segment = np.maximum(_highest_bit(size) - 7, 0)
    codes = (sample >= 0) << 7 | segment << 4 | (size >> np.maximum(segment + 3, 4) & 15)
    return values, (codes ^ 0x55).astype(np.uint8)


def _highest_bit(numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return np.frexp(numbers.astype(np.float64))[1].astype(np.int32) - 1


_LAWS = {PCMU.name: _mu_law(), PCMA.name: _a_law()}
_SAMPLE_OF = {name: values.astype(np.float32) / np.float32(FULL_SCALE) for name, (values, _) in _LAWS.items()}
_CODE_OF = {name: codes for name, (_, codes) in _LAWS.items()}
