"""Sound on the call's clock: byte 0 is second 0, and what was not sent or not heard is silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vivavoce.hosts.native.lanes import LaneFile, LearnerLane, PersonaLane, bytes_of

PIECE = 0.04


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[Path, LaneFile]]:
    path = tmp_path / "lane.pcm"
    lane = LaneFile(path, 60.0)
    yield path, lane
    lane.close()


def tone(value: int, seconds: float = PIECE) -> bytes:
    return value.to_bytes(2, "little", signed=True) * (bytes_of(seconds) // 2)


def at(path: Path, second: float) -> int:
    """The sample at this second; 0 where the file has none."""
    data = path.read_bytes()[bytes_of(second) : bytes_of(second) + 2]
    return int.from_bytes(data, "little", signed=True)


def speak(lane: LearnerLane, begin: float, end: float, value: int) -> None:
    """A microphone's pieces, each sent when it is full."""
    steps = round((end - begin) / PIECE)
    for step in range(steps):
        lane.add(begin + (step + 1) * PIECE, tone(value))


def test_a_piece_lies_where_it_was_spoken(file: tuple[Path, LaneFile]) -> None:
    path, out = file
    lane = LearnerLane(out)
    speak(lane, 2.0, 4.0, 7)
    speak(lane, 10.0, 11.0, 9)
    lane.flush()
    assert [at(path, second) for second in (0, 1.98, 2.02, 3.98, 4.02, 9.98, 10.02, 10.98)] == [0, 0, 7, 7, 0, 0, 9, 9]
    assert path.stat().st_size == bytes_of(11.0)


def test_what_a_stalled_line_held_back_is_put_where_it_was_spoken(file: tuple[Path, LaneFile]) -> None:
    path, out = file
    lane = LearnerLane(out)
    speak(lane, 0.2, 1.0, 1)
    for value in range(2, 27):  # one second, all at once
        lane.add(2.0, tone(value))
    speak(lane, 2.0, 3.0, 30)
    lane.flush()
    assert at(path, 0.98) == 1
    assert [at(path, 1.02 + PIECE * step) for step in range(25)] == list(range(2, 27))
    assert [at(path, 2.02), at(path, 2.98)] == [30, 30]
    assert path.stat().st_size == bytes_of(3.0)


def test_what_was_said_before_the_call_is_no_part_of_it(file: tuple[Path, LaneFile]) -> None:
    path, out = file
    lane = LearnerLane(out)
    for value in range(1, 51):  # two seconds that waited for the call to be live
        lane.add(0.0, tone(value))
    speak(lane, 0.0, 1.0, 99)
    lane.flush()
    assert [at(path, 0.02), at(path, 0.98)] == [99, 99]
    assert path.stat().st_size == bytes_of(1.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 4000)), max_size=60))
def test_the_lane_never_runs_ahead_of_the_clock(tmp_path: Path, pieces: list[tuple[float, int]]) -> None:
    path = tmp_path / "lane.pcm"
    path.unlink(missing_ok=True)
    out = LaneFile(path, 300.0)
    lane, now = LearnerLane(out), 0.0
    for pause, samples in pieces:
        now += pause
        lane.add(now, bytes(samples * 2))
    lane.flush()
    out.close()
    assert path.stat().st_size <= bytes_of(now + 0.3)


def test_the_persona_is_heard_one_piece_after_the_other(file: tuple[Path, LaneFile]) -> None:
    path, out = file
    lane = PersonaLane(out)
    for value in (1, 2, 3):  # a second and a half, all at once
        lane.add(4.0, "a", tone(value, 0.5))
    lane.add(5.0, "b", tone(4, 0.5))
    begin = 4.06
    assert [at(path, begin + offset) for offset in (-0.02, 0.02, 0.52, 1.02, 1.48, 1.52, 1.98)] == [0, 1, 2, 3, 3, 4, 4]


def test_what_was_cut_off_was_not_heard(file: tuple[Path, LaneFile]) -> None:
    path, out = file
    lane = PersonaLane(out)
    lane.add(1.0, "a", tone(1, 3.0))
    lane.cut(2.0, "a", 900)
    lane.add(2.01, "a", tone(2, 1.0))  # was on its way
    lane.add(3.0, "b", tone(3, 1.0))
    assert [at(path, second) for second in (1.1, 1.94, 1.98, 2.9, 3.1, 4.0)] == [1, 1, 0, 0, 3, 3]
    assert path.stat().st_size == bytes_of(3.06 + 1.0)


def test_an_item_that_is_cut_off_takes_nothing_of_the_next_one(file: tuple[Path, LaneFile]) -> None:
    path, out = file
    lane = PersonaLane(out)
    lane.add(1.0, "a", tone(1, 1.0))
    lane.add(1.0, "b", tone(2, 1.0))
    lane.cut(1.5, "a", 400)
    assert [at(path, second) for second in (1.4, 1.5, 2.0, 2.1, 3.0)] == [1, 0, 0, 2, 2]
    lane.cut(1.5, "b", 0)
    assert [at(path, second) for second in (1.4, 1.5, 2.1, 3.0)] == [1, 0, 0, 0]


def test_nobody_hears_what_comes_after_the_page_has_gone(file: tuple[Path, LaneFile]) -> None:
    path, out = file
    lane = PersonaLane(out)
    lane.add(1.0, "a", tone(1, 3.0))
    lane.nothing_after(2.0)
    assert path.stat().st_size == bytes_of(2.0)


def test_a_lane_has_an_end_whatever_comes(tmp_path: Path) -> None:
    path = tmp_path / "lane.pcm"
    out = LaneFile(path, 2.0)
    lane = PersonaLane(out)
    for _ in range(5):
        lane.add(0.5, "a", tone(1, 1.0))
    out.close()
    assert path.stat().st_size == bytes_of(2.0)
