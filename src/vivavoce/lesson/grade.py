"""The grade of a call, computed from its record and nothing else.

A criterion scores the share of the weight of its checks that were shown; the lesson scores the weighted mean of its
criteria, less what the help cost. The same record always gives the same grade, apart from what a judge decides.
"""

from __future__ import annotations

from dataclasses import replace
from math import fsum
from typing import Final

from vivavoce.lesson.asides import asks_of
from vivavoce.lesson.bench import Bench, standing
from vivavoce.lesson.detect import Finding, detect
from vivavoce.lesson.evidence import is_recorded, proves
from vivavoce.lesson.hints import hint_cost
from vivavoce.lesson.judge import Judge
from vivavoce.lesson.measures import UNITS, measure_all
from vivavoce.lesson.record import Record
from vivavoce.lesson.result import CheckResult, Covers, CriterionResult, Grade, Measure, Reason, percent
from vivavoce.scenario.model import Check, Criterion, Scenario

GRADER: Final = "vivavoce-cues/2"
"""Name and version of this grader; the version grows when a record could be graded otherwise than before."""

_QUOTED: Final = ("phrase", "order", "fact")
"""Detectors that show nothing without a quote."""


def grade(
    scenario: Scenario,
    record: Record,
    *,
    judge: Judge | None = None,
    reason: Reason = "end",
    revision: int = 1,
) -> Grade:
    """Grade a record. `judge` decides the checks that want one; without it, what their authors put in its place."""
    rubric = scenario.rubric
    lines = record.lines
    covers = Covers(len(lines), lines[0].item_id if lines else None, lines[-1].item_id if lines else None)
    bench = Bench(judge, standing(record.earlier, covers, rubric.version) if reason == "quiz" else None)
    criteria = tuple(_grade_criterion(scenario, criterion, record, bench) for criterion in rubric.criteria)
    points = percent(_share([(criterion.weight, criterion.share) for criterion in criteria]))
    cost = hint_cost(scenario, record)
    score = int(max(0.0, points - cost) + 0.5)
    held_back = next((criterion for criterion in criteria if criterion.gate and criterion.share < 1), None)
    return Grade(
        score=score,
        points=points,
        hint_cost=cost,
        pass_mark=rubric.pass_mark,
        passed=score >= rubric.pass_mark and held_back is None,
        closing=_closing(score, points, rubric.pass_mark, held_back, criteria),
        rubric_version=rubric.version,
        grader=GRADER,
        revision=revision,
        reason=reason,
        covers=covers,
        measures=_measures(scenario, record),
        judge=bench.use(),
        criteria=criteria,
    )


def _grade_criterion(scenario: Scenario, criterion: Criterion, record: Record, bench: Bench) -> CriterionResult:
    checks = tuple(_grade_check(scenario, check, record, bench) for check in criterion.checks)
    share = _share([(check.weight, float(check.result == "shown")) for check in checks])
    return CriterionResult(criterion.id, criterion.name, criterion.weight, criterion.gate, share, checks)


def _grade_check(scenario: Scenario, check: Check, record: Record, bench: Bench) -> CheckResult:
    found = bench.decide(check, scenario, record) if check.detector.type == "judge" else detect(check, scenario, record)
    found = verified(found, check, record)
    return CheckResult(
        id=check.id,
        ask=check.ask,
        weight=check.weight,
        result=found.result,
        evidence=found.evidence,
        advice=None if found.result == "shown" else check.advice,
        decided_by=found.decided_by,
        note=found.note,
    )


def verified(found: Finding, check: Check, record: Record) -> Finding:
    """The finding with evidence that is in the record; what is not proven by it is not shown, whoever found it."""
    recorded = tuple(piece for piece in found.evidence if is_recorded(piece, record.transcript))
    if found.result == "shown":
        quoted = found.evidence or _needs_quote(found, check)
        if quoted and not proves(found.evidence, check.speaker, record.transcript):
            return replace(
                found, result="unproven", evidence=recorded, note="The words quoted for this are not in the record."
            )
    return replace(found, evidence=recorded)


def _needs_quote(found: Finding, check: Check) -> bool:
    detector = check.detector
    if found.decided_by == "judge":
        return detector.evidence == "quote"
    if detector.otherwise is not None:
        detector = detector.otherwise
    return detector.type in _QUOTED


def _measures(scenario: Scenario, record: Record) -> tuple[Measure, ...]:
    targets = {target.measure: target for target in scenario.measures}
    measures = []
    for id, value in measure_all(record, scenario.locale, asks_of(scenario)).items():
        target = targets.get(id)
        least, most = (target.least, target.most) if target else (None, None)
        measures.append(Measure(id, value, UNITS[id], least, most))
    return tuple(measures)


def _share(parts: list[tuple[float, float]]) -> float:
    """The weighted mean of shares of 0 to 1; exactly 1 when all of them are 1."""
    return fsum(weight * share for weight, share in parts) / fsum(weight for weight, _ in parts)


def _closing(
    score: int,
    points: int,
    pass_mark: int,
    held_back: CriterionResult | None,
    criteria: tuple[CriterionResult, ...],
) -> str:
    help = f" Help cost {points - score}." if score < points else ""
    if score >= pass_mark and held_back is None:
        return f"You passed with {score} of 100 points.{help}"
    if score >= pass_mark and held_back is not None:
        return f"You have {score} of 100 points, but “{held_back.name}” must be fully met to pass.{help}"
    weakest = min(criteria, key=lambda criterion: criterion.share)
    return f"You have {score} of 100 points; {pass_mark} are needed. Look at “{weakest.name}” first.{help}"
