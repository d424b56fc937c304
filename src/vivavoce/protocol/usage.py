"""What an upstream says it used: the `usage` of `response.done` and of a transcription."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vivavoce.protocol.message import Event, get_object

MOST_TOKENS = 10**9
"""Of one kind in one answer; more is a slip of the upstream's."""
MOST_SECONDS = 86_400.0

_KINDS = ("text", "audio", "image")
"""In the order in which tokens from a cache are looked for when it is not said of which kind they are: the kind whose
fresh tokens are cheapest comes first, so that nothing is counted too low."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens by kind. Those from the upstream's cache are not in `…_in`, though the wire counts them there."""

    text_in: int = 0
    text_cached: int = 0
    text_out: int = 0
    audio_in: int = 0
    audio_cached: int = 0
    audio_out: int = 0
    image_in: int = 0
    image_cached: int = 0
    seconds: float = 0.0
    """Of sound, for a transcription that is billed by its length."""
    told: bool = True
    """False when the upstream did not say: everything counts as 0."""

    @property
    def tokens(self) -> int:
        """All of them, as the wire counts."""
        fresh = self.text_in + self.audio_in + self.image_in
        return fresh + self.text_cached + self.audio_cached + self.image_cached + self.text_out + self.audio_out


UNTOLD = Usage(told=False)


def response_usage(response: Event) -> Usage:
    """Of a whole response, also a cancelled one. What is not broken down by kind counts as sound, the dearer kind."""
    usage = get_object(response, "usage")
    if not usage:
        return UNTOLD
    text_out, audio_out = _broken_down(usage, "output", ("text", "audio"))
    return _usage(usage, text_out, audio_out)


def transcription_usage(event: Event) -> Usage:
    """Of one turn that was written down: billed by its seconds or by tokens, whichever the upstream says."""
    usage = get_object(event, "usage")
    if usage.get("type") == "duration":
        seconds = _seconds(usage.get("seconds"))
        return UNTOLD if seconds is None else Usage(seconds=seconds)
    if not usage:
        return UNTOLD
    return _usage(usage, _count(usage.get("output_tokens")), 0)


def _usage(usage: Event, text_out: int, audio_out: int) -> Usage:
    tokens = _broken_down(usage, "input", _KINDS)
    details = get_object(usage, "input_token_details")
    named = get_object(details, "cached_tokens_details")
    cached = [min(_count(named.get(f"{kind}_tokens")), most) for kind, most in zip(_KINDS, tokens, strict=True)]
    unnamed = _count(details.get("cached_tokens")) - sum(cached)
    for i, most in enumerate(tokens):
        more = max(0, min(unnamed, most - cached[i]))
        cached[i] += more
        unnamed -= more
    text, audio, image = tokens
    return Usage(
        text_in=text - cached[0],
        text_cached=cached[0],
        text_out=text_out,
        audio_in=audio - cached[1],
        audio_cached=cached[1],
        audio_out=audio_out,
        image_in=image - cached[2],
        image_cached=cached[2],
    )


def _broken_down(usage: Event, side: str, kinds: Sequence[str]) -> list[int]:
    """The tokens of each kind. Those that no kind has are taken for sound, which is the second of `kinds`."""
    details = get_object(usage, f"{side}_token_details")
    counts = [_count(details.get(f"{kind}_tokens")) for kind in kinds]
    counts[1] += max(0, _count(usage.get(f"{side}_tokens")) - sum(counts))
    return counts


def _count(value: Any) -> int:
    """A number of tokens; 0 when something else stands there."""
    return min(value, MOST_TOKENS) if type(value) is int and value > 0 else 0


def _seconds(value: Any) -> float | None:
    if type(value) not in (int, float) or not math.isfinite(value) or value < 0:
        return None
    return min(float(value), MOST_SECONDS)
