"""A learner who says nothing is asked after, a few times, and none of it looks like a turn of theirs."""

from __future__ import annotations

from dataclasses import replace

from kit.relay import Event, Relay
from kit.scenes import scene
from vivavoce.session.silence import MOST_IN_A_ROW

IDLE_MS = 20_000


def patient_for_a_while() -> Relay:
    plain = scene()
    relay = Relay(replace(plain, turn_detection=replace(plain.turn_detection, idle_timeout_ms=IDLE_MS)))
    relay.go_live()
    return relay


def say_nothing(relay: Relay, item_id: str, transcript: str = "") -> list[Event]:
    """The turn that an idle timeout makes, in the order of a recording; what of it the browser saw."""
    seen = len(relay.to_browser)
    system = {"id": f"{item_id}_s", "type": "message", "role": "system", "status": "completed", "content": []}
    user = {"id": item_id, "type": "message", "role": "user", "status": "completed"}
    user["content"] = [{"type": "input_audio", "transcript": None}]  # type: ignore[assignment]
    relay.upstream(
        type="input_audio_buffer.timeout_triggered", item_id=item_id, audio_start_ms=672, audio_end_ms=20_672
    )
    for kind in ("added", "done"):
        relay.upstream(type=f"conversation.item.{kind}", item=system, previous_item_id=None)
    relay.upstream(type="input_audio_buffer.committed", item_id=item_id, previous_item_id=None)
    for kind in ("added", "done"):
        relay.upstream(type=f"conversation.item.{kind}", item=user, previous_item_id=f"{item_id}_s")
    relay.upstream(
        type="conversation.item.input_audio_transcription.completed",
        item_id=item_id,
        content_index=0,
        transcript=transcript,
        usage={"type": "duration", "seconds": 0},
    )
    return relay.to_browser[seen:]


def detections(relay: Relay) -> list[Event]:
    """The `turn_detection` of every session.update that set one."""
    sessions = [event["session"] for event in relay.to_upstream if event["type"] == "session.update"]
    return [session["audio"]["input"]["turn_detection"] for session in sessions if "audio" in session]


def test_the_upstream_is_asked_to_notice_silence() -> None:
    assert [found["idle_timeout_ms"] for found in detections(patient_for_a_while())] == [IDLE_MS]
    relay = Relay(scene())
    relay.go_live()
    assert [found["idle_timeout_ms"] for found in detections(relay)] == [None]


def test_nothing_of_the_empty_turn_is_shown_or_recorded() -> None:
    relay = patient_for_a_while()
    recorded = len(relay.records)
    seen = say_nothing(relay, "item_silent")
    assert [event["type"] for event in seen] == ["input_audio_buffer.timeout_triggered"]
    assert len(relay.records) == recorded


def test_words_in_it_after_all_are_a_turn() -> None:
    relay = patient_for_a_while()
    say_nothing(relay, "item_soft", transcript="Hello?")
    lines = [record.body["line"] for record in relay.records if record.body["type"] == "vivavoce.transcript"]
    assert [line["text"] for line in lines if line["role"] == "user"] == ["Hello?"]


def test_the_persona_gives_up_asking_until_the_learner_speaks() -> None:
    relay = patient_for_a_while()
    for number in range(MOST_IN_A_ROW):
        say_nothing(relay, f"item_{number}")
    assert [found["idle_timeout_ms"] for found in detections(relay)] == [IDLE_MS, None]
    relay.says("I am still here.")
    assert [found["idle_timeout_ms"] for found in detections(relay)] == [IDLE_MS, None, IDLE_MS]
    relay.says("Really.")
    assert len(detections(relay)) == 3
