"""The grade of a call, computed from its recorded transcript and nothing else.

A criterion scores the share of the weight of its checks that were shown; the lesson scores the weighted mean of its
criteria. The same record always gives the same grade.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any, Final, Literal

from vivavoce.lesson.detect import Evidence, detect
from vivavoce.lesson.transcript import Transcript
from vivavoce.scenario.model import Check, Criterion, Scenario

GRADER: Final = "vivavoce-cues/1"
"""Name and version of this grader; the version grows when a record could be graded otherwise than before."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    id: str
    ask: str
    weight: float
    result: Literal["shown", "missed"]
    evidence: tuple[Evidence, ...]
    advice: str | None
    """What to try instead; None when shown."""

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "ask": self.ask,
            "weight": self.weight,
            "result": self.result,
            "evidence": [evidence.to_json() for evidence in self.evidence],
            "advice": self.advice,
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
            "score": _percent(self.share),
            "checks": [check.to_json() for check in self.checks],
        }


@dataclass(frozen=True, slots=True)
class Grade:
    """Grade of shared/events.schema.json."""

    score: int
    pass_mark: int
    passed: bool
    closing: str
    rubric_version: int
    grader: str
    criteria: tuple[CriterionResult, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "pass_mark": self.pass_mark,
            "passed": self.passed,
            "closing": self.closing,
            "rubric_version": self.rubric_version,
            "grader": self.grader,
            "criteria": [criterion.to_json() for criterion in self.criteria],
        }


def grade(scenario: Scenario, transcript: Transcript) -> Grade:
    rubric = scenario.rubric
    criteria = tuple(_grade_criterion(scenario, criterion, transcript) for criterion in rubric.criteria)
    score = _percent(_share([(criterion.weight, criterion.share) for criterion in criteria]))
    held_back = next((criterion for criterion in criteria if criterion.gate and criterion.share < 1), None)
    passed = score >= rubric.pass_mark and held_back is None
    return Grade(
        score=score,
        pass_mark=rubric.pass_mark,
        passed=passed,
        closing=_closing(score, rubric.pass_mark, held_back, criteria),
        rubric_version=rubric.version,
        grader=GRADER,
        criteria=criteria,
    )


def _grade_criterion(scenario: Scenario, criterion: Criterion, transcript: Transcript) -> CriterionResult:
    checks = tuple(_grade_check(scenario, check, transcript) for check in criterion.checks)
    share = _share([(check.weight, float(check.result == "shown")) for check in checks])
    return CriterionResult(criterion.id, criterion.name, criterion.weight, criterion.gate, share, checks)


def _grade_check(scenario: Scenario, check: Check, transcript: Transcript) -> CheckResult:
    finding = detect(check, scenario.facts, transcript)
    return CheckResult(
        id=check.id,
        ask=check.ask,
        weight=check.weight,
        result="shown" if finding.shown else "missed",
        evidence=finding.evidence,
        advice=None if finding.shown else check.advice,
    )


def _share(parts: list[tuple[float, float]]) -> float:
    """The weighted mean of shares of 0 to 1; exactly 1 when all of them are 1."""
    return fsum(weight * share for weight, share in parts) / fsum(weight for weight, _ in parts)


def _percent(share: float) -> int:
    """Half points go up."""
    return int(share * 100 + 0.5)


def _closing(
    score: int, pass_mark: int, held_back: CriterionResult | None, criteria: tuple[CriterionResult, ...]
) -> str:
    if score >= pass_mark and held_back is None:
        return f"You passed with {score} of 100 points."
    if score >= pass_mark and held_back is not None:
        return f"You have {score} of 100 points, but “{held_back.name}” must be fully met to pass."
    weakest = min(criteria, key=lambda criterion: criterion.share)
    return f"You have {score} of 100 points; {pass_mark} are needed. Look at “{weakest.name}” first."
