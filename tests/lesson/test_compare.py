from __future__ import annotations

from typing import Any

from kit.lessons import lesson
from kit.records import call
from vivavoce.lesson.compare import difference
from vivavoce.lesson.grade import grade
from vivavoce.lesson.record import Record
from vivavoce.scenario.load import parse_scenario

RECORD = Record(call("Excuse me?", ">I apologise.", "Thank you."))


def graded(**rubric: Any) -> dict[str, Any]:
    data = lesson()
    data["rubric"].update(rubric)
    return grade(parse_scenario(data, "lost-bag.json"), RECORD).to_json()


def test_the_same_grade_differs_in_nothing() -> None:
    assert difference(graded(), graded()) == {"checks": []}


def test_a_check_that_turned_out_otherwise_is_named() -> None:
    criteria = lesson()["rubric"]["criteria"]
    criteria[0]["checks"][0]["detector"]["any_of"] = ["sorry"]
    assert difference(graded(), graded(criteria=criteria, version=2)) == {
        "score": {"old": 25, "new": 13},
        "rubric_version": {"old": 1, "new": 2},
        "checks": [{"id": "sorry", "ask": "Did you say that you are sorry?", "old": "shown", "new": "missed"}],
    }


def test_checks_come_and_go() -> None:
    criteria = lesson()["rubric"]["criteria"]
    criteria[0]["checks"][0].update(id="regret", ask="Did you show regret?")
    assert difference(graded(), graded(criteria=criteria))["checks"] == [
        {"id": "regret", "ask": "Did you show regret?", "old": None, "new": "shown"},
        {"id": "sorry", "ask": "Did you say that you are sorry?", "old": "shown", "new": None},
    ]


def test_a_grade_from_before_there_were_revisions_can_be_compared() -> None:
    old = graded()
    for name in ("revision", "reason", "covers", "points", "hint_cost", "measures", "judge"):
        del old[name]
    assert difference({**old, "grader": "vivavoce-cues/1", "passed": True}, graded()) == {
        "passed": {"old": True, "new": False},
        "grader": {"old": "vivavoce-cues/1", "new": graded()["grader"]},
        "checks": [],
    }
