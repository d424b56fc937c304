"""The session object: its GA shape, what `session.update` may change, and what one response takes from it.

Accepted, echoed and not acted on: model, tracing, truncation, prompt, include, reasoning, parallel_tool_calls and
noise_reduction, which do not exist here. Unknown fields are ignored, except the beta shape's: a client that sends those
expects something of them, so they are refused as upstream refuses them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vivavoce.engine.shapes import (
    Check,
    array,
    boolean,
    by_type,
    free,
    integer,
    number,
    obj,
    one_of,
    text,
    wrong_type,
)
from vivavoce.engine.wire import RequestError
from vivavoce.protocol.audio import FORMATS, PCM, PCMA, PCMU, AudioFormat

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
PATIENCE_MS = {"low": 1400, "medium": 900, "auto": 900, "high": 500}
"""Silence that ends a turn under semantic_vad. Upstream's longest waits are 8, 4, 4 and 2 s, but it listens to the
meaning and rarely uses them; a plain pause has to decide sooner."""

BETA_SESSION_FIELDS = (
    "modalities",
    "voice",
    "input_audio_format",
    "output_audio_format",
    "input_audio_transcription",
    "turn_detection",
    "input_audio_noise_reduction",
    "max_response_output_tokens",
    "temperature",
)
_MERGED = frozenset({"audio", "input", "output", "transcription", "turn_detection"})
"""Objects that an update merges field by field; everything else is replaced."""


def _modalities(value: Any, path: str) -> list[str]:
    chosen: list[str] = array(one_of("text", "audio"), 2)(value, path)
    if len(chosen) != 1:
        message = f"Invalid modalities: {chosen}. Supported combinations are: ['text'] and ['audio']."
        raise RequestError("invalid_value", message, path)
    return chosen


def _max_output_tokens(value: Any, path: str) -> int | str:
    if isinstance(value, str):
        return str(one_of("inf")(value, path))
    return int(integer(1, 32_768)(value, path))


def _tool_choice(value: Any, path: str) -> Any:
    if isinstance(value, str):
        return one_of("auto", "none", "required")(value, path)
    return by_type({"function": obj({"name": text(128)}, required=("name",))})(value, path)


def _voice(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return obj({"id": text(64)}, required=("id",))(value, path)
    return one_of(*VOICES)(value, path)


def _metadata(value: Any, path: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise wrong_type(value, path, "an object")
    if len(value) > 16:
        raise RequestError("invalid_value", f"Invalid '{path}': at most 16 pairs.", path)
    return {text(64)(key, path): text(512)(given, f"{path}.{key}") for key, given in value.items()}


def _audio_format(value: Any, path: str) -> dict[str, Any]:
    named = _AUDIO_FORMAT(value, path)
    return FORMATS[named["type"]].to_json()


_AUDIO_FORMAT = by_type({PCM.name: obj({"rate": integer(PCM.rate, PCM.rate)}), PCMU.name: obj({}), PCMA.name: obj({})})
_TOOLS = array(
    by_type({"function": obj({"name": text(128), "description": text(), "parameters": free}, required=("name",))})
)
_OWN_DECISIONS: dict[str, Check] = {"create_response": boolean, "interrupt_response": boolean}
_TURN_DETECTION = by_type(
    {
        "server_vad": obj(
            {
                "threshold": number(0, 1),
                "prefix_padding_ms": integer(0, 5_000),
                "silence_duration_ms": integer(0, 10_000),
                "idle_timeout_ms": integer(5_000, 30_000),
                **_OWN_DECISIONS,
            },
            null=("idle_timeout_ms",),
        ),
        "semantic_vad": obj({"eagerness": one_of(*PATIENCE_MS), **_OWN_DECISIONS}),
    },
    default="server_vad",
)
_TRANSCRIPTION = obj(
    {
        "model": text(128),
        "language": text(16),
        "languages": array(text(16)),
        "prompt": text(8_000),
        "keywords": array(text(128)),
        "delay": free,
    }
)
_SHARED: dict[str, Check] = {
    "output_modalities": _modalities,
    "instructions": text(),
    "tools": _TOOLS,
    "tool_choice": _tool_choice,
    "max_output_tokens": _max_output_tokens,
    "prompt": free,
    "reasoning": free,
    "parallel_tool_calls": boolean,
}
SESSION = obj(
    {
        "type": one_of("realtime"),
        "model": text(128),
        **_SHARED,
        "audio": obj(
            {
                "input": obj(
                    {
                        "format": _audio_format,
                        "noise_reduction": free,
                        "transcription": _TRANSCRIPTION,
                        "turn_detection": _TURN_DETECTION,
                    },
                    null=("noise_reduction", "transcription", "turn_detection"),
                ),
                "output": obj({"format": _audio_format, "voice": _voice, "speed": number(0.25, 1.5)}),
            }
        ),
        "tracing": free,
        "truncation": free,
        "include": array(text(128)),
    },
    required=("type",),
    null=("tracing", "prompt", "include"),
    refused=BETA_SESSION_FIELDS,
)
RESPONSE = obj(
    {
        **_SHARED,
        "audio": obj({"output": obj({"format": _audio_format, "voice": _voice})}),
        "conversation": one_of("auto", "none"),
        "input": array(free),
        "metadata": _metadata,
    },
    refused=("modalities", "voice", "output_audio_format", "max_response_output_tokens", "temperature"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one response is made with: the session's values, overridden by `response.create`."""

    modality: str
    instructions: str
    tools: tuple[dict[str, Any], ...]
    tool_choice: Any
    voice: Any
    speed: float
    output_format: AudioFormat
    max_output_tokens: int | str
    metadata: dict[str, str] | None = None
    in_conversation: bool = True
    input: list[Any] | None = field(default=None)
    """Raw items that take the conversation's place; None means the conversation itself."""

    @property
    def voice_name(self) -> str:
        return self.voice["id"] if isinstance(self.voice, dict) else str(self.voice)


class SessionConfig:
    """The effective session. Without speech models it answers in text, and says so in what it echoes."""

    def __init__(self, model: str, session_id: str, expires_at: int, voiced: bool) -> None:
        self._voiced = voiced
        self.values: dict[str, Any] = {
            "type": "realtime",
            "object": "realtime.session",
            "id": session_id,
            "model": model,
            "output_modalities": ["audio"] if voiced else ["text"],
            "instructions": "",
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "expires_at": expires_at,
            "audio": {
                "input": {
                    "format": PCM.to_json(),
                    "transcription": None,
                    "noise_reduction": None,
                    "turn_detection": _turn_detection({"type": "server_vad"}),
                },
                "output": {"format": PCM.to_json(), "voice": "marin", "speed": 1.0},
            },
            "include": None,
        }

    def update(self, changes: dict[str, Any], voice_locked: bool) -> None:
        """Apply the checked `session` of a session.update, or raise RequestError and change nothing."""
        changes.pop("model", None)  # immutable, and stock clients repeat it
        voice = changes.get("audio", {}).get("output", {}).get("voice", self.voice)
        if voice_locked and voice != self.voice:
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise RequestError("cannot_update_voice", message, "session.audio.output.voice")
        merged = _merge(self.values, changes)
        merged["audio"]["input"]["turn_detection"] = _turn_detection(merged["audio"]["input"]["turn_detection"])
        if not self._voiced:
            merged["output_modalities"] = ["text"]
        self.values = merged

    @property
    def voice(self) -> Any:
        return self.values["audio"]["output"]["voice"]

    @property
    def turn_detection(self) -> dict[str, Any] | None:
        detection: dict[str, Any] | None = self.values["audio"]["input"]["turn_detection"]
        return detection

    @property
    def transcription(self) -> dict[str, Any] | None:
        transcription: dict[str, Any] | None = self.values["audio"]["input"]["transcription"]
        return transcription

    def response(self, overrides: dict[str, Any]) -> Settings:
        """The settings of a response; `overrides` is the checked `response` of a response.create."""
        values = {**self.values, **overrides}
        output = {**self.values["audio"]["output"], **overrides.get("audio", {}).get("output", {})}
        return Settings(
            modality=values["output_modalities"][0] if self._voiced else "text",
            instructions=values["instructions"],
            tools=tuple(values["tools"]),
            tool_choice=values["tool_choice"],
            voice=output["voice"],
            speed=output["speed"],
            output_format=FORMATS[output["format"]["type"]],
            max_output_tokens=values["max_output_tokens"],
            metadata=overrides.get("metadata"),
            in_conversation=overrides.get("conversation") != "none",
            input=overrides.get("input"),
        )


def silence_ms(detection: dict[str, Any]) -> int:
    """How long a pause must be to end the learner's turn."""
    if detection["type"] == "semantic_vad":
        return PATIENCE_MS[detection["eagerness"]]
    return int(detection["silence_duration_ms"])


def _merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, value in new.items():
        before = old.get(name)
        if name in _MERGED and isinstance(before, dict) and isinstance(value, dict):
            value = _merge(before, value)
        merged[name] = value
    return merged


def _turn_detection(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """All fields of its type, and none of the type it may have had before."""
    if given is None:
        return None
    own_decisions = {"create_response": True, "interrupt_response": True}
    defaults: dict[str, Any] = {"type": "semantic_vad", "eagerness": "auto", **own_decisions}
    if given["type"] == "server_vad":
        defaults = {
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 500,
            "idle_timeout_ms": None,
            **own_decisions,
        }
    return {name: given.get(name, default) for name, default in defaults.items()}
