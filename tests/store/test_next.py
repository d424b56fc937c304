"""When a host that sleeps has to be woken: not before there is anything to do, and no later."""

from __future__ import annotations

import pytest

from vivavoce.store.retention import DAY_SECONDS, Retention
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore
from vivavoce.store.sql import Sql
from vivavoce.store.usage import UsageStore

NOON = 1_795_000_000.0
A_MOMENT = 0.001


@pytest.fixture
def store(sql: Sql) -> SessionStore:
    store = SessionStore(sql)
    store.migrate()
    return store


def begin(store: SessionStore, session_id: str, *, record: str = "transcript", alive_until: float = NOON + 10) -> None:
    store.begin(
        session_id,
        "hotel",
        1,
        "ada",
        "openai",
        "m",
        NOON,
        resume_hash=session_id,
        alive_until=alive_until,
        record=record,
        retain_until=NOON + 30 * DAY_SECONDS,
    )


def test_nothing_is_due_where_nothing_is(store: SessionStore) -> None:
    assert store.next_stranded(()) is None
    assert Retention(store.sql).next_due(()) is None


def test_a_call_that_nobody_comes_back_to_is_ended_after_a_day(store: SessionStore) -> None:
    begin(store, "s1")
    begin(store, "s2")
    store.sleep("s2", FIRST_EPOCH, NOON + 100)
    at = store.next_stranded(())
    assert at == NOON + 100
    assert store.stranded(at - A_MOMENT) == []
    assert [head.session_id for head in store.stranded(at)] == ["s2"]
    at = store.next_stranded({"s2"})
    assert at == NOON + 10 + DAY_SECONDS
    assert [head.session_id for head in store.stranded(at) if head.session_id != "s2"] == ["s1"]


@pytest.mark.parametrize("how", ["ending", "given up"])
def test_a_call_whose_end_had_begun_is_ended_as_soon_as_nobody_has_it(store: SessionStore, how: str) -> None:
    begin(store, "s1")
    if how == "ending":
        store.append("s1", FIRST_EPOCH, [(1, 0.0, "vivavoce.ending", "{}")])
    else:
        store.lock_out("s1")
    assert store.next_stranded(()) == NOON + 10
    assert [head.session_id for head in store.stranded(NOON + 10)] == ["s1"]
    store.finish("s1", FIRST_EPOCH, NOON + 10, "learner_ended")
    assert store.next_stranded(()) is None


def test_a_record_is_deleted_when_its_time_is_up(store: SessionStore) -> None:
    retention = Retention(store.sql)
    begin(store, "s1")
    at = retention.next_due(())
    assert at == NOON + 30 * DAY_SECONDS
    assert (retention.due(at - A_MOMENT), retention.due(at)) == ([], ["s1"])
    assert retention.next_due({"s1"}) is None


def test_a_call_of_which_nothing_is_kept_goes_with_its_end(store: SessionStore) -> None:
    retention = Retention(store.sql)
    begin(store, "s1", record="none")
    store.finish("s1", FIRST_EPOCH, NOON + 5, "learner_ended")
    at = retention.next_due(())
    assert at == NOON + 10  # until then its process has it
    assert (retention.due(at - A_MOMENT), retention.due(at)) == ([], ["s1"])


def test_a_call_of_which_nothing_is_kept_waits_for_its_learner(store: SessionStore) -> None:
    retention = Retention(store.sql)
    begin(store, "s1", record="none")
    store.sleep("s1", FIRST_EPOCH, NOON + 100)
    assert retention.next_due(()) == NOON + 100
    assert (retention.due(NOON + 100 - A_MOMENT), retention.due(NOON + 100)) == ([], ["s1"])


def test_what_was_spent_long_ago_becomes_nobodys(store: SessionStore) -> None:
    retention, usage = Retention(store.sql), UsageStore(store.sql)
    usage.note("s1", "ada", NOON, "voice", "m", 1, 1.0, 1)
    assert retention.next_due(()) == NOON + 365 * DAY_SECONDS
    retention.make_nobodys(NOON + 365 * DAY_SECONDS)
    assert retention.next_due(()) is None
