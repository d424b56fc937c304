"""What is deleted, and when."""

from __future__ import annotations

from collections.abc import Collection

from vivavoce.store.people import NOBODY
from vivavoce.store.sessions import RESUMABLE_UNTIL
from vivavoce.store.sql import Sql

DAY_SECONDS = 86_400.0
DEFAULT_DAYS = 365
"""For records from before scenarios said how long."""

_KEPT_UNTIL = f"COALESCE(retain_until, started_at + {DEFAULT_DAYS * DAY_SECONDS})"


class Retention:
    """Deletes records. Call its methods inside a transaction."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def delete(self, session_id: str) -> bool:
        """Delete all that is known of a call but its cost, which counts on; whether there was such a call."""
        for table in ("regrade", "event", "tool_result", "reservation"):
            self._sql.execute(f"DELETE FROM {table} WHERE session_id = ?", session_id)
        return bool(self._sql.execute("DELETE FROM session WHERE session_id = ? RETURNING 1", session_id))

    def due(self, now: float) -> list[str]:
        """Calls whose time is up, or that should not have outlived their end; `now` is a Unix time.

        None that a process has: it would be deleted under its learner.
        """
        rows = self._sql.execute(
            "SELECT session_id FROM session WHERE COALESCE(alive_until, 0.0) <= ?"
            f" AND ({_KEPT_UNTIL} <= ?"
            f" OR record = 'none' AND (ended_reason IS NOT NULL OR {RESUMABLE_UNTIL} <= ?))",
            now,
            now,
            now,
        )
        return [session_id for (session_id,) in rows]

    def next_due(self, going_on: Collection[str]) -> float | None:
        """When the next record will be `due`, or a spending nobody's, but for the calls that go on; None when none."""
        marks = ", ".join("?" * len(going_on))
        rows = self._sql.execute(
            "SELECT min(at) FROM ("
            f"SELECT max(COALESCE(alive_until, 0.0), min({_KEPT_UNTIL}, CASE WHEN record <> 'none' THEN {_KEPT_UNTIL}"
            f" WHEN ended_reason IS NOT NULL THEN 0.0 ELSE {RESUMABLE_UNTIL} END)) AS at"
            f" FROM session WHERE session_id NOT IN ({marks})"
            f" UNION ALL SELECT min(at) + {DEFAULT_DAYS * DAY_SECONDS} FROM spending WHERE user <> ?)",
            *going_on,
            NOBODY,
        )
        return None if rows[0][0] is None else float(rows[0][0])

    def make_nobodys(self, now: float) -> None:
        """What was spent long ago needs no name any more."""
        self._sql.execute(
            "UPDATE spending SET user = ? WHERE user <> ? AND at <= ?", NOBODY, NOBODY, now - DEFAULT_DAYS * DAY_SECONDS
        )

    def known(self) -> set[str]:
        """The ids of all calls."""
        return {session_id for (session_id,) in self._sql.execute("SELECT session_id FROM session")}
