"""What flows is told afterwards, and the call is as if it had been asked for each frame."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.relay import Relay
from kit.scenes import scene
from vivavoce.session.flow import STILL
from vivavoce.session.inputs import Connected, DeadlinePassed, Disconnected, Peer, Stop

CHUNK = "AAAA" * 640
"""40 ms of silence."""
PIECE = "AAAA" * 3200


def audio() -> dict[str, Any]:
    return {"type": "input_audio_buffer.append", "audio": CHUNK}


def heard(text: str) -> dict[str, Any]:
    return {"type": "conversation.item.input_audio_transcription.delta", "item_id": "item_l1", "delta": text}


def delta(text: str | None = None) -> dict[str, Any]:
    if text is None:
        return {"type": "response.output_audio.delta", "item_id": "item_long", "delta": PIECE}
    return {"type": "response.output_audio_transcript.delta", "item_id": "item_long", "delta": text}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("speech"), st.lists(st.sampled_from([0.001, 0.005, 0.04, 0.3]), min_size=1, max_size=30)),
        st.tuples(st.just("browser"), st.just({"type": "conversation.item.create", "item": {}})),
        st.tuples(st.just("browser"), st.just({"type": "vivavoce.end"})),
        st.tuples(
            st.just("browser"),
            st.just(
                {"type": "conversation.item.truncate", "item_id": "item_long", "content_index": 0, "audio_end_ms": 5}
            ),
        ),
        st.tuples(st.just("upstream"), st.sampled_from([delta(), delta("Good "), delta("süß "), heard("I ")])),
        st.tuples(st.just("turn"), st.integers(0, 2000)),
        st.tuples(st.just("says"), st.none()),
        st.tuples(st.just("begins"), st.none()),
        st.tuples(st.just("done"), st.none()),
        st.tuples(st.just("wait"), st.sampled_from([0.001, 0.01, 0.04, 0.4, 3.0, 13.0])),
        st.tuples(st.just("leave"), st.none()),
        st.tuples(st.just("come"), st.none()),
        st.tuples(st.just("lose"), st.none()),
        st.tuples(st.just("find"), st.none()),
        st.tuples(st.just("stop"), st.none()),
    ),
    max_size=60,
)


def play(relay: Relay, history: list[tuple[str, Any]]) -> tuple[Any, ...]:
    relay.go_live()
    here, there, number = True, True, 0
    for what, detail in history:
        match what:
            case "browser" if here:
                relay.browser(**detail)
            case "upstream" if there:
                relay.upstream(**detail)
            case "speech" if here:
                for seconds in detail:
                    relay.browser(**audio())
                    relay.wait(seconds)
            case "turn" if there:
                number += 1
                item = {"item_id": f"item_u{number}"}
                relay.upstream(type="input_audio_buffer.speech_started", **item, audio_start_ms=detail)
                relay.upstream(type="input_audio_buffer.speech_stopped", **item, audio_end_ms=detail + 900)
                relay.upstream(type="input_audio_buffer.committed", **item)
                relay.transcribed(item["item_id"], "Oh.")
            case "says" if there:
                relay.says("I am so sorry.")
            case "begins" if there:
                relay.begins_to_speak(1)
            case "done" if there:
                relay.upstream(type="response.done", response={"id": "resp_long", "status": "completed", "output": []})
            case "wait":
                relay.wait(detail)
            case "leave" if here:
                here = False
                relay.leave()
            case "come" if not here and relay.session.resumable:
                here = True
                relay.put(Connected(Peer.BROWSER, 0, "token-2"))
            case "lose" if there and relay.upstream_there:
                there = False
                relay.put(Disconnected(Peer.UPSTREAM, 1006, ""))
            case "find" if not there and relay.upstream_there and relay.session.ended_reason is None:
                there = True
                relay.upstream_opens()
            case "stop":
                relay.put(Stop("operator_stopped"))
        there = there and relay.upstream_there
    relay.put(DeadlinePassed())  # tells what flowed, and the time
    records = [(entry.seq, entry.at, entry.body) for entry in relay.records]
    return relay.to_browser, relay.to_upstream, records, relay.closed, relay.dialled, relay.session.flow


@given(steps)
def test_a_call_in_which_frames_flow_is_the_call_that_was_asked_for_each(history: list[tuple[str, Any]]) -> None:
    assert play(Relay(scene()), history) == play(Relay(scene(), flows=False), history)


def test_nothing_flows_before_the_call_is_live_and_after_it() -> None:
    relay = Relay(scene())
    assert relay.session.flow == STILL
    relay.go_live()
    assert relay.session.flow.frames > 100 and relay.session.flow.size > 100_000 and relay.session.flow.voice
    relay.browser(type="vivavoce.end")
    assert relay.session.flow == STILL


def test_an_answer_of_which_only_deltas_come_is_an_answer() -> None:
    """Of an upstream that does not say that one begins."""
    for spoken, notices in ((delta(), 0), (heard("I "), 1)):
        relay = Relay(scene())
        relay.go_live()
        relay.says("I am so sorry.")
        relay.wait(1)
        relay.upstream(**spoken)
        relay.wait(20)
        assert len(relay.seen("vivavoce.notice")) == notices


def test_what_the_learner_is_heard_to_say_flows_and_is_not_the_persona_s() -> None:
    relay = Relay(scene())
    relay.go_live()
    relay.begins_to_speak(0, text="")
    relay.upstream(**delta("Good "))
    relay.upstream(**heard("Sorry"))
    assert relay.seen(heard("")["type"])
    relay.put(Disconnected(Peer.UPSTREAM, 1006, ""))
    assert relay.lines()[-1] == ("assistant", "Good")


def test_who_sends_no_faster_than_allowed_may_let_everything_flow() -> None:
    relay = Relay(scene())
    relay.go_live()
    allowed = relay.session.flow
    for _ in range(3_000):
        relay.wait(0.04)
        relay.browser(**audio())
    assert len(relay.sent("input_audio_buffer.append")) == 3_000 and not relay.closed
    assert relay.session.flow.frames > allowed.frames // 2


def test_more_than_is_allowed_does_not_flow() -> None:
    relay = Relay(scene())
    relay.go_live()
    allowed = relay.session.flow.size * 4 // 3 // len(CHUNK)
    for _ in range(allowed + 1):
        relay.browser(**audio())
    assert len(relay.sent("input_audio_buffer.append")) == allowed
    assert [(effect.peer, effect.code) for effect in relay.closed if effect.peer is Peer.BROWSER] == [
        (Peer.BROWSER, 4008)
    ]


def test_words_that_flowed_are_known_when_the_upstream_is_lost() -> None:
    relay = Relay(scene())
    relay.go_live()
    relay.begins_to_speak(0)
    for word in json.loads('["Good ", "evening ", "to ", "you."]'):
        relay.upstream(**delta(word))
    relay.upstream(**delta())
    relay.put(Disconnected(Peer.UPSTREAM, 1006, ""))
    role, text = relay.lines()[-1]
    assert role == "assistant" and text


@pytest.mark.parametrize("peer", list(Peer))
def test_whoever_is_gone_gets_nothing(peer: Peer) -> None:
    relay = Relay(scene())
    relay.go_live()
    relay.put(Disconnected(peer, 1006, ""))
    flow = relay.session.flow
    assert not flow.voice and (peer is Peer.BROWSER or not flow.frames)
