"""The record of calls: what was said, graded and answered, event by event. All SQL of vivavoce stands here."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS session (
        session_id       TEXT PRIMARY KEY,
        scenario_id      TEXT NOT NULL,
        scenario_version INTEGER NOT NULL,
        user             TEXT NOT NULL,
        upstream         TEXT NOT NULL,
        model            TEXT NOT NULL,
        started_at       REAL NOT NULL,
        ended_at         REAL,
        ended_reason     TEXT
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS event (
        session_id TEXT NOT NULL REFERENCES session (session_id),
        seq        INTEGER NOT NULL,
        at         REAL NOT NULL,
        type       TEXT NOT NULL,
        body       TEXT NOT NULL,
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    """,
)
"""`started_at` and `ended_at` are Unix times, `event.at` is seconds since the call began, `event.body` is JSON."""


class Sql(Protocol):
    """What a host brings: a SQLite connection, on whichever thread or object it lives."""

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, and on disk when the block is left."""


class SessionStore:
    """The record of calls on a `Sql`. Not thread-safe: it belongs to whoever owns the connection."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def migrate(self) -> None:
        """Create what is missing; a no-op on a store that is up to date."""
        with self._sql.transaction():
            for statement in SCHEMA:
                self._sql.execute(statement)

    def begin(
        self,
        session_id: str,
        scenario_id: str,
        scenario_version: int,
        user: str,
        upstream: str,
        model: str,
        started_at: float,
    ) -> None:
        """Open a session's record. Call it inside a transaction, as `append` and `finish`."""
        self._sql.execute(
            "INSERT INTO session (session_id, scenario_id, scenario_version, user, upstream, model, started_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            session_id,
            scenario_id,
            scenario_version,
            user,
            upstream,
            model,
            started_at,
        )

    def append(self, session_id: str, entries: Iterable[tuple[int, float, str, str]]) -> None:
        """Append durable events as (seq, at, type, body). A number that was used already raises the host's error."""
        for seq, at, kind, body in entries:
            self._sql.execute(
                "INSERT INTO event (session_id, seq, at, type, body) VALUES (?, ?, ?, ?, ?)",
                session_id,
                seq,
                at,
                kind,
                body,
            )

    def finish(self, session_id: str, ended_at: float, reason: str) -> None:
        """Note how a session ended; the first reason stays."""
        self._sql.execute(
            "UPDATE session SET ended_at = ?, ended_reason = ? WHERE session_id = ? AND ended_reason IS NULL",
            ended_at,
            reason,
            session_id,
        )

    def events(self, session_id: str, after: int = 0) -> list[tuple[int, float, str, str]]:
        """The durable events of a session after number `after`, in order, as (seq, at, type, body)."""
        rows = self._sql.execute(
            "SELECT seq, at, type, body FROM event WHERE session_id = ? AND seq > ? ORDER BY seq",
            session_id,
            after,
        )
        return [(seq, at, kind, body) for seq, at, kind, body in rows]
