"""A call whose upstream comes and goes: what is kept, what is told, and what is asked of the next one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kit.canaries import lesson
from kit.relay import SECOND, Relay
from kit.scenes import scene
from vivavoce.session.effects import Close
from vivavoce.session.inputs import Connected, Disconnected, Peer
from vivavoce.session.line import CONFIGURE_SECONDS, OUTAGE_SECONDS, RENEW_SECONDS, STALL_SECONDS, TRIES
from vivavoce.session.rebuild import MOST_CHARS, PLANTED
from vivavoce.session.transcript import MOST_DELTAS

LOSSES = [0, 1000, 1001, 1005, 1006, 1011, 1012, 1013]


@pytest.fixture
def relay() -> Relay:
    relay = Relay(scene(max_seconds=7200))
    relay.go_live()
    return relay


def told(relay: Relay) -> list[str]:
    return [notice["code"] for notice in relay.seen("vivavoce.notice")]


def planted(relay: Relay) -> list[tuple[str, str]]:
    """What the newest upstream was told, since its session was configured."""
    begin = max(n for n, event in enumerate(relay.to_upstream) if event.get("session", {}).get("instructions"))
    items = [event["item"] for event in relay.to_upstream[begin:] if event["type"] == "conversation.item.create"]
    return [(item["role"], item["content"][0]["text"]) for item in items]


def another_opens(relay: Relay) -> None:
    """The time of the next dial comes, and it gets through."""
    dialled = relay.dialled
    relay.wait(1)
    assert relay.dialled == dialled + 1
    relay.upstream_opens()
    relay.accept_items()


def begins(relay: Relay, *words: str, item_id: str = "item_long", audio: int = 3) -> None:
    """The persona is in the middle of an answer."""
    relay.upstream(type="response.created", response={"id": f"resp_{item_id}"})
    item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    relay.upstream(type="conversation.item.added", item=item)
    relay.upstream(type="response.content_part.added", item_id=item_id, part={"type": "audio"})
    for word in words:
        relay.upstream(type="response.output_audio_transcript.delta", item_id=item_id, delta=word)
    for _ in range(audio):
        relay.upstream(type="response.output_audio.delta", item_id=item_id, delta="AAAA" * 1600)


def fails(relay: Relay, **error: Any) -> None:
    """The answer that was asked for last cannot be made."""
    tag = relay.sent("response.create")[-1]["response"]["metadata"]["vivavoce"]
    response = {"id": f"resp_{tag}", "metadata": {"vivavoce": tag}}
    relay.upstream(type="response.created", response=response)
    details = {"type": "failed", "error": error}
    relay.upstream(type="response.done", response={**response, "status": "failed", "status_details": details})


def types(relay: Relay, text: str) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    relay.browser(type="conversation.item.create", item=item)


# Lost and found


@pytest.mark.parametrize("code", LOSSES)
def test_a_lost_upstream_is_said_at_once_and_another_goes_on_where_it_stopped(relay: Relay, code: int) -> None:
    relay.says("I am sorry.")
    relay.answer("Thank you.", tag=None)
    relay.leave(Peer.UPSTREAM, code)
    assert told(relay) == ["upstream_lost"]
    another_opens(relay)
    assert planted(relay)[1:] == [
        ("assistant", "My room is too loud."),
        ("user", "I am sorry."),
        ("assistant", "Thank you."),
    ]
    assert told(relay) == ["upstream_lost", "upstream_back"]
    asked = len(relay.sent("response.create"))
    relay.wait(5)
    assert len(relay.sent("response.create")) == asked, "it is the learner's turn"
    relay.says("What is your room number?")
    relay.answer("Two one four.", tag=None)
    assert [text for _, text in relay.lines()][2:] == ["Thank you.", "What is your room number?", "Two one four."]


def test_the_persona_answers_the_new_upstream_when_the_learner_spoke_last(relay: Relay) -> None:
    relay.says("I am sorry.")
    relay.leave(Peer.UPSTREAM)
    asked = len(relay.sent("response.create"))
    another_opens(relay)
    assert len(relay.sent("response.create")) == asked + 1
    assert relay.to_upstream[-1]["type"] == "response.create"


def test_an_answer_that_breaks_off_is_kept_as_far_as_it_was_heard_and_said_again(relay: Relay) -> None:
    relay.says("I am sorry.")
    begins(relay, "I have not", " slept for", " two nights")
    relay.leave(Peer.UPSTREAM)
    line = relay.seen("vivavoce.transcript")[-1]["line"]
    assert (line["text"], line["interrupted"]) == ("I have not slept for two nights", True)
    assert line["heard_ms"] == 3 * 100
    another_opens(relay)
    assert [role for role, _ in planted(relay)] == ["system", "assistant", "user", "assistant", "system"]
    assert planted(relay)[3][1] == "I have not slept for two nights"
    assert "cut off" in planted(relay)[4][1]
    assert relay.to_upstream[-1]["type"] == "response.create"


def test_what_was_cut_off_and_not_heard_is_not_told_to_the_next_upstream(relay: Relay) -> None:
    relay.says("I am sorry.")
    begins(relay, "I have not slept for two nights, and nobody came.", audio=10)
    relay.upstream(
        type="response.output_audio_transcript.done",
        item_id="item_long",
        transcript="I have not slept for two nights, and nobody came.",
    )
    relay.browser(type="conversation.item.truncate", item_id="item_long", content_index=0, audio_end_ms=500)
    relay.leave(Peer.UPSTREAM)
    another_opens(relay)
    assert ("assistant", "I have not slept for two") in planted(relay)


def test_an_answer_that_was_cut_off_before_is_no_part_of_the_one_that_breaks_off(relay: Relay) -> None:
    begins(relay, "I have not", item_id="item_before")
    relay.upstream(type="response.done", response={"id": "resp_item_before", "status": "cancelled"})
    begins(relay, "Thank", " you")
    for _ in range(MOST_DELTAS):
        relay.upstream(type="response.output_audio_transcript.delta", item_id="item_long", delta="!")
    relay.leave(Peer.UPSTREAM)
    text = relay.seen("vivavoce.transcript")[-1]["line"]["text"]
    assert text.rstrip("!") == "Thank you"
    assert len(text) <= MOST_DELTAS + len("Thank you")


def test_the_opening_is_said_by_the_next_upstream_when_the_first_broke_off_before_it() -> None:
    relay = Relay(scene())
    relay.connect()
    relay.leave(Peer.UPSTREAM)
    another_opens(relay)
    assert [text for _, text in planted(relay)] == ["Begin by saying exactly: My room is too loud."]
    relay.answer("My room is too loud.")
    assert relay.lines() == [("assistant", "My room is too loud.")]


def test_what_is_planted_is_neither_shown_nor_counted_again() -> None:
    relay = Relay(lesson())
    relay.go_live()
    relay.says("I am sorry.")
    relay.says("I am so sorry.")
    records, shown = len(relay.records), len(relay.to_browser)
    relay.leave(Peer.UPSTREAM)
    prompts = len(relay.sent("session.update"))
    another_opens(relay)
    assert len(relay.records) == records
    assert PLANTED not in json.dumps(relay.to_browser)
    assert {event["type"] for event in relay.to_browser[shown:]} <= {
        "vivavoce.notice",
        "session.created",
        "session.updated",
    }
    assert len(relay.sent("session.update")) == prompts + 1, "trust was not earned once more"
    assert "canarytrust" in relay.sent("session.update")[-1]["session"]["instructions"]


def test_a_barge_in_after_the_change_is_recorded_and_not_sent_to_an_upstream_that_has_no_such_audio(
    relay: Relay,
) -> None:
    item_id = relay.seen("vivavoce.transcript")[-1]["line"]["item_id"]
    relay.leave(Peer.UPSTREAM)
    another_opens(relay)
    relay.browser(type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=30)
    assert relay.sent("conversation.item.truncate") == []
    assert relay.seen("vivavoce.transcript")[-1]["line"]["heard_ms"] == 30


def test_of_a_very_long_conversation_the_newest_lines_are_told(relay: Relay) -> None:
    for number in range(30):
        relay.says(f"{number} " + "word " * (MOST_CHARS // 100))
    relay.leave(Peer.UPSTREAM)
    another_opens(relay)
    told_of = [text.split()[0] for role, text in planted(relay) if role == "user"]
    assert told_of == [str(number) for number in range(30 - len(told_of), 30)]
    assert MOST_CHARS <= sum(len(text) for _, text in planted(relay)) < 2 * MOST_CHARS


# What the learner does meanwhile


def test_what_is_typed_meanwhile_is_sent_on_behind_the_conversation_and_answered_once(relay: Relay) -> None:
    relay.leave(Peer.UPSTREAM)
    types(relay, "Are you there?")
    types(relay, "Hello?")
    another_opens(relay)
    assert [text for _, text in planted(relay)][-2:] == ["Are you there?", "Hello?"]
    relay.answer("Here I am.")
    assert [text for _, text in relay.lines()][-3:] == ["Are you there?", "Hello?", "Here I am."]
    assert relay.sent("response.create")[-1] == relay.to_upstream[-1]


def test_what_was_typed_and_not_taken_yet_is_not_lost(relay: Relay) -> None:
    types(relay, "Are you there?")
    relay.leave(Peer.UPSTREAM)
    another_opens(relay)
    assert planted(relay)[-1] == ("user", "Are you there?")
    assert relay.lines()[-1] == ("user", "Are you there?")
    relay.leave(Peer.UPSTREAM)
    another_opens(relay)
    assert [text for _, text in planted(relay)].count("Are you there?") == 1, "now it is a part of the record"


def test_three_seconds_of_speech_are_kept(relay: Relay) -> None:
    relay.leave(Peer.UPSTREAM)
    for n in range(100):
        relay.browser(type="input_audio_buffer.append", audio=base64.b64encode(n.to_bytes(2, "little") * 960).decode())
        relay.wait(0.04)
    relay.upstream_opens()
    kept = [base64.b64decode(event["audio"])[0] for event in relay.sent("input_audio_buffer.append")]
    assert kept == list(range(25, 100))
    relay.leave(Peer.UPSTREAM)
    for n in range(75):
        relay.browser(type="input_audio_buffer.append", audio=base64.b64encode(n.to_bytes(2, "little") * 960).decode())
    another_opens(relay)
    assert len(relay.sent("input_audio_buffer.append")) == 2 * 75, "the second outage has the same room"


def test_words_that_are_lost_with_the_upstream_are_asked_for_again_and_not_answered(relay: Relay) -> None:
    relay.speaks()
    relay.leave(Peer.UPSTREAM)
    assert "say it again" in relay.seen("vivavoce.notice")[-1]["message"]
    asked = len(relay.sent("response.create"))
    another_opens(relay)
    relay.wait(5)
    assert len(relay.sent("response.create")) == asked


def test_help_is_given_while_the_upstream_is_away() -> None:
    relay = Relay(lesson())
    relay.go_live()
    relay.leave(Peer.UPSTREAM)
    relay.browser(type="vivavoce.hint.request")
    assert relay.seen("vivavoce.hint")


def test_the_call_can_be_ended_while_the_upstream_is_away(relay: Relay) -> None:
    relay.says("I am sorry.")
    relay.leave(Peer.UPSTREAM)
    relay.browser(type="vivavoce.end")
    assert relay.seen("vivavoce.ended")[0]["reason"] == "learner_ended"
    assert relay.seen("vivavoce.grade")
    relay.wait(60)
    assert relay.dialled == 1


def test_a_browser_that_comes_back_in_an_outage_is_told_of_it(relay: Relay) -> None:
    relay.leave()
    relay.leave(Peer.UPSTREAM)
    relay.put(Connected(Peer.BROWSER, after=0))
    assert "upstream_lost" in told(relay)


def test_a_call_that_nobody_is_in_sleeps_though_its_upstream_is_away(relay: Relay) -> None:
    relay.says("I am sorry.")
    relay.leave()
    relay.wait(29)
    relay.leave(Peer.UPSTREAM)
    relay.wait(10)
    assert relay.asleep
    assert relay.session.deadline is None


# Tools


def test_a_tool_that_was_running_answers_the_next_upstream_in_words() -> None:
    relay = Relay(scene(min_turns=1), run_tools=False)
    relay.go_live()
    relay.says("Goodbye.")
    relay.answer("Goodbye.", calls=(("call_1", "grade_lesson", '{"reason": "over"}'),), tag=None)
    relay.leave(Peer.UPSTREAM)
    another_opens(relay)
    relay.finish_tool(relay.tools[0])
    relay.accept_items()
    assert "function_call_output" not in json.dumps(relay.to_upstream)
    role, text = planted(relay)[-1]
    assert role == "system" and '"ok": true' in text
    assert relay.to_upstream[-1]["type"] == "response.create"


def test_a_tool_that_answered_before_is_summed_up_for_the_next_upstream() -> None:
    relay = Relay(scene("tool"))
    relay.go_live()
    relay.says("I am sorry.")
    relay.answer("Thank you.", calls=(("call_1", "trigger_quiz", "{}"),), tag=None)
    relay.accept_items()
    relay.answer("Look at your screen.")
    relay.leave(Peer.UPSTREAM)
    another_opens(relay)
    assert '"questions"' in planted(relay)[0][1]
    assert [role for role, _ in planted(relay)] == ["system", "assistant", "user", "assistant", "assistant"]


def test_no_tools_answer_is_told_before_it_is_on_disk() -> None:
    relay = Relay(scene(min_turns=1), commit_at_once=False)
    relay.go_live()
    relay.says("Goodbye.")
    relay.commit()
    relay.answer("Goodbye.", calls=(("call_1", "grade_lesson", '{"reason": "over"}'),), tag=None)
    relay.leave(Peer.UPSTREAM)
    another_opens(relay)
    assert '"score"' not in json.dumps(relay.to_upstream)
    relay.commit()
    assert '"score"' in planted(relay)[-1][1]


# Not to be had


@pytest.mark.parametrize("code", [401, 403, 404, 3000, 4000, 4004])
def test_an_upstream_that_refuses_is_not_tried_again(relay: Relay, code: int) -> None:
    relay.says("I am sorry.")
    relay.leave(Peer.UPSTREAM, code)
    relay.wait(60)
    assert relay.dialled == 1
    assert relay.seen("vivavoce.ended")[0]["reason"] == "provider_refused"
    assert relay.seen("vivavoce.grade")


@pytest.mark.parametrize("code", ["insufficient_quota", "invalid_api_key", "account_deactivated"])
def test_an_error_that_comes_back_however_often_one_tries_ends_the_call(relay: Relay, code: str) -> None:
    relay.upstream(type="error", error={"type": "invalid_request_error", "code": code, "message": "No."})
    relay.wait(60)
    assert relay.dialled == 1
    assert relay.seen("vivavoce.ended")[0]["reason"] == "provider_refused"


def test_an_upstream_that_connects_only_to_break_off_again_is_given_up(relay: Relay) -> None:
    relay.says("I am sorry.")
    while not relay.seen("vivavoce.ended"):
        relay.leave(Peer.UPSTREAM, 1011)
        relay.wait(6)
        if relay.session.ended_reason is None:
            relay.upstream_opens()
    assert relay.dialled == 1 + TRIES
    assert relay.seen("vivavoce.ended")[0]["reason"] == "provider_unavailable"
    assert len(relay.seen("vivavoce.grade")) == 1


def test_an_outage_ends_the_call_in_words_and_with_a_grade_after_half_a_minute(relay: Relay) -> None:
    relay.says("I am sorry.")
    relay.put(Disconnected(Peer.UPSTREAM, 1013, "", retry_after=20.0))
    relay.wait(OUTAGE_SECONDS - 0.1)
    assert not relay.seen("vivavoce.ended")
    assert relay.dialled == 2
    relay.wait(0.2)
    assert relay.seen("vivavoce.ended")[0]["reason"] == "provider_unavailable"
    assert relay.seen("vivavoce.grade")
    assert Close(Peer.UPSTREAM, 1000, "the call is over") not in relay.closed, "it never opened"
    relay.put(Connected(Peer.UPSTREAM))
    assert relay.closed[-1] == Close(Peer.UPSTREAM, 1000, "the call is over")


def test_a_busy_provider_is_left_alone_for_as_long_as_it_asks(relay: Relay) -> None:
    relay.leave(Peer.UPSTREAM)
    relay.wait(1)
    relay.put(Disconnected(Peer.UPSTREAM, 429, "", retry_after=5.0))
    relay.wait(4.9)
    assert relay.dialled == 2
    relay.wait(2)
    assert relay.dialled == 3


def test_a_first_dial_that_fails_is_said_and_tried_again() -> None:
    relay = Relay(scene())
    relay.put(Connected(Peer.BROWSER))
    relay.put(Disconnected(Peer.UPSTREAM, 503, ""))
    assert told(relay) == ["upstream_lost"]
    another_opens(relay)
    assert told(relay) == ["upstream_lost", "upstream_back"]
    relay.answer("My room is too loud.")
    assert relay.lines() == [("assistant", "My room is too loud.")]


def test_an_upstream_that_does_not_take_the_scenario_is_not_asked_again() -> None:
    relay = Relay(scene())
    relay.put(Connected(Peer.BROWSER))
    relay.put(Connected(Peer.UPSTREAM))
    refused = {"type": "invalid_request_error", "code": "invalid_value", "event_id": relay.to_upstream[0]["event_id"]}
    relay.upstream(type="error", error=refused)
    assert relay.seen("vivavoce.ended")[0]["reason"] == "provider_refused"


def test_an_upstream_that_never_says_whether_it_takes_the_scenario_is_replaced() -> None:
    relay = Relay(scene())
    relay.put(Connected(Peer.BROWSER))
    relay.put(Connected(Peer.UPSTREAM))
    relay.wait(CONFIGURE_SECONDS)
    assert told(relay) == ["upstream_lost"]
    assert [close.peer for close in relay.closed] == [Peer.UPSTREAM]
    another_opens(relay)
    assert told(relay)[-1] == "upstream_back"


# Silence and failure


def test_an_answer_that_does_not_come_is_asked_for_again_and_then_from_another_upstream(relay: Relay) -> None:
    relay.says("I am sorry.")
    relay.wait(STALL_SECONDS)
    assert told(relay) == ["slow_answer"]
    assert relay.to_upstream[-1]["type"] == "response.create"
    assert relay.dialled == 1
    relay.wait(STALL_SECONDS)
    assert told(relay) == ["slow_answer", "upstream_lost"]
    another_opens(relay)
    assert planted(relay)[-1] == ("user", "I am sorry.")
    assert relay.to_upstream[-1]["type"] == "response.create"
    relay.answer("Thank you.")
    relay.wait(60)
    assert relay.dialled == 2


def test_a_response_that_stands_still_is_cancelled_once(relay: Relay) -> None:
    relay.says("I am sorry.")
    begins(relay, "I have")
    relay.wait(STALL_SECONDS)
    assert [event["type"] for event in relay.to_upstream[-1:]] == ["response.cancel"]
    relay.upstream(type="response.done", response={"id": "resp_item_long", "status": "cancelled"})
    assert relay.to_upstream[-1]["type"] == "response.create"
    relay.answer("Thank you.")
    assert told(relay) == ["slow_answer"]
    assert relay.dialled == 1


def test_sound_that_flows_moves_no_timer_and_still_says_that_the_upstream_is_there(relay: Relay) -> None:
    relay.says("I am sorry.")
    begins(relay, "I have")
    delta = {"type": "response.output_audio.delta", "item_id": "item_long", "delta": SECOND}
    deadlines = set()
    for _ in range(20):
        relay.wait(0.5)
        relay.upstream(**delta)
        relay.browser(type="input_audio_buffer.append", audio="AAAA" * 320)
        deadlines.add(relay.session.deadline)
    assert len(deadlines) == 1
    relay.wait(STALL_SECONDS - 0.1)
    assert told(relay) == []
    relay.wait(0.1)
    assert told(relay) == ["slow_answer"]


@pytest.mark.parametrize("text", ["", " "])
def test_a_turn_that_was_not_understood_need_not_be_answered(relay: Relay, text: str) -> None:
    relay.says(text)
    relay.wait(60)
    assert told(relay) == []


def test_nobody_waits_for_an_answer_while_the_learner_is_away(relay: Relay) -> None:
    relay.says("I am sorry.")
    relay.leave()
    relay.wait(29)
    assert relay.dialled == 1


def test_a_server_that_fails_is_asked_again_then_replaced_then_asked_for_text_and_then_left_in_peace(
    relay: Relay,
) -> None:
    relay.says("I am sorry.")
    relay.upstream(type="response.created", response={"id": "resp_x"})
    error = {"type": "server_error", "code": "server_error"}
    details = {"type": "failed", "error": error}
    relay.upstream(type="response.done", response={"id": "resp_x", "status": "failed", "status_details": details})
    assert told(relay) == []
    fails(relay, **error)
    assert told(relay) == ["upstream_lost"]
    another_opens(relay)
    fails(relay, **error)
    assert told(relay)[-1] == "voice_failed"
    assert relay.sent("session.update")[-1]["session"] == {"type": "realtime", "output_modalities": ["text"]}
    asked = len(relay.sent("response.create"))
    fails(relay, **error)
    assert told(relay)[-1] == "answer_failed"
    assert len(relay.sent("response.create")) == asked
    assert relay.dialled == 2


def test_an_answer_in_writing_becomes_a_line_and_the_next_upstream_is_asked_for_writing_too(relay: Relay) -> None:
    relay.says("I am sorry.")
    for _ in range(3):
        if relay.to_upstream[-1]["type"] != "response.create":
            relay.browser(type="response.create")
        fails(relay, type="server_error")
        if relay.dialled == 1 and "upstream_lost" in told(relay):
            another_opens(relay)
    tag = relay.sent("response.create")[-1]["response"]["metadata"]["vivavoce"]
    relay.upstream(type="response.created", response={"id": "resp_t", "metadata": {"vivavoce": tag}})
    item = {"id": "item_t", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    relay.upstream(type="conversation.item.added", item=item)
    relay.upstream(type="response.output_text.delta", item_id="item_t", delta="Thank")
    relay.leave(Peer.UPSTREAM)
    assert relay.lines()[-1] == ("assistant", "Thank")
    assert relay.seen("vivavoce.transcript")[-1]["line"]["heard_ms"] is None
    another_opens(relay)
    assert relay.sent("session.update")[-1]["session"]["output_modalities"] == ["text"]


def test_an_answer_that_works_again_makes_the_next_failure_a_first_one(relay: Relay) -> None:
    for _ in range(5):
        relay.browser(type="response.create")
        fails(relay, type="server_error")
        relay.answer("Thank you.")
    assert told(relay) == []
    assert relay.dialled == 1


def test_server_errors_without_an_answer_count_too(relay: Relay) -> None:
    relay.upstream(type="error", error={"type": "server_error", "message": "Sorry."})
    relay.upstream(type="error", error={"type": "server_error", "message": "Sorry."})
    assert told(relay) == ["upstream_lost"]
    another_opens(relay)


# Renewal


def test_an_old_upstream_is_replaced_between_two_turns_and_nobody_notices(relay: Relay) -> None:
    relay.wait(RENEW_SECONDS - 1)
    relay.says("I am sorry.")
    begins(relay, "I have")
    relay.wait(2)
    assert relay.closed == []
    relay.upstream(type="response.output_audio_transcript.done", item_id="item_long", transcript="I have a headache.")
    relay.upstream(type="response.done", response={"id": "resp_item_long", "status": "completed"})
    assert [close.peer for close in relay.closed] == [Peer.UPSTREAM]
    relay.wait(0.3)
    assert relay.dialled == 2
    relay.upstream_opens()
    assert [text for _, text in planted(relay)][1:] == ["My room is too loud.", "I am sorry.", "I have a headache."]
    assert told(relay) == []
    relay.wait(60)
    assert relay.dialled == 2


def test_a_renewal_that_takes_long_is_mentioned(relay: Relay) -> None:
    relay.wait(RENEW_SECONDS + 2)
    assert told(relay) == ["upstream_lost"]
    relay.upstream_opens()
    assert told(relay) == ["upstream_lost", "upstream_back"]


def test_an_upstream_that_expires_is_replaced(relay: Relay) -> None:
    relay.says("I am sorry.")
    relay.answer("Thank you.", tag=None)
    message = "Your session hit the maximum duration of 60 minutes."
    relay.upstream(type="error", error={"type": "invalid_request_error", "code": "session_expired", "message": message})
    assert told(relay) == ["upstream_lost"]
    another_opens(relay)
    assert ("user", "I am sorry.") in planted(relay)
    assert not relay.seen("vivavoce.ended")


def test_the_last_words_of_a_call_are_kept_though_the_upstream_breaks_off_in_the_middle(relay: Relay) -> None:
    relay.says("I am sorry.")
    begins(relay, "Thank you for")
    relay.browser(type="vivavoce.end")
    relay.leave(Peer.UPSTREAM)
    assert relay.lines()[-1] == ("assistant", "Thank you for")
    assert relay.seen("vivavoce.grade")
    assert told(relay) == [], "nobody waits for that upstream any more"
    relay.wait(20)
    assert relay.dialled == 1
