from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.session.limits import TokenBucket


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 30)), max_size=50))
def test_never_more_than_the_rate_and_the_burst(takes: list[tuple[float, float]]) -> None:
    bucket = TokenBucket(rate=10, burst=20)
    now, taken = 0.0, 0.0
    for wait, amount in takes:
        now += wait
        if bucket.take(amount, now):
            taken += amount
        assert taken <= 20 + 10 * now + 1e-6


def test_what_does_not_fit_costs_nothing() -> None:
    bucket = TokenBucket(rate=1, burst=10)
    assert not bucket.take(11, 0.0)
    assert bucket.take(10, 0.0)
    assert not bucket.take(1, 0.5)
    assert bucket.take(1, 1.0)
