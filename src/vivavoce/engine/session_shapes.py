"""What `session.update` and `response.create` may hold, field by field, for both kinds of session.

Accepted, echoed and not acted on: truncation, tracing, include, reasoning, parallel_tool_calls, noise_reduction and a
transcription's prompt and delay, which mean nothing here. Unknown fields are ignored, except those of the beta shape
and of the other kind of session: a client that sends them expects something of them, so they are refused, as upstream.
"""

from __future__ import annotations

from typing import Any, Final

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
from vivavoce.protocol.audio import FORMATS, PCM, PCMA, PCMU

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
EAGERNESS = ("low", "medium", "high", "auto")
_BETA_SESSION_FIELDS = (
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


def _prompt(value: Any, path: str) -> Any:
    prompt = obj({"id": text(128)}, required=("id",))(value, path)
    raise RequestError("invalid_value", f"Prompt with id '{prompt['id']}' not found.", f"{path}.id")


def _tracing(value: Any, path: str) -> Any:
    if isinstance(value, str):
        return one_of("auto")(value, path)
    return obj({"workflow_name": text(512), "group_id": text(512), "metadata": free})(value, path)


def _truncation(value: Any, path: str) -> Any:
    if isinstance(value, str):
        return one_of("auto", "disabled")(value, path)
    ratio = obj({"retention_ratio": number(0, 1), "token_limits": free}, required=("retention_ratio",))
    return by_type({"retention_ratio": ratio})(value, path)


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
        "semantic_vad": obj({"eagerness": one_of(*EAGERNESS), **_OWN_DECISIONS}),
    }
)
_TRANSCRIPTION = obj(
    {
        "model": text(128),
        "language": text(16),
        "languages": array(text(16)),
        "prompt": text(8_000),
        "keywords": array(text(128)),
        "delay": one_of("minimal", "low", "medium", "high", "xhigh"),
    },
    null=("language", "prompt"),
)
_AUDIO_INPUT = obj(
    {
        "format": _audio_format,
        "noise_reduction": obj({"type": one_of("near_field", "far_field"), "strength": number(0, 1)}),
        "transcription": _TRANSCRIPTION,
        "turn_detection": _TURN_DETECTION,
    },
    null=("noise_reduction", "transcription", "turn_detection"),
)
_INCLUDE = array(one_of("item.input_audio_transcription.logprobs"))
_SHARED: dict[str, Check] = {
    "output_modalities": _modalities,
    "instructions": text(),
    "tools": _TOOLS,
    "tool_choice": _tool_choice,
    "max_output_tokens": _max_output_tokens,
    "prompt": _prompt,
    "reasoning": obj({"effort": one_of("minimal", "low", "medium", "high", "xhigh")}),
    "parallel_tool_calls": boolean,
}
_REALTIME: dict[str, Check] = {
    **_SHARED,
    "model": text(128),
    "tracing": _tracing,
    "truncation": _truncation,
}

SESSION: Final[dict[str, Check]] = {
    "realtime": obj(
        {
            **_REALTIME,
            "type": text(),
            "audio": obj(
                {
                    "input": _AUDIO_INPUT,
                    "output": obj({"format": _audio_format, "voice": _voice, "speed": number(0.25, 1.5)}),
                }
            ),
            "include": _INCLUDE,
        },
        required=("type",),
        null=("tracing", "prompt", "include"),
        refused=_BETA_SESSION_FIELDS,
    ),
    "transcription": obj(
        {"type": text(), "audio": obj({"input": _AUDIO_INPUT}, refused=("output",)), "include": _INCLUDE},
        required=("type",),
        null=("include",),
        refused=(*_REALTIME, *_BETA_SESSION_FIELDS),
    ),
}
"""The `session` of a session.update, by the type of the session."""

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
"""The `response` of a response.create."""
