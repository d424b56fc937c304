"""What a call costs while it goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spending:
    """One thing that was paid for."""

    kind: str
    model: str
    microdollars: int
    seconds: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Purse:
    """What this call may still cost."""

    most: int | None
    """Microdollars; None: as much as it takes."""
    spent: int = 0
