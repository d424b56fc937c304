"""Goals, help and consent: what of the lesson happens while people speak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.canaries import HELP, lesson
from kit.relay import Event, Relay
from vivavoce.scenario.model import Privacy
from vivavoce.session.inputs import Connected, Peer


@pytest.fixture
def relay() -> Relay:
    relay = Relay(lesson())
    relay.go_live()
    return relay


def reached(relay: Relay) -> list[str]:
    return [event["goal_id"] for event in relay.seen("vivavoce.goal")]


def ask_for_help(relay: Relay) -> Event:
    relay.browser(type="vivavoce.hint.request")
    return relay.to_browser[-1]


def test_a_goal_is_ticked_off_right_after_the_words_that_reached_it(relay: Relay) -> None:
    assert reached(relay) == []
    relay.says("Good evening.")
    assert reached(relay) == []
    relay.says("I am so sorry.")
    assert reached(relay) == ["g1"]
    kinds = [record.body["type"] for record in relay.records]
    assert kinds[-2:] == ["vivavoce.transcript", "vivavoce.goal"]
    relay.answer("It is two one four.", tag=None)
    assert reached(relay) == ["g1", "g2"]
    relay.says("Sorry again.")
    assert reached(relay) == ["g1", "g2"]


def test_a_goal_that_was_reached_stays_so_though_its_words_are_cut_off(relay: Relay) -> None:
    relay.says("What is your room number?")
    relay.answer("It is two one four.", tag=None)
    assert reached(relay) == ["g2"]
    item_id = relay.seen("vivavoce.transcript")[-1]["line"]["item_id"]
    relay.browser(type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=0)
    relay.says("I am so sorry.")
    assert reached(relay) == ["g2", "g1"]


def test_a_goal_is_shown_only_when_it_is_on_disk() -> None:
    relay = Relay(lesson(), commit_at_once=False)
    relay.go_live()
    relay.says("I am so sorry.")
    assert reached(relay) == []
    relay.commit()
    assert reached(relay) == ["g1"]


def test_help_comes_rung_by_rung_and_costs_what_the_lesson_says(relay: Relay) -> None:
    assert relay.seen("vivavoce.hello")[0]["hints"] == 3
    given = [ask_for_help(relay) for _ in range(3)]
    assert [(hint["type"], hint["hint"], hint["rung"], hint["kind"], hint["cost"]) for hint in given] == [
        ("vivavoce.hint", 0, 1, "nudge", 2.0),
        ("vivavoce.hint", 0, 2, "phrase", 2.0),
        ("vivavoce.hint", 0, 3, "script", 2.0),
    ]
    assert all(word in hint["text"] for word, hint in zip(HELP, given, strict=True))
    assert [record.body["type"] for record in relay.records][-3:] == ["vivavoce.hint"] * 3
    notice = ask_for_help(relay)
    assert (notice["type"], notice["code"]) == ("vivavoce.notice", "no_hint")
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    grade = relay.seen("vivavoce.grade")[0]["grade"]
    assert grade["hint_cost"] == 6
    assert grade["score"] == grade["points"] - 6


def test_there_is_no_help_towards_what_was_reached(relay: Relay) -> None:
    relay.answer("It is two one four.", tag=None)
    assert ask_for_help(relay)["code"] == "no_hint"
    relay.wait(1)
    relay.leave()
    relay.put(Connected(Peer.BROWSER, after=0))
    assert relay.seen("vivavoce.hello")[-1]["hints"] == 0


def test_there_is_no_help_after_the_end(relay: Relay) -> None:
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    refused = ask_for_help(relay)
    assert (refused["type"], refused["error"]["message"]) == ("error", "The call is over.")
    assert relay.seen("vivavoce.hint") == []


def test_who_floods_the_server_with_questions_for_help_is_sent_away(relay: Relay) -> None:
    for _ in range(400):
        relay.browser(type="vivavoce.hint.request")
    assert relay.reason == "policy_flood"


def test_a_browser_that_comes_back_gets_its_goals_and_its_help(relay: Relay) -> None:
    ask_for_help(relay)
    relay.wait(1)
    relay.leave()
    relay.says("I am so sorry.")
    relay.to_browser.clear()
    relay.put(Connected(Peer.BROWSER, after=0))
    kinds = [event["type"] for event in relay.to_browser]
    assert kinds == [
        "vivavoce.hello",
        "vivavoce.transcript",
        "vivavoce.hint",
        "vivavoce.transcript",
        "vivavoce.goal",
    ]
    assert relay.to_browser[0]["hints"] == 2


def test_sound_is_kept_only_after_the_consent_is_on_disk_and_no_longer_than_it_lasts() -> None:
    relay = Relay(lesson(), commit_at_once=False)
    relay.put(Connected(Peer.BROWSER))
    assert relay.to_browser[0]["privacy"] == {"record": "audio", "retain_days": 365}
    relay.browser(type="vivavoce.consent", audio=True)
    assert relay.keeps_audio == []
    assert relay.seen("vivavoce.consent") == []
    relay.commit()
    assert relay.keeps_audio == [True]
    assert relay.seen("vivavoce.consent")[0]["audio"] is True
    relay.browser(type="vivavoce.consent", audio=True)
    relay.browser(type="vivavoce.consent", audio=False)
    relay.commit()
    assert relay.keeps_audio == [True, False]
    assert [record.body["audio"] for record in relay.records] == [True, False]


@pytest.mark.parametrize("record", ["none", "transcript"])
def test_no_consent_makes_a_lesson_keep_sound_that_keeps_none(record: str) -> None:
    relay = Relay(lesson(record=record))
    relay.go_live()
    relay.browser(type="vivavoce.consent", audio=True)
    assert "keeps no sound" in relay.to_browser[-1]["error"]["message"]
    assert relay.keeps_audio == []
    assert "vivavoce.consent" not in {entry.body["type"] for entry in relay.records}


def test_consent_can_be_taken_back_after_the_end(relay: Relay) -> None:
    relay.browser(type="vivavoce.consent", audio=True)
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    relay.browser(type="vivavoce.consent", audio=False)
    assert relay.keeps_audio == [True, False]


def test_a_call_that_nobody_may_keep_is_forgotten_when_it_is_over() -> None:
    relay = Relay(replace(lesson(), privacy=Privacy("none")))
    relay.go_live()
    relay.says("I am so sorry.")
    relay.browser(type="vivavoce.end")
    assert not relay.forgotten, "the quiz is still open"
    relay.leave(code=1000)
    assert relay.forgotten
    assert relay.finished == "learner_ended"


def test_other_calls_are_not_forgotten(relay: Relay) -> None:
    relay.browser(type="vivavoce.end")
    relay.leave(code=1000)
    assert relay.finished == "learner_ended"
    assert not relay.forgotten


def test_half_a_character_of_a_careless_upstream_can_be_stored_and_shown() -> None:
    relay = Relay(lesson())
    relay.go_live()
    relay.says("I am so sorry \ud83d")
    assert relay.lines()[-1] == ("user", "I am so sorry ?")
