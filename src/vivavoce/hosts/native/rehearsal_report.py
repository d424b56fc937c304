"""The outcome of rehearsals for machines: JUnit's XML for continuous integration, and JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean
from typing import Any
from xml.etree import ElementTree

from vivavoce.hosts.native.rehearse import Lesson, Part
from vivavoce.rehearsal.learners import LEARNERS

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""What XML 1.0 cannot hold; a lesson may."""


def junit(lessons: Sequence[Lesson]) -> bytes:
    """A suite for each lesson, a case for each part of its rehearsal."""
    suites = ElementTree.Element("testsuites", name="vivavoce rehearse")
    for lesson in lessons:
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=_clean(lesson.name),
            tests=str(len(lesson.done)),
            failures=str(sum(bool(part.failures) for part in lesson.done)),
            errors="0",
            skipped="0",
            time=f"{sum(part.seconds for part in lesson.done):.3f}",
        )
        for part in lesson.done:
            _case(suite, lesson, part)
    ElementTree.indent(suites)
    written: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written


def to_json(lessons: Sequence[Lesson]) -> dict[str, Any]:
    return {
        "passed": not any(lesson.failures for lesson in lessons),
        "times_real_time": times_real_time(lessons),
        "lessons": [_lesson(lesson) for lesson in lessons],
    }


def times_real_time(lessons: Sequence[Lesson]) -> int | None:
    """How many times faster than aloud the calls were played; None when none was."""
    took = sum(lesson.took_s for lesson in lessons)
    return round(sum(lesson.spoken_s for lesson in lessons) / took) if took else None


def _case(suite: ElementTree.Element, lesson: Lesson, part: Part) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=_clean(lesson.name), name=part.name, time=f"{part.seconds:.3f}"
    )
    if part.failures:
        first, *more = part.failures
        message = first.reason + (f" (and {len(more)} more)" if more else "")
        failure = ElementTree.SubElement(case, "failure", message=_clean(message), type=part.name)
        failure.text = _clean("\n".join(f"{lesson.where(each)}: {each}" for each in part.failures))


def _lesson(lesson: Lesson) -> dict[str, Any]:
    return {
        "id": lesson.name,
        "file": str(lesson.file),
        "passed": not lesson.failures,
        "seconds": round(lesson.spoken_s, 1),
        "learners": [_learner(lesson, part.name) for part in lesson.done if part.name in LEARNERS],
        "failures": [{"where": lesson.where(each), **each.to_json()} for each in lesson.failures],
    }


def _learner(lesson: Lesson, id: str) -> dict[str, Any]:
    assert lesson.rehearsal is not None
    calls = lesson.rehearsal.calls(id)
    return {
        "id": id,
        "mean": round(fmean(played.score for played in calls), 1),
        "calls": [
            {
                "seed": seed,
                "score": played.score,
                "passed": played.passed,
                "turns": len(played.learner_said),
                "seconds": round(played.seconds, 1),
                "ended": next(iter(played.ended), None),
                "checks": played.results,
            }
            for seed, played in zip(lesson.rehearsal.seeds, calls, strict=True)
        ],
    }


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)
