"""Spoken turns: what the voice detector makes of them, and the order of all that follows."""

from __future__ import annotations

import base64

import pytest

from kit.client import MS, Client, shape
from vivavoce.engine import effects, inputs

AUDIO_REPLY = [
    "response.created",
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
TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]
TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
TRANSCRIPTION = ["conversation.item.input_audio_transcription.delta", TRANSCRIBED]


def update_input(client: Client, **settings: object) -> None:
    client.update(audio={"input": settings})
    client.forget()


def test_a_spoken_turn_is_answered() -> None:
    client = Client()
    client.forget()
    client.words = [("What time is it?", 0.03)]
    client.hush(640)
    client.speak(1600)
    client.hush(640)
    client.settle()
    assert shape(client.types) == [*TURN, *AUDIO_REPLY]
    assert "What time is it?" in client.said()


def test_one_item_id_goes_through_the_turn() -> None:
    client = Client()
    update_input(client, transcription={"model": "whisper-1"})
    client.hush(640)
    client.speak(1600)
    client.hush(640)
    client.settle()
    started, stopped, committed, added, done = client.events[:5]
    ids = {event["item_id"] for event in (started, stopped, committed, client.last(TRANSCRIBED))}
    assert ids == {added["item"]["id"]} == {done["item"]["id"]}
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert added["item"]["status"] == "completed"
    # 640 ms of silence before, less 300 ms of padding; 500 ms of silence, in windows of 32 ms, behind.
    assert started["audio_start_ms"] == 340
    assert stopped["audio_end_ms"] == 640 + 1600 + 512


def test_transcription_completed_comes_inside_the_reply() -> None:
    client = Client()
    client.holding = (effects.Transcribe,)
    update_input(client, transcription={"model": "gpt-4o-mini-transcribe"})
    client.speak(1600)
    client.hush(640)
    assert client.types == [*TURN, "response.created"]
    job = client.asked(effects.Transcribe)[-1].job
    client.put(inputs.Transcribed(job, " My room is loud. ", 0.02))
    client.settle()
    assert shape(client.types) == [*TURN, "response.created", *TRANSCRIPTION, *AUDIO_REPLY[1:]]
    assert client.last(TRANSCRIPTION[0])["delta"] == "My room is loud."
    completed = client.last(TRANSCRIBED)
    assert completed["transcript"] == "My room is loud."
    assert completed["content_index"] == 0
    assert completed["usage"] == {"type": "duration", "seconds": 3}
    assert "My room is loud." in client.said()


def test_a_failed_transcription_is_told_and_answered() -> None:
    client = Client()
    client.holding = (effects.Transcribe,)
    update_input(client, transcription={"model": "whisper-1"})
    client.speak(1600)
    client.hush(640)
    client.put(inputs.TranscriptionFailed(client.asked(effects.Transcribe)[-1].job, "no memory"))
    failed = client.last("conversation.item.input_audio_transcription.failed")
    assert failed["error"]["message"] == "no memory"
    client.settle()
    assert client.last("response.done")["response"]["status"] == "completed"
    assert "again" in client.said()


def test_recognition_starts_in_the_pause_and_its_result_is_used() -> None:
    client = Client()
    client.speak(960)
    client.hush(192)
    assert client.asked(effects.Transcribe) == []
    client.hush(64)
    (guess,) = client.asked(effects.Transcribe)
    assert len(guess.pcm) == (960 + 224) * MS
    client.hush(320)
    assert client.asked(effects.Transcribe) == [guess]
    assert client.last("response.created")


def test_a_guess_is_dropped_when_speech_resumes() -> None:
    client = Client()
    client.holding = (effects.Transcribe,)
    client.speak(960)
    client.hush(320)
    client.speak(640)
    client.hush(640)
    first, second = client.asked(effects.Transcribe)
    assert [cancel.job for cancel in client.asked(effects.Cancel)] == [first.job]
    assert client.types.count("input_audio_buffer.speech_started") == 1
    client.put(inputs.Transcribed(first.job, "half of it", 0.0))
    client.put(inputs.Transcribed(second.job, "all of it", 0.0))
    client.settle()
    assert "all of it" in client.said()


def test_language_and_words_reach_the_recogniser() -> None:
    client = Client()
    update_input(client, transcription={"model": "whisper-1", "language": "de", "keywords": ["Aachen"]})
    client.speak(960)
    client.hush(640)
    job = client.asked(effects.Transcribe)[-1]
    assert (job.language, job.keywords) == ("de", ("Aachen",))


@pytest.mark.parametrize(
    ("text", "no_speech"),
    [
        ("", 0.1),
        (" ... ", 0.1),
        ("We are going to have lunch.", 0.79),
        ("Thank you for watching.", 0.5),
        ("I'm", 0.55),
        ("Mm-hmm.", 0.45),
        ("[BLANK_AUDIO]", 0.2),
    ],
)
def test_noise_is_not_understood(text: str, no_speech: float) -> None:
    client = Client()
    update_input(client, transcription={"model": "whisper-1"})
    client.words = [(text, no_speech)]
    client.speak(960)
    client.hush(640)
    client.settle()
    assert client.last(TRANSCRIBED)["transcript"] == ""
    assert client.last(TRANSCRIBED)["usage"]["seconds"] == 0
    assert "again" in client.said()


@pytest.mark.parametrize(("text", "no_speech"), [("Yes.", 0.66), ("Thank you.", 0.15), ("Bye.", 0.22), ("Oh", 0.1)])
def test_short_answers_are_understood(text: str, no_speech: float) -> None:
    client = Client()
    client.words = [(text, no_speech)]
    client.speak(256)
    client.hush(640)
    client.settle()
    assert text in client.said()


def test_without_create_response_nothing_is_said() -> None:
    client = Client()
    update_input(client, turn_detection={"type": "server_vad", "create_response": False})
    client.speak(960)
    client.hush(640)
    client.settle()
    assert client.types == TURN


def test_semantic_vad_waits_by_eagerness() -> None:
    client = Client()
    update_input(client, turn_detection={"type": "semantic_vad", "eagerness": "low"})
    client.speak(960)
    client.hush(1376)
    assert client.types == TURN[:1]
    client.hush(64)
    assert client.types[:2] == TURN[:2]


def test_a_manual_turn() -> None:
    client = Client()
    update_input(client, turn_detection=None, transcription={"model": "whisper-1"})
    client.append(bytes(1000 * MS))
    assert client.asked(effects.Hear) == []
    client.send("input_audio_buffer.commit")
    assert client.types == [*TURN[2:], *TRANSCRIPTION]
    client.forget()
    client.settle()
    assert client.types == []
    client.send("response.create")
    client.settle()
    assert shape(client.types) == AUDIO_REPLY


def test_a_commit_needs_100_ms() -> None:
    client = Client()
    update_input(client, turn_detection=None)
    client.append(bytes(99 * MS))
    (error,) = client.send("input_audio_buffer.commit", event_id="c1")
    assert error["error"]["code"] == "input_audio_buffer_commit_empty"
    assert error["error"]["event_id"] == "c1"
    assert error["error"]["message"].endswith("but buffer only has 99.00ms of audio.")
    client.append(bytes(1 * MS))
    assert client.send("input_audio_buffer.commit")[0]["type"] == "input_audio_buffer.committed"
    assert client.send("input_audio_buffer.commit")[0]["error"]["code"] == "input_audio_buffer_commit_empty"


def test_clear_forgets_the_turn() -> None:
    client = Client()
    client.speak(960)
    client.forget()
    client.send("input_audio_buffer.clear")
    assert client.types == ["input_audio_buffer.cleared"]
    assert isinstance(client.jobs[-1], effects.Deafen)
    client.hush(960)
    assert client.types == ["input_audio_buffer.cleared"]
    client.speak(320)
    started = client.last("input_audio_buffer.speech_started")
    assert started["audio_start_ms"] == 960 + 960 - 300


def test_a_commit_under_voice_detection_ends_the_turn_without_an_answer() -> None:
    client = Client()
    client.speak(960)
    announced = client.last("input_audio_buffer.speech_started")["item_id"]
    client.forget()
    client.send("input_audio_buffer.commit")
    assert client.types == TURN[2:]
    assert client.events[0]["item_id"] != announced
    client.hush(960)
    client.settle()
    assert client.types == TURN[2:]


def test_a_turn_that_was_committed_is_not_committed_again() -> None:
    client = Client()
    client.speak(960)
    client.hush(512)
    assert client.types.count("input_audio_buffer.committed") == 1
    (error,) = client.send("input_audio_buffer.commit")
    assert error["error"]["code"] == "input_audio_buffer_commit_empty"


def test_answers_from_before_a_deafen_are_left_out() -> None:
    client = Client()
    client.holding = (effects.Hear,)
    client.append(bytes(320 * MS))
    client.send("input_audio_buffer.clear")
    client.append(bytes(320 * MS))
    client.forget()
    client.put(inputs.Heard((0.99,) * 10))
    assert client.types == []
    client.put(inputs.Heard((0.99,) * 10))
    assert client.types == ["input_audio_buffer.speech_started"]


def test_a_turn_ends_after_a_minute_and_the_buffer_is_bounded() -> None:
    client = Client()
    client.speak(61_000)
    assert client.types.count("input_audio_buffer.speech_stopped") == 1
    (job,) = client.asked(effects.Transcribe)
    assert 60_000 * MS <= len(job.pcm) <= 60_100 * MS

    manual = Client()
    update_input(manual, turn_detection=None)
    for _ in range(12):
        manual.append(bytes(10_000 * MS))
    manual.send("input_audio_buffer.commit")
    assert len(manual.asked(effects.Transcribe)[0].pcm) == 90_000 * MS


def test_a_recording_that_is_appended_at_once_is_heard_to_its_end() -> None:
    client = Client()
    client.holding = (effects.Hear,)
    for _ in range(192):
        client.append(bytes(1000 * MS))
    for _ in range(6):
        client.put(inputs.Heard((0.95,) * 800))
        client.put(inputs.Heard((0.01,) * 200))
    starts = [event["audio_start_ms"] for event in client.all("input_audio_buffer.speech_started")]
    stops = [event["audio_end_ms"] for event in client.all("input_audio_buffer.speech_stopped")]
    assert starts == [max(0, turn * 32_000 - 300) for turn in range(6)]
    assert stops == [turn * 32_000 + 25_600 + 512 for turn in range(6)]
    spoken_ms = {len(job.pcm) // MS for job in client.asked(effects.Transcribe)}
    assert spoken_ms <= {25_600 + ms for ms in (224, 524)}  # with the pause, and the padding if there is some


def test_the_detector_is_given_whole_windows() -> None:
    client = Client()
    client.holding = (effects.Hear,)
    audio = bytes(range(256)) * 2 * 32 * MS
    for at in range(0, 3 * 32 * MS, 2):
        client.append(audio[at : at + 2])
    client.append(audio[3 * 32 * MS : 7 * 32 * MS - 2])
    client.append(audio[7 * 32 * MS - 2 : 7 * 32 * MS + 2])
    assert [len(hear.pcm) / MS for hear in client.asked(effects.Hear)] == [32, 32, 32, 96, 32]
    assert b"".join(hear.pcm for hear in client.asked(effects.Hear)) == audio[: 7 * 32 * MS]


def test_an_item_with_audio_is_recognised() -> None:
    client = Client()
    client.forget()
    client.words = [("From a file", 0.0)]
    part = {"type": "input_audio", "audio": base64.b64encode(bytes(500 * MS)).decode()}
    item = {"id": "m1", "type": "message", "role": "user", "content": [part]}
    client.send("conversation.item.create", item=item)
    assert client.types == TURN[3:]
    retrieved = client.send("conversation.item.retrieve", item_id="m1")[0]
    assert retrieved["item"]["content"] == [{"type": "input_audio", "transcript": "From a file"}]


def test_usage_counts_audio_by_the_clock() -> None:
    client = Client()
    update_input(client, turn_detection=None)
    client.append(bytes(2796 * MS))
    client.send("input_audio_buffer.commit")
    client.send("response.create")
    client.settle()
    usage = client.last("response.done")["response"]["usage"]
    assert usage["input_token_details"]["audio_tokens"] == 27
    sent_ms = sum(len(base64.b64decode(event["delta"])) for event in client.all("response.output_audio.delta")) / MS
    assert usage["output_token_details"]["audio_tokens"] == int(sent_ms / 50)


def test_without_speech_models_text_works_and_audio_is_refused_once() -> None:
    client = Client(voiced=False)
    assert client.events[0]["session"]["output_modalities"] == ["text"]
    client.update(output_modalities=["audio"])
    assert client.last("session.updated")["session"]["output_modalities"] == ["text"]
    (error,) = client.append(bytes(100 * MS))
    assert "no speech models" in error["error"]["message"]
    assert client.append(bytes(100 * MS)) == []
    assert "Hello" in client.ask("Hello")
    assert client.jobs == []
