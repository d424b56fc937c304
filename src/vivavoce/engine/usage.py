"""Token counts as upstream bills them: audio by the clock, text by its length.

The learner's audio costs a token per 100 ms, the assistant's one per 50 ms (recorded: 2.796 s of speech, 27 tokens).
Text is counted as one token per four characters, which is what the real tokeniser comes to for English.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from vivavoce.engine.config import Settings
from vivavoce.engine.conversation import Item, Part

USER_MS_PER_TOKEN = 100
ASSISTANT_MS_PER_TOKEN = 50
_CHARS_PER_TOKEN = 4


def response_usage(settings: Settings, context: Iterable[Item], output: Iterable[Item]) -> dict[str, Any]:
    """The `usage` of response.done. Every response is billed the whole context; nothing is ever cached here."""
    tools = json.dumps(settings.tools) if settings.tools else ""
    heard_text = text_tokens(settings.instructions) + text_tokens(tools)
    heard_audio = 0
    for item in context:
        words, audio = _item_tokens(item)
        heard_text += words
        heard_audio += audio
    said_text, said_audio = output_tokens(output)
    heard, said = heard_text + heard_audio, said_text + said_audio
    return {
        "total_tokens": heard + said,
        "input_tokens": heard,
        "output_tokens": said,
        "input_token_details": {
            "text_tokens": heard_text,
            "audio_tokens": heard_audio,
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": said_text, "audio_tokens": said_audio},
    }


def output_tokens(output: Iterable[Item]) -> tuple[int, int]:
    """Text and audio tokens of what the assistant made; the words of its voice count as text too."""
    text = audio = 0
    for item in output:
        text += text_tokens(item.text + item.arguments)
        audio += sum(_audio_tokens(item, part) for part in item.parts)
    return text, audio


def transcription_usage(audio_ms: float, transcript: str) -> dict[str, Any]:
    """Billed by begun seconds, and not at all when nobody spoke."""
    return {"type": "duration", "seconds": math.ceil(audio_ms / 1000) if transcript else 0}


def text_tokens(text: str) -> int:
    return math.ceil(len(text) / _CHARS_PER_TOKEN)


def _item_tokens(item: Item) -> tuple[int, int]:
    audio = sum(_audio_tokens(item, part) for part in item.parts)
    typed = "".join(part.text or "" for part in item.parts if not part.is_audio)
    return text_tokens(typed + item.arguments + item.output), audio


def _audio_tokens(item: Item, part: Part) -> int:
    if not part.is_audio:
        return 0
    return int(part.audio_ms / (USER_MS_PER_TOKEN if item.role == "user" else ASSISTANT_MS_PER_TOKEN))
