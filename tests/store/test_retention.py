from __future__ import annotations

import pytest

from vivavoce.protocol.coming_back import RESUMABLE_SECONDS
from vivavoce.store.people import NOBODY
from vivavoce.store.retention import DAY_SECONDS, Retention
from vivavoce.store.review import ReviewStore
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore
from vivavoce.store.sql import Sql


@pytest.fixture
def store(sql: Sql) -> SessionStore:
    store = SessionStore(sql)
    store.migrate()
    return store


def test_what_is_deleted_leaves_nothing(store: SessionStore, sql: Sql) -> None:
    for call in ("mine", "yours"):
        store.begin(call, "scene", 1, "learner", "embedded", "m", 1000.0)
        store.append(call, FIRST_EPOCH, [(1, 0.0, "a", "{}")], ("tool", "{}"))
        sql.execute("INSERT INTO reservation VALUES (?, 'learner', 5, 2000.0)", call)
        sql.execute("INSERT INTO spending VALUES (?, 'learner', 1000.0, 'response', 'm', 5, 0.0, 10)", call)
        ReviewStore(sql).add_regrade(call, 1.0, "{}")
    retention = Retention(sql)
    assert retention.delete("mine") is True
    assert retention.delete("mine") is False
    assert retention.known() == {"yours"}
    for table in ("session", "event", "regrade", "tool_result", "reservation"):
        assert sql.execute(f"SELECT DISTINCT session_id FROM {table}") == [("yours",)]
    assert sql.execute("SELECT sum(microdollars) FROM spending") == [(10,)]  # deleting is no way around a cap


def test_what_was_spent_long_ago_is_nobody_s(store: SessionStore, sql: Sql) -> None:
    for at in (1000.0, 2000.0):
        sql.execute("INSERT INTO spending VALUES ('call', 'learner', ?, 'response', 'm', 5, 0.0, 10)", at)
    Retention(sql).make_nobodys(1000.0 + 365 * DAY_SECONDS)
    assert sql.execute("SELECT at, user, microdollars FROM spending ORDER BY at") == [
        (1000.0, NOBODY, 5),
        (2000.0, "learner", 5),
    ]


def test_calls_are_kept_as_long_as_was_said(store: SessionStore, sql: Sql) -> None:
    store.begin("short", "scene", 1, "learner", "embedded", "m", 1000.0, retain_until=5000.0)
    store.begin("old", "scene", 1, "learner", "embedded", "m", 1000.0)
    retention = Retention(sql)
    assert retention.due(4999.0) == []
    assert retention.due(5000.0) == ["short"]
    assert sorted(retention.due(1000.0 + 365 * DAY_SECONDS)) == ["old", "short"]


def test_a_call_that_was_not_to_be_kept_is_due_once_it_is_over(store: SessionStore, sql: Sql) -> None:
    for call in ("over", "crashed", "asleep"):
        store.begin(
            call, "scene", 1, "learner", "embedded", "m", 1000.0, alive_until=1010.0, record="none", retain_until=9e9
        )
    store.finish("over", FIRST_EPOCH, 1005.0, "learner_ended")
    store.sleep("asleep", FIRST_EPOCH, 2000.0)
    retention = Retention(sql)
    assert retention.due(1009.0) == []
    assert retention.due(1010.0) == ["over"]
    assert retention.due(2000.0) == ["over", "asleep"]
    assert retention.due(1010.0 + RESUMABLE_SECONDS) == ["over", "crashed", "asleep"]


def test_a_call_that_a_process_has_is_not_deleted_under_its_learner(store: SessionStore, sql: Sql) -> None:
    store.begin("long", "scene", 1, "learner", "embedded", "m", 1000.0, alive_until=6000.0, retain_until=5000.0)
    retention = Retention(sql)
    assert retention.due(5999.0) == []
    assert retention.due(6000.0) == ["long"]
