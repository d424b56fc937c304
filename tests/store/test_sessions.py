"""What is appended stays, in order; who may append is who has the call; who shows its token comes back to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from vivavoce.protocol.coming_back import LINGER_SECONDS, RESUMABLE_SECONDS
from vivavoce.store.sessions import FIRST_EPOCH, Claim, Fenced, Gap, SessionStore
from vivavoce.store.sql import Sql

NOW = 1000.0
ALIVE = NOW + 10.0


@pytest.fixture
def store(sql: Sql) -> SessionStore:
    store = SessionStore(sql)
    store.migrate()
    store.begin("s1", "scene", 1, "learner", "embedded", "m", NOW, resume_hash="first", alive_until=ALIVE)
    return store


def found(store: SessionStore, resume_hash: str, now: float = NOW) -> str | None:
    head = store.find(resume_hash, now)
    return head.session_id if head else None


# The record


def test_events_come_back_in_order(store: SessionStore) -> None:
    store.append("s1", FIRST_EPOCH, [(1, 0.1, "a", '{"x":1}'), (2, 0.2, "b", "{}"), (3, 0.3, "c", "{}")])
    assert [seq for seq, *_ in store.events("s1")] == [1, 2, 3]
    assert store.events("s1", after=2) == [(3, 0.3, "c", "{}")]
    assert store.events("other") == []


def test_a_number_cannot_be_used_twice(store: SessionStore) -> None:
    store.append("s1", FIRST_EPOCH, [(1, 0.0, "a", "{}")])
    with pytest.raises(sqlite3.IntegrityError):
        store.append("s1", FIRST_EPOCH, [(1, 0.0, "b", "{}")])


def test_nothing_is_recorded_after_an_event_that_was_lost(store: SessionStore) -> None:
    store.append("s1", FIRST_EPOCH, [(1, 0.0, "a", "{}")])
    with pytest.raises(Gap):
        store.append("s1", FIRST_EPOCH, [(3, 0.2, "c", "{}")])
    with pytest.raises(Gap):
        store.append("s1", FIRST_EPOCH, [(2, 0.1, "b", "{}"), (4, 0.3, "d", "{}")])


def test_a_tool_is_answered_once_and_with_what_it_did(store: SessionStore, sql: Sql) -> None:
    grade = (1, 0.0, "vivavoce.grade", "{}")
    sql.transact(lambda: store.append("s1", FIRST_EPOCH, [grade], ("call_1", '{"ok":true}')))
    with pytest.raises(sqlite3.IntegrityError):
        sql.transact(lambda: store.append("s1", FIRST_EPOCH, [(2, *grade[1:])], ("call_1", '{"ok":false}')))
    assert [seq for seq, *_ in store.events("s1")] == [1]
    assert store.claim("s1", ALIVE).tools == {"call_1": '{"ok":true}'}


def test_the_first_reason_for_an_end_stays(store: SessionStore, sql: Sql) -> None:
    store.finish("s1", FIRST_EPOCH, 1010.0, "learner_ended")
    store.finish("s1", FIRST_EPOCH, 1020.0, "server_error")
    assert sql.execute("SELECT ended_at, ended_reason FROM session") == [(1010.0, "learner_ended")]


# One process has a call


@pytest.mark.parametrize(
    "writing",
    [
        lambda store, epoch: store.append("s1", epoch, [(1, 0.0, "a", "{}")]),
        lambda store, epoch: store.append("s1", epoch, [], ("call_1", "{}")),
        lambda store, epoch: store.finish("s1", epoch, 1010.0, "learner_ended"),
        lambda store, epoch: store.sleep("s1", epoch, 2000.0),
        lambda store, epoch: store.attach("s1", epoch, "first", "second", ALIVE),
    ],
)
def test_who_has_lost_a_call_writes_nothing_more_in_it(
    store: SessionStore, sql: Sql, writing: Callable[[SessionStore, int], None]
) -> None:
    def everything() -> list[object]:
        return [sql.execute(f"SELECT * FROM {table}") for table in ("session", "event", "tool_result")]

    epoch = store.claim("s1", ALIVE).epoch
    assert epoch == FIRST_EPOCH + 1
    before = everything()
    for wrong in (FIRST_EPOCH, epoch + 1):
        with pytest.raises(Fenced):
            writing(store, wrong)
    assert everything() == before
    writing(store, epoch)
    assert everything() != before


def test_nothing_is_written_in_a_call_that_was_deleted(store: SessionStore) -> None:
    for writing in (
        lambda: store.append("gone", FIRST_EPOCH, [(1, 0.0, "a", "{}")]),
        lambda: store.finish("gone", FIRST_EPOCH, 1010.0, "learner_ended"),
        lambda: store.claim("gone", ALIVE),
    ):
        with pytest.raises(Fenced):
            writing()


def test_a_claim_brings_everything_that_was_committed(store: SessionStore, sql: Sql) -> None:
    store.append("s1", FIRST_EPOCH, [(1, 0.5, "a", "one"), (2, 1.5, "b", "two")], ("call_1", "answer"))
    for cost in (300, 4):
        sql.execute("INSERT INTO spending VALUES ('s1', 'learner', 1001.0, 'response', 'm', ?, 0.0, 10)", cost)
    sql.execute("INSERT INTO spending VALUES ('s2', 'learner', 1001.0, 'response', 'm', 5000, 0.0, 10)")
    store.sleep("s1", FIRST_EPOCH, 5000.0)
    assert store.claim("s1", 2000.0) == Claim(
        2, [(1, 0.5, "a", "one"), (2, 1.5, "b", "two")], {"call_1": "answer"}, 304
    )
    head = store.find("first", 1500.0)
    assert head is not None and (head.epoch, head.alive_until) == (2, 2000.0)
    assert store.claim("s1", 2000.0).epoch == 3


def test_the_heartbeat_says_which_calls_are_somebody_else_s_by_now(store: SessionStore) -> None:
    for call in ("s2", "s3"):
        store.begin(call, "scene", 1, "learner", "embedded", "m", NOW, resume_hash=call, alive_until=ALIVE)
    store.claim("s2", ALIVE)
    mine = [("s1", FIRST_EPOCH), ("s2", FIRST_EPOCH), ("s3", FIRST_EPOCH), ("deleted", FIRST_EPOCH)]
    assert store.renew(mine, 4000.0) == {"s2", "deleted"}
    alive = {head.session_id: head.alive_until for head in store.unfinished("scene", "learner")}
    assert alive == {"s1": 4000.0, "s2": ALIVE, "s3": 4000.0}


# Coming back


def test_the_token_shown_is_good_until_the_new_one_is_shown(store: SessionStore) -> None:
    store.attach("s1", FIRST_EPOCH, "first", "second", ALIVE)
    assert [found(store, token) for token in ("first", "second")] == ["s1", "s1"]
    store.attach("s1", FIRST_EPOCH, "first", "third", ALIVE)  # the answer that brought the second was lost
    assert [found(store, token) for token in ("first", "second", "third")] == ["s1", None, "s1"]
    store.attach("s1", FIRST_EPOCH, "third", "fourth", ALIVE)
    assert [found(store, token) for token in ("first", "third", "fourth")] == [None, "s1", "s1"]
    with pytest.raises(Fenced):
        store.attach("s1", FIRST_EPOCH, "first", "fifth", ALIVE)
    assert found(store, "fifth") is None


def test_a_token_opens_no_other_call(store: SessionStore) -> None:
    store.begin("s2", "scene", 1, "other", "embedded", "m", NOW, resume_hash="other", alive_until=ALIVE)
    assert (found(store, "first"), found(store, "other")) == ("s1", "s2")
    assert found(store, "") is found(store, "unknown") is None
    with pytest.raises(Fenced):
        store.attach("s2", FIRST_EPOCH, "first", "second", ALIVE)


def test_a_call_that_sleeps_can_be_come_back_to_until_it_is_too_late(store: SessionStore) -> None:
    store.sleep("s1", FIRST_EPOCH, 5000.0)
    assert (found(store, "first", 4999.0), found(store, "first", 5000.0)) == ("s1", None)
    store.attach("s1", FIRST_EPOCH, "first", "second", 4999.0)
    assert found(store, "second", 5000.0) == "s1"


def test_a_call_whose_process_is_gone_can_be_come_back_to_for_a_day(store: SessionStore) -> None:
    too_late = ALIVE + RESUMABLE_SECONDS
    assert (found(store, "first", too_late - 1), found(store, "first", too_late)) == ("s1", None)


def test_a_call_that_has_ended_can_be_come_back_to_while_its_quiz_is_open(store: SessionStore) -> None:
    store.finish("s1", FIRST_EPOCH, 2000.0, "learner_ended")
    head = store.find("first", 2000.0 + LINGER_SECONDS - 1)
    assert head is not None and head.ended_reason == "learner_ended"
    assert found(store, "first", 2000.0 + LINGER_SECONDS) is None


def test_the_unfinished_calls_of_a_learner_in_a_scenario(store: SessionStore) -> None:
    for call, scenario, user in (("s2", "scene", "learner"), ("s3", "scene", "other"), ("s4", "other", "learner")):
        store.begin(call, scenario, 1, user, "embedded", "m", NOW)
    assert [head.session_id for head in store.unfinished("scene", "learner")] == ["s1", "s2"]
    store.finish("s1", FIRST_EPOCH, 1010.0, "learner_ended")
    assert [head.session_id for head in store.unfinished("scene", "learner")] == ["s2"]


def test_the_calls_of_a_learner_that_some_process_has(store: SessionStore) -> None:
    for call, user in (("asleep", "learner"), ("over", "learner"), ("another's", "other")):
        store.begin(call, "scene", 1, user, "embedded", "m", NOW, alive_until=ALIVE)
    store.sleep("asleep", FIRST_EPOCH, 5000.0)
    store.finish("over", FIRST_EPOCH, 1005.0, "learner_ended")  # its quiz may still be answered
    assert [head.session_id for head in store.held("learner", NOW)] == ["s1", "over"]
    assert store.held("learner", ALIVE) == []


def test_calls_that_nobody_can_come_back_to_need_a_process(store: SessionStore) -> None:
    def stranded(now: float) -> list[str]:
        return [head.session_id for head in store.stranded(now)]

    def begin(call: str, resume_hash: str | None) -> None:
        store.begin(call, "scene", 1, "learner", "embedded", "m", NOW, resume_hash=resume_hash, alive_until=ALIVE)

    begin("ending", "a")
    store.append("ending", FIRST_EPOCH, [(1, 1.0, "vivavoce.ending", "{}")])
    begin("without a token", None)
    begin("over", "b")
    store.finish("over", FIRST_EPOCH, 1005.0, "learner_ended")
    begin("asleep", "c")
    store.sleep("asleep", FIRST_EPOCH, 3000.0)
    assert stranded(ALIVE - 1) == []
    assert stranded(ALIVE) == ["ending", "without a token"]
    assert stranded(3000.0) == ["ending", "without a token", "asleep"]
    assert stranded(ALIVE + RESUMABLE_SECONDS) == ["s1", "ending", "without a token", "asleep"]
    store.claim("s1", 2 * RESUMABLE_SECONDS)
    assert "s1" not in stranded(ALIVE + RESUMABLE_SECONDS)


def test_a_call_that_was_given_up_has_no_process_and_no_way_back(store: SessionStore) -> None:
    store.give_up("s1")
    assert found(store, "first") is None
    assert [head.session_id for head in store.stranded(NOW)] == ["s1"]
    with pytest.raises(Fenced):
        store.append("s1", FIRST_EPOCH, [(1, 0.0, "a", "{}")])
