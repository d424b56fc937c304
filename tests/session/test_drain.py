"""A server that is being restarted leaves its calls to be gone on with; one that was fenced out is silent."""

from __future__ import annotations

import pytest

from kit.relay import Relay
from kit.scenes import scene
from vivavoce.session.effects import Close
from vivavoce.session.inputs import Committed, Connected, Fenced, Peer, Stopping, Superseded

RESTART = Close(Peer.BROWSER, 1012, "server_stopping")
HUNG_UP = Close(Peer.UPSTREAM, 1000, "the call is over")


@pytest.fixture
def relay() -> Relay:
    relay = Relay(scene())
    relay.go_live()
    relay.wait(1)
    return relay


def test_a_quiet_call_is_let_go_at_once_and_can_be_gone_on_with(relay: Relay) -> None:
    relay.put(Stopping())
    away = relay.seen("vivavoce.going_away")[0]
    assert away["resume"] and away["retry_ms"] == 2750
    assert relay.closed == [HUNG_UP, RESTART]
    assert relay.asleep
    assert "vivavoce.ended" not in [record.body["type"] for record in relay.records]


def test_the_persona_may_finish_its_sentence_and_is_heard_to_its_end(relay: Relay) -> None:
    relay.begins_to_speak(3)
    relay.put(Stopping())
    relay.upstream(type="response.done", response={"id": "resp_long", "status": "completed"})
    assert not relay.asleep
    relay.wait(2.5)
    assert relay.closed == []
    relay.wait(1)
    assert relay.closed == [HUNG_UP, RESTART]
    assert not relay.records[-1].body["line"]["interrupted"]


def test_no_sentence_is_waited_for_longer_than_ten_seconds(relay: Relay) -> None:
    relay.begins_to_speak(30)
    relay.put(Stopping())
    relay.wait(9.9)
    assert relay.closed == []
    relay.wait(0.2)
    assert relay.closed == [HUNG_UP, RESTART]


def test_no_answer_begins_while_the_server_is_being_restarted(relay: Relay) -> None:
    relay.speaks("item_last")
    relay.put(Stopping())
    relay.upstream(type="response.created", response={"id": "r", "metadata": None})
    assert relay.to_upstream[-1]["type"] == "response.cancel"
    relay.upstream(type="response.done", response={"id": "r", "status": "cancelled"})
    relay.transcribed("item_last", "I am so sorry.")
    assert relay.asleep
    assert relay.lines()[-1] == ("user", "I am so sorry.")


def test_what_is_durable_reaches_the_browser_before_it_is_sent_away() -> None:
    relay = Relay(scene(), commit_at_once=False)
    relay.go_live()
    relay.wait(1)
    relay.put(Stopping())
    assert relay.closed == [HUNG_UP]
    assert relay.seen("vivavoce.going_away")
    relay.commit()
    assert len(relay.seen("vivavoce.transcript")) == 1
    assert relay.closed == [HUNG_UP, RESTART]
    assert relay.asleep


def test_a_call_that_is_being_connected_is_let_go_at_once() -> None:
    relay = Relay(scene())
    relay.put(Connected(Peer.BROWSER))
    relay.put(Stopping())
    assert RESTART in relay.closed
    assert relay.asleep


def test_a_grade_is_waited_for_as_long_as_it_may_take_and_the_quiz_can_be_answered_later() -> None:
    relay = Relay(scene(), run_tools=False)
    relay.go_live()
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    relay.put(Stopping())
    assert relay.seen("vivavoce.going_away")[0]["resume"]
    assert RESTART not in relay.closed
    relay.finish_tool(relay.tools[0])
    assert relay.closed[-1] == RESTART
    assert relay.finished == "learner_ended"
    relay.restart()
    relay.put(Connected(Peer.BROWSER, after=0))
    relay.browser(type="vivavoce.quiz.answer", item_id="q1", answer="Sorry")
    assert relay.seen("vivavoce.quiz.marked")[0]["correct"]


def test_a_grade_that_does_not_come_in_time_is_given_after_the_restart() -> None:
    relay = Relay(scene(), run_tools=False)
    relay.go_live()
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    relay.restart()
    relay.wait(0)
    relay.finish_tool(relay.tools[-1])
    assert [record.body["type"] for record in relay.records][-3:] == [
        "vivavoce.grade",
        "vivavoce.quiz",
        "vivavoce.ended",
    ]
    assert relay.finished == "learner_ended"


def test_who_asks_a_call_that_sleeps_to_stop_gets_leave_to_drop_it(relay: Relay) -> None:
    relay.leave()
    relay.wait(40)
    relay.restart()
    relay.put(Stopping())
    assert relay.asleep


def test_who_lost_the_call_to_another_process_is_silent_at_once() -> None:
    relay = Relay(scene(), commit_at_once=False)
    relay.go_live()
    relay.says("I am so sorry.")
    recorded, shown = len(relay.records), len(relay.to_browser)
    relay.put(Fenced())
    assert relay.closed == [HUNG_UP, Close(Peer.BROWSER, 4001, "taken_over")]
    assert relay.finished is not None
    assert relay.session.deadline is None
    relay.put(Committed(recorded))
    relay.says("Anybody?")
    assert (len(relay.records), len(relay.to_browser)) == (recorded, shown)


def test_who_lost_the_call_while_its_end_was_on_the_way_to_the_disk_lets_go_of_it() -> None:
    relay = Relay(scene(), commit_at_once=False)
    relay.go_live()
    relay.put(Superseded())
    assert relay.finished is None
    relay.put(Fenced())  # the end will never be on disk
    assert relay.closed == [HUNG_UP, Close(Peer.BROWSER, 4001, "taken_over")]
    assert relay.finished is not None
