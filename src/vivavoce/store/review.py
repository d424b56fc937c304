"""What is read of finished calls: for the learner's review, their history, and the operator's class page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vivavoce.store.sql import Sql

MOST_IN_CLASS = 2000
"""Calls that the class page looks back on."""

_COLUMNS = (
    "session_id, scenario_id, scenario_version, user, upstream, model, started_at, ended_at, ended_reason,"
    " scenario, record, retain_until, retry_of,"
    " COALESCE((SELECT max(at) FROM event e WHERE e.session_id = s.session_id AND e.type = 'vivavoce.ended'),"
    " (SELECT max(at) FROM event e WHERE e.session_id = s.session_id), 0.0)"
)
_GRADES = (
    "SELECT e.session_id, s.started_at + e.at, e.body, 0, e.seq FROM event e JOIN session s USING (session_id)"
    " WHERE e.type = 'vivavoce.grade' AND e.session_id IN ({these})"
    " UNION ALL SELECT session_id, graded_at, body, 1, rowid FROM regrade WHERE session_id IN ({these})"
    " ORDER BY 1, 2, 4, 5"
)
"""By time; what comes from one clock in the order in which it was written."""


@dataclass(frozen=True, slots=True)
class CallRow:
    """What is known of a call without its events."""

    session_id: str
    scenario_id: str
    scenario_version: int
    user: str
    upstream: str
    model: str
    started_at: float
    ended_at: float | None
    ended_reason: str | None
    scenario: str | None
    """JSON of what the learner saw of it; None in records from before it was kept."""
    record: str
    retain_until: float | None
    retry_of: str | None
    seconds: float


class ReviewStore:
    """Questions to the record. Not thread-safe, like `SessionStore`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def calls(self, session_ids: Sequence[str]) -> list[CallRow]:
        """Those of these calls that there are, newest first."""
        these = ", ".join("?" * len(session_ids))
        return self._rows(f"WHERE session_id IN ({these}) ORDER BY started_at DESC, session_id", *session_ids)

    def every_call(self, most: int = MOST_IN_CLASS) -> list[CallRow]:
        """The newest calls of everybody, newest first."""
        return self._rows("ORDER BY started_at DESC, session_id LIMIT ?", most)

    def grades(self, session_ids: Sequence[str]) -> dict[str, list[tuple[float, str]]]:
        """Of each call that was graded, its grades as (Unix time, JSON of the grade event), oldest first."""
        found: dict[str, list[tuple[float, str]]] = {}
        for start in range(0, len(session_ids), 400):  # an old SQLite takes 999 parameters at once
            part = session_ids[start : start + 400]
            query = _GRADES.format(these=", ".join("?" * len(part)))
            for session_id, at, body, *_ in self._sql.execute(query, *part, *part):
                found.setdefault(session_id, []).append((at, body))
        return found

    def add_regrade(self, session_id: str, graded_at: float, body: str) -> None:
        """Keep a grade that was given after the call; `body` is JSON of a grade event. Call it inside a transaction."""
        self._sql.execute(
            "INSERT INTO regrade (session_id, graded_at, body) SELECT session_id, ?, ? FROM session"
            " WHERE session_id = ?",
            graded_at,
            body,
            session_id,
        )

    def _rows(self, rest: str, *parameters: Any) -> list[CallRow]:
        rows = self._sql.execute(f"SELECT {_COLUMNS} FROM session s {rest}", *parameters)
        return [CallRow(*row) for row in rows]
