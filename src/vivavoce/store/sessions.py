"""The record of calls: what was said, graded and answered, event by event. All SQL of vivavoce stands in store/."""

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
    """
    CREATE TABLE IF NOT EXISTS regrade (
        session_id TEXT NOT NULL REFERENCES session (session_id),
        graded_at  REAL NOT NULL,
        body       TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS regrade_session ON regrade (session_id)",
    "CREATE INDEX IF NOT EXISTS event_grade ON event (session_id) WHERE type = 'vivavoce.grade'",
)
"""`…_at` are Unix times, `event.at` is seconds since the call began, `body` is JSON."""

ADDED = (
    ("scenario", "TEXT"),
    ("record", "TEXT NOT NULL DEFAULT 'transcript'"),
    ("retain_until", "REAL"),
    ("retry_of", "TEXT"),
    ("retry_item", "TEXT"),
)
"""Columns that `session` was given later: what the learner saw of the scenario (JSON); none, transcript or audio; until
when the record is kept (Unix time; NULL: see `Retention`); the call, and the line in it, that this one began at."""


class Sql(Protocol):
    """What a host brings: a SQLite connection, on whichever thread or object it lives."""

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, and on disk when the block is left."""


class SessionStore:
    """The record of calls on a `Sql`. Not thread-safe: it belongs to whoever owns the connection."""

    def __init__(self, sql: Sql) -> None:
        self.sql = sql

    def migrate(self) -> None:
        """Create what is missing; a no-op on a store that is up to date."""
        with self.sql.transaction():
            for statement in SCHEMA:
                self.sql.execute(statement)
            there = {name for (name,) in self.sql.execute("SELECT name FROM pragma_table_info('session')")}
            for name, kind in ADDED:
                if name not in there:
                    self.sql.execute(f"ALTER TABLE session ADD COLUMN {name} {kind}")

    def begin(
        self,
        session_id: str,
        scenario_id: str,
        scenario_version: int,
        user: str,
        upstream: str,
        model: str,
        started_at: float,
        *,
        scenario: str | None = None,
        record: str = "transcript",
        retain_until: float | None = None,
        retry_of: str | None = None,
        retry_item: str | None = None,
    ) -> None:
        """Open a session's record. Call it inside a transaction, as `append` and `finish`."""
        self.sql.execute(
            "INSERT INTO session (session_id, scenario_id, scenario_version, user, upstream, model, started_at,"
            " scenario, record, retain_until, retry_of, retry_item) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            session_id,
            scenario_id,
            scenario_version,
            user,
            upstream,
            model,
            started_at,
            scenario,
            record,
            retain_until,
            retry_of,
            retry_item,
        )

    def append(self, session_id: str, entries: Iterable[tuple[int, float, str, str]]) -> None:
        """Append durable events as (seq, at, type, body). A number that was used already raises the host's error."""
        for seq, at, kind, body in entries:
            self.sql.execute(
                "INSERT INTO event (session_id, seq, at, type, body) VALUES (?, ?, ?, ?, ?)",
                session_id,
                seq,
                at,
                kind,
                body,
            )

    def finish(self, session_id: str, ended_at: float, reason: str) -> None:
        """Note how a session ended; the first reason stays."""
        self.sql.execute(
            "UPDATE session SET ended_at = ?, ended_reason = ? WHERE session_id = ? AND ended_reason IS NULL",
            ended_at,
            reason,
            session_id,
        )

    def events(self, session_id: str, after: int = 0) -> list[tuple[int, float, str, str]]:
        """The durable events of a session after number `after`, in order, as (seq, at, type, body)."""
        rows = self.sql.execute(
            "SELECT seq, at, type, body FROM event WHERE session_id = ? AND seq > ? ORDER BY seq",
            session_id,
            after,
        )
        return [(seq, at, kind, body) for seq, at, kind, body in rows]
