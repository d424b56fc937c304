from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from vivavoce.store.sessions import SessionStore


class Connection:
    """The store's port on the standard library's SQLite, in memory."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.execute("PRAGMA foreign_keys = ON")

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self.connection:
            self.connection.execute("BEGIN")
            yield


@pytest.fixture
def sql() -> Iterator[Connection]:
    connection = Connection()
    yield connection
    connection.connection.close()


@pytest.fixture
def store(sql: Connection) -> SessionStore:
    store = SessionStore(sql)
    store.migrate()
    store.begin("s1", "scene", 1, "learner", "embedded", "m", 1000.0)
    return store


def test_events_come_back_in_order(store: SessionStore) -> None:
    store.append("s1", [(2, 0.2, "b", "{}"), (1, 0.1, "a", '{"x":1}'), (3, 0.3, "c", "{}")])
    assert [seq for seq, *_ in store.events("s1")] == [1, 2, 3]
    assert store.events("s1", after=2) == [(3, 0.3, "c", "{}")]
    assert store.events("other") == []


def test_a_number_cannot_be_used_twice(store: SessionStore) -> None:
    store.append("s1", [(1, 0.0, "a", "{}")])
    with pytest.raises(sqlite3.IntegrityError):
        store.append("s1", [(1, 0.0, "b", "{}")])


def test_an_event_needs_its_session(store: SessionStore) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.append("s2", [(1, 0.0, "a", "{}")])


def test_the_first_reason_for_an_end_stays(store: SessionStore, sql: Connection) -> None:
    store.finish("s1", 1010.0, "learner_ended")
    store.finish("s1", 1020.0, "server_error")
    assert sql.execute("SELECT ended_at, ended_reason FROM session") == [(1010.0, "learner_ended")]


def test_migrating_twice_keeps_what_is_there(store: SessionStore) -> None:
    store.append("s1", [(1, 0.0, "a", "{}")])
    store.migrate()
    assert len(store.events("s1")) == 1
