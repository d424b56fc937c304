"""The session object: what it is at first, how `session.update` changes it, and what one response takes from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from vivavoce.engine.session_shapes import SESSION
from vivavoce.engine.shapes import missing, one_of, wrong_type
from vivavoce.engine.wire import RequestError
from vivavoce.protocol.audio import FORMATS, PCM, AudioFormat

PATIENCE_MS = {"low": 1400, "medium": 900, "auto": 900, "high": 500}
"""Silence that ends a turn under semantic_vad. Upstream's longest waits are 8, 4, 4 and 2 s, but it listens to the
meaning and rarely uses them; a plain pause has to decide sooner."""

SessionType = Literal["realtime", "transcription"]

_MERGED = frozenset({"audio", "input", "output", "transcription", "turn_detection", "noise_reduction"})
"""Objects that an update merges field by field; everything else is replaced."""
_DECISIONS = {"create_response": True, "interrupt_response": True}


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
    """The effective session, as it is echoed.

    A realtime session answers; without speech models it does so in text, and says so. A transcription session only
    writes down what it hears. A session of one type never becomes one of the other.
    """

    def __init__(self, type: SessionType, model: str, session_id: str, expires_at: int, voiced: bool) -> None:
        self.type: SessionType = type
        self.voiced = voiced
        new = _new_realtime(model, voiced) if type == "realtime" else _new_transcription()
        self.values: dict[str, Any] = {"type": type, "id": session_id, "expires_at": expires_at, **new}

    def update(self, given: Any, voice_locked: bool) -> None:
        """Apply the `session` of a session.update, or raise RequestError and change nothing."""
        self._require_own_type(given)
        changes = SESSION[self.type](given, "session")
        changes.pop("model", None)  # immutable, and stock clients repeat it
        if voice_locked:
            self._keep_voice(changes, "session")
        if self.values.get("tracing") not in (None, changes.get("tracing", self.values.get("tracing"))):
            message = "Cannot update a session's tracing configuration once tracing is enabled."
            raise RequestError("invalid_value", message, "session.tracing")
        merged = _merge(self.values, changes)
        heard = merged["audio"]["input"]
        heard["turn_detection"] = _turn_detection(heard["turn_detection"], self.type)
        heard["transcription"] = _transcription(heard["transcription"])
        if self.type == "realtime" and not self.voiced:
            merged["output_modalities"] = ["text"]
        self.values = merged

    def _require_own_type(self, given: Any) -> None:
        if not isinstance(given, dict):
            raise wrong_type(given, "session", "an object")
        if given.get("type") is None:
            raise missing("session.type")
        other = one_of(*SESSION)(given["type"], "session.type")
        if other != self.type:
            message = f"Passing a {other} session update event to a {self.type} session is not allowed."
            raise RequestError("invalid_value", message, "session.type")

    def _keep_voice(self, changes: dict[str, Any], path: str) -> None:
        voice = changes.get("audio", {}).get("output", {}).get("voice", self.voice)
        if voice != self.voice:
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise RequestError("cannot_update_voice", message, f"{path}.audio.output.voice")

    @property
    def voice(self) -> Any:
        return self.values["audio"]["output"]["voice"]

    @property
    def input_format(self) -> AudioFormat:
        return FORMATS[self.values["audio"]["input"]["format"]["type"]]

    @property
    def turn_detection(self) -> dict[str, Any] | None:
        detection: dict[str, Any] | None = self.values["audio"]["input"]["turn_detection"]
        return detection

    @property
    def transcription(self) -> dict[str, Any] | None:
        transcription: dict[str, Any] | None = self.values["audio"]["input"]["transcription"]
        return transcription

    def response(self, overrides: dict[str, Any], voice_locked: bool = False) -> Settings:
        """The settings of a response; `overrides` is the checked `response` of a response.create."""
        if voice_locked:
            self._keep_voice(overrides, "response")
        values = {**self.values, **overrides}
        output = {**self.values["audio"]["output"], **overrides.get("audio", {}).get("output", {})}
        return Settings(
            modality=values["output_modalities"][0] if self.voiced else "text",
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


def _new_realtime(model: str, voiced: bool) -> dict[str, Any]:
    return {
        "object": "realtime.session",
        "model": model,
        "output_modalities": ["audio"] if voiced else ["text"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "audio": {
            "input": _new_input("realtime", transcription=None),
            "output": {"format": PCM.to_json(), "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }


def _new_transcription() -> dict[str, Any]:
    heard = _new_input("transcription", transcription=_transcription({}))
    return {"object": "realtime.transcription_session", "audio": {"input": heard}, "include": None}


def _new_input(type: SessionType, transcription: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "format": PCM.to_json(),
        "transcription": transcription,
        "noise_reduction": None,
        "turn_detection": _turn_detection({"type": "server_vad"}, type),
    }


def _merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, value in new.items():
        before = old.get(name)
        if name in _MERGED and isinstance(before, dict) and isinstance(value, dict):
            value = _merge(before, value)
        merged[name] = value
    return merged


def _turn_detection(given: dict[str, Any] | None, session: SessionType) -> dict[str, Any] | None:
    """All fields of its type, and none of the type it may have had before; what is never answered has no decisions."""
    if given is None:
        return None
    defaults: dict[str, Any] = {"type": "semantic_vad", "eagerness": "auto"}
    if given["type"] == "server_vad":
        defaults = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500}
        if session == "realtime":
            defaults["idle_timeout_ms"] = None
    if session == "realtime":
        defaults |= _DECISIONS
    return {name: given.get(name, default) for name, default in defaults.items()}


def _transcription(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """Any model's name will do: there is one recogniser."""
    return None if given is None else {"model": "whisper-1", "language": None, "prompt": None, **given}
