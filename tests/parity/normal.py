"""What two hosts need not say alike, because no two calls do: ids, times, tokens, and what a transcript leaves open."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any

_ID = re.compile(r"(item|resp|sess|conv|call)_[0-9a-f]{16,}|vv_r?[0-9_]+")
_TIMES = frozenset({"at", "until", "seconds", "elapsed_seconds", "expires_at"})
_MAY_BE_LEFT_OPEN = frozenset({"text", "record"})
"""Where a transcript may have a word for whatever comes: how much was said before a cut, what a host keeps."""
_OF_THE_SERVER = frozenset({"event_id", "resume_token"})


class Normaliser:
    """Gives every id a number, in the order in which they come up in one run."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def __call__(self, value: Any, left_open: Set[str]) -> Any:
        """`left_open`: texts for which the transcript has a word that stands for any."""
        match value:
            case dict():
                return {name: self._field(value, name, left_open) for name in value}
            case list():
                return [self(part, left_open) for part in value]
            case str() if _ID.fullmatch(value):
                return self._ids.setdefault(value, f"id {len(self._ids) + 1}")
        return value

    def _field(self, owner: dict[str, Any], name: str, left_open: Set[str]) -> Any:
        value = owner[name]
        if name in _MAY_BE_LEFT_OPEN and isinstance(value, str) and value in left_open:
            return "whatever comes"
        if name in _TIMES and isinstance(value, int | float):
            return "a time"
        if name == "usage" and value is not None:
            return "tokens"  # of a line that was cut off nobody knows how many
        if name in _OF_THE_SERVER and owner.get("type") != "invalid_request_error":
            return "a word of the server's"
        return self(value, left_open)
