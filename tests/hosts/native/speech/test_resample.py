"""One rate to another: what fits is kept, what would fold back is gone, and pieces make no difference."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vivavoce.hosts.native.speech.resample import Resampler, resample

RATES = [(24_000, 16_000), (8_000, 16_000), (24_000, 8_000), (22_050, 24_000), (22_050, 8_000)]
EVERY_RATE = pytest.mark.parametrize(("rate", "target"), RATES)


def sine(hz: float, rate: int, seconds: float = 0.5) -> NDArray[np.float32]:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def level_db(samples: NDArray[np.float32]) -> float:
    return float(20 * np.log10(np.std(samples[200:-200]) + 1e-9))


@EVERY_RATE
@pytest.mark.parametrize("part", [0.02, 0.2, 0.5, 0.8])
def test_what_fits_is_kept(rate: int, target: int, part: float) -> None:
    hz = part * min(rate, target) / 2
    heard = resample(sine(hz, rate), rate, target)
    error = heard[200:-200] - sine(hz, target)[200 : len(heard) - 200]
    assert np.abs(error).max() < 0.005


@pytest.mark.parametrize(("rate", "target"), [(24_000, 16_000), (24_000, 8_000), (22_050, 8_000)])
@pytest.mark.parametrize("part", [1.03, 1.2, 1.37])
def test_what_would_fold_back_is_dropped(rate: int, target: int, part: float) -> None:
    tone = sine(part * target / 2, rate)
    assert level_db(resample(tone, rate, target)) < level_db(tone) - 55


@pytest.mark.parametrize("part", [0.1, 0.5, 0.85])
def test_a_faster_rate_adds_no_mirror_image(part: float) -> None:
    heard = resample(sine(part * 4_000, 8_000, 1.0), 8_000, 16_000)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert spectrum[len(spectrum) // 2 + 400 :].max() < spectrum.max() / 1_000


@EVERY_RATE
@given(cuts=st.lists(st.integers(0, 9_000), max_size=12), seed=st.integers(0, 9))
def test_pieces_make_no_difference(rate: int, target: int, cuts: list[int], seed: int) -> None:
    whole = np.random.default_rng(seed).standard_normal(9_000).astype(np.float32)
    at_once, by_pieces = Resampler(rate, target), Resampler(rate, target)
    expected = np.concatenate([at_once.feed(whole), at_once.finish()])
    bounds = [0, *sorted(cuts), len(whole)]
    pieces = [by_pieces.feed(whole[a:b]) for a, b in pairwise(bounds)]
    np.testing.assert_allclose(np.concatenate([*pieces, by_pieces.finish()]), expected, atol=1e-5)


@EVERY_RATE
def test_each_full_step_that_goes_in_comes_out_at_once(rate: int, target: int) -> None:
    resampler = Resampler(rate, target)
    for _ in range(5):
        assert len(resampler.feed(np.zeros(3 * resampler.step_in, np.float32))) == 3 * resampler.step_out


@EVERY_RATE
def test_nothing_of_the_end_is_lost(rate: int, target: int) -> None:
    """The last 10 ms arrive whole, not more than 10 ms late."""
    burst = np.concatenate([np.zeros(rate // 10, np.float32), sine(1_000, rate, 0.01)])
    resampler = Resampler(rate, target)
    heard = np.concatenate([resampler.feed(burst), resampler.finish()])
    energy = float(np.sum(np.square(heard))) / target
    assert energy == pytest.approx(float(np.sum(np.square(burst))) / rate, rel=0.05)
    loud = np.flatnonzero(np.abs(heard) > 0.1)
    assert loud[-1] / target < 0.12
