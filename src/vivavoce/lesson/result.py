"""A grade as data: the Grade of shared/events.schema.json and its parts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from vivavoce.lesson.detect import DecidedBy, Result
from vivavoce.lesson.evidence import Evidence
from vivavoce.lesson.measures import is_within
from vivavoce.scenario.model import MeasureId

Reason = Literal["end", "quiz", "regrade"]
"""Why a call was graded: it ended, its quiz was answered, or somebody asked for it again."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    id: str
    ask: str
    weight: float
    result: Result
    evidence: tuple[Evidence, ...]
    advice: str | None
    """What to try instead; None when shown."""
    decided_by: DecidedBy
    note: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "ask": self.ask,
            "weight": self.weight,
            "result": self.result,
            "evidence": [evidence.to_json() for evidence in self.evidence],
            "advice": self.advice,
            "decided_by": self.decided_by,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class CriterionResult:
    id: str
    name: str
    weight: float
    gate: bool
    share: float
    """Weight of the shown checks in that of all, 0 to 1."""
    checks: tuple[CheckResult, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "weight": self.weight,
            "gate": self.gate,
            "score": percent(self.share),
            "checks": [check.to_json() for check in self.checks],
        }


@dataclass(frozen=True, slots=True)
class Measure:
    id: MeasureId
    value: float | None
    unit: str
    least: float | None
    most: float | None

    @property
    def within(self) -> bool | None:
        """Whether the value is in the lesson's range; None when there is no value or no range."""
        if self.value is None or (self.least is None and self.most is None):
            return None
        return is_within(self.value, self.least, self.most)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "within": self.within}


@dataclass(frozen=True, slots=True)
class Covers:
    """Which part of the record a grade rests on."""

    lines: int
    first_item: str | None
    last_item: str | None


@dataclass(frozen=True, slots=True)
class JudgeUse:
    """Which model was asked, about how many checks, and how many checks it did not decide."""

    model: str
    asked: int
    failed: int


@dataclass(frozen=True, slots=True)
class Grade:
    """Grade of shared/events.schema.json."""

    score: int
    points: int
    """The score before what the help cost."""
    hint_cost: float
    pass_mark: int
    passed: bool
    closing: str
    rubric_version: int
    grader: str
    revision: int
    reason: Reason
    covers: Covers
    measures: tuple[Measure, ...]
    judge: JudgeUse | None
    criteria: tuple[CriterionResult, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "points": self.points,
            "hint_cost": self.hint_cost,
            "pass_mark": self.pass_mark,
            "passed": self.passed,
            "closing": self.closing,
            "rubric_version": self.rubric_version,
            "grader": self.grader,
            "revision": self.revision,
            "reason": self.reason,
            "covers": asdict(self.covers),
            "measures": [measure.to_json() for measure in self.measures],
            "judge": None if self.judge is None else asdict(self.judge),
            "criteria": [criterion.to_json() for criterion in self.criteria],
        }


def percent(share: float) -> int:
    """Half points go up."""
    return int(share * 100 + 0.5)
