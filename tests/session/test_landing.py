"""A call pays for what it uses; with little left it is brought to its end: a goodbye, and the grade."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit.relay import Relay
from kit.scenes import scene
from vivavoce.session.core import Session
from vivavoce.session.inputs import Connected, Peer, Stop, Superseded
from vivavoce.session.spending import FREE, Price, Purse, Tariff, usual_answer

GOODBYE = "Good night."
VOICE = Price(text_in=Decimal(1), text_out=Decimal(1), audio_in=Decimal(1), audio_out=Decimal(1))
"""A microdollar a token."""


def answers_of(tokens: int) -> dict[str, object]:
    return {
        "input_tokens": tokens - 1,
        "output_tokens": 1,
        "input_token_details": {"text_tokens": tokens - 1, "audio_tokens": 0},
        "output_token_details": {"text_tokens": 1, "audio_tokens": 0},
    }


def live(most: int | None, tariff: Tariff | None = None) -> Relay:
    """A call whose opening cost 100."""
    relay = Relay(scene(), purse=Purse(tariff or Tariff(VOICE, FREE), most))
    relay.usage = answers_of(100)
    relay.go_live()
    return relay


def spent(relay: Relay) -> list[tuple[str, int | None, float, int | None]]:
    notes = [spend.spending for spend in relay.spent]
    return [(note.kind, note.microdollars, note.seconds, note.tokens) for note in notes]


def talk(relay: Relay, text: str = "I am sorry.") -> None:
    """A turn of the learner, and the upstream's own answer to it."""
    relay.says(text)
    relay.answer("I still cannot sleep.", tag=None)


def closing_orders(relay: Relay) -> list[str]:
    items = [event["item"] for event in relay.sent("conversation.item.create")]
    texts = [item["content"][0]["text"] for item in items if item.get("role") == "system"]
    return [text for text in texts if GOODBYE in text]


def test_each_answer_is_noted_with_the_seconds_since_the_one_before() -> None:
    relay = live(None)
    relay.wait(12.5)
    talk(relay)
    assert spent(relay) == [
        ("response", 100, 0.0, 100),
        ("transcription", 0, 0.0, None),  # nothing was said of its usage
        ("response", 100, 12.5, 100),
    ]
    assert {spend.spending.model for spend in relay.spent} == {"vivavoce/scene", "gpt-4o-mini-transcribe"}
    relay.wait(7.0)
    relay.browser(type="vivavoce.end")
    assert spent(relay)[-1] == ("time", 0, 7.0, 0)


def test_a_cancelled_answer_and_one_without_usage_are_noted_too() -> None:
    relay = live(1000)
    relay.usage = None
    talk(relay)
    assert spent(relay)[-1] == ("response", 0, 0.0, None)
    relay.upstream(type="response.created", response={"id": "r9", "status": "in_progress"})
    relay.upstream(type="response.done", response={"id": "r9", "status": "cancelled", "usage": answers_of(40)})
    assert spent(relay)[-1] == ("response", 40, 0.0, 40)


@pytest.mark.parametrize("how", ["taken over", "lost", "flood", "asleep"])
def test_an_answer_that_breaks_off_is_not_for_nothing(how: str) -> None:
    """It is billed, and no `response.done` says for how much: else who breaks off each one would never reach a cap."""
    relay = live(None)
    relay.wait(60)
    relay.begins_to_speak(2)
    match how:
        case "taken over":
            relay.put(Superseded())
        case "lost":
            relay.leave(Peer.UPSTREAM)
        case "flood":
            for _ in range(300):
                relay.browser(type="response.create")
        case "asleep":
            relay.leave()
            relay.wait(60)
    kind, cost, seconds, tokens = spent(relay)[-1]
    assert (kind, tokens) == ("response", None)
    assert (cost, seconds) == (VOICE.of(usual_answer(seconds)), relay.session.elapsed)
    assert cost is not None
    assert cost > 1_500, "the instructions alone"
    assert len(spent(relay)) == 2


def test_the_longer_a_conversation_is_the_more_an_answer_reads_again() -> None:
    tariff = Tariff(Price(*[Decimal(1)] * 8), FREE)
    sums = sum(tariff.voice.of(usual_answer(15.0 * turn)) for turn in range(1, 41)) if tariff.voice else 0
    assert 0.8 < sums / tariff.estimate(600) < 1.3, "answers come to what a call is thought to cost"


def test_with_little_left_the_persona_says_goodbye_and_the_grade_is_given() -> None:
    relay = live(1000)
    relay.usage = answers_of(800)
    talk(relay)
    assert [notice["code"] for notice in relay.seen("vivavoce.notice")] == ["budget_low"]
    assert len(closing_orders(relay)) == 1
    assert relay.sent("response.create")[-1]["response"]["metadata"]  # and it is asked to be said
    assert not relay.seen("vivavoce.ending")
    relay.accept_items()
    relay.usage = answers_of(50)
    relay.answer(GOODBYE)
    [ended] = relay.seen("vivavoce.ended")
    assert ended["reason"] == "budget_spent"
    assert relay.seen("vivavoce.grade")
    assert relay.lines()[-1] == ("assistant", GOODBYE)


def test_what_was_being_said_is_heard_to_its_end_before_the_goodbye() -> None:
    """The transcription empties the purse while the persona answers."""
    relay = live(1000, Tariff(VOICE, VOICE))
    item = relay.speaks()
    relay.upstream(type="response.created", response={"id": "r9", "status": "in_progress"})
    relay.upstream(
        type="conversation.item.input_audio_transcription.completed",
        item_id=item,
        content_index=0,
        transcript="I am sorry.",
        usage={"type": "tokens", "input_tokens": 799, "output_tokens": 1},
    )
    asked = len(relay.sent("response.create"))
    assert len(closing_orders(relay)) == 1
    assert not relay.sent("response.cancel")
    relay.upstream(type="response.done", response={"id": "r9", "status": "completed", "usage": answers_of(10)})
    assert len(relay.sent("response.create")) == asked + 1
    assert not relay.seen("vivavoce.ending")


def test_an_empty_purse_pays_for_no_goodbye() -> None:
    relay = live(1000)
    relay.usage = answers_of(900)
    asked = len(relay.sent("response.create"))
    talk(relay)
    assert relay.seen("vivavoce.ended")[0]["reason"] == "budget_spent"
    assert relay.seen("vivavoce.grade")
    assert len(relay.sent("response.create")) == asked


def test_a_goodbye_that_never_comes_is_not_waited_for() -> None:
    relay = live(1000)
    relay.usage = answers_of(800)
    talk(relay)
    relay.wait(24)
    assert not relay.seen("vivavoce.ended")
    relay.wait(10)
    assert relay.seen("vivavoce.ended")[0]["reason"] == "budget_spent"


def test_a_model_by_the_minute_lands_without_a_word_being_said() -> None:
    by_minute = Price(minute=Decimal("0.06"))
    relay = live(100_000, Tariff(by_minute, FREE))
    relay.wait(89)
    assert not relay.seen("vivavoce.notice")
    relay.wait(2)
    assert [notice["code"] for notice in relay.seen("vivavoce.notice")] == ["budget_low"]
    relay.accept_items()
    relay.answer(GOODBYE)
    assert relay.seen("vivavoce.ended")[0]["reason"] == "budget_spent"
    assert sum(money or 0 for _, money, _, _ in spent(relay)) == pytest.approx(91_000, abs=5)


def test_time_without_an_upstream_is_not_paid_for() -> None:
    by_minute = Price(minute=Decimal("0.06"))
    relay = live(None, Tariff(by_minute, FREE))
    relay.wait(10)
    relay.leave(Peer.UPSTREAM, 1006)
    relay.wait(5)
    relay.upstream_opens()
    relay.wait(20)
    relay.browser(type="vivavoce.end")
    assert sum(seconds for _, _, seconds, _ in spent(relay)) == pytest.approx(30, abs=0.01)
    assert sum(money or 0 for _, money, _, _ in spent(relay)) == pytest.approx(30_000, abs=3)


def test_a_woken_call_with_little_left_hears_its_goodbye_after_what_was_said() -> None:
    relay = live(1000)
    relay.usage = answers_of(790)
    talk(relay)  # 890
    relay.commit()
    relay.leave()
    relay.wait(40)
    assert relay.asleep
    relay.restart()
    relay.session = Session(
        scenario=relay.scenario,
        user="learner",
        session_id="s1",
        upstream="embedded",
        model="vivavoce/scene",
        chance=lambda: 0.5,
        past=relay.past(),
        purse=Purse(Tariff(VOICE, FREE), 1000, spent=900),
    )
    relay.put(Connected(Peer.BROWSER, 0, "token-2"))
    relay.upstream_opens()
    items = [event["item"] for event in relay.sent("conversation.item.create")]
    assert GOODBYE in items[-1]["content"][0]["text"]
    relay.accept_items()
    relay.usage = answers_of(10)
    relay.answer(GOODBYE)
    assert relay.seen("vivavoce.ended")[0]["reason"] == "budget_spent"


def test_nobody_says_goodbye_to_a_learner_who_is_not_there() -> None:
    relay = live(1000)
    relay.says("I am sorry.")
    relay.upstream(type="response.created", response={"id": "r9", "status": "in_progress"})
    relay.leave()
    relay.upstream(type="response.done", response={"id": "r9", "status": "cancelled", "usage": answers_of(850)})
    assert not closing_orders(relay)
    assert relay.reason == "budget_spent"


def test_the_operator_ends_a_call_as_softly() -> None:
    relay = live(None)
    talk(relay)
    relay.put(Stop("operator_stopped"))
    relay.put(Stop("operator_stopped"))
    assert [notice["code"] for notice in relay.seen("vivavoce.notice")] == ["operator_stopped"]
    assert len(closing_orders(relay)) == 1
    relay.accept_items()
    relay.answer(GOODBYE)
    assert relay.seen("vivavoce.ended")[0]["reason"] == "operator_stopped"
    assert relay.seen("vivavoce.grade")


def test_the_operator_ends_a_call_that_is_still_connecting() -> None:
    relay = Relay(scene())
    relay.put(Stop("operator_stopped"))
    assert relay.reason == "operator_stopped"


def test_a_learner_who_ends_the_call_meanwhile_ended_it() -> None:
    relay = live(1000)
    relay.usage = answers_of(800)
    talk(relay)
    relay.browser(type="vivavoce.end")
    relay.leave(Peer.UPSTREAM, 1000)
    assert [event["reason"] for event in relay.seen("vivavoce.ended")] == ["learner_ended"]


def test_a_call_without_a_cap_spends_what_it_takes() -> None:
    relay = live(None)
    relay.usage = answers_of(10**8)
    for _ in range(3):
        talk(relay)
    assert not relay.seen("vivavoce.notice")
    assert not relay.seen("vivavoce.ending")
