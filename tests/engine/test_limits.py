"""What a response may not be: longer than asked for, or made by a machine that has no time for it."""

from __future__ import annotations

from typing import Any

import pytest

from kit.client import MS, Client
from vivavoce.engine import effects, inputs

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
TOOL = {
    "type": "function",
    "name": "note",
    "parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}


def echo(**session: Any) -> Client:
    client = Client(model="echo")
    client.update(**session)
    client.forget()
    return client


def done(client: Client) -> dict[str, Any]:
    response: dict[str, Any] = client.last("response.done")["response"]
    return response


@pytest.mark.parametrize(("modality", "limit"), [("text", 12), ("audio", 60)])
def test_a_response_stops_before_it_is_too_long(modality: str, limit: int) -> None:
    client = echo(output_modalities=[modality], max_output_tokens=limit)
    client.ask(LONG)
    response = done(client)
    assert response["status"] == "incomplete"
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert response["output"][0]["status"] == "incomplete"
    assert limit - 3 <= response["usage"]["output_tokens"] <= limit
    assert client.types[-1] == "rate_limits.updated"
    assert client.settle() == []
    assert client.ask("Hi") == "Hi"


def test_a_voice_that_is_not_wanted_any_more_is_cancelled() -> None:
    client = echo(max_output_tokens=12)
    client.holding = (effects.Speak,)
    client.write(LONG)
    client.send("response.create")
    (job,) = client.asked(effects.Speak)
    client.put(inputs.Spoken(job.job, bytes(2000 * MS)))
    assert done(client)["status"] == "incomplete"
    assert client.asked(effects.Cancel) == [effects.Cancel(job.job)]


def test_a_response_of_just_the_right_length_is_complete() -> None:
    client = echo(output_modalities=["text"], max_output_tokens=3)
    client.ask("four char xy")
    assert (done(client)["status"], done(client)["usage"]["output_tokens"]) == ("completed", 3)
    assert client.said() == "four char xy"


def test_a_limit_of_one_response() -> None:
    client = echo(output_modalities=["text"])
    client.write(LONG)
    client.send("response.create", response={"max_output_tokens": 2})
    client.settle()
    assert done(client)["status"] == "incomplete"
    assert done(client)["max_output_tokens"] == 2
    assert client.ask(LONG) == LONG


def test_a_call_that_would_be_too_long_is_not_made() -> None:
    client = echo(output_modalities=["text"], max_output_tokens=10, tools=[TOOL], tool_choice="required")
    client.ask(LONG)
    assert (done(client)["status"], done(client)["output"]) == ("incomplete", [])


def test_the_chat_model_is_stopped() -> None:
    client = Client(model="gpt-realtime", chat=True)
    client.update(output_modalities=["text"], max_output_tokens=4)
    client.write("Hello")
    client.send("response.create")
    (reply,) = client.asked(effects.Reply)
    client.put(inputs.ReplyText(reply.job, LONG))
    client.settle()
    assert done(client)["status"] == "incomplete"
    assert client.asked(effects.Cancel) == [effects.Cancel(reply.job)]


# No time


def assert_overloaded(client: Client) -> None:
    response = done(client)
    error = response["status_details"]["error"]
    assert (response["status"], response["status_details"]["type"]) == ("failed", "failed")
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert "try again" in error["message"]
    assert response["usage"]["total_tokens"] >= 0


def test_a_voice_that_there_is_no_time_for() -> None:
    client = echo()
    client.holding = (effects.Speak,)
    client.write("Hello")
    client.send("response.create")
    client.put(inputs.Refused(client.asked(effects.Speak)[0].job))
    assert_overloaded(client)
    assert done(client)["output"][0]["status"] == "incomplete"
    client.holding = ()
    assert client.ask("again") == "Hello again"


def test_a_chat_model_that_has_no_time() -> None:
    client = Client(model="gpt-realtime", chat=True)
    client.write("Hello")
    client.send("response.create")
    client.put(inputs.Refused(client.asked(effects.Reply)[0].job))
    assert_overloaded(client)
    assert client.asked(effects.Cancel) == []


def test_speech_that_there_is_no_time_to_recognise() -> None:
    client = echo(audio={"input": {"transcription": {"model": "whisper-1"}}})
    client.holding = (effects.Transcribe,)
    client.speak(960)
    client.hush(640)
    client.forget()
    client.put(inputs.Refused(client.asked(effects.Transcribe)[0].job))
    failed = client.last("conversation.item.input_audio_transcription.failed")
    assert "try again" in failed["error"]["message"]
    assert client.types == [failed["type"], "response.done", "rate_limits.updated"]
    assert_overloaded(client)
    client.holding = ()
    client.speak(960)
    client.hush(640)
    client.settle()
    assert done(client)["status"] == "completed"


def test_a_guess_that_there_was_no_time_for_is_made_up_for_at_the_turns_end() -> None:
    client = echo()
    client.holding = (effects.Transcribe,)
    client.speak(960)
    client.hush(320)
    (guess,) = client.asked(effects.Transcribe)
    client.put(inputs.Refused(guess.job))
    client.holding = ()
    client.hush(320)
    client.settle()
    assert (done(client)["status"], client.said()) == ("completed", "hello there")


def test_an_item_that_nobody_waits_for_fails_no_response() -> None:
    client = echo(audio={"input": {"turn_detection": None}})
    client.holding = (effects.Transcribe, effects.Speak)
    client.write("Hello")
    client.send("response.create")
    client.append(bytes(500 * MS))
    client.send("input_audio_buffer.commit")
    client.put(inputs.Refused(client.asked(effects.Transcribe)[0].job))
    assert "response.done" not in client.types


def test_a_refusal_of_nothing_is_ignored() -> None:
    client = echo()
    assert client.put(inputs.Refused(99)) == []
