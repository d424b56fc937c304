"""The port that every statement of the store runs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Sql(Protocol):
    """What a host brings: a SQLite connection, on whichever thread or object it lives."""

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""

    def transact(self, work: Callable[[], T]) -> T:
        """All that `work` writes or, when it raises, nothing; on disk when this returns."""
