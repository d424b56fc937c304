"""The browser leaves, stays away and comes back; the record is what it finds again."""

from __future__ import annotations

import pytest

from kit.relay import SECOND, Event, Relay
from kit.scenes import scene
from vivavoce.session.effects import Close
from vivavoce.session.flow import MOMENTS
from vivavoce.session.inputs import Connected, Expired, Peer, Stop, Superseded

A_MOMENT_MS = 1000 / MOMENTS


@pytest.fixture
def relay() -> Relay:
    relay = Relay(scene())
    relay.go_live()
    relay.wait(1)
    return relay


def back(relay: Relay, after: int = 0) -> None:
    relay.put(Connected(Peer.BROWSER, after=after, resume_token="token-2"))


def newest_line(relay: Relay) -> Event:
    line: Event = [entry.body["line"] for entry in relay.records if entry.body["type"] == "vivavoce.transcript"][-1]
    return line


def test_who_leaves_hears_the_persona_no_further(relay: Relay) -> None:
    relay.begins_to_speak(4)
    relay.wait(2.06)
    relay.leave()
    truncate = relay.sent("conversation.item.truncate")[-1]
    assert (truncate["item_id"], truncate["audio_end_ms"]) == ("item_long", pytest.approx(2000, abs=A_MOMENT_MS))
    assert relay.to_upstream[-1]["type"] == "response.cancel"
    line = newest_line(relay)
    assert (line["interrupted"], line["heard_ms"], line["text"][: line["heard_chars"]]) == (
        True,
        truncate["audio_end_ms"],
        "Good evening",
    )


def test_who_is_back_is_told_what_was_missed_and_is_answered(relay: Relay) -> None:
    relay.begins_to_speak(4)
    relay.wait(2.06)
    relay.leave()
    relay.upstream(type="response.output_audio.delta", item_id="item_long", delta=SECOND)
    relay.upstream(type="response.done", response={"id": "resp_long", "status": "cancelled"})
    asked = len(relay.sent("response.create"))
    relay.wait(5)
    assert len(relay.sent("response.create")) == asked  # nobody would hear it
    back(relay, after=3)
    gap = relay.seen("vivavoce.notice")[-1]
    assert (gap["code"], gap["seconds"]) == ("audio_gap", 3.0)
    assert len(relay.sent("response.create")) == asked + 1
    relay.leave()
    back(relay, after=3)
    assert len(relay.seen("vivavoce.notice")) == 1


def test_an_answer_that_begins_while_nobody_is_there_waits_for_somebody(relay: Relay) -> None:
    relay.leave()
    relay.says("I am so sorry.")
    relay.upstream(type="response.created", response={"id": "r", "metadata": None})
    assert relay.to_upstream[-1]["type"] == "response.cancel"
    relay.upstream(type="response.done", response={"id": "r", "status": "cancelled"})
    asked = len(relay.sent("response.create"))
    back(relay)
    assert len(relay.sent("response.create")) == asked + 1


def test_a_connection_that_takes_the_place_of_a_dead_one_counts_as_having_been_away(relay: Relay) -> None:
    relay.begins_to_speak(4)
    relay.wait(1.06)
    back(relay, after=1)
    assert relay.sent("conversation.item.truncate")[-1]["audio_end_ms"] == pytest.approx(1000, abs=A_MOMENT_MS)
    assert relay.seen("vivavoce.notice")[-1]["code"] == "audio_gap"
    assert relay.dialled == 1
    relay.wait(60)
    assert not relay.asleep


def test_a_browser_that_stays_away_lets_the_call_sleep(relay: Relay) -> None:
    relay.says("I am so sorry.")
    relay.leave()
    relay.wait(29)
    assert relay.closed == []
    relay.wait(2)
    assert relay.closed == [Close(Peer.UPSTREAM, 1000, "the call is over")]
    assert relay.asleep and relay.finished is None
    assert relay.session.deadline is None
    assert not {"vivavoce.ending", "vivavoce.ended", "vivavoce.grade"} & {r.body["type"] for r in relay.records}


def test_a_call_sleeps_only_when_everything_is_on_disk(relay: Relay) -> None:
    relay.commit_at_once = False
    relay.says("I am so sorry.")
    relay.leave()
    relay.wait(40)
    assert not relay.asleep
    relay.commit()
    assert relay.asleep


def test_who_comes_back_before_the_disk_has_everything_keeps_the_call_awake(relay: Relay) -> None:
    relay.commit_at_once = False
    relay.says("I am so sorry.")
    relay.leave()
    relay.wait(40)
    back(relay, after=1)
    relay.commit()
    assert not relay.asleep
    assert [event["line"]["text"] for event in relay.seen("vivavoce.transcript")][-1] == "I am so sorry."


def test_half_a_sentence_is_written_down_before_the_call_sleeps(relay: Relay) -> None:
    relay.upstream(type="input_audio_buffer.speech_started", item_id="item_half", audio_start_ms=0)
    relay.leave()
    relay.wait(30)
    assert relay.to_upstream[-1]["type"] == "input_audio_buffer.commit"
    assert not relay.asleep
    relay.upstream(type="input_audio_buffer.committed", item_id="item_half")
    relay.transcribed("item_half", "I am so")
    assert relay.asleep
    assert newest_line(relay)["text"] == "I am so"


def test_half_a_sentence_is_not_waited_for_for_ever(relay: Relay) -> None:
    relay.speaks()
    relay.leave()
    relay.wait(34.1)
    assert relay.asleep


def test_who_is_back_while_the_last_words_are_written_down_goes_on_with_the_same_upstream(relay: Relay) -> None:
    item_id = relay.speaks()
    relay.leave()
    relay.wait(32)
    back(relay)
    relay.transcribed(item_id, "I am so sorry.")
    relay.answer("Thank you.", tag=None)
    relay.wait(30)
    assert relay.dialled == 1
    assert not relay.asleep


def test_a_call_that_the_model_has_graded_does_not_sleep_before_its_end(relay: Relay) -> None:
    relay.says("I am sorry.")
    relay.says("Goodbye.")
    relay.leave()
    relay.wait(20)
    relay.answer("Good night.", (("c1", "grade_lesson", '{"reason": "done"}'),), tag=None)
    relay.wait(11)
    assert relay.finished == "lesson_graded"


@pytest.mark.parametrize("event", [Expired(), Superseded(), Stop("operator_stopped")])
def test_a_call_that_sleeps_can_be_ended_and_is_graded(relay: Relay, event: Expired | Superseded | Stop) -> None:
    relay.says("I am so sorry.")
    relay.leave()
    relay.wait(40)
    relay.restart()
    relay.put(event)
    reason = "operator_stopped" if isinstance(event, Stop) else "learner_left"
    kinds = [record.body["type"] for record in relay.records]
    assert kinds[-4:] == ["vivavoce.ending", "vivavoce.grade", "vivavoce.quiz", "vivavoce.ended"]
    assert relay.finished == reason


@pytest.mark.parametrize("event", [Expired(), Superseded(), Stop("operator_stopped")])
def test_a_call_that_is_ended_while_it_falls_asleep_is_graded_and_does_not_sleep(
    relay: Relay, event: Expired | Superseded | Stop
) -> None:
    relay.says("I am so sorry.")
    relay.leave()
    relay.commit_at_once = relay.run_tools = False
    relay.speaks("item_last")
    relay.wait(29)
    relay.transcribed("item_last", "Good night.")  # and that is not on disk yet
    relay.wait(10)
    relay.put(event)
    relay.commit()
    relay.commit_at_once = True
    relay.finish_tool(relay.tools[0])
    assert not relay.asleep
    assert relay.finished is not None


def test_time_over_is_no_matter_for_a_call_that_goes_on(relay: Relay) -> None:
    relay.put(Expired())
    assert relay.finished is None
    assert relay.seen("vivavoce.ending") == []


def test_the_clock_of_the_call_stands_still_while_it_sleeps(relay: Relay) -> None:
    relay.wait(99)
    relay.leave()
    relay.wait(30)
    assert relay.session.elapsed == pytest.approx(130)
    relay.wait(5_000)
    assert relay.session.elapsed == pytest.approx(130)
    back(relay)
    relay.upstream_opens()
    assert relay.seen("vivavoce.hello")[-1]["elapsed_seconds"] == pytest.approx(130)
    relay.wait(109)
    assert "time_left" not in [notice["code"] for notice in relay.seen("vivavoce.notice")]
    relay.wait(2)
    assert "time_left" in [notice["code"] for notice in relay.seen("vivavoce.notice")]


def test_what_the_persona_says_to_nobody_was_not_heard(relay: Relay) -> None:
    item = {"id": "item_lost", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    relay.upstream(type="response.created", response={"id": "resp_lost", "metadata": None})
    relay.upstream(type="conversation.item.added", item=item)
    relay.upstream(type="response.content_part.added", item_id="item_lost", part={"type": "audio"})
    relay.leave()
    back(relay)  # before the upstream has understood that nobody listened
    relay.upstream(type="response.output_audio_transcript.done", item_id="item_lost", transcript="Good evening.")
    line = newest_line(relay)
    assert (line["text"], line["interrupted"], line["heard_chars"]) == ("Good evening.", True, 0)


def test_an_item_that_begins_while_nobody_is_there_was_not_heard(relay: Relay) -> None:
    relay.leave()
    relay.begins_to_speak(2)
    line = newest_line(relay)
    assert (line["item_id"], line["interrupted"], line["heard_ms"], line["heard_chars"]) == ("item_long", True, 0, 0)
    back(relay)
    assert relay.seen("vivavoce.notice")[-1]["seconds"] == 2


def test_a_provider_that_is_gone_while_nobody_is_there_ends_no_call(relay: Relay) -> None:
    relay.leave()
    relay.leave(Peer.UPSTREAM, 1006)
    for _ in range(10):
        relay.wait(8)
        if relay.upstream_there:
            relay.leave(Peer.UPSTREAM, 0)
    assert relay.asleep
    assert "vivavoce.ending" not in [record.body["type"] for record in relay.records]


def test_who_comes_back_during_an_outage_is_told_of_it(relay: Relay) -> None:
    relay.leave(Peer.UPSTREAM, 1006)
    relay.leave()
    relay.to_browser.clear()
    back(relay)
    assert [notice["code"] for notice in relay.seen("vivavoce.notice")] == ["upstream_lost"]
