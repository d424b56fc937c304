from __future__ import annotations

import sqlite3

import pytest

from vivavoce.store.sessions import SCHEMA, SessionStore, Sql


@pytest.fixture
def store(sql: Sql) -> SessionStore:
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


def test_the_first_reason_for_an_end_stays(store: SessionStore, sql: Sql) -> None:
    store.finish("s1", 1010.0, "learner_ended")
    store.finish("s1", 1020.0, "server_error")
    assert sql.execute("SELECT ended_at, ended_reason FROM session") == [(1010.0, "learner_ended")]


def test_migrating_twice_keeps_what_is_there(store: SessionStore) -> None:
    store.append("s1", [(1, 0.0, "a", "{}")])
    store.migrate()
    assert len(store.events("s1")) == 1


def test_a_record_from_an_older_version_is_kept_and_added_to(sql: Sql) -> None:
    sql.execute(SCHEMA[0])
    sql.execute(SCHEMA[1])
    sql.execute(
        "INSERT INTO session (session_id, scenario_id, scenario_version, user, upstream, model, started_at)"
        " VALUES ('old', 'scene', 1, 'learner', 'embedded', 'm', 1000.0)"
    )
    store = SessionStore(sql)
    store.migrate()
    store.migrate()
    store.begin("new", "scene", 1, "learner", "embedded", "m", 2000.0, record="audio", retry_of="old", retry_item="i1")
    rows = sql.execute("SELECT session_id, record, retain_until, retry_of, retry_item FROM session ORDER BY started_at")
    assert rows == [("old", "transcript", None, None, None), ("new", "audio", None, "old", "i1")]
