"""A call as it was kept: its facts, its durable events, its grades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

Json = dict[str, Any]


class Stored(NamedTuple):
    """A durable event as it was kept; `at` is seconds of the call."""

    at: float
    body: Json


class Graded(NamedTuple):
    """A grade as it was kept; `at` is a Unix time."""

    at: float
    grade: Json


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A call without its events. `…_at` and `kept_until` are Unix times."""

    id: str
    scenario_id: str
    scenario_version: int
    title: str
    user: str
    upstream: str
    model: str
    started_at: float
    seconds: float
    ended_reason: str | None
    retry_of: str | None
    kept_until: float | None
