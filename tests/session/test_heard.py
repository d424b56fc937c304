"""One clock for what was said: when the learner spoke, and when the persona's voice was heard."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.scenes import scene
from vivavoce.protocol.audio import BYTES_PER_SECOND
from vivavoce.session.heard import PREBUFFER_SECONDS, LearnerTimes, PersonaTimes

PLAIN = replace(scene().turn_detection, prefix_padding_ms=0, silence_duration_ms=0)
CHUNK = 0.04


def a_microphone(times: LearnerTimes, seconds: float, *, begin: float = 0.0, late: float = 0.0) -> None:
    """Sends what it hears from second `begin` on, every 40 ms; each piece arrives `late` seconds after its end."""
    for number in range(1, round(seconds / CHUNK) + 1):
        times.sent([round(CHUNK * BYTES_PER_SECOND)], [begin + number * CHUNK + late])


def test_the_milliseconds_of_the_audio_are_seconds_of_the_call() -> None:
    times = LearnerTimes(PLAIN)
    a_microphone(times, 10.0, begin=2.0)
    times.started(3_000, 12.0 - 6.5)
    times.stopped(5_000, 12.0 - 4.5)
    assert times.committed(8.0) == pytest.approx((5.0, 7.0))


def test_the_padding_that_was_asked_for_is_no_speech() -> None:
    times = LearnerTimes(scene().turn_detection)  # 300 ms before and 500 ms behind
    a_microphone(times, 10.0)
    times.started(4_000, 5.0)
    assert times.speaking
    times.stopped(9_000, 9.1)
    assert times.committed(9.1) == pytest.approx((4.3, 8.5))
    assert not times.speaking


def test_a_burst_was_spoken_while_the_line_was_stalled() -> None:
    times = LearnerTimes(PLAIN)
    a_microphone(times, 2.0)
    for number in range(50):  # two seconds of sound at once
        times.sent([round(CHUNK * BYTES_PER_SECOND)], [3.902 + number * 0.002])
    times.started(3_000, 4.1)
    times.stopped(3_500, 4.1)
    assert times.committed(4.2) == pytest.approx((3.0, 3.5))


def test_what_was_said_before_the_call_was_ready_begins_with_it() -> None:
    times = LearnerTimes(PLAIN)
    for _ in range(50):
        times.sent([round(CHUNK * BYTES_PER_SECOND)], [0.0])
    times.started(500, 0.2)
    assert times.committed(0.5)[0] == 0.0


@pytest.mark.parametrize("odd", [None, "3", True, -1, 10**30, float("nan"), float("inf"), [1], 0])
def test_a_time_that_cannot_be_meant_is_the_time_of_the_news(odd: object) -> None:
    times = LearnerTimes(PLAIN)
    a_microphone(times, 10.0)
    times.started(odd, 9.9)
    times.stopped(odd, 10.0)
    assert times.committed(10.0) == (9.9, 10.0)


def test_a_turn_that_nobody_announced_has_no_length() -> None:
    assert LearnerTimes(PLAIN).committed(7.0) == (7.0, 7.0)


def test_a_turn_that_is_committed_in_mid_word_ends_then() -> None:
    times = LearnerTimes(PLAIN)
    times.started(0, 3.0)
    assert times.committed(4.0) == (3.0, 4.0)


def test_a_turn_that_is_forgotten_leaves_no_time_behind() -> None:
    times = LearnerTimes(PLAIN)
    times.started(0, 3.0)
    times.cleared()
    assert not times.speaking
    assert times.committed(9.0) == (9.0, 9.0)


def test_what_is_remembered_does_not_grow_with_the_call() -> None:
    times = LearnerTimes(PLAIN)
    a_microphone(times, 600.0)
    assert len(times._arrived) < 1_600
    times.started(599_000, 599.5)
    assert times.committed(600.0)[0] == pytest.approx(599.0)
    times.started(1_000, 600.0)
    assert times.committed(600.0)[0] == 600.0


@given(
    late=st.lists(st.floats(0, 0.2), min_size=25, max_size=25),
    spoken=st.tuples(st.floats(0.0, 0.99), st.floats(0.0, 0.99)).map(sorted),
)
def test_a_turn_never_ends_before_it_began_and_is_never_later_than_the_news(
    late: list[float], spoken: list[float]
) -> None:
    times = LearnerTimes(PLAIN)
    now = 0.0
    for number, delay in enumerate(late, 1):
        now = max(now, number * CHUNK + delay)
        times.sent([round(CHUNK * BYTES_PER_SECOND)], [now])
    times.started(spoken[0] * 1000, now)
    times.stopped(spoken[1] * 1000, now)
    began, ended = times.committed(now)
    assert 0.0 <= began <= ended <= now
    assert spoken[0] - 0.001 <= began <= spoken[0] + 0.2 + CHUNK


# The persona


def seconds(length: float) -> int:
    return round(length * BYTES_PER_SECOND)


def test_a_voice_that_comes_at_once_is_heard_for_as_long_as_it_lasts() -> None:
    times = PersonaTimes()
    for _ in range(4):
        times.sent("a", [seconds(0.5)], [3.0])
    assert times.span("a") == pytest.approx((3.0 + PREBUFFER_SECONDS, 5.0 + PREBUFFER_SECONDS))
    assert times.audio_ms("a") == 2_000
    assert times.span("b") is None


def test_the_next_item_is_heard_after_the_one_before() -> None:
    times = PersonaTimes()
    times.sent("a", [seconds(2.0)], [1.0])
    times.sent("b", [seconds(1.0)], [1.1])
    end = 3.0 + PREBUFFER_SECONDS
    assert times.span("b") == pytest.approx((end, end + 1.0))


def test_audio_that_comes_too_late_leaves_a_gap() -> None:
    times = PersonaTimes()
    times.sent("a", [seconds(1.0)], [0.0])
    times.sent("a", [seconds(1.0)], [5.0])
    assert times.span("a") == pytest.approx((PREBUFFER_SECONDS, 6.0 + PREBUFFER_SECONDS))
    times.cut("a", 1_500, 5.7)
    assert times.span("a") == pytest.approx((PREBUFFER_SECONDS, 5.5 + PREBUFFER_SECONDS))


def test_what_was_cut_off_ends_there_and_the_rest_of_the_queue_was_never_heard() -> None:
    times = PersonaTimes()
    times.sent("a", [seconds(4.0)], [0.0])
    times.sent("b", [seconds(4.0)], [0.1])
    times.cut("a", 1_000, 1.2)
    times.cut("b", 0, 1.2)
    times.sent("b", [seconds(1.0)], [1.3])
    assert times.span("a") == pytest.approx((PREBUFFER_SECONDS, 1.0 + PREBUFFER_SECONDS))
    assert times.span("b") == (1.2, 1.2)
    times.sent("c", [seconds(1.0)], [2.0])
    assert times.span("c") == pytest.approx((2.0 + PREBUFFER_SECONDS, 3.0 + PREBUFFER_SECONDS))


@given(
    st.lists(
        st.tuples(st.lists(st.floats(0.01, 2.0), min_size=1, max_size=3), st.floats(0.0, 3.0), st.booleans()),
        max_size=20,
    )
)
def test_nothing_is_heard_before_it_was_sent_or_while_something_else_is_heard(
    moves: list[tuple[list[float], float, bool]],
) -> None:
    times, now, sent_at = PersonaTimes(), 0.0, dict[str, float]()
    for number, (lengths, passed, interrupted) in enumerate(moves):
        now += passed
        if interrupted:  # the player drops what it has, and says so of each item, oldest first
            for item in sent_at:
                begin, end = times.span(item) or (0.0, 0.0)
                if end > now:
                    times.cut(item, max(0, int((now - begin) * 1000)), now)
        sent_at[f"item_{number}"] = now
        for length in lengths:
            times.sent(f"item_{number}", [seconds(length)], [now])
    spans = [times.span(item) for item in sent_at]
    heard = sorted(span for span in spans if span is not None and span[1] > span[0])
    assert all(
        span is not None and sent <= span[0] <= span[1] for span, sent in zip(spans, sent_at.values(), strict=True)
    )
    assert all(later[0] >= earlier[1] - 1e-9 for earlier, later in pairwise(heard))
