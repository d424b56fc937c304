"""Transcription sessions: they hear and write down, and never answer."""

from __future__ import annotations

from typing import Any

import pytest

from kit.client import MS, Client
from vivavoce.engine import effects

TRANSCRIPTION = "conversation.item.input_audio_transcription"
TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    f"{TRANSCRIPTION}.delta",
    f"{TRANSCRIPTION}.completed",
]


def session(**fields: Any) -> dict[str, Any]:
    return {"type": "transcription", **fields}


def listener() -> Client:
    return Client(session_type="transcription")


def test_the_session_object() -> None:
    (created,) = listener().events
    assert created["type"] == "session.created"
    assert created["session"] == {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": "sess_test",
        "expires_at": 1_800_000_000,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "whisper-1", "language": None, "prompt": None},
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 500,
                },
            }
        },
        "include": None,
    }


def test_an_update_merges() -> None:
    client = listener()
    heard = {
        "format": {"type": "audio/pcmu"},
        "transcription": {"model": "gpt-4o-transcribe", "language": "de"},
        "turn_detection": {"type": "semantic_vad"},
    }
    client.send("session.update", session=session(audio={"input": heard}))
    client.send("session.update", session=session(include=["item.input_audio_transcription.logprobs"]))
    updated = client.last("session.updated")["session"]
    assert updated["audio"]["input"] == {
        "format": {"type": "audio/pcmu"},
        "transcription": {"model": "gpt-4o-transcribe", "language": "de", "prompt": None},
        "noise_reduction": None,
        "turn_detection": {"type": "semantic_vad", "eagerness": "auto"},
    }
    assert updated["include"] == ["item.input_audio_transcription.logprobs"]


def test_a_spoken_turn_is_written_down_and_not_answered() -> None:
    client = listener()
    client.forget()
    client.words = [("What time is it?", 0.03)]
    client.speak(1600)
    client.hush(640)
    client.settle()
    assert client.types == TURN
    assert client.last(f"{TRANSCRIPTION}.delta")["delta"] == "What time is it?"
    assert client.last(f"{TRANSCRIPTION}.completed")["transcript"] == "What time is it?"


def test_a_manual_commit_is_written_down() -> None:
    client = listener()
    client.send("session.update", session=session(audio={"input": {"turn_detection": None}}))
    client.forget()
    client.append(bytes(1000 * MS))
    client.send("input_audio_buffer.commit")
    client.settle()
    assert client.types == TURN[2:]


@pytest.mark.parametrize("kind", ["response.create", "response.cancel"])
def test_there_are_no_responses(kind: str) -> None:
    (error,) = listener().send(kind, event_id="r1")
    assert (error["error"]["code"], error["error"]["param"]) == ("invalid_value", "type")
    assert error["error"]["message"].startswith(f"Invalid value: '{kind}'. Supported values are: 'session.update', ")
    assert "response." not in error["error"]["message"].partition("Supported")[2]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"instructions": "Be nice"}, "session.instructions"),
        ({"tools": []}, "session.tools"),
        ({"output_modalities": ["text"]}, "session.output_modalities"),
        ({"model": "gpt-realtime"}, "session.model"),
        ({"audio": {"output": {"voice": "marin"}}}, "session.audio.output"),
    ],
)
def test_what_makes_answers_is_unknown_here(fields: dict[str, Any], param: str) -> None:
    (error,) = listener().send("session.update", session=session(**fields))
    assert (error["error"]["code"], error["error"]["param"]) == ("unknown_parameter", param)


def test_a_session_keeps_its_type() -> None:
    (error,) = Client().send("session.update", session=session())
    assert (error["error"]["code"], error["error"]["param"]) == ("invalid_value", "session.type")
    assert error["error"]["message"] == (
        "Passing a transcription session update event to a realtime session is not allowed."
    )
    (error,) = listener().update(instructions="Be nice")
    assert (error["error"]["code"], error["error"]["param"]) == ("invalid_value", "session.type")


def test_nobody_asked_for_words_so_none_are_sent() -> None:
    client = listener()
    client.send("session.update", session=session(audio={"input": {"transcription": None}}))
    client.forget()
    client.speak(1600)
    client.hush(640)
    assert client.types == TURN[:5]


def test_silence_is_no_timeout_where_nobody_answers() -> None:
    client = listener()
    turn_detection = {"type": "server_vad", "idle_timeout_ms": 5000}
    client.send("session.update", session=session(audio={"input": {"turn_detection": turn_detection}}))
    assert "idle_timeout_ms" not in client.last("session.updated")["session"]["audio"]["input"]["turn_detection"]
    client.forget()
    client.hush(20_000)
    assert client.types == []


@pytest.mark.parametrize(
    ("asked", "language"),
    [({}, ""), ({"language": "de"}, "de"), ({"languages": ["fr"]}, "fr"), ({"languages": ["fr", "de"]}, "")],
)
def test_a_language_that_is_not_named_is_guessed(asked: dict[str, Any], language: str) -> None:
    client = listener()
    client.send("session.update", session=session(audio={"input": {"transcription": asked}}))
    client.speak(960)
    client.hush(640)
    assert client.asked(effects.Transcribe)[-1].language == language
