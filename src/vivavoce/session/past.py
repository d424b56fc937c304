"""What is committed of a call: everything that it takes to go on with it, after a crash as after a night's sleep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One durable event, as it was recorded."""

    seq: int
    at: float
    """Seconds since the call began."""
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    events: tuple[StoredEvent, ...]
    """In order, without a gap."""
    tools: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """What the tools answered the model, by call id."""
    spent: int = 0
    """Microdollars."""
