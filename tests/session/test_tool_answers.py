"""A tool runs once for each call id, whatever happens to the upstream that asked and to the process (promise P6)."""

from __future__ import annotations

import json

import pytest

from kit.relay import Relay
from kit.scenes import scene
from vivavoce.session.effects import ToolAnswer
from vivavoce.session.inputs import Peer

QUIZ = (("c1", "trigger_quiz", "{}"),)
ANSWER = {"ok": True, "questions": 1}


@pytest.fixture
def relay() -> Relay:
    relay = Relay(scene("tool"), run_tools=False)
    relay.go_live()
    return relay


def another_upstream(relay: Relay) -> None:
    relay.leave(Peer.UPSTREAM, 1006)
    relay.wait(1)
    assert relay.upstream_there
    relay.upstream_opens()


def told(relay: Relay, after: int) -> list[str]:
    """What the model was told of tools since then, by the server's own items and by outputs."""
    items = [event["item"] for event in relay.to_upstream[after:] if event["type"] == "conversation.item.create"]
    texts = [item.get("output") or item["content"][0]["text"] for item in items if item.get("role") != "assistant"]
    return [text for text in texts if json.dumps(ANSWER) in text]


def test_the_answer_is_written_with_the_last_event_that_the_tool_caused(relay: Relay) -> None:
    relay.answer("One moment.", QUIZ, tag=None)
    relay.finish_tool(relay.tools[0])
    assert relay.records[-1].body["type"] == "vivavoce.quiz"
    assert relay.records[-1].tool == ToolAnswer("c1", ANSWER)
    assert [record.tool for record in relay.records[:-1]] == [None] * (len(relay.records) - 1)


def test_a_refusal_did_nothing_so_nothing_is_written(relay: Relay) -> None:
    relay.answer("Good night.", (("c1", "grade_lesson", '{"reason": "done"}'),), tag=None)
    recorded = len(relay.records)
    relay.finish_tool(relay.tools[0])
    assert json.loads(relay.sent("conversation.item.create")[-1]["item"]["output"])["ok"] is False
    assert len(relay.records) == recorded


def test_an_answer_reaches_the_model_over_another_upstream_than_the_one_that_asked(relay: Relay) -> None:
    relay.answer("One moment.", QUIZ, tag=None)
    another_upstream(relay)
    before = len(relay.to_upstream)
    relay.finish_tool(relay.tools[0])
    item = relay.sent("conversation.item.create")[-1]["item"]
    assert (item["type"], item["role"]) == ("message", "system")  # nobody there knows the call
    assert len(told(relay, before)) == 1
    assert relay.to_upstream[-1]["type"] == "response.create"


def test_no_upstream_is_told_of_an_answer_that_is_not_on_disk(relay: Relay) -> None:
    relay.answer("One moment.", QUIZ, tag=None)
    relay.commit_at_once = False
    relay.finish_tool(relay.tools[0])
    before = len(relay.to_upstream)
    another_upstream(relay)
    assert told(relay, before) == []
    relay.commit()
    assert len(told(relay, before)) == 1


def test_a_call_that_is_asked_for_again_while_it_runs_is_answered_where_it_was_asked_for(relay: Relay) -> None:
    relay.answer("One moment.", QUIZ, tag=None)
    another_upstream(relay)
    relay.answer("One moment.", QUIZ, tag=None)
    assert len(relay.tools) == 1
    relay.finish_tool(relay.tools[0])
    item = relay.sent("conversation.item.create")[-1]["item"]
    assert (item["type"], item["call_id"], json.loads(item["output"])) == ("function_call_output", "c1", ANSWER)
    assert len(relay.seen("vivavoce.quiz")) == 1


def test_a_call_that_was_answered_gets_the_same_answer_over_another_upstream(relay: Relay) -> None:
    relay.answer("One moment.", QUIZ, tag=None)
    relay.finish_tool(relay.tools[0])
    another_upstream(relay)
    relay.answer("One moment.", QUIZ, tag=None)
    assert len(relay.tools) == 1
    item = relay.sent("conversation.item.create")[-1]["item"]
    assert (item["type"], json.loads(item["output"])) == ("function_call_output", ANSWER)


def test_a_tool_that_comes_back_while_the_call_sleeps_changes_nothing(relay: Relay) -> None:
    relay.answer("One moment.", QUIZ, tag=None)
    relay.leave()
    relay.wait(40)
    assert relay.asleep
    recorded = len(relay.records)
    relay.finish_tool(relay.tools[0])
    assert len(relay.records) == recorded
