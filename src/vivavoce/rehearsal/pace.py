"""How fast somebody speaks, so that a call without sound takes the time that it would take aloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vivavoce.lesson.transcript import Line
from vivavoce.scenario.check import every_check
from vivavoce.scenario.model import MeasureId, Scenario

PERSONA_WORDS_A_MINUTE = 160.0
LEAST_S = 0.5
"""Even "Yes." takes a moment."""


@dataclass(frozen=True, slots=True)
class Pace:
    words_a_minute: float = 130.0
    delay_s: float = 0.9
    """From the end of what was heard to the first own word."""
    hears_out: bool = True
    """Whether the persona may finish; a learner who types away does not wait for its voice."""


def seconds_to_say(text: str, words_a_minute: float) -> float:
    return max(LEAST_S, 60.0 * len(text.split()) / words_a_minute)


def within_targets(scenario: Scenario, pace: Pace) -> Pace:
    """The pace of one who knows what is asked for: as near to the given one as the lesson's own ranges allow."""
    return replace(
        pace,
        words_a_minute=_within(_ranges(scenario, "words_per_minute"), pace.words_a_minute, 5.0),
        delay_s=_within(_ranges(scenario, "response_delay_s"), pace.delay_s, 0.1),
    )


def aloud(lines: Sequence[Line], pace: Pace) -> tuple[Line, ...]:
    """A typed record with the times at which it would have been spoken.

    A learner's turn reached the call when its last word was out; the persona's began when it came.
    """
    spoken = []
    for line in lines:
        if line.role == "user":
            began = max(0.0, line.at - seconds_to_say(line.text, pace.words_a_minute))
            spoken.append(replace(line, at=round(began, 3), until=line.at, source="voice"))
        else:
            lasts = seconds_to_say(line.heard, PERSONA_WORDS_A_MINUTE)
            spoken.append(replace(line, until=round(line.at + lasts, 3), source="voice"))
    return tuple(spoken)


def _ranges(scenario: Scenario, measure: MeasureId) -> Iterable[tuple[float | None, float | None]]:
    for _, check in every_check(scenario.rubric):
        if check.detector.type == "measure" and check.detector.measure == measure:
            yield check.detector.least, check.detector.most
    for target in scenario.measures:
        if target.measure == measure:
            yield target.least, target.most


def _within(ranges: Iterable[tuple[float | None, float | None]], value: float, margin: float) -> float:
    for least, most in ranges:
        if least is not None and most is not None and most - least < 2 * margin:
            value = (least + most) / 2
            continue
        if least is not None:
            value = max(value, least + margin)
        if most is not None:
            value = min(value, most - margin)
    return max(value, 0.0)
