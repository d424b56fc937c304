"""How much a page may send of what no session counts."""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.session.limits import TokenBucket, byte_allowance


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a peer may send. What it says is counted where it is understood, or where that is told of what flowed;
    this is for all that never gets there: pings, fragments, bytes that are no event.
    """

    frames: TokenBucket
    """Of those that are not a whole text."""
    bytes: TokenBucket

    def allows(self, size: int, whole: bool, now: float) -> bool:
        return self.bytes.take(size, now) and (whole or self.frames.take(1, now))


def browser_pace() -> Pace:
    return Pace(TokenBucket(rate=100, burst=1000), byte_allowance())
