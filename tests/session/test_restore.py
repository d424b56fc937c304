"""What is committed of a call is enough to go on with it, wherever it was when its process ended."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kit.canaries import lesson
from kit.relay import Relay
from kit.scenes import scene
from vivavoce.lesson.transcript import Line
from vivavoce.session.inputs import Committed, Connected, Peer

SEED = (
    Line("item_1", "assistant", "My room is too loud.", 1.0, 0.1, 2.0),
    Line("item_2", "user", "I am so sorry.", 2.0, 3.0, 4.0),
)


def live(relay: Relay) -> Relay:
    relay.go_live()
    relay.wait(1)
    return relay


def come_back(relay: Relay, after: int = 0) -> None:
    relay.to_browser.clear()
    relay.put(Connected(Peer.BROWSER, after=after, resume_token="token-2"))


def durable(relay: Relay) -> list[int]:
    return [event["seq"] for event in relay.to_browser if "seq" in event and event["type"] != "vivavoce.hello"]


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_page_gets_each_durable_event_it_has_not_once_and_in_order(after: int) -> None:
    relay = live(Relay(scene()))
    relay.says("I am so sorry.")
    relay.answer("Thank you.", tag=None)
    relay.restart()
    come_back(relay, after)
    hello = relay.to_browser[0]
    assert (hello["type"], hello["resumed"], hello["resume_token"]) == ("vivavoce.hello", True, "token-2")
    assert hello["seq"] == 3
    assert durable(relay) == list(range(after + 1, 4))


def test_what_was_not_on_disk_never_was() -> None:
    relay = live(Relay(scene()))
    relay.commit_at_once = False
    relay.says("I am so sorry.")
    relay.restart()
    relay.commit_at_once = True
    come_back(relay)
    assert [event["line"]["text"] for event in relay.seen("vivavoce.transcript")] == ["My room is too loud."]
    relay.upstream_opens()
    relay.says("Pardon me.")
    assert durable(relay) == [1, 2]


def test_a_call_that_was_restored_says_exactly_what_it_said_before() -> None:
    relay = live(Relay(lesson()))
    relay.says("I am so sorry. What is your room number?")
    relay.browser(type="vivavoce.hint.request")
    relay.browser(type="vivavoce.consent", audio=True)
    bodies = [record.body for record in relay.records]
    relay.restart()
    come_back(relay)
    shown = [event for event in relay.to_browser if "seq" in event and event["type"] != "vivavoce.hello"]
    assert shown == bodies


@pytest.mark.parametrize(("audio", "told"), [(True, []), (False, [False])])
def test_consent_that_was_taken_back_after_the_end_is_heeded_by_the_next_process(audio: bool, told: list[bool]) -> None:
    relay = live(Relay(lesson()))
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    relay.browser(type="vivavoce.consent", audio=audio)
    relay.restart()
    relay.keeps_audio.clear()
    come_back(relay)
    assert relay.keeps_audio == told


def test_goals_help_consent_and_trust_are_where_they_were() -> None:
    relay = live(Relay(lesson()))
    relay.says("I am so sorry to hear that.")
    relay.browser(type="vivavoce.hint.request")
    relay.browser(type="vivavoce.consent", audio=True)
    before = [record.body["type"] for record in relay.records]
    instructions = relay.sent("session.update")[-1]["session"]["instructions"]
    hints = relay.seen("vivavoce.hint")
    relay.restart()
    come_back(relay)
    assert relay.keeps_audio == [True, True]  # the new host has to know
    relay.put(Connected(Peer.UPSTREAM))
    assert relay.sent("session.update")[-1]["session"]["instructions"] == instructions
    relay.upstream(type="session.updated", session={})
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.hint.request")
    assert [hint["rung"] for hint in relay.seen("vivavoce.hint")] == [hints[0]["rung"], hints[0]["rung"] + 1]
    assert [record.body["type"] for record in relay.records][len(before) :] == ["vivavoce.transcript", "vivavoce.hint"]


def test_a_goal_that_was_reached_is_ticked_off_though_only_its_line_came_on_disk() -> None:
    relay = live(Relay(lesson()))
    relay.commit_at_once = False
    relay.says("I am so sorry.")
    kinds = [record.body["type"] for record in relay.records]
    assert kinds[-2:] == ["vivavoce.transcript", "vivavoce.goal"]
    relay.put(Committed(len(relay.records) - 1))
    relay.restart()
    relay.commit_at_once = True
    come_back(relay)
    assert [event["goal_id"] for event in relay.seen("vivavoce.goal")] == ["g1"]
    assert [record.body["type"] for record in relay.records] == kinds


def test_the_persona_is_told_what_was_said_and_answers_who_spoke_last() -> None:
    relay = live(Relay(scene()))
    relay.says("I am so sorry.")
    relay.restart()
    sent = len(relay.to_upstream)
    come_back(relay)
    assert relay.dialled == 2
    relay.upstream_opens()
    new = relay.to_upstream[sent:]
    said = [
        (event["item"]["role"], event["item"]["content"][0]["text"])
        for event in new
        if event["type"] == "conversation.item.create" and event["item"]["role"] != "system"
    ]
    assert said == [("assistant", "My room is too loud."), ("user", "I am so sorry.")]
    assert not any("Begin by saying" in str(event) for event in new)
    assert new[-1]["type"] == "response.create"


def test_a_call_in_which_nothing_was_said_begins_with_its_opening() -> None:
    relay = Relay(scene())
    relay.put(Connected(Peer.BROWSER))
    relay.restart()
    come_back(relay)
    assert relay.to_browser[0]["resumed"]
    relay.upstream_opens()
    assert "Begin by saying exactly" in relay.sent("conversation.item.create")[-1]["item"]["content"][0]["text"]
    assert relay.session.elapsed == 0.0


def test_the_clock_goes_on_from_the_newest_event() -> None:
    relay = live(Relay(scene()))
    relay.wait(99)
    relay.answer("Well?", tag=None)
    relay.wait(50)
    relay.restart()
    relay.wait(1000)
    come_back(relay)
    assert relay.to_browser[0]["elapsed_seconds"] == pytest.approx(100, abs=0.2)
    relay.upstream_opens()
    relay.wait(201)
    assert relay.seen("vivavoce.ended")[0]["reason"] == "time_limit"


def test_no_id_is_used_a_second_time() -> None:
    relay = live(Relay(scene()))
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "I am sorry."}]}
    relay.browser(type="conversation.item.create", item=item)
    relay.accept_items()
    first = relay.sent("conversation.item.create")[-1]["item"]["id"]
    seen = {event["event_id"] for event in relay.to_browser}
    relay.restart()
    come_back(relay, after=2)
    assert not seen & {event["event_id"] for event in relay.to_browser}
    relay.upstream_opens()
    relay.browser(type="conversation.item.create", item=item)
    assert relay.sent("conversation.item.create")[-1]["item"]["id"] != first


def test_a_call_that_goes_on_from_an_earlier_one_keeps_what_it_was_given() -> None:
    relay = Relay(scene(), seed=SEED, retry_of="call_before")
    relay.connect()
    relay.answer("Thank you.")
    relay.restart()
    come_back(relay)
    shown = [event["line"]["item_id"] for event in relay.seen("vivavoce.transcript")]
    assert shown[:2] == ["vv_seed_1", "vv_seed_2"]
    relay.upstream_opens()
    relay.browser(type="vivavoce.end")
    assert "Nothing was said" in relay.seen("vivavoce.ended")[0]["message"]  # in this call


@pytest.mark.parametrize("heard_ms", [0, 1_033, 1_500, 4_000])
def test_what_was_missed_before_the_process_ended_is_never_less_than_nothing(heard_ms: int) -> None:
    relay = live(Relay(scene()))
    relay.begins_to_speak(2)
    relay.wait(1.0007)
    relay.browser(type="conversation.item.truncate", item_id="item_long", content_index=0, audio_end_ms=heard_ms)
    relay.restart()
    come_back(relay)
    assert all(notice["seconds"] > 0 for notice in relay.seen("vivavoce.notice"))


def test_who_has_heard_all_that_came_of_a_sentence_missed_nothing() -> None:
    relay = live(Relay(scene()))
    relay.upstream(type="response.created", response={"id": "resp_long", "metadata": None})
    relay.upstream(type="response.content_part.added", item_id="item_long", part={"type": "audio"})
    relay.upstream(type="response.output_audio.delta", item_id="item_long", delta="AAAA" * 1601)
    relay.upstream(type="response.output_audio_transcript.delta", item_id="item_long", delta="Good evening")
    relay.wait(1)
    relay.leave(Peer.UPSTREAM)
    relay.restart()
    come_back(relay)
    assert relay.seen("vivavoce.notice") == []


@pytest.mark.parametrize("there", [0, 1, 2])
def test_what_a_call_was_given_is_told_though_its_process_ended_before_it_was_written_down(there: int) -> None:
    relay = Relay(scene(), seed=SEED, retry_of="call_before", commit_at_once=False)
    relay.put(Connected(Peer.BROWSER, resume_token="token-1"))
    if there:
        relay.upstream_opens()
    relay.committed = there
    relay.restart()
    relay.commit_at_once = True
    come_back(relay)
    sent = len(relay.to_upstream)
    relay.upstream_opens()
    assert [event["line"]["item_id"] for event in relay.seen("vivavoce.transcript")] == ["vv_seed_1", "vv_seed_2"]
    told = [json.dumps(event) for event in relay.to_upstream[sent:] if event["type"] == "conversation.item.create"]
    assert [any(line.text in text for text in told) for line in SEED] == [True, True]
    assert not any("Begin by" in text for text in told)
    configured = relay.to_upstream[sent]["session"]["instructions"]
    assert "CANARY-FACT complained before" in configured  # which the apology in the earlier call has earned


@pytest.mark.parametrize("graded", [False, True])
def test_an_end_that_was_begun_is_brought_to_its_end_though_nobody_is_there(graded: bool) -> None:
    relay = live(Relay(scene(), run_tools=False))
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    if graded:
        relay.commit_at_once = False
        relay.finish_tool(relay.tools[0])
        grade = next(record.seq for record in relay.records if record.body["type"] == "vivavoce.grade")
        relay.committed = grade
    relay.restart()
    relay.commit_at_once = True
    relay.wait(0)
    if not graded:
        relay.finish_tool(relay.tools[-1])
    kinds = [record.body["type"] for record in relay.records]
    assert kinds[-4:] == ["vivavoce.ending", "vivavoce.grade", "vivavoce.quiz", "vivavoce.ended"]
    assert len(relay.tools) == (1 if graded else 2)
    assert relay.finished == "learner_ended"
    assert relay.dialled == 1


def test_an_end_that_was_begun_is_shown_to_who_comes_back() -> None:
    relay = live(Relay(scene()))
    relay.says("I am so sorry.")
    relay.commit_at_once = False
    relay.browser(type="vivavoce.end")
    relay.committed = next(record.seq for record in relay.records if record.body["type"] == "vivavoce.ending")
    relay.restart()
    relay.commit_at_once = True
    come_back(relay)
    relay.wait(0)
    assert [event["type"] for event in relay.to_browser][-4:] == [
        "vivavoce.ending",
        "vivavoce.grade",
        "vivavoce.quiz",
        "vivavoce.ended",
    ]
    assert relay.finished is None


def test_what_the_model_had_graded_ends_also_when_the_process_does_not_live_to_see_it() -> None:
    relay = live(Relay(scene()))
    relay.says("I am sorry.")
    relay.says("Goodbye.")
    relay.answer("Good night.", (("c1", "grade_lesson", '{"reason": "done"}'),), tag=None)
    relay.restart()
    come_back(relay)
    relay.wait(0)
    assert relay.seen("vivavoce.ended")[0]["reason"] == "lesson_graded"
    assert len(relay.seen("vivavoce.grade")) == 1


def test_the_quiz_of_a_call_that_is_over_can_still_be_answered_and_counts_once() -> None:
    relay = live(Relay(lesson()))
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    asked = [item["id"] for item in relay.seen("vivavoce.quiz")[0]["items"]]
    relay.browser(type="vivavoce.quiz.answer", item_id=asked[0], answer="Sorry")
    relay.restart()
    come_back(relay)
    relay.wait(0)
    for item_id in asked:
        relay.browser(type="vivavoce.quiz.answer", item_id=item_id, answer="Help")
    assert [event["item_id"] for event in relay.seen("vivavoce.quiz.marked")] == asked
    assert [event["grade"]["revision"] for event in relay.seen("vivavoce.grade")] == [1, 2]
    relay.restart()
    come_back(relay)
    relay.wait(1)
    assert [event["grade"]["revision"] for event in relay.seen("vivavoce.grade")] == [1, 2]


def test_a_quiz_that_was_answered_and_not_counted_is_counted() -> None:
    relay = live(Relay(lesson(), run_tools=False))
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    relay.finish_tool(relay.tools[0])
    for item in relay.seen("vivavoce.quiz")[0]["items"]:
        relay.browser(type="vivavoce.quiz.answer", item_id=item["id"], answer="Help")
    relay.restart()
    relay.wait(0)
    relay.finish_tool(relay.tools[-1])
    assert relay.records[-1].body["grade"]["reason"] == "quiz"
    assert relay.finished == "learner_ended"


def test_a_call_that_is_over_is_noted_so_again_for_the_store_may_have_missed_it() -> None:
    relay = live(Relay(scene()))
    relay.browser(type="vivavoce.end")
    relay.reason = ""
    relay.restart()
    relay.wait(0)
    assert relay.reason == relay.finished == "learner_ended"


def test_a_call_that_keeps_nothing_is_forgotten_also_after_a_restart() -> None:
    plain = scene()
    relay = live(Relay(replace(plain, privacy=replace(plain.privacy, record="none"))))
    relay.browser(type="vivavoce.end")
    relay.restart()
    relay.wait(0)
    assert relay.forgotten


def test_a_tool_that_answered_before_is_not_run_again() -> None:
    relay = live(Relay(scene("tool")))
    relay.answer("One moment.", (("c1", "trigger_quiz", "{}"),), tag=None)
    output = relay.sent("conversation.item.create")[-1]["item"]["output"]
    relay.restart()
    come_back(relay)
    relay.upstream_opens()
    for _ in range(2):
        relay.answer("One moment.", (("c1", "trigger_quiz", "{}"),), tag=None)
    assert len(relay.tools) == 1
    again = [e["item"] for e in relay.sent("conversation.item.create") if e["item"]["type"] == "function_call_output"]
    assert [item["output"] for item in again] == [output, output]
    assert len(relay.seen("vivavoce.quiz")) == 1


def test_a_persona_that_was_cut_off_says_it_again_and_the_learner_knows_of_the_gap() -> None:
    relay = live(Relay(scene()))
    relay.begins_to_speak(4)
    relay.wait(2.06)
    relay.leave()
    relay.wait(40)
    assert relay.asleep
    relay.restart()
    come_back(relay)
    gap = relay.seen("vivavoce.notice")[0]
    assert (gap["code"], gap["seconds"]) == ("audio_gap", pytest.approx(2, abs=0.5))
    relay.upstream_opens()
    assert "cut off" in relay.sent("conversation.item.create")[-1]["item"]["content"][0]["text"]
    assert relay.to_upstream[-1]["type"] == "response.create"


def test_who_comes_back_for_the_quiz_is_told_of_no_gap() -> None:
    relay = live(Relay(scene()))
    relay.says("I am so sorry.")
    relay.begins_to_speak(4)
    relay.browser(type="conversation.item.truncate", item_id="item_long", content_index=0, audio_end_ms=900)
    relay.upstream(type="response.done", response={"id": "resp_long", "status": "cancelled"})
    relay.browser(type="vivavoce.end")
    relay.restart()
    come_back(relay)
    assert relay.seen("vivavoce.ended")
    assert relay.seen("vivavoce.notice") == []


def test_a_persona_that_was_cut_off_may_be_cut_shorter_by_the_page_that_knows_what_it_played() -> None:
    relay = Relay(scene())
    relay.connect()
    relay.accept_items()
    relay.answer("My room is too loud.")
    item_id = relay.records[0].body["line"]["item_id"]
    relay.wait(10)
    relay.restart()
    come_back(relay)
    relay.upstream_opens()
    relay.browser(type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=50)
    line = relay.seen("vivavoce.transcript")[-1]["line"]
    assert (line["heard_ms"], line["text"][: line["heard_chars"]]) == (50, "My room is")
    assert relay.sent("conversation.item.truncate") == []
