"""An upstream that was dialled and did not open: what it answered, and how long it wants to be left alone."""

from __future__ import annotations

import contextlib
import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from vivavoce.session.line import FATAL_CODES

MOST_RETRY_SECONDS = 3600.0

_PLAIN_NUMBER = re.compile(r"\s*[0-9]{1,12}(\.[0-9]{1,6})?\s*")


class UpstreamError(Exception):
    """The upstream was not reached. `status` is its HTTP answer, or 0; the message holds nothing secret.

    `retry_after`: how many seconds it wants to be left alone.
    """

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


def answered(status: int, headers: Mapping[str, str], body: bytes, now: float) -> UpstreamError:
    """An upstream that answered by HTTP at this Unix time; the names of `headers` are in small letters.

    Of the body only the name of an error that is known is told: the rest may quote the key.
    """
    named = sorted(code for code in FATAL_CODES if f'"{code}"'.encode() in body)
    message = f"the upstream answered {status}" + (f": {', '.join(named)}" if named else "")
    return UpstreamError(status, message, retry_after(headers, now))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds that an answer asks to wait, at most an hour; None when it does not ask, or not in a known way."""
    in_ms = _number(headers.get("retry-after-ms"))
    if in_ms is not None:
        return min(in_ms / 1000, MOST_RETRY_SECONDS)
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is None and said:
        with contextlib.suppress(ValueError, OverflowError):
            at = email.utils.parsedate_to_datetime(said).astimezone(UTC)
            seconds = max(0.0, (at - datetime.fromtimestamp(now, UTC)).total_seconds())
    return None if seconds is None else min(seconds, MOST_RETRY_SECONDS)


def _number(text: str | None) -> float | None:
    """A plain number that is not negative."""
    return float(text) if text and _PLAIN_NUMBER.fullmatch(text) else None
