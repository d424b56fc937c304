"""The persona's voice: in what pieces and at what pace it leaves, how it is interrupted, and what was heard of it."""

from __future__ import annotations

import base64

import pytest

from kit.client import MS, VOICE_MS_PER_CHAR, Client, Event, shape
from vivavoce.engine import effects, inputs

LONG = "This is the first sentence of it. Here is a second sentence. And this is the third and last sentence."
CLAUSES = [
    "This is the first sentence of it. ",
    "Here is a second sentence. ",
    "And this is the third and last sentence.",
]
CANCELLED_TAIL = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
]


def say(client: Client, text: str) -> None:
    item = {
        "type": "message",
        "role": "system",
        "content": [{"type": "input_text", "text": f"Begin by saying exactly: {text}"}],
    }
    client.send("conversation.item.create", item=item)
    client.forget()
    client.send("response.create")


def audio_ms(event: Event) -> float:
    return len(base64.b64decode(event["delta"])) / MS


def test_an_exact_line_is_said_exactly() -> None:
    client = Client()
    say(client, LONG)
    client.settle()
    assert client.said() == LONG
    assert client.last("response.output_audio_transcript.done")["transcript"] == LONG


def test_each_clause_is_a_job_and_its_text_comes_with_its_sound() -> None:
    client = Client()
    client.update(audio={"output": {"voice": "cedar", "speed": 1.2}})
    say(client, LONG)
    client.settle()
    jobs = client.asked(effects.Speak)
    assert [job.text for job in jobs] == [clause.strip() for clause in CLAUSES]
    assert {(job.voice, job.speed) for job in jobs} == {("cedar", 1.2)}
    deltas = [event for event in client.events if event["type"].endswith(".delta")]
    texts = [i for i, event in enumerate(deltas) if "transcript" in event["type"]]
    assert [deltas[i]["delta"] for i in texts] == CLAUSES
    assert texts[0] == 0
    assert all("transcript" not in deltas[i + 1]["type"] for i in texts)
    first_clause = sum(audio_ms(event) for event in deltas[1 : texts[1]])
    assert first_clause == len(CLAUSES[0].strip()) * VOICE_MS_PER_CHAR


def test_deltas_are_short_and_paced() -> None:
    client = Client()
    say(client, LONG)
    client.settle()
    began = next(at for event, at in zip(client.events, client.times, strict=True) if "audio.delta" in event["type"])
    sent, due = 0.0, began
    for event, at in zip(client.events, client.times, strict=True):
        if event["type"] != "response.output_audio.delta":
            continue
        assert 40 <= audio_ms(event) <= 200
        sent += audio_ms(event)
        due = max(due, began + (sent - 400) / 1500)
        assert at == pytest.approx(due)
    assert sent == sum(len(clause.strip()) for clause in CLAUSES) * VOICE_MS_PER_CHAR


def test_the_burst_leaves_at_once() -> None:
    client = Client()
    say(client, LONG)
    assert sum(audio_ms(event) for event in client.all("response.output_audio.delta")) == 400


def test_voice_that_comes_in_small_pieces_is_joined() -> None:
    client = Client()
    client.holding = (effects.Speak,)
    say(client, "Hello there.")
    (job,) = client.asked(effects.Speak)
    for _ in range(25):
        client.put(inputs.Spoken(job.job, bytes(10 * MS)))
    assert [audio_ms(event) for event in client.all("response.output_audio.delta")] == [100, 100]
    client.put(inputs.SpeechEnded(job.job))
    assert [audio_ms(event) for event in client.all("response.output_audio.delta")] == [100, 100, 50]
    assert client.types[-1] == "rate_limits.updated"


def test_a_cancelled_voice_stops_at_once() -> None:
    client = Client()
    client.holding = (effects.Speak,)
    say(client, LONG)
    (job,) = client.asked(effects.Speak)
    client.put(inputs.Spoken(job.job, bytes(1000 * MS)))
    client.forget()
    client.send("response.cancel")
    assert client.types == CANCELLED_TAIL
    assert client.asked(effects.Cancel) == [effects.Cancel(job.job)]
    client.put(inputs.Spoken(job.job, bytes(1000 * MS)))
    client.put(inputs.SpeechEnded(job.job))
    assert client.settle() == []
    assert client.types == CANCELLED_TAIL


def test_speech_interrupts_the_persona() -> None:
    client = Client()
    say(client, LONG)
    client.wait(0.5)
    client.forget()
    client.speak(960)
    assert shape(client.types) == [
        "response.output_audio.delta",
        "input_audio_buffer.speech_started",
        *CANCELLED_TAIL,
    ]
    response = client.last("response.done")["response"]
    assert response["status"] == "cancelled"
    assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert response["output"][0]["status"] == "incomplete"
    assert client.last("conversation.item.done")["item"]["status"] == "incomplete"
    client.forget()
    client.hush(640)
    client.settle()
    assert client.last("response.done")["response"]["status"] == "completed"
    assert client.types.count("response.created") == 1


def test_barge_in_is_noticed_within_100_ms_of_speech() -> None:
    client = Client()
    say(client, LONG)
    client.forget()
    client.speak(96)
    assert client.types[-1] == "rate_limits.updated"
    assert client.last("response.done")["response"]["status"] == "cancelled"


def test_without_interrupt_response_the_answer_waits_its_turn() -> None:
    client = Client()
    client.update(audio={"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}})
    say(client, LONG)
    client.speak(640)
    client.hush(640)
    assert client.types.count("response.created") == 1
    client.settle()
    done = [event["response"]["status"] for event in client.all("response.done")]
    assert done == ["completed", "completed"]
    assert "hello there" in client.said()


def test_an_answer_that_was_never_begun_is_made_up_for() -> None:
    """Speech goes on before the first words were recognised: the next answer is to both."""
    client = Client()
    client.holding = (effects.Transcribe,)
    client.speak(960)
    client.hush(640)
    client.speak(960)
    client.hush(640)
    first, second = client.asked(effects.Transcribe)
    client.put(inputs.Transcribed(second.job, "and it is loud", 0.0))
    assert client.types[-1] != "response.output_item.added"
    client.put(inputs.Transcribed(first.job, "My room is small", 0.0))
    client.settle()
    assert [event["response"]["status"] for event in client.all("response.done")] == ["cancelled", "completed"]
    assert "My room is small and it is loud" in client.said()


def test_a_voice_that_fails_fails_the_response_and_the_session_goes_on() -> None:
    client = Client()
    client.holding = (effects.Speak,)
    say(client, LONG)
    client.put(inputs.SpeechFailed(client.asked(effects.Speak)[0].job, "out of memory"))
    assert client.types[-7:] == CANCELLED_TAIL
    response = client.last("response.done")["response"]
    assert response["status"] == "failed"
    assert response["status_details"]["error"]["code"] == "server_error"
    assert "out of memory" in response["status_details"]["error"]["message"]
    client.holding = ()
    client.ask("Are you still there?")
    assert client.last("response.done")["response"]["status"] == "completed"


def truncate(client: Client, item_id: str, ms: int) -> Event:
    fields = {"item_id": item_id, "content_index": 0, "audio_end_ms": ms}
    (event,) = client.send("conversation.item.truncate", **fields)
    return event


def spoken_item(client: Client) -> str:
    say(client, LONG)
    client.settle()
    return str(client.last("response.output_item.done")["item"]["id"])


def transcript(client: Client, item_id: str) -> str:
    (event,) = client.send("conversation.item.retrieve", item_id=item_id)
    return str(event["item"]["content"][0]["transcript"])


@pytest.mark.parametrize(
    ("heard_ms", "text"),
    [
        (0, ""),
        (1020, "This is the first"),
        (33 * VOICE_MS_PER_CHAR, "This is the first sentence of it."),
        (33 * VOICE_MS_PER_CHAR + 900, "This is the first sentence of it. Here is a"),
    ],
)
def test_truncation_keeps_the_words_that_were_heard(heard_ms: int, text: str) -> None:
    client = Client()
    item_id = spoken_item(client)
    event = truncate(client, item_id, heard_ms)
    assert event == {
        "type": "conversation.item.truncated",
        "event_id": event["event_id"],
        "item_id": item_id,
        "content_index": 0,
        "audio_end_ms": heard_ms,
    }
    assert transcript(client, item_id) == text


def test_truncation_while_the_item_is_still_being_sent() -> None:
    client = Client()
    say(client, LONG)
    item_id = client.last("response.output_item.added")["item"]["id"]
    assert truncate(client, item_id, 0)["type"] == "conversation.item.truncated"
    client.send("response.cancel")
    assert transcript(client, item_id) == ""


def test_truncation_of_an_interrupted_clause_leaves_its_share_of_the_words() -> None:
    client = Client()
    say(client, LONG)
    client.speak(128)
    done = client.last("response.done")["response"]
    assert done["status"] == "cancelled"
    (item,) = done["output"]
    sent_ms = sum(len(base64.b64decode(event["delta"])) for event in client.all("response.output_audio.delta")) // MS
    assert sent_ms < 20 * VOICE_MS_PER_CHAR
    truncate(client, item["id"], sent_ms)
    heard = transcript(client, item["id"])
    assert heard and CLAUSES[0].startswith(f"{heard} ")
    assert len(heard) <= sent_ms / VOICE_MS_PER_CHAR


def test_truncation_errors() -> None:
    client = Client()
    item_id = spoken_item(client)
    total = sum(len(clause.strip()) for clause in CLAUSES) * VOICE_MS_PER_CHAR
    error = truncate(client, item_id, 57_340)["error"]
    assert error["code"] == "invalid_value"
    assert error["message"] == f"Audio content of {total}ms is already shorter than 57340ms"
    error = truncate(client, "nothing", 0)["error"]
    assert error["code"] == "item_truncate_invalid_item_id"
    assert error["message"] == "Error truncating item: the item with id 'nothing' does not exist."
    client.write("Hello")
    mine = client.last("conversation.item.added")["item"]["id"]
    error = truncate(client, mine, 0)["error"]
    assert error["code"] == "unsupported_content_type"
    assert error["message"] == "Only model output audio messages can be truncated"


def test_the_voice_is_locked_after_its_first_sound() -> None:
    client = Client()
    client.update(audio={"output": {"voice": "cedar"}})
    assert client.last("session.updated")["session"]["audio"]["output"]["voice"] == "cedar"
    client.ask("Hello")
    (error,) = client.update(audio={"output": {"voice": "marin"}}, instructions="new")
    assert error["error"]["code"] == "cannot_update_voice"
    (updated,) = client.update(audio={"output": {"voice": "cedar"}})
    assert updated["session"]["instructions"] == ""


def test_cancel_without_a_response() -> None:
    client = Client()
    (error,) = client.send("response.cancel", event_id="x")
    assert error["error"]["code"] == "response_cancel_not_active"
    assert error["error"]["message"] == "Cancellation failed: no active response found"


def test_no_more_than_a_few_seconds_are_made_ahead() -> None:
    client = Client()
    say(client, " ".join(f"This is sentence number {n} of many." for n in range(30)))
    assert len(client.asked(effects.Speak)) <= 5
    client.settle()
    assert len(client.asked(effects.Speak)) == 30
