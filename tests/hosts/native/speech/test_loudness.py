"""Loudness, held against the signals that ITU-R BS.1770 and EBU Tech 3341 name, at rates of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from vivavoce.hosts.native.speech.loudness import loudness
from vivavoce.hosts.native.speech.synthesise import LUFS, dressed

RATES = pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 48_000])


def tone(hz: float, rate: int, seconds: float = 3.0, level_db: float = 0.0) -> NDArray[np.float32]:
    at = np.arange(round(seconds * rate)) / rate
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hz * at)).astype(np.float32)


@RATES
@pytest.mark.parametrize("level_db", [0.0, -18.0, -40.0])
def test_a_full_tone_of_1_khz_is_3_lufs_below_the_top(rate: int, level_db: float) -> None:
    """BS.1770: 0 dB at 997 Hz in one channel is -3.01 LKFS."""
    assert loudness(tone(997, rate, level_db=level_db), rate) == pytest.approx(-3.01 + level_db, abs=0.1)


def test_pauses_do_not_count() -> None:
    """After EBU Tech 3341, case 3: the softer part falls under the gate."""
    loud, soft = tone(1_000, 24_000, 6.0, -23.0), tone(1_000, 24_000, 2.0, -36.0)
    assert loudness(np.concatenate([soft, loud, soft]), 24_000) == pytest.approx(loudness(loud, 24_000), abs=0.3)


def test_low_tones_are_softer_and_high_tones_louder() -> None:
    low, middle, high = (loudness(tone(hz, 24_000), 24_000) for hz in (30, 1_000, 5_000))
    assert low < middle - 3
    assert high == pytest.approx(middle + 3.3, abs=0.3)


@pytest.mark.parametrize("samples", [0, 1, 2, 100, 24_000])
def test_silence_has_no_loudness(samples: int) -> None:
    assert loudness(np.zeros(samples, np.float32), 24_000) == -np.inf


@pytest.mark.parametrize("level_db", [-12.0, -23.0, -30.0])
def test_every_sentence_is_as_loud_as_another(level_db: float) -> None:
    sentence = np.pad(tone(300, 24_000, 1.0, level_db), 8_000)
    said = dressed(sentence, 24_000)
    assert loudness(said[: -24_000 * 28 // 100], 24_000) == pytest.approx(LUFS, abs=0.5)
    loud = np.flatnonzero(np.abs(said) > 0.01)
    assert loud[0] == pytest.approx(0.02 * 24_000, abs=24)
    assert len(said) - loud[-1] == pytest.approx(0.28 * 24_000, abs=24)


def test_a_breath_stays_a_breath() -> None:
    breath = (np.random.default_rng(1).standard_normal(12_000) * 0.001).astype(np.float32)
    assert np.abs(dressed(breath, 24_000)).max() < 0.05


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_voice_that_fails_is_silent(value: float) -> None:
    assert not dressed(np.full(1_000, value, np.float32), 24_000).any()
