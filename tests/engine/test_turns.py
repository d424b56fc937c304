"""The turn detector alone: probabilities in, changes out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.engine.turns import MAX_TURN_MS, Turn, TurnDetector

SPEECH, SILENCE, SOFT = 0.9, 0.02, 0.4


def changes(detector: TurnDetector, probabilities: list[float]) -> list[tuple[Turn, float]]:
    """Each change with the time at which it was known."""
    return [(change, detector.now_ms) for p in probabilities if (change := detector.feed(p))]


def test_speech_starts_after_three_voiced_windows() -> None:
    detector = TurnDetector(0.5, 500)
    assert changes(detector, [SILENCE] * 10 + [SPEECH] * 2) == []
    assert changes(detector, [SPEECH]) == [(Turn.STARTED, 13 * 32)]
    assert detector.started_ms == 10 * 32


def test_a_click_is_no_speech() -> None:
    detector = TurnDetector(0.5, 500)
    assert changes(detector, [SPEECH, SPEECH, SILENCE, SILENCE, SPEECH, SILENCE, SILENCE] * 5) == []


def test_one_weak_window_does_not_delay_the_start() -> None:
    detector = TurnDetector(0.5, 500)
    assert changes(detector, [SPEECH, SILENCE, SPEECH, SPEECH]) == [(Turn.STARTED, 4 * 32)]
    assert detector.started_ms == 0


def test_a_turn_pauses_then_stops() -> None:
    detector = TurnDetector(0.5, 500)
    found = changes(detector, [SPEECH] * 10 + [SILENCE] * 20)
    assert found == [(Turn.STARTED, 96), (Turn.PAUSED, 320 + 224), (Turn.STOPPED, 320 + 512)]
    assert not detector.speaking


def test_speech_resumes_in_time() -> None:
    detector = TurnDetector(0.5, 500)
    found = changes(detector, ([SPEECH] * 10 + [SILENCE] * 10) * 2 + [SILENCE] * 10)
    assert [change for change, _ in found] == [Turn.STARTED, Turn.PAUSED, Turn.RESUMED, Turn.PAUSED, Turn.STOPPED]


def test_a_short_silence_setting_stops_without_a_pause() -> None:
    detector = TurnDetector(0.5, 200)
    assert [change for change, _ in changes(detector, [SPEECH] * 10 + [SILENCE] * 10)] == [Turn.STARTED, Turn.STOPPED]


def test_soft_speech_keeps_a_turn_but_does_not_start_one() -> None:
    assert changes(TurnDetector(0.5, 500), [SOFT] * 50) == []
    detector = TurnDetector(0.5, 500)
    assert [change for change, _ in changes(detector, [SPEECH] * 5 + [SOFT] * 50)] == [Turn.STARTED]


def test_a_turn_has_an_end() -> None:
    detector = TurnDetector(0.5, 500)
    found = changes(detector, [SPEECH] * (MAX_TURN_MS // 32 + 10))
    assert found[1] == (Turn.STOPPED, MAX_TURN_MS)
    assert found[2][0] is Turn.STARTED


@given(st.lists(st.floats(0, 1), max_size=400), st.floats(0, 1), st.integers(0, 3000))
def test_turns_never_overlap(probabilities: list[float], threshold: float, silence_ms: int) -> None:
    speaking = paused = False
    for change, _ in changes(TurnDetector(threshold, silence_ms), probabilities):
        assert speaking is (change is not Turn.STARTED)
        assert paused or change is not Turn.RESUMED
        speaking = change is not Turn.STOPPED
        paused = change is Turn.PAUSED
