"""The quiz: what is asked, how answers count, and the second grade that holds them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.canaries import lesson
from kit.relay import Relay
from kit.scenes import scene
from vivavoce.scenario.model import Scenario
from vivavoce.session.inputs import Peer, Stopping


def ended(scenario: Scenario, *said: str, run_tools: bool = True) -> Relay:
    """A call in which this was said, after the End button."""
    relay = Relay(scenario, run_tools=run_tools)
    relay.go_live()
    for text in said:
        relay.says(text)
    relay.browser(type="vivavoce.end")
    return relay


def answer(relay: Relay, item_id: str, text: str) -> None:
    relay.browser(type="vivavoce.quiz.answer", item_id=item_id, answer=text)


def grades(relay: Relay) -> list[tuple[int, str, int]]:
    return [
        (event["grade"]["revision"], event["grade"]["reason"], event["grade"]["score"])
        for event in relay.seen("vivavoce.grade")
    ]


def test_the_last_answer_leads_to_a_grade_that_counts_the_quiz() -> None:
    relay = ended(lesson(), "I am so sorry.")
    assert grades(relay) == [(1, "end", 33)]
    answer(relay, "q2", "I would help them.")
    assert len(grades(relay)) == 1
    answer(relay, "q1", "Sorry")
    assert grades(relay) == [(1, "end", 33), (2, "quiz", 67)]
    results = {
        check["id"]: check["result"] for check in relay.seen("vivavoce.grade")[1]["grade"]["criteria"][0]["checks"]
    }
    assert results == {"apologises": "shown", "asks_number": "missed", "knows": "shown"}
    assert relay.records[-1].body["type"] == "vivavoce.grade"


def test_a_wrong_answer_is_counted_too_and_gives_nothing() -> None:
    relay = ended(lesson(), "I am so sorry.")
    answer(relay, "q1", "No")
    answer(relay, "q2", "I would leave.")
    assert grades(relay) == [(1, "end", 33), (2, "quiz", 33)]


def test_a_rubric_that_does_not_ask_for_the_quiz_is_graded_once() -> None:
    relay = ended(scene(), "I am so sorry.")
    answer(relay, "q1", "Sorry")
    assert len(relay.seen("vivavoce.quiz.marked")) == 1
    assert len(grades(relay)) == 1


def test_answers_that_came_before_the_grade_are_in_it() -> None:
    relay = Relay(lesson("tool"))
    relay.go_live()
    relay.says("I am so sorry.")
    relay.answer("One moment.", (("c1", "trigger_quiz", "{}"),), tag=None)
    answer(relay, "q1", "Sorry")
    answer(relay, "q2", "Help")
    assert grades(relay) == []
    relay.browser(type="vivavoce.end")
    assert grades(relay) == [(1, "end", 67)]


@pytest.mark.parametrize("last", ["before the grade is there", "after it"])
def test_an_answer_that_comes_while_the_call_is_graded_is_not_lost(last: str) -> None:
    relay = Relay(lesson("tool"), run_tools=False)
    relay.go_live()
    relay.says("I am so sorry.")
    relay.answer("One moment.", (("c1", "trigger_quiz", "{}"),), tag=None)
    relay.finish_tool(relay.tools[0])
    answer(relay, "q1", "Sorry")
    relay.browser(type="vivavoce.end")
    if last == "before the grade is there":
        answer(relay, "q2", "Help")
    relay.finish_tool(relay.tools[1])
    if last == "after it":
        answer(relay, "q2", "Help")
    assert len(relay.tools) == 3
    relay.finish_tool(relay.tools[2])
    assert grades(relay) == [(1, "end", 33), (2, "quiz", 67)]
    assert len(relay.seen("vivavoce.ended")) == 1


def test_the_grade_of_the_quiz_is_waited_for_when_the_page_is_closed() -> None:
    relay = ended(lesson(), "I am so sorry.", run_tools=False)
    relay.finish_tool(relay.tools[0])
    answer(relay, "q1", "Sorry")
    answer(relay, "q2", "Help")
    relay.leave(code=1000)
    assert relay.finished is None
    relay.finish_tool(relay.tools[1])
    assert relay.records[-1].body["grade"]["revision"] == 2
    assert relay.finished == "learner_ended"
    assert relay.session.deadline is None


def test_a_restart_waits_for_the_grade_of_the_quiz_but_not_for_ever() -> None:
    relay = ended(lesson(), "I am so sorry.", run_tools=False)
    relay.finish_tool(relay.tools[0])
    answer(relay, "q1", "Sorry")
    answer(relay, "q2", "Help")
    relay.put(Stopping())
    assert relay.finished is None
    relay.wait(20)
    assert relay.finished == "learner_ended"
    assert relay.closed[-1].code == 1012
    assert relay.seen("vivavoce.notice")[-1]["code"] == "quiz_not_counted"
    relay.finish_tool(relay.tools[1])
    assert len(grades(relay)) == 1


def test_only_what_was_missed_is_asked_for() -> None:
    plain = lesson()
    on_missed = replace(plain, quiz=replace(plain.quiz, when="on_missed"))
    relay = ended(on_missed, "I am so sorry.")
    assert [item["id"] for item in relay.seen("vivavoce.quiz")[0]["items"]] == ["q1", "q2"]


def test_there_is_no_quiz_when_nothing_was_missed() -> None:
    plain = scene()
    relay = ended(replace(plain, quiz=replace(plain.quiz, when="on_missed")), "I am so sorry.")
    assert grades(relay) == [(1, "end", 100)]
    assert relay.seen("vivavoce.quiz") == []
    assert [event["type"] for event in relay.to_browser[-2:]] == ["vivavoce.grade", "vivavoce.ended"]
    answer(relay, "q1", "Sorry")
    assert relay.to_browser[-1]["error"]["message"] == "No such question was asked."


def test_a_quiz_that_the_model_asked_is_not_asked_again_after_the_grade() -> None:
    relay = Relay(lesson("tool"))
    relay.go_live()
    relay.says("I am so sorry.")
    relay.answer("One moment.", (("c1", "trigger_quiz", "{}"),), tag=None)
    relay.leave(Peer.UPSTREAM)
    assert len(relay.seen("vivavoce.quiz")) == 1


def test_a_quiz_that_is_never_counted_does_not_hold_a_call_that_was_ended() -> None:
    relay = Relay(lesson("tool"), run_tools=False)
    relay.go_live()
    relay.says("I am so sorry.")
    relay.says("Goodbye.")
    relay.answer("Good night.", (("c1", "trigger_quiz", "{}"), ("c2", "grade_lesson", '{"reason": "done"}')), tag=None)
    relay.finish_tool(relay.tools[0])
    relay.finish_tool(relay.tools[1])
    answer(relay, "q1", "Sorry")
    answer(relay, "q2", "Help")
    assert [tool.call.call_id for tool in relay.tools] == ["c1", "c2", "vv_quiz_answered"]
    relay.browser(type="vivavoce.end")
    relay.upstream(type="response.done", response={"id": "r", "status": "cancelled"})
    relay.wait(5)
    assert len(relay.seen("vivavoce.ended")) == 1
    relay.leave(code=1000)
    assert relay.finished is None
    relay.wait(20)
    assert relay.finished == "learner_ended"
