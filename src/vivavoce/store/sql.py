"""The port that every statement of the store runs on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol


class Sql(Protocol):
    """What a host brings: a SQLite connection, on whichever thread or object it lives."""

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, and on disk when the block is left."""
