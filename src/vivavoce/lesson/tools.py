"""The lesson's two tools, as the model sees them and as they run. See ToolCall and ToolOutcome for the contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call of the model, or of the server itself (End button, time limit)."""

    call_id: str
    name: str
    arguments: str
    """JSON text as the model sent it; not trusted."""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool did: `output` goes to the model, `events` to the record and then to the browser.

    Events are bodies without `event_id` and `seq`: {"type": "vivavoce.grade", "grade": …} or
    {"type": "vivavoce.quiz", "items": […]}.
    """

    output: dict[str, Any]
    events: tuple[dict[str, Any], ...] = ()
