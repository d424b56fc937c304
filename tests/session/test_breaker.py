"""The breaker: when a provider is left alone, and how one finds out that it is back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.session.breaker import LEAST_CONNECTS, PROBE_SECONDS, REST_SECONDS, WINDOW_SECONDS, Breaker


def broken(at: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(LEAST_CONNECTS):
        assert breaker.allows(at)
        breaker.failed(at)
    return breaker


@pytest.mark.parametrize(
    ("failures", "successes", "opens"), [(9, 0, False), (10, 0, True), (5, 5, True), (5, 6, False), (4, 6, False)]
)
def test_it_opens_when_half_of_at_least_ten_connects_failed(failures: int, successes: int, opens: bool) -> None:
    breaker = Breaker()
    for _ in range(successes):
        breaker.succeeded(0.0)
    for _ in range(failures):
        breaker.failed(1.0)
    assert breaker.allows(2.0) is not opens


def test_what_is_long_ago_does_not_count() -> None:
    breaker = Breaker()
    for _ in range(LEAST_CONNECTS - 1):
        breaker.failed(0.0)
    breaker.failed(WINDOW_SECONDS)
    assert breaker.allows(WINDOW_SECONDS)


def test_nobody_dials_while_it_rests_and_all_learn_when_to_ask_again() -> None:
    breaker = broken(at=100.0)
    assert not breaker.allows(100.0)
    assert breaker.retry_after(100.5) == REST_SECONDS - 0.5
    assert not breaker.allows(99.0 + REST_SECONDS)


def test_after_the_rest_one_probes_and_the_others_wait_for_it() -> None:
    breaker = broken()
    assert breaker.retry_after(REST_SECONDS) is None
    assert [breaker.allows(REST_SECONDS) for _ in range(5)] == [True, False, False, False, False]
    assert breaker.retry_after(REST_SECONDS) == PROBE_SECONDS


def test_a_probe_that_gets_through_opens_the_way_for_all() -> None:
    breaker = broken()
    breaker.allows(REST_SECONDS)
    breaker.succeeded(REST_SECONDS)
    assert all(breaker.allows(REST_SECONDS) for _ in range(5))
    breaker.failed(REST_SECONDS)  # the failures from before are forgotten
    assert breaker.allows(REST_SECONDS)


def test_a_probe_that_fails_lets_it_rest_once_more() -> None:
    breaker = broken()
    breaker.allows(REST_SECONDS)
    breaker.failed(REST_SECONDS + 1)
    assert breaker.retry_after(REST_SECONDS + 1) == REST_SECONDS


def test_a_probe_that_was_given_up_leaves_the_place_to_another() -> None:
    breaker = broken()
    breaker.allows(REST_SECONDS)
    breaker.abandoned()
    assert breaker.allows(REST_SECONDS)


def test_dials_that_were_under_way_when_it_opened_do_not_prolong_the_rest() -> None:
    breaker = broken()
    breaker.failed(REST_SECONDS - 1)
    assert breaker.allows(REST_SECONDS)


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["ok", "failed", "abandoned"])), max_size=80))
def test_it_never_stays_shut(steps: list[tuple[float, str]]) -> None:
    """Whatever happens, somebody may dial at the latest when the rest is over, and a success opens the way."""
    breaker, now = Breaker(), 0.0
    for passed, outcome in steps:
        now += passed
        if breaker.allows(now):
            if outcome == "ok":
                breaker.succeeded(now)
                assert breaker.allows(now)
                breaker.abandoned()
            elif outcome == "failed":
                breaker.failed(now)
            else:
                breaker.abandoned()
    assert breaker.allows(now + REST_SECONDS)
