"""A call that goes on from a turn of an earlier one."""

from __future__ import annotations

import json

from kit.canaries import lesson
from kit.relay import Relay
from vivavoce.lesson.transcript import Line, Transcript
from vivavoce.session.inputs import Connected, Peer

OPENING = Line("item_1", "assistant", "My room is too loud.", 1.0, 0.1, 2.0)
SORRY = Line("item_2", "user", "I am so sorry.", 2.0, 3.0, 4.0)
CUT_OFF = Line("item_3", "assistant", "Thank you. It is two one four.", 3.0, 5.0, 5.6, "voice", True, 10, 600)
UNHEARD = Line("item_4", "assistant", "Hello?", 4.0, 6.0, 6.0, "voice", True, 0, 0)
ASKED = Line("item_5", "user", "What is your room number?", 5.0, 8.0, 9.0, "text")


def retry(*lines: Line) -> Relay:
    relay = Relay(lesson(), seed=lines, retry_of="call_before")
    relay.connect()
    return relay


def planted(relay: Relay) -> list[tuple[str, str, str]]:
    items = [event["item"] for event in relay.sent("conversation.item.create")]
    return [(item["role"], item["content"][0]["type"], item["content"][0]["text"]) for item in items]


def test_the_persona_knows_what_was_heard_before_and_the_record_what_was_said() -> None:
    relay = retry(OPENING, SORRY, CUT_OFF, UNHEARD)
    assert planted(relay) == [
        ("assistant", "output_text", "My room is too loud."),
        ("user", "input_text", "I am so sorry."),
        ("assistant", "output_text", "Thank you."),
    ]
    lines = [event["line"] for event in relay.seen("vivavoce.transcript")]
    assert [(line["item_id"], line["text"]) for line in lines] == [
        ("vv_seed_1", "My room is too loud."),
        ("vv_seed_2", "I am so sorry."),
        ("vv_seed_3", "Thank you. It is two one four."),
    ]
    assert (lines[2]["interrupted"], lines[2]["heard_chars"]) == (True, 10)
    assert {(line["at"], line["until"]) for line in lines} == {(0.0, 0.0)}
    assert [record.body["type"] for record in relay.records].count("vivavoce.transcript") == 3


def test_the_opening_is_not_said_again_and_the_learner_is_waited_for() -> None:
    relay = retry(OPENING, SORRY, CUT_OFF)
    relay.accept_items()
    assert "Begin by saying" not in json.dumps(relay.to_upstream)
    assert relay.sent("response.create") == []


def test_the_persona_answers_when_the_learner_spoke_last() -> None:
    relay = retry(OPENING, SORRY)
    relay.accept_items()
    assert [event["type"] for event in relay.to_upstream] == [
        "session.update",
        "conversation.item.create",
        "conversation.item.create",
        "response.create",
    ]


def test_the_page_learns_which_call_is_tried_again() -> None:
    assert retry(OPENING).seen("vivavoce.hello")[0]["retry_of"] == "call_before"
    relay = Relay(lesson())
    relay.put(Connected(Peer.BROWSER))
    assert relay.to_browser[0]["retry_of"] is None


def test_trust_that_was_earned_holds_from_the_beginning_and_is_not_earned_twice() -> None:
    relay = retry(OPENING, SORRY, CUT_OFF)
    prompt = relay.to_upstream[0]["session"]["instructions"]
    assert "canarytrust" in prompt
    assert "canarynever" not in prompt
    relay.accept_items()
    assert len(relay.sent("session.update")) == 1, "the words came back from the upstream and moved nothing"
    assert "canarytrust" not in retry(OPENING).to_upstream[0]["session"]["instructions"]


def test_words_that_nobody_heard_earned_nothing() -> None:
    unheard = Line("item_2", "user", "I am so sorry.", 2.0, 3.0, 4.0, "voice", True, 0, 0)
    assert "canarytrust" not in retry(OPENING, unheard).to_upstream[0]["session"]["instructions"]


def test_goals_that_were_reached_are_ticked_off_at_once() -> None:
    relay = retry(OPENING, SORRY)
    assert [event["goal_id"] for event in relay.seen("vivavoce.goal")] == ["g1"]
    relay.accept_items()
    assert len(relay.seen("vivavoce.goal")) == 1


def test_what_was_said_before_counts_in_the_grade() -> None:
    relay = retry(OPENING, SORRY)
    relay.accept_items()
    relay.answer("And my room?")
    relay.says("I will help you.")
    relay.browser(type="vivavoce.end")
    grade = relay.seen("vivavoce.grade")[0]["grade"]
    shown = {check["id"]: check for check in grade["criteria"][0]["checks"] if check["result"] == "shown"}
    assert shown["apologises"]["evidence"][0]["item_id"] == "vv_seed_2"
    assert grade["covers"] == {
        "lines": 4,
        "first_item": "vv_seed_1",
        "last_item": relay.records[-5].body["line"]["item_id"],
    }


def test_a_retry_in_which_nothing_is_said_is_not_graded() -> None:
    relay = retry(OPENING, SORRY)
    relay.accept_items()
    relay.browser(type="vivavoce.end")
    relay.wait(10)
    assert relay.seen("vivavoce.grade") == []
    assert "Nothing was said" in relay.seen("vivavoce.ended")[0]["message"]


def test_new_lines_stand_behind_the_old_ones_whatever_the_order_they_are_given_in() -> None:
    relay = retry(ASKED, SORRY, OPENING)
    relay.accept_items()
    relay.answer("It is two one four.")
    assert relay.lines() == [
        ("assistant", "My room is too loud."),
        ("user", "I am so sorry."),
        ("user", "What is your room number?"),
        ("assistant", "It is two one four."),
    ]


def test_old_lines_cannot_be_cut_off_any_more() -> None:
    relay = retry(OPENING)
    relay.browser(type="conversation.item.truncate", item_id="vv_seed_1", content_index=0, audio_end_ms=0)
    assert relay.to_browser[-1]["error"]["code"] == "item_truncate_invalid_item_id"
    assert not relay.seen("vivavoce.transcript")[-1]["line"]["interrupted"]


def test_a_call_that_is_tried_again_from_its_first_turn_begins_like_any_other() -> None:
    nothing: Transcript = ()
    relay = Relay(lesson(), seed=nothing, retry_of="call_before")
    relay.go_live()
    assert relay.lines() == [("assistant", "My room is too loud.")]


def test_a_call_of_which_nothing_was_heard_before_begins_like_any_other() -> None:
    relay = Relay(lesson(), seed=(UNHEARD,), retry_of="call_before")
    relay.go_live()
    assert relay.lines() == [("assistant", "My room is too loud.")]
