"""G.711 in and out: the same session, other bytes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from kit.client import Client, Event
from vivavoce.engine import effects, inputs
from vivavoce.protocol.audio import PCM, PCMA, PCMU, AudioFormat

G711 = pytest.mark.parametrize("format", [PCMU, PCMA], ids=["pcmu", "pcma"])
EACH = pytest.mark.parametrize("format", [PCM, PCMU, PCMA], ids=["pcm", "pcmu", "pcma"])


def audio(format: AudioFormat, ms: int) -> bytes:
    return bytes(format.bytes_per_second * ms // 1000)


def base64_audio(format: AudioFormat, ms: int) -> str:
    return base64.b64encode(audio(format, ms)).decode()


def with_input(format: AudioFormat, **settings: Any) -> Client:
    client = Client()
    client.update(audio={"input": {"format": {"type": format.name}, **settings}})
    client.forget()
    return client


def refusal(events: list[Event]) -> tuple[str, str]:
    (event,) = events
    return event["error"]["code"], event["error"]["param"]


@pytest.mark.parametrize(
    ("given", "echoed"),
    [
        ({"type": "audio/pcm"}, {"type": "audio/pcm", "rate": 24000}),
        ({"type": "audio/pcm", "rate": 24000}, {"type": "audio/pcm", "rate": 24000}),
        ({"type": "audio/pcmu"}, {"type": "audio/pcmu"}),
        ({"type": "audio/pcma", "rate": 8000}, {"type": "audio/pcma"}),
    ],
)
def test_formats_are_echoed_as_the_real_one_does(given: dict[str, Any], echoed: dict[str, Any]) -> None:
    (updated,) = Client().update(audio={"input": {"format": given}, "output": {"format": given}})
    assert updated["session"]["audio"]["input"]["format"] == echoed
    assert updated["session"]["audio"]["output"]["format"] == echoed


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"type": "audio/opus"}, "invalid_value", "type"),
        ({"type": "audio/pcm", "rate": 16000}, "invalid_value", "rate"),
        ({"rate": 24000}, "missing_required_parameter", "type"),
    ],
)
def test_other_formats_are_refused(side: str, given: dict[str, Any], code: str, param: str) -> None:
    assert refusal(Client().update(audio={side: {"format": given}})) == (code, f"session.audio.{side}.format.{param}")


@EACH
def test_a_turn_has_the_same_times_in_every_format(format: AudioFormat) -> None:
    client = with_input(format)
    client.hush(640)
    client.speak(1600)
    client.hush(640)
    assert client.last("input_audio_buffer.speech_started")["audio_start_ms"] == 340
    assert client.last("input_audio_buffer.speech_stopped")["audio_end_ms"] == 640 + 1600 + 512
    assert {effect.format for effect in client.asked(effects.Hear)} == {format}
    (job,) = client.asked(effects.Transcribe)
    assert job.format == format
    assert len(job.pcm) == len(audio(format, 300 + 1600 + 224))


@EACH
def test_a_commit_counts_milliseconds_by_the_format(format: AudioFormat) -> None:
    client = with_input(format, turn_detection=None, transcription={"model": "whisper-1"})
    client.append(audio(format, 99))
    (error,) = client.send("input_audio_buffer.commit")
    assert error["error"]["message"].endswith("but buffer only has 99.00ms of audio.")
    client.append(audio(format, 2796 - 99))
    client.send("input_audio_buffer.commit")
    assert client.last("conversation.item.input_audio_transcription.completed")["usage"]["seconds"] == 3
    client.send("response.create")
    client.settle()
    assert client.last("response.done")["response"]["usage"]["input_token_details"]["audio_tokens"] == 27


def test_half_a_sample_is_refused_where_samples_have_halves() -> None:
    assert refusal(with_input(PCM).append(b"\x00")) == ("invalid_value", "audio")
    assert with_input(PCMU).append(b"\x00") == []


@G711
def test_a_new_input_format_empties_the_buffer_and_forgets_the_turn(format: AudioFormat) -> None:
    client = Client()
    client.speak(960)
    client.forget()
    client.jobs.clear()
    client.update(audio={"input": {"format": {"type": format.name}}})
    assert [type(effect) for effect in client.jobs if not isinstance(effect, effects.Cancel)] == [effects.Deafen]
    assert client.send("input_audio_buffer.commit")[0]["error"]["code"] == "input_audio_buffer_commit_empty"
    client.hush(960)
    assert "input_audio_buffer.speech_stopped" not in client.types
    client.speak(640)
    assert client.last("input_audio_buffer.speech_started")["audio_start_ms"] == 960 + 960 - 300


def test_naming_the_same_format_again_keeps_the_turn() -> None:
    client = Client()
    client.speak(960)
    client.update(audio={"input": {"format": {"type": "audio/pcm"}}})
    client.hush(640)
    client.settle()
    assert client.types.count("input_audio_buffer.speech_stopped") == 1
    assert "hello there" in client.said()


@G711
def test_answers_about_audio_in_the_old_format_are_left_out(format: AudioFormat) -> None:
    client = Client()
    client.holding = (effects.Hear,)
    client.append(audio(PCM, 320))
    client.update(audio={"input": {"format": {"type": format.name}}})
    client.append(audio(format, 320))
    client.forget()
    client.put(inputs.Heard((0.99,) * 10))
    assert client.types == []
    client.put(inputs.Heard((0.99,) * 10))
    assert client.types == ["input_audio_buffer.speech_started"]


@EACH
def test_audio_in_an_item_is_in_the_sessions_format(format: AudioFormat) -> None:
    client = with_input(format)
    part = {"type": "input_audio", "audio": base64_audio(format, 500)}
    client.send("conversation.item.create", item={"type": "message", "role": "user", "content": [part]})
    (job,) = client.asked(effects.Transcribe)
    assert (job.format, len(job.pcm)) == (format, len(audio(format, 500)))


def test_half_a_sample_in_an_item_is_refused() -> None:
    part = {"type": "input_audio", "audio": "AAAA"}
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}, part]}
    refused = refusal(Client().send("conversation.item.create", item=item))
    assert refused == ("invalid_value", "item.content[1].audio")


@EACH
def test_a_response_takes_the_sessions_output_format_or_its_own(format: AudioFormat) -> None:
    by_session, by_response = Client(), Client()
    by_session.update(audio={"output": {"format": {"type": format.name}}})
    by_session.send("response.create")
    by_response.send("response.create", response={"audio": {"output": {"format": {"type": format.name}}}})
    for client in (by_session, by_response):
        client.settle()
        assert client.last("response.created")["response"]["audio"]["output"]["format"] == format.to_json()
        assert {job.format for job in client.asked(effects.Speak)} == {format}
        usage = client.last("response.done")["response"]["usage"]
        size = sum(len(base64.b64decode(event["delta"])) for event in client.all("response.output_audio.delta"))
        assert usage["output_token_details"]["audio_tokens"] == int(format.duration_ms(size) / 50)
