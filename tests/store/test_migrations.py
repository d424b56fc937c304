"""A database of any earlier version is brought up to date, and keeps what is in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vivavoce.store.migrations import NEWEST, STEPS, FromTheFuture, migrate, version
from vivavoce.store.review import ReviewStore
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore
from vivavoce.store.sql import Sql

SCHEMAS = Path(__file__).parent / "schemas"
"""Dumps of databases that earlier versions wrote, by the number of their schema."""
COMPLAINT, AGAIN, INTERVIEW = (f"call_{number:024}" for number in (1, 2, 3))

Load = Callable[[str], None]


@pytest.fixture
def load(sql: Sql) -> Load:
    def run(script: str) -> None:
        sql.execute("PRAGMA foreign_keys = OFF")  # a dump is in the order of the alphabet
        for statement in statements(script):
            sql.execute(statement)
        sql.execute("PRAGMA foreign_keys = ON")

    return run


def statements(script: str) -> list[str]:
    """The statements of a dump, without those that open and close its transaction."""
    found, rest = [], ""
    for line in script.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    return [statement for statement in found if statement.strip() not in ("BEGIN TRANSACTION;", "COMMIT;")]


def shape(sql: Sql) -> dict[str, Any]:
    """Tables with their columns and references, and indexes, however they came to be."""
    tables = [name for (name,) in sql.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {
        "columns": {
            table: sql.execute('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?)', table)
            for table in tables
        },
        "references": {table: sql.execute("SELECT * FROM pragma_foreign_key_list(?)", table) for table in tables},
        "indexes": sorted(sql.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index'")),
    }


def test_a_record_of_the_version_before_is_kept_and_can_be_gone_on_with(load: Load, sql: Sql) -> None:
    load((SCHEMAS / "1.sql").read_text(encoding="utf-8"))
    before = {
        table: sql.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in ("session", "event", "regrade")
    }
    migrate(sql)
    assert version(sql) == NEWEST
    after = {table: sql.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in before}
    assert {table: [row[: len(before[table][0])] for row in rows] for table, rows in after.items()} == before

    store = SessionStore(sql)
    assert [row.seconds for row in ReviewStore(sql).calls([COMPLAINT, AGAIN])] == [2.0, 61.5]
    # A version that kept no token: nobody can come back, and what had not ended has to be ended.
    assert [(head.session_id, head.epoch) for head in store.stranded(0.0)] == [(AGAIN, 1), (INTERVIEW, 1)]
    claim = store.claim(AGAIN, 10.0)
    assert (claim.epoch, [seq for seq, *_ in claim.events]) == (2, [1])
    store.append(AGAIN, claim.epoch, [(2, 3.0, "vivavoce.ended", "{}")], ("tool", "{}"))
    store.finish(AGAIN, claim.epoch, 1_790_001_003.0, "server_error")
    assert [head.session_id for head in store.stranded(20.0)] == [INTERVIEW]


@pytest.mark.parametrize("number", range(1, NEWEST))
def test_it_then_looks_as_if_it_had_been_made_new(load: Load, sql: Sql, number: int, empty: Sql) -> None:
    load((SCHEMAS / f"{number}.sql").read_text(encoding="utf-8"))
    migrate(sql)
    migrate(empty)
    assert shape(sql) == shape(empty)


def test_one_from_before_calls_had_a_length_of_stay(sql: Sql, empty: Sql) -> None:
    STEPS[0](sql)
    for column in ("scenario", "record", "retain_until", "retry_of", "retry_item"):
        sql.execute(f"ALTER TABLE session DROP COLUMN {column}")
    sql.execute("DROP TABLE regrade")
    sql.execute("INSERT INTO session VALUES ('old', 'scene', 1, 'learner', 'embedded', 'm', 1000.0, NULL, NULL)")
    migrate(sql)
    migrate(empty)
    assert shape(sql) == shape(empty)
    assert sql.execute("SELECT session_id, record, retry_of, epoch FROM session") == [("old", "transcript", None, 1)]


def test_migrating_twice_keeps_what_is_there(sql: Sql) -> None:
    store = SessionStore(sql)
    store.migrate()
    store.begin("s1", "scene", 1, "learner", "embedded", "m", 1000.0)
    store.append("s1", FIRST_EPOCH, [(1, 0.0, "a", "{}")])
    store.migrate()
    assert len(store.events("s1")) == 1
    assert sql.execute("SELECT number FROM schema_version") == [(NEWEST,)]


def test_a_database_of_a_newer_version_is_left_alone(sql: Sql) -> None:
    migrate(sql)
    sql.execute("UPDATE schema_version SET number = ?", NEWEST + 1)
    with pytest.raises(FromTheFuture, match=f"schema is number {NEWEST + 1}.* restore a backup"):
        migrate(sql)
    assert version(sql) == NEWEST + 1


def test_a_step_that_fails_leaves_the_database_as_it_was(load: Load, sql: Sql) -> None:
    load((SCHEMAS / "1.sql").read_text(encoding="utf-8"))
    sql.execute("CREATE TABLE switch (mine TEXT)")  # in the way of the last table of step 2
    before = shape(sql)
    with pytest.raises(sqlite3.OperationalError, match="switch"):
        migrate(sql)
    assert shape(sql) == before
