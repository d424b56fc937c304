"""How much a browser may send."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vivavoce.protocol.audio import BYTES_PER_SECOND


@dataclass(slots=True)
class TokenBucket:
    """`rate` units a second, and at most `burst` at once."""

    rate: float
    burst: float
    level: float = 0.0
    """Units in use; 0 is an empty, thus fully usable, bucket."""
    at: float | None = None

    def take(self, amount: float, now: float) -> bool:
        """False when the amount does not fit; it is not taken then."""
        if self.at is not None:
            self.level = max(0.0, self.level - (now - self.at) * self.rate)
        self.at = now
        if self.level + amount > self.burst:
            return False
        self.level += amount
        return True

    def took(self, amounts: Iterable[float], times: Iterable[float]) -> None:
        """These were taken, each at its time, because there was room for them."""
        level, at = self.level, self.at
        for amount, now in zip(amounts, times, strict=True):
            drained = 0.0 if at is None else (now - at) * self.rate
            level, at = (level - drained if level > drained else 0.0) + amount, now
        self.level, self.at = level, at

    def room(self, now: float) -> int:
        """How many whole units could be taken now."""
        drained = 0.0 if self.at is None else (now - self.at) * self.rate
        return int(self.burst - max(0.0, self.level - drained))


def audio_allowance() -> TokenBucket:
    """Bytes of PCM16: twice real time, with a burst of 5 s for what was captured while the call was connecting."""
    return TokenBucket(rate=2 * BYTES_PER_SECOND, burst=5 * BYTES_PER_SECOND)


def byte_allowance() -> TokenBucket:
    """Bytes of whatever comes in. Speech is 64 kB a second as base64, and what was said without a connection comes at
    once.
    """
    return TokenBucket(rate=256_000, burst=2_000_000)


def event_allowance() -> TokenBucket:
    """100 events a second; 40 ms chunks of audio are 25. The burst is what 5 s of kept audio and some clicks make."""
    return TokenBucket(rate=100, burst=250)
