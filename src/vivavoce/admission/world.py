"""What a host has and its rules have not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class World:
    now: Callable[[], float]
    """The Unix time."""
    ticks: Callable[[], float]
    """Seconds on a clock that nobody sets."""
    chance: Callable[[int], bytes]
    """So many bytes that nobody can guess."""
