"""How the database came to look as it does, step by step. A step that was released is never changed: add one.

The number of the last step stands in a table, because a Durable Object may not write `PRAGMA user_version`.
"""

from __future__ import annotations

from collections.abc import Callable

from vivavoce.store.sql import Sql


class FromTheFuture(Exception):
    """A newer vivavoce wrote this database; the message says what to do."""


def migrate(sql: Sql, up_to: int | None = None) -> None:
    """Bring a database up to date, or up to an earlier step, all or nothing. Raises FromTheFuture."""
    sql.transact(lambda: _migrate(sql, up_to))


def _migrate(sql: Sql, up_to: int | None) -> None:
    sql.execute("CREATE TABLE IF NOT EXISTS schema_version (number INTEGER NOT NULL) STRICT")
    there = version(sql)
    if there > NEWEST:
        raise FromTheFuture(
            f"A newer vivavoce wrote this database: its schema is number {there}, this version knows {NEWEST}."
            " Install the newer version again, or restore a backup that was made before it."
        )
    steps = STEPS[there:up_to]
    for step in steps:
        step(sql)
    if steps:
        sql.execute("DELETE FROM schema_version")
        sql.execute("INSERT INTO schema_version (number) VALUES (?)", there + len(steps))


def version(sql: Sql) -> int:
    """The number of the last step that a database with the table has taken."""
    rows = sql.execute("SELECT number FROM schema_version")
    return int(rows[0][0]) if rows else 0


def _first(sql: Sql) -> None:
    """Calls and their events. Databases from before steps had numbers have most of this, so it adds what is missing.

    `…_at` are Unix times, `event.at` is seconds since the call began, `body` is JSON. `scenario` is what the learner
    saw of it (JSON); `record` is none, transcript or audio; `retain_until` is a Unix time (NULL: see `Retention`);
    `retry_of` and `retry_item` are the call, and the line in it, that this one began at.
    """
    sql.execute(
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
        """
    )
    sql.execute(
        """
        CREATE TABLE IF NOT EXISTS event (
            session_id TEXT NOT NULL REFERENCES session (session_id),
            seq        INTEGER NOT NULL,
            at         REAL NOT NULL,
            type       TEXT NOT NULL,
            body       TEXT NOT NULL,
            PRIMARY KEY (session_id, seq)
        ) STRICT, WITHOUT ROWID
        """
    )
    sql.execute(
        """
        CREATE TABLE IF NOT EXISTS regrade (
            session_id TEXT NOT NULL REFERENCES session (session_id),
            graded_at  REAL NOT NULL,
            body       TEXT NOT NULL
        ) STRICT
        """
    )
    sql.execute("CREATE INDEX IF NOT EXISTS regrade_session ON regrade (session_id)")
    sql.execute("CREATE INDEX IF NOT EXISTS event_grade ON event (session_id) WHERE type = 'vivavoce.grade'")
    there = {name for (name,) in sql.execute("SELECT name FROM pragma_table_info('session')")}
    for name, kind in (
        ("scenario", "TEXT"),
        ("record", "TEXT NOT NULL DEFAULT 'transcript'"),
        ("retain_until", "REAL"),
        ("retry_of", "TEXT"),
        ("retry_item", "TEXT"),
    ):
        if name not in there:
            sql.execute(f"ALTER TABLE session ADD COLUMN {name} {kind}")


def _second(sql: Sql) -> None:
    """Calls that survive their process, and what they cost.

    `epoch` counts the processes that had the call, `resume_hash` is the SHA-256 of the newest resume token,
    `resume_hash_before` of the one that was shown for it. A process has the call until `alive_until`; one that is
    asleep can be resumed until `resumable_until`. `at`, `until` and `expires_at` are Unix times.
    """
    for column in (
        "epoch INTEGER NOT NULL DEFAULT 1",
        "resume_hash TEXT",
        "resume_hash_before TEXT",
        "resumable_until REAL",
        "alive_until REAL",
    ):
        sql.execute(f"ALTER TABLE session ADD COLUMN {column}")
    sql.execute(
        """
        CREATE TABLE tool_result (
            session_id TEXT NOT NULL REFERENCES session (session_id),
            call_id    TEXT NOT NULL,
            output     TEXT NOT NULL,
            PRIMARY KEY (session_id, call_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    sql.execute("CREATE TABLE used_ticket (jti TEXT PRIMARY KEY, expires_at REAL NOT NULL) STRICT, WITHOUT ROWID")
    # What was spent stays known when a call is deleted, or deleting would be a way around a cap: no REFERENCES.
    # `microdollars` is NULL where there is no price, `tokens` where the upstream did not say.
    sql.execute(
        """
        CREATE TABLE spending (
            session_id   TEXT NOT NULL,
            user         TEXT NOT NULL,
            at           REAL NOT NULL,
            kind         TEXT NOT NULL,
            model        TEXT NOT NULL,
            microdollars INTEGER,
            seconds      REAL NOT NULL,
            tokens       INTEGER
        ) STRICT
        """
    )
    sql.execute(
        """
        CREATE TABLE reservation (
            session_id   TEXT PRIMARY KEY,
            user         TEXT NOT NULL,
            microdollars INTEGER NOT NULL,
            until        REAL NOT NULL
        ) STRICT, WITHOUT ROWID
        """
    )
    sql.execute(
        "CREATE TABLE switch (name TEXT PRIMARY KEY, value TEXT NOT NULL, at REAL NOT NULL) STRICT, WITHOUT ROWID"
    )
    for index in (
        "session_resume ON session (resume_hash) WHERE resume_hash IS NOT NULL",
        "session_resume_before ON session (resume_hash_before) WHERE resume_hash_before IS NOT NULL",
        "session_unfinished ON session (scenario_id, user) WHERE ended_reason IS NULL",
        "session_user ON session (user)",
        "event_ending ON event (session_id) WHERE type = 'vivavoce.ending'",
        "used_ticket_expires ON used_ticket (expires_at)",
        "spending_session ON spending (session_id)",
        "spending_user ON spending (user, at)",
        "spending_at ON spending (at)",
    ):
        sql.execute(f"CREATE INDEX {index}")


STEPS: tuple[Callable[[Sql], None], ...] = (_first, _second)
NEWEST = len(STEPS)
