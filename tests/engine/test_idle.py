"""What follows when the learner stays silent after a reply: server_vad's idle_timeout_ms."""

from __future__ import annotations

import base64

import pytest

from kit.client import MS, Client, Event, shape
from kit.lessons import shipped
from vivavoce.engine import effects, idle, inputs

TRIGGERED = "input_audio_buffer.timeout_triggered"
COMPLETED = "conversation.item.input_audio_transcription.completed"


def with_timeout(client: Client, **detection: object) -> Client:
    client.update(
        audio={
            "input": {
                "turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000, **detection},
                "transcription": {"model": "whisper-1"},
            }
        }
    )
    return client


def replied(client: Client, text: str = "Hello") -> tuple[float, float]:
    """Have something said; returns when it will have been played, if it is played as it comes, and its milliseconds."""
    client.write(text)
    client.send("response.create")
    while "response.done" not in client.types:
        client.hush(32)
    played_at = sent_ms = 0.0
    for event, at in zip(client.events, client.times, strict=True):
        if event["type"] == "response.output_audio.delta":
            ms = len(base64.b64decode(event["delta"])) / MS
            played_at = max(played_at, at) + ms / 1000
            sent_ms += ms
    client.forget()
    return played_at, sent_ms


def silence_until_timeout(client: Client) -> Event:
    while TRIGGERED not in client.types:
        client.hush(32)
        assert client.now < 1000
    return client.last(TRIGGERED)


def test_the_order_of_a_timeout() -> None:
    client = with_timeout(Client())
    replied(client)
    triggered = silence_until_timeout(client)
    client.settle()
    assert shape(client.types) == [
        TRIGGERED,
        "conversation.item.added",
        "conversation.item.done",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        COMPLETED,
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]
    told, committed, user = client.events[1], client.events[3], client.events[4]
    assert told["item"]["role"] == "system"
    assert told["item"]["content"] == [{"type": "input_text", "text": idle.PROMPT}]
    assert committed["previous_item_id"] == told["item"]["id"]
    assert committed["item_id"] == user["item"]["id"] == triggered["item_id"]
    assert user["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    completed = client.last(COMPLETED)
    assert completed["item_id"] == triggered["item_id"]
    assert completed["transcript"] == ""
    assert completed["usage"] == {"type": "duration", "seconds": 0}
    assert client.asked(effects.Transcribe) == []


def test_the_clock_starts_when_the_reply_was_played_and_counts_audio() -> None:
    client = with_timeout(Client())
    began = client.now
    played_at, sent_ms = replied(client)
    triggered = silence_until_timeout(client)
    silent_ms = triggered["audio_end_ms"] - triggered["audio_start_ms"]
    assert 5000 <= silent_ms < 5000 + 32
    assert 0 <= triggered["audio_start_ms"] - (played_at - began) * 1000 < 2 * 32
    client.settle()
    usage = client.last("response.done")["response"]["usage"]
    assert usage["input_token_details"]["audio_tokens"] == int(silent_ms / 100) + int(sent_ms / 50)


def test_a_reply_that_was_truncated_is_over_at_once() -> None:
    client = with_timeout(Client())
    client.write("Hello")
    client.send("response.create", response={"instructions": "Say exactly: " + "All of this will not be heard. " * 4})
    while "response.done" not in client.types:
        client.hush(32)
    (reply,) = client.last("response.done")["response"]["output"]
    fields = {"item_id": reply["id"], "content_index": 0, "audio_end_ms": 1000}
    client.send("conversation.item.truncate", **fields)
    truncated_at = client.now
    silence_until_timeout(client)
    assert 5.0 <= client.now - truncated_at <= 5.1


def test_truncating_what_was_said_before_changes_nothing() -> None:
    client = with_timeout(Client())
    client.write("Hello")
    client.send("response.create")
    client.settle()
    (before,) = client.last("response.done")["response"]["output"]
    client.forget()
    played_at, _ = replied(client)
    fields = {"item_id": before["id"], "content_index": 0, "audio_end_ms": 100}
    assert client.send("conversation.item.truncate", **fields)[0]["type"] == "conversation.item.truncated"
    silence_until_timeout(client)
    assert client.now - played_at >= 5.0


def test_a_persona_asks_after_a_silent_learner() -> None:
    scenario = shipped()["hotel-complaint"]
    client = with_timeout(Client(scenario))
    replied(client)
    for _ in range(3):
        silence_until_timeout(client)
        client.settle()
        assert any(line in client.said() for line in scenario.script.silence)
        client.forget()


def test_silence_without_a_scenario_is_not_taken_for_words() -> None:
    client = with_timeout(Client())
    replied(client)
    silence_until_timeout(client)
    client.settle()
    assert "listening" in client.said() or "Say something" in client.said()


def test_speech_starts_the_clock_anew() -> None:
    client = with_timeout(Client(), create_response=False)
    replied(client)
    client.hush(6000)
    client.speak(640)
    client.hush(20_000)
    assert client.types.count("input_audio_buffer.committed") == client.types.count(TRIGGERED) + 1
    before = client.types.index("input_audio_buffer.speech_started")
    assert TRIGGERED not in client.types[before:]


def test_a_reply_whose_voice_is_slow_is_not_over() -> None:
    client = with_timeout(Client())
    client.holding = (effects.Speak,)
    client.write("Hello")
    client.send("response.create")
    job = client.asked(effects.Speak)[-1].job
    client.put(inputs.Spoken(job, bytes(500 * MS)))
    client.hush(10_000)
    assert "response.output_audio.delta" in client.types
    assert TRIGGERED not in client.types


def test_who_sends_no_audio_is_not_timed_out() -> None:
    client = with_timeout(Client())
    replied(client)
    client.wait(120)
    assert client.events == []


def test_without_a_reply_there_is_no_timeout() -> None:
    client = with_timeout(Client())
    client.hush(10_000)
    client.write("Are you there?")
    client.hush(10_000)
    assert TRIGGERED not in client.types


def test_a_timeout_repeats_after_each_reply() -> None:
    client = with_timeout(Client())
    replied(client)
    for _ in range(3):
        silence_until_timeout(client)
        client.forget()
        while "response.done" not in client.types:
            client.hush(32)
        client.forget()


def test_it_can_be_switched_off() -> None:
    client = with_timeout(Client())
    replied(client)
    with_timeout(client, idle_timeout_ms=None)
    client.hush(10_000)
    assert TRIGGERED not in client.types


@pytest.mark.parametrize("timeout", [4999, 30_001])
def test_it_has_bounds(timeout: int) -> None:
    detection = {"type": "server_vad", "idle_timeout_ms": timeout}
    (error,) = Client().update(audio={"input": {"turn_detection": detection}})
    assert error["error"]["code"] == "invalid_value"
    assert error["error"]["param"] == "session.audio.input.turn_detection.idle_timeout_ms"


def test_semantic_vad_has_none() -> None:
    client = Client()
    client.update(audio={"input": {"turn_detection": {"type": "semantic_vad", "idle_timeout_ms": 5000}}})
    assert "idle_timeout_ms" not in client.last("session.updated")["session"]["audio"]["input"]["turn_detection"]
    replied(client)
    client.hush(20_000)
    assert TRIGGERED not in client.types
