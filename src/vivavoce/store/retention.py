"""What is deleted, and when."""

from __future__ import annotations

from vivavoce.store.sessions import Sql

DAY_SECONDS = 86_400.0
DEFAULT_DAYS = 365
"""For records from before scenarios said how long."""


class Retention:
    """Deletes records. Call its methods inside a transaction."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def delete(self, session_id: str) -> bool:
        """Delete all that is known of a call; whether there was such a call."""
        for table in ("regrade", "event"):
            self._sql.execute(f"DELETE FROM {table} WHERE session_id = ?", session_id)
        return bool(self._sql.execute("DELETE FROM session WHERE session_id = ? RETURNING 1", session_id))

    def due(self, now: float) -> list[str]:
        """Calls whose time is up, or that should not have outlived their end; `now` is a Unix time."""
        rows = self._sql.execute(
            "SELECT session_id FROM session WHERE record = 'none' OR COALESCE(retain_until, started_at + ?) <= ?",
            DEFAULT_DAYS * DAY_SECONDS,
            now,
        )
        return [session_id for (session_id,) in rows]

    def known(self) -> set[str]:
        """The ids of all calls."""
        return {session_id for (session_id,) in self._sql.execute("SELECT session_id FROM session")}
