"""What an operator has switched; every process that has the database sees it."""

from __future__ import annotations

from vivavoce.store.sql import Sql


class Switches:
    """Call `set` inside a transaction."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def get(self, name: str) -> str | None:
        """Where a switch stands; None if nobody has touched it."""
        rows = self._sql.execute("SELECT value FROM switch WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def set(self, name: str, value: str, at: float) -> None:
        """Put a switch, at a Unix time."""
        self._sql.execute(
            "INSERT INTO switch (name, value, at) VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at",
            name,
            value,
            at,
        )
