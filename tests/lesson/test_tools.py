from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kit.lessons import SHARED, lesson
from vivavoce.lesson.record import Record
from vivavoce.lesson.tools import MAX_ARGUMENTS, QUIZ_ANSWERED, ToolCall, ToolOutcome, definitions, run
from vivavoce.lesson.transcript import Line
from vivavoce.scenario.load import parse_scenario

BAG = parse_scenario(lesson(), "lost-bag.json")
EVENTS = json.loads((SHARED / "events.schema.json").read_text())
ENOUGH = BAG.limits.min_turns_before_end


def ask(name: str, arguments: str, turns: int = ENOUGH, call_id: str = "call_1") -> ToolOutcome:
    said = tuple(Line(f"item_{i}", "user", "I'm sorry.", float(i), 2.0, 3.0) for i in range(turns))
    return run(BAG, ToolCall(call_id, name, arguments), Record(said))


def fits(body: dict[str, object], definition: str) -> bool:
    return Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": EVENTS["$defs"]}).is_valid(body)


def test_grade_lesson_tells_the_model_only_the_score() -> None:
    outcome = ask("grade_lesson", '{"reason": "goodbye"}')
    assert outcome.output == {
        "ok": True,
        "score": 25,
        "closing": "You have 25 of 100 points; 60 are needed. Look at “Asking” first.",
    }
    (event,) = outcome.events
    assert event["type"] == "vivavoce.grade"
    assert fits({**event, "event_id": "e", "seq": 1}, "GradeEvent")


def test_trigger_quiz_asks_without_answers() -> None:
    outcome = ask("trigger_quiz", "{}")
    assert outcome.output == {"ok": True, "questions": 2}
    (event,) = outcome.events
    assert fits({**event, "event_id": "e", "seq": 1}, "QuizEvent")
    assert [set(item) for item in event["items"]] == [{"id", "kind", "prompt", "options"}] * 2


def test_grade_lesson_is_refused_before_its_time() -> None:
    outcome = ask("grade_lesson", '{"reason": "goodbye"}', turns=ENOUGH - 1)
    assert outcome.output["ok"] is False
    assert outcome.events == ()


def test_the_server_itself_is_never_refused() -> None:
    assert ask("grade_lesson", '{"reason": "time is up"}', turns=0, call_id="vv_grade").output["ok"] is True


def test_the_quiz_leads_to_the_next_revision() -> None:
    said = Record((Line("item_1", "user", "I'm sorry.", 1.0, 2.0, 3.0),))
    again = ToolCall(QUIZ_ANSWERED, "grade_lesson", '{"reason": "The quiz was answered."}')
    (first,) = run(BAG, again, said).events
    assert (first["grade"]["revision"], first["grade"]["reason"]) == (2, "quiz")
    (second,) = run(BAG, again, replace(said, earlier=first["grade"])).events
    assert (second["grade"]["revision"], second["grade"]["reason"]) == (3, "quiz")


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("grade_lesson", "", "'reason' is missing"),
        ("grade_lesson", "{}", "'reason' is missing"),
        ("grade_lesson", '{"reason": 7}', "'reason' must be a string"),
        ("grade_lesson", '{"reason": null}', "'reason' must be a string"),
        ("grade_lesson", '{"reason": "x", "score": 100}', "no argument 'score'"),
        ("grade_lesson", "[]", "must be a JSON object"),
        ("grade_lesson", '{"reason": ', "are not JSON"),
        ("grade_lesson", "[" * MAX_ARGUMENTS, "are not JSON"),
        ("grade_lesson", "[" * (MAX_ARGUMENTS + 1), f"at most {MAX_ARGUMENTS} are read"),
        ("grade_lesson", "9" * MAX_ARGUMENTS, "must be a JSON object"),
        ("trigger_quiz", '{"when": "now"}', "no argument 'when'"),
        ("set_grade", "{}", "no tool 'set_grade'"),
        ("", "{}", "no tool ''"),
    ],
)
def test_a_wrong_call_is_answered_in_words(name: str, arguments: str, error: str) -> None:
    outcome = ask(name, arguments)
    assert outcome.output["ok"] is False
    assert error in outcome.output["error"]
    assert outcome.events == ()


@given(st.sampled_from(["grade_lesson", "trigger_quiz"]) | st.text(), st.text() | st.text(alphabet='{}[]":,0eE-+.'))
def test_no_call_raises(name: str, arguments: str) -> None:
    outcome = ask(name, arguments)
    assert json.loads(json.dumps(outcome.output))["ok"] in (True, False)
    assert bool(outcome.events) == outcome.output["ok"]


def test_the_definitions_are_strict_functions() -> None:
    assert [tool["name"] for tool in definitions(BAG)] == ["grade_lesson", "trigger_quiz"]
    for tool in definitions(BAG):
        assert set(tool) == {"type", "name", "description", "parameters"}
        assert tool["type"] == "function"
        Draft202012Validator.check_schema(tool["parameters"])
        assert tool["parameters"]["additionalProperties"] is False


def test_the_quiz_is_the_models_only_when_the_scenario_says_so() -> None:
    data = lesson()
    data["quiz"]["when"] = "end"
    assert [tool["name"] for tool in definitions(parse_scenario(data, "lesson"))] == ["grade_lesson"]
