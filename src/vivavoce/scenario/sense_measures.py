"""Ranges of measures that no call can be in, or every call is in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vivavoce.scenario.check import every_check, every_check_within, shares
from vivavoce.scenario.model import MeasureId, Scenario
from vivavoce.scenario.reading import Fault

TYPED_TOO: tuple[MeasureId, ...] = ("questions",)
"""What can be counted in typed lines."""


class _Range(NamedTuple):
    path: str
    measure: MeasureId
    least: float | None
    most: float | None


def empty_ranges(scenario: Scenario) -> Iterator[Fault]:
    ranges = list(_ranges(scenario))
    for n, wanted in enumerate(ranges):
        low, high = _seen(scenario, wanted.measure)
        if wanted.least is not None and wanted.least > high:
            yield Fault(f"{wanted.path}.least", f"no call has {wanted.measure} above {high:g}; lower it")
        elif wanted.most is not None and wanted.most < low:
            yield Fault(f"{wanted.path}.most", f"no call has {wanted.measure} below {low:g}; raise it")
        elif (wanted.least or 0) <= low and (wanted.most is None or wanted.most >= high):
            yield Fault(wanted.path, f"every call is within this range: {wanted.measure} is from {low:g} to {high:g}")
        for other in ranges[:n]:
            if other.measure == wanted.measure and _apart(other, wanted):
                yield Fault(wanted.path, f"no call can be within this range and within that of {other.path}")


def unreachable_by_typing(scenario: Scenario) -> Iterator[Fault]:
    """A learner who types has no measures of time or sound, and must be able to pass all the same."""
    part = shares(scenario.rubric)
    spoken = 0.0
    for path, criterion, check in every_check_within(scenario.rubric):
        if check.detector.type != "measure" or check.detector.measure in TYPED_TOO:
            continue
        spoken += 100 * part[path]
        if criterion.gate:
            yield Fault(
                f"{path}.detector.measure",
                "whoever types has no such measure, and could never pass this gate; move it to another criterion",
            )
    if 100 - spoken < scenario.rubric.pass_mark:
        yield Fault(
            "rubric.pass_mark",
            f"whoever types has no measures of speech and gets {100 - spoken:.0f} points at most; lower it, or give "
            "those checks less weight",
        )


def _ranges(scenario: Scenario) -> Iterator[_Range]:
    """Those that were given; a fault is told where a range has no end at all."""
    for path, check in every_check(scenario.rubric):
        detector = check.detector
        if detector.type == "measure" and (detector.least, detector.most) != (None, None):
            yield _Range(f"{path}.detector", detector.measure, detector.least, detector.most)
    for i, target in enumerate(scenario.measures):
        if (target.least, target.most) != (None, None):
            yield _Range(f"measures[{i}]", target.measure, target.least, target.most)


def _seen(scenario: Scenario, measure: MeasureId) -> tuple[float, float]:
    """The least and the most that people's calls have."""
    seconds = float(scenario.limits.max_seconds)
    match measure:
        case "talk_share":
            return 1, 99
        case "words_per_minute":
            return 20, 300
        case "fillers_per_100":
            return 0, 50
        case "longest_turn_s":
            return 1, seconds
        case "response_delay_s":
            return 0, min(seconds, 60)
        case "questions" | "interruptions" | "interrupted" | "silences":
            return 0, seconds / 3


def _apart(a: _Range, b: _Range) -> bool:
    return (a.most is not None and b.least is not None and a.most < b.least) or (
        b.most is not None and a.least is not None and b.most < a.least
    )
