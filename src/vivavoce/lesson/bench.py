"""The judge during one grade: what it is asked, what it has decided before, and what happens without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from vivavoce.lesson.detect import Finding, detect
from vivavoce.lesson.evidence import Evidence
from vivavoce.lesson.judge import Judge, NoVerdict, ask_judge
from vivavoce.lesson.record import Record
from vivavoce.lesson.result import Covers, JudgeUse
from vivavoce.scenario.model import Check, Scenario

JsonGrade = Mapping[str, Any]


def standing(earlier: JsonGrade | None, covers: Covers, rubric_version: int) -> JsonGrade | None:
    """An earlier grade whose judge's decisions stand: it rests on the same lines and the same rubric."""
    if earlier is None or earlier.get("judge") is None:
        return None
    same = earlier["covers"] == asdict(covers) and earlier["rubric_version"] == rubric_version
    return earlier if same else None


class Bench:
    """Asks the judge check by check, and no more once it has failed for good.

    What it decided in an `earlier` grade stands, so that an answer to the quiz moves nothing else.
    """

    def __init__(self, judge: Judge | None, earlier: JsonGrade | None) -> None:
        self._judge = judge
        self._asked = 0
        self._failed = 0
        self._gone: str | None = None
        self._before = None if earlier is None else JudgeUse(**earlier["judge"])
        self._standing: dict[str, Finding] = {}
        for criterion in earlier["criteria"] if earlier is not None else ():
            self._standing |= {check["id"]: _found_before(check) for check in criterion["checks"]}

    def use(self) -> JudgeUse | None:
        if self._before is not None:
            return self._before
        return JudgeUse(self._judge.name, self._asked, self._failed) if self._judge is not None else None

    def decide(self, check: Check, scenario: Scenario, record: Record) -> Finding:
        if check.id in self._standing:
            return self._standing[check.id]
        if self._judge is None:
            note = "No judge is set up, so the lesson's own words decided."
        elif self._gone is not None:
            self._failed += 1
            note = self._gone
        else:
            self._asked += 1
            try:
                return ask_judge(self._judge, check, scenario, record)
            except NoVerdict as failure:
                self._failed += 1
                note = f"{failure} The lesson's own words decided instead."
                self._gone = note if failure.gone else None
        return replace(detect(check, scenario, record), note=note)


def _found_before(check: Mapping[str, Any]) -> Finding:
    evidence = tuple(Evidence(**piece) for piece in check["evidence"])
    return Finding(check["result"], evidence, check["decided_by"], check["note"])
