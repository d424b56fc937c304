"""A review, a class page, tables and statements, from made-up records."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from kit.lessons import whole_lesson
from kit.review import held_to
from vivavoce.lesson import xapi
from vivavoce.lesson.class_results import class_results
from vivavoce.lesson.grade import grade
from vivavoce.lesson.kept import CallFacts, Graded, Stored
from vivavoce.lesson.review import numbered, record_from, review, summary
from vivavoce.lesson.tables import call_csv, class_csv
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.public import public_view

SCENARIO = parse_scenario(whole_lesson(), "lost-bag.json")
ID = "call_0123456789abcdef01234567"


def call(**changes: Any) -> CallFacts:
    facts: dict[str, Any] = {
        "id": ID,
        "scenario_id": SCENARIO.id,
        "scenario_version": 1,
        "title": SCENARIO.title,
        "user": "ana",
        "upstream": "embedded",
        "model": "m",
        "started_at": 1_790_000_000.0,
        "seconds": 60.0,
        "ended_reason": "learner_ended",
        "retry_of": None,
        "kept_until": 1_800_000_000.0,
    }
    return CallFacts(**{**facts, **changes})


def line(item_id: str, role: str, text: str, at: float, until: float, **more: Any) -> Stored:
    body = {"item_id": item_id, "role": role, "text": text, "order": at, "at": at, "until": until, "source": "voice"}
    rest = {"interrupted": False, "heard_chars": None, "heard_ms": None}
    return Stored(at, {"type": "vivavoce.transcript", "line": {**body, **rest, **more}})


EVENTS = [
    line("i1", "assistant", "Hello. I have lost my bag.", 0.1, 2.0),
    line("i2", "user", "I am so sorry. What colour is it?", 9.0, 10.0),
    Stored(12.0, {"type": "vivavoce.goal", "goal_id": "help"}),
    line("i3", "assistant", "It is blue and quite big.", 11.0, 12.0, interrupted=True, heard_chars=10, heard_ms=1000),
    line("i4", "user", "Where did you lose it?", 12.1, 13.0),
    Stored(
        20.0, {"type": "vivavoce.hint", "hint": 0, "rung": 1, "kind": "nudge", "text": "Ask for more.", "cost": 2.0}
    ),
    Stored(60.0, {"type": "vivavoce.ended", "reason": "learner_ended", "message": "", "seconds": 60.0}),
    Stored(
        60.0,
        {
            "type": "vivavoce.quiz",
            "items": [
                {"id": "q1", "kind": "choice", "prompt": "Which?", "options": ["a big bag", "a small bag"]},
                {"id": "q2", "kind": "spoken", "prompt": "Say it.", "options": []},
            ],
        },
    ),
    Stored(
        70.0,
        {
            "type": "vivavoce.quiz.marked",
            "item_id": "q1",
            "given": "a small bag",
            "correct": False,
            "answer": "a big bag",
            "explain": "It is big.",
        },
    ),
]


def graded(**changes: Any) -> dict[str, Any]:
    return {**grade(SCENARIO, record_from(EVENTS)).to_json(), **changes}


def whole(**changes: Any) -> dict[str, Any]:
    grades = [Graded(1_790_000_060.0, graded())]
    audio = {"learner": True, "persona": True, "seconds": 60.0}
    answer: dict[str, Any] = review(call(**changes), public_view(SCENARIO), EVENTS, grades, audio)
    return answer


def test_a_review_is_what_the_schema_says() -> None:
    answer = held_to("Review", whole())
    assert [one["item_id"] for one in answer["lines"]] == ["i1", "i2", "i3", "i4"]
    assert answer["goals"] == ["help"]
    assert answer["call"]["started_at"] == "2026-09-21T14:13:20Z"
    assert answer["hints"][0]["at"] == 20.0
    assert held_to("Review", whole(kept_until=None, ended_reason=None))["call"]["kept_until"] is None


def test_the_moments_of_a_call() -> None:
    found = {
        kind: [marker for marker in whole()["markers"] if marker["kind"] == kind]
        for kind in ("evidence", "missed", "hint", "interruption", "silence", "quiz")
    }
    assert [(one["at"], one["until"]) for one in found["silence"]] == [(2.0, 9.0)]
    assert [(one["at"], one["item_id"], one["label"]) for one in found["interruption"]] == [
        (12.0, "i3", "You interrupted Ana Lopes")
    ]
    assert [(one["at"], one["label"]) for one in found["hint"]] == [(20.0, "Ask for more.")]
    assert [(one["at"], one["ref"], one["label"]) for one in found["quiz"]] == [(70.0, "q1", "Not right: a small bag")]
    evidence = {(one["item_id"], one["at"], one["until"]) for one in found["evidence"]}
    assert ("i2", 9.0, 10.0) in evidence
    assert {one["ref"] for one in found["evidence"]} & {one["ref"] for one in found["missed"]} == set()
    times = [one["at"] for one in whole()["markers"]]
    assert times == sorted(times)


def test_grades_are_counted_through_however_they_raced() -> None:
    grades = [Graded(300.0, graded(revision=2)), Graded(100.0, graded()), Graded(200.0, graded(revision=2))]
    assert [(one.at, one.grade["revision"]) for one in numbered(grades)] == [(100.0, 1), (200.0, 2), (300.0, 3)]


def test_a_record_from_before_is_reviewed_too() -> None:
    old = graded()
    for name in ("points", "hint_cost", "revision", "reason", "covers", "measures", "judge"):
        del old[name]
    for criterion in old["criteria"]:
        for check in criterion["checks"]:
            del check["decided_by"], check["note"]
    body = EVENTS[0].body["line"]
    line_of_old = {"type": "vivavoce.transcript", "line": {name: body[name] for name in body if name != "until"}}
    answer = review(call(), public_view(SCENARIO), [Stored(0.1, line_of_old)], [Graded(1.0, old)], None)
    assert held_to("Review", answer)["lines"][0]["until"] == 0.1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    answer = whole(user=text)
    answer["lines"][0]["text"] = text
    rows = list(csv.DictReader(io.StringIO(call_csv(answer))))
    assert next(row["text"] for row in rows if row["kind"] == "line") == f"'{text}"
    attempts = [(call(user=text), graded(), False)]
    [row] = csv.DictReader(io.StringIO(class_csv(class_results(attempts))))
    assert row["user"] == f"'{text}"
    assert row["score"] == str(graded()["score"])


def test_a_class_and_its_weakest_checks() -> None:
    shown = graded(score=90, passed=True)
    missed = json.loads(json.dumps(shown))
    missed.update(score=10, passed=False)
    checks = [check for criterion in missed["criteria"] for check in criterion["checks"]]
    for check in checks:
        check["result"] = "missed"
    attempts = [
        (call(id=ID, started_at=3.0), missed, True),
        (call(id=ID, started_at=2.0), shown, False),
        (call(id=ID, started_at=1.0, user="Bo"), None, False),
    ]
    results = held_to("ClassResults", class_results(attempts))
    ana, bo = results["learners"]
    assert (ana["user"], ana["calls"]) == ("ana", 2)
    assert ana["scenarios"] == [
        {"id": "lost-bag", "title": "A lost bag", "attempts": 2, "best": 90, "last": 10, "passed": True}
    ]
    assert (bo["scenarios"][0]["best"], bo["scenarios"][0]["passed"]) == (None, False)
    shares = [one["shown"] / one["attempts"] for one in results["checks"]]
    assert shares == sorted(shares)
    assert {one["attempts"] for one in results["checks"]} == {2}
    assert held_to("CallSummary", summary(attempts[2][0], None, audio=False))["score"] is None


IRI = re.compile(r"(?:https?://[^\s]+|urn:[a-z0-9][a-z0-9-]{0,31}:[^\s]+)")
DURATION = re.compile(r"PT\d+(?:\.\d{1,2})?S")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
FIELDS = {"id", "version", "actor", "verb", "object", "result", "context", "timestamp"}


def held_to_xapi(statement: dict[str, Any]) -> None:
    """What the specification of xAPI 1.0.3 demands of a statement that has these parts (Data, 2 to 4)."""
    assert set(statement) == FIELDS
    assert uuid.UUID(statement["id"]).version == 5
    assert statement["version"] == "1.0.3"
    assert TIME.fullmatch(statement["timestamp"])
    actor = statement["actor"]
    assert set(actor) == {"objectType", "name", "account"}  # one inverse functional identifier
    assert set(actor["account"]) == {"homePage", "name"} and IRI.fullmatch(actor["account"]["homePage"])
    verb, object, result, context = (statement[name] for name in ("verb", "object", "result", "context"))
    assert set(verb) == {"id", "display"} and IRI.fullmatch(verb["id"])
    assert set(object) == {"objectType", "id", "definition"} and object["objectType"] == "Activity"
    assert IRI.fullmatch(object["id"])
    definition = object["definition"]
    assert set(definition) <= {"type", "name", "description", "interactionType", "choices"}
    assert IRI.fullmatch(definition["type"])
    assert set(definition.get("description", {})) == {"en-GB"}
    if "choices" in definition:
        ids = [choice["id"] for choice in definition["choices"]]
        assert len(set(ids)) == len(ids) and not any(re.search(r"\s|\[,\]", id) for id in ids)
    assert set(result) <= {"score", "success", "completion", "response", "duration", "extensions"}
    if "score" in result:
        score = result["score"]
        assert -1 <= score["scaled"] <= 1 and score["min"] <= score["raw"] <= score["max"]
    assert "duration" not in result or DURATION.fullmatch(result["duration"])
    assert all(IRI.fullmatch(key) for key in [*result.get("extensions", ()), *context["extensions"]])
    uuid.UUID(context["registration"])
    assert set(context) <= {"registration", "platform", "language", "extensions", "contextActivities"}


def test_statements_are_what_a_record_store_takes() -> None:
    made = xapi.statements(whole(retry_of=ID), "https://class.example")
    for statement in made:
        held_to_xapi(statement)
    assert [statement["verb"]["display"]["en"] for statement in made] == [
        "completed",
        made[1]["verb"]["display"]["en"],
        "answered",
    ]
    assert made[1]["verb"]["display"]["en"] == ("passed" if graded()["passed"] else "failed")
    assert made[1]["result"]["score"]["scaled"] == graded()["score"] / 100
    criteria = made[1]["result"]["extensions"]["urn:vivavoce:xapi:criteria"]
    assert [one["id"] for one in criteria] == [one["id"] for one in graded()["criteria"]]
    assert made[2]["result"] == {"success": False, "response": "option-2"}
    assert made[2]["context"]["contextActivities"]["parent"][0]["id"] == made[0]["object"]["id"]
    assert made[0]["timestamp"] == "2026-09-21T14:14:20.000Z"


def test_what_did_not_happen_is_not_stated() -> None:
    unfinished = review(call(ended_reason=None), public_view(SCENARIO), EVENTS[:2], [], None)
    assert xapi.statements(unfinished, "https://class.example") == []


def test_the_schema_of_the_review_refers_to_shapes_that_exist() -> None:
    shared = Path(__file__).parents[2] / "shared"
    events = json.loads((shared / "events.schema.json").read_text())["$defs"]
    text = (shared / "review.schema.json").read_text()
    assert set(re.findall(r"events\.schema\.json#/\$defs/(\w+)", text)) <= set(events)
