"""Labelled calls: what a fair teacher would say of each check, and what the grader says.

tests/grading/README.md describes the files to those who write them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.lessons import shipped
from kit.records import LEARNER, call, every_check, every_result
from vivavoce.lesson.grade import grade
from vivavoce.lesson.record import Record
from vivavoce.scenario.model import Check

FOLDER = Path(__file__).parents[1] / "grading"
SCENARIOS = shipped()
HALVES = ("dev", "held-out")


@dataclass(frozen=True)
class Verdict:
    """One check of one labelled call."""

    scenario: str
    transcript: str
    check: Check
    label: bool
    """Whether its author calls it shown."""
    second: bool | None
    """What somebody else says who did not see that; None: was not asked."""
    graded: bool
    """Whether it counts for the learner; what is unproven does not."""
    quotes: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return self.graded == self.label

    @property
    def decided(self) -> str:
        """The detector's type; a judge's with what decides in its place, as no judge is asked here."""
        detector = self.check.detector
        return f"judge, by its {detector.otherwise.type}" if detector.otherwise else detector.type


def transcripts(scenario: str, half: str) -> list[Any]:
    return _read(f"{scenario}.{half}.json", [])  # type: ignore[no-any-return]


def second_labels(scenario: str, half: str) -> dict[str, dict[str, str]]:
    return _read(f"{scenario}.{half}.second.json", {})  # type: ignore[no-any-return]


def _read(name: str, default: Any) -> Any:
    file = FOLDER / name
    return json.loads(file.read_text()) if file.exists() else default


def labelled_checks(scenario: str) -> list[Check]:
    """Those that can be answered from the words of a call."""
    return [check for check in every_check(SCENARIOS[scenario]) if check.detector.type not in ("measure", "quiz")]


def said(transcript: Mapping[str, Any]) -> list[str]:
    return [LEARNER * (line["role"] == "user") + line["text"] for line in transcript["lines"]]


def verdicts(scenario: str, half: str) -> Iterator[Verdict]:
    """Every label of a half beside what the grader makes of that call; none where the half has not been written."""
    checks = {check.id: check for check in labelled_checks(scenario)}
    second = second_labels(scenario, half)
    for transcript in transcripts(scenario, half):
        graded = grade(SCENARIOS[scenario], Record(call(*said(transcript))))
        results = {result.id: result for result in every_result(graded)}
        other = second.get(transcript["id"], {})
        for id, label in transcript["labels"].items():
            yield Verdict(
                scenario,
                transcript["id"],
                checks[id],
                label == "shown",
                other[id] == "shown" if id in other else None,
                results[id].result == "shown",
                tuple(piece.quote for piece in results[id].evidence),
            )


def accuracy(pairs: Sequence[tuple[bool, bool]]) -> float:
    return sum(a == b for a, b in pairs) / len(pairs)


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's: how far two agree beyond what two would by chance; None where chance alone would always agree."""
    n = len(pairs)
    first, second = (sum(pair[i] for pair in pairs) / n for i in (0, 1))
    by_chance = first * second + (1 - first) * (1 - second)
    return None if by_chance == 1 else (accuracy(pairs) - by_chance) / (1 - by_chance)
