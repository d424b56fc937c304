"""Between bytes and samples: the companding laws are held against the tables of ITU-T G.711."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vivavoce.hosts.native.speech.formats import encoded, to_bytes, to_samples
from vivavoce.hosts.native.speech.resample import resample
from vivavoce.protocol.audio import FORMATS, PCM, PCMA, PCMU, AudioFormat

EVERY_CODE = bytes(range(256))
LAWS = pytest.mark.parametrize("law", [PCMU, PCMA], ids=lambda law: law.name)

MU_LAW_ENDS = (0, 120, 372, 876, 1884, 3900, 7932, 15996, 32124)
"""The first value of the first segment, and the last of each (G.711 table 2a, in units of 16 bit)."""
A_LAW_ENDS = (8, 248, 504, 1008, 2016, 4032, 8064, 16128, 32256)
"""The same of table 1a."""


def values(audio: bytes, format: AudioFormat) -> NDArray[np.int64]:
    return np.rint(to_samples(audio, format) * 32_768).astype(np.int64)


def codes(sample: int, law: AudioFormat) -> bytes:
    """As an encoder gets it: exact, so far below the limiter that it is not bent."""
    return to_bytes(np.array([sample / 32_767], np.float32), law)


@pytest.mark.parametrize(
    ("law", "positive", "inverted", "ends"),
    [(PCMU, 0xFF, 0xFF, MU_LAW_ENDS), (PCMA, 0xD5, 0x55, A_LAW_ENDS)],
    ids=["mu-law", "A-law"],
)
def test_every_segment_begins_and_ends_where_the_standard_says(
    law: AudioFormat, positive: int, inverted: int, ends: tuple[int, ...]
) -> None:
    first = bytes([positive])
    last = bytes((16 * segment + 15) ^ positive if law is PCMU else (16 * segment + 15) ^ 0xD5 for segment in range(8))
    assert tuple(values(first + last, law)) == ends
    negative = bytes(code ^ 0x80 for code in first + last)
    assert tuple(values(negative, law)) == tuple(-end for end in ends)


@pytest.mark.parametrize(
    ("sample", "mu_law", "a_law"),
    [
        (0, 0xFF, 0xD5),
        (-1, 0x7F, 0x55),
        (8, 0xFE, 0xD5),
        (-8, 0x7E, 0x55),
        (100, 0xF2, 0xD3),
        (-100, 0x72, 0x53),
        (1_000, 0xCE, 0xFA),
        (-1_000, 0x4E, 0x7A),
        (8_000, 0xA0, 0x8A),
        (-8_000, 0x20, 0x0A),
        (15_000, 0x92, 0xB8),
        (-15_000, 0x12, 0x38),
    ],
)
def test_samples_get_the_codes_that_they_have_elsewhere(sample: int, mu_law: int, a_law: int) -> None:
    assert codes(sample, PCMU) == bytes([mu_law])
    assert codes(sample, PCMA) == bytes([a_law])


@LAWS
def test_every_code_comes_back_as_itself(law: AudioFormat) -> None:
    quiet = [code for code in EVERY_CODE if abs(values(bytes([code]), law)[0]) <= 16_384]
    for code in quiet:
        back = codes(int(values(bytes([code]), law)[0]), law)
        assert back == bytes([0xFF if law is PCMU and code == 0x7F else code])  # mu-law has two zeros


@LAWS
@given(sample=st.integers(-16_000, 16_000))
def test_what_is_encoded_comes_back_within_half_a_step(law: AudioFormat, sample: int) -> None:
    """A step is at most a sixteenth of its segment, which begins at half of its end."""
    back = int(values(codes(sample, law), law)[0])
    assert abs(back - sample) <= max(8, (abs(sample) + 132) / 32 + 1)


@given(st.binary(max_size=2_000), st.sampled_from(list(FORMATS.values())))
def test_any_bytes_are_audio(audio: bytes, format: AudioFormat) -> None:
    audio = audio[: len(audio) // format.sample_bytes * format.sample_bytes]
    samples = to_samples(audio, format)
    assert len(samples) == len(audio) / format.sample_bytes
    assert np.abs(samples).max(initial=0) <= 1.0
    assert len(to_bytes(samples, format)) == len(audio)


@pytest.mark.parametrize("loudness", [1.0, 3.0, 1e6])
@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_the_loudest_sample_does_not_wrap_around(format: AudioFormat, loudness: float) -> None:
    back = values(to_bytes(np.array([loudness, -loudness], np.float32), format), format)
    assert back[0] > 28_000 and back[1] < -28_000


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("rate", [24_000, 22_050, 16_000])
def test_a_voice_that_comes_in_sentences_is_one_unbroken_sound(rate: int, format: AudioFormat) -> None:
    tone = 0.25 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    sentences = (tone[at : at + 4_001] for at in range(0, len(tone), 4_001))
    heard = to_samples(b"".join(encoded(sentences, rate, format)), format)
    middle = heard[format.rate // 10 : format.rate * 9 // 10]
    turns = 2 * np.pi * 440 * np.arange(len(middle)) / format.rate
    part = 2 / len(middle) * np.array([middle @ np.sin(turns), middle @ np.cos(turns)])
    rest = middle - part @ np.array([np.sin(turns), np.cos(turns)])
    assert np.hypot(*part) == pytest.approx(0.25, rel=0.01)
    assert np.abs(rest).max() < (0.001 if format is PCM else 0.01)  # a click would be many times as loud


@pytest.mark.parametrize("format", [PCMU, PCMA], ids=lambda format: format.name)
def test_what_a_telephone_cannot_carry_does_not_fold_back(format: AudioFormat) -> None:
    hiss = 0.5 * np.sin(2 * np.pi * 5_300 * np.arange(24_000) / 24_000).astype(np.float32)
    heard = to_samples(b"".join(encoded(iter([hiss]), 24_000, format)), format)
    assert np.abs(heard[200:-200]).max() < 0.002


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_nothing_to_say_is_no_sound(format: AudioFormat) -> None:
    assert b"".join(encoded(iter(()), 24_000, format)) == b""


def test_a_voice_at_another_rate_keeps_its_length() -> None:
    tone = np.zeros(22_050, np.float32)
    heard = b"".join(encoded(iter([tone]), 22_050, PCM))
    assert len(heard) / 2 == pytest.approx(len(resample(tone, 22_050, 24_000)), abs=24_000 * 0.015)
