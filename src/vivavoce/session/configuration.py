"""What the upstream is told when it opens: the scenario as a Realtime session."""

from __future__ import annotations

from vivavoce.lesson.tools import definitions
from vivavoce.protocol.audio import SAMPLE_RATE
from vivavoce.protocol.message import Event
from vivavoce.scenario.model import Scenario, TurnDetection
from vivavoce.scenario.prompt import instructions


def session_object(scenario: Scenario, trust: int, transcription_model: str, *, voiced: bool = True) -> Event:
    """The `session` of the first `session.update`."""
    audio_format = {"type": "audio/pcm", "rate": SAMPLE_RATE}
    return {
        "type": "realtime",
        "output_modalities": ["audio" if voiced else "text"],
        "instructions": instructions(scenario, trust),
        "tools": definitions(scenario),
        "tool_choice": "auto",
        "audio": {
            "input": {
                "format": audio_format,
                "noise_reduction": {"type": "near_field"},
                "transcription": transcription_of(scenario, transcription_model),
                "turn_detection": turn_detection(scenario.turn_detection, ask_after=True),
            },
            "output": {"format": audio_format, "voice": scenario.voice.id, "speed": scenario.voice.speed},
        },
    }


def only_text() -> Event:
    """The `session` of an update from which on the persona answers in writing."""
    return {"type": "realtime", "output_modalities": ["text"]}


def transcription_of(scenario: Scenario, model: str) -> Event:
    """How the learner's words are to be written down."""
    transcription: Event = {"model": model, "language": scenario.locale.partition("-")[0]}
    if scenario.keywords:
        transcription["prompt"] = "Expect these words: " + ", ".join(scenario.keywords)
    return transcription


def turn_detection(detection: TurnDetection, *, ask_after: bool) -> Event:
    """`ask_after`: whether a silent learner is asked after, if the scenario wants that."""
    common: Event = {"type": detection.type, "create_response": True, "interrupt_response": True}
    if detection.type == "semantic_vad":
        return {**common, "eagerness": detection.eagerness}
    return {
        **common,
        "threshold": detection.threshold,
        "prefix_padding_ms": detection.prefix_padding_ms,
        "silence_duration_ms": detection.silence_duration_ms,
        "idle_timeout_ms": detection.idle_timeout_ms if ask_after else None,
    }
