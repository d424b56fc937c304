from __future__ import annotations

import pytest

from vivavoce.store.retention import DAY_SECONDS, Retention
from vivavoce.store.review import ReviewStore
from vivavoce.store.sessions import SessionStore, Sql


@pytest.fixture
def store(sql: Sql) -> SessionStore:
    store = SessionStore(sql)
    store.migrate()
    return store


def test_what_is_deleted_leaves_nothing(store: SessionStore, sql: Sql) -> None:
    for call in ("mine", "yours"):
        store.begin(call, "scene", 1, "learner", "embedded", "m", 1000.0)
        store.append(call, [(1, 0.0, "a", "{}")])
        ReviewStore(sql).add_regrade(call, 1.0, "{}")
    retention = Retention(sql)
    assert retention.delete("mine") is True
    assert retention.delete("mine") is False
    assert retention.known() == {"yours"}
    for table in ("session", "event", "regrade"):
        assert sql.execute(f"SELECT DISTINCT session_id FROM {table}") == [("yours",)]


def test_calls_are_kept_as_long_as_was_said(store: SessionStore, sql: Sql) -> None:
    store.begin("short", "scene", 1, "learner", "embedded", "m", 1000.0, retain_until=5000.0)
    store.begin("old", "scene", 1, "learner", "embedded", "m", 1000.0)
    retention = Retention(sql)
    assert retention.due(4999.0) == []
    assert retention.due(5000.0) == ["short"]
    assert sorted(retention.due(1000.0 + 365 * DAY_SECONDS)) == ["old", "short"]


def test_a_call_that_was_not_to_be_kept_is_due_at_once(store: SessionStore, sql: Sql) -> None:
    store.begin("crashed", "scene", 1, "learner", "embedded", "m", 1000.0, record="none", retain_until=9e9)
    assert Retention(sql).due(1000.0) == ["crashed"]
