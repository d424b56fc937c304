"""`vivavoce`, with rate limits that do not cut a benchmark off: they count as ever, up to ten thousand times as much.

A page may send 100 events a second and sound at twice real time, and may leave what it is sent unread for ten seconds.
A relay under saturation does a minute of that in a second, and a reader that stops is to be measured for a minute.
"""

from __future__ import annotations

import sys

from vivavoce.session import limits

WIDER = 10_000
PATIENCE = 120.0
"""Seconds."""


def widen() -> None:
    """Before anything that imports these is imported."""
    for name in ("audio_allowance", "byte_allowance", "event_allowance"):
        narrow = getattr(limits, name)()
        setattr(limits, name, lambda rate=narrow.rate, burst=narrow.burst: wide(rate, burst))


def wide(rate: float, burst: float) -> limits.TokenBucket:
    return limits.TokenBucket(rate=rate * WIDER, burst=burst * WIDER)


def be_patient() -> None:
    from vivavoce.hosts.native import link, upstream

    link.STALL_SECONDS = PATIENCE
    upstream.PING_REPLY_SECONDS = int(PATIENCE)


if __name__ == "__main__":
    widen()
    if "--patient" in sys.argv:
        sys.argv.remove("--patient")
        be_patient()
    from vivavoce.cli import app

    app()
