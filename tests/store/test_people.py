"""All that is kept of a person can be carried away, put back, and deleted; and it is all, table by table."""

from __future__ import annotations

import pytest

from vivavoce.store.migrations import migrate
from vivavoce.store.people import HOUSE, NOBODY, PASSING, PERSONAL, People
from vivavoce.store.review import ReviewStore
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore
from vivavoce.store.sql import Sql
from vivavoce.store.switches import Switches
from vivavoce.store.tickets import Tickets
from vivavoce.store.usage import UsageStore


@pytest.fixture
def people(sql: Sql) -> People:
    """Two people with a row in every table, and what is the house's."""
    migrate(sql)
    store = SessionStore(sql)
    for user in ("ada", "bert"):
        call = f"call of {user}"
        store.begin(call, "scene", 1, user, "embedded", "m", 1000.0, resume_hash=f"hash of {user}", alive_until=1010.0)
        store.append(call, FIRST_EPOCH, [(1, 0.5, "vivavoce.transcript", f"words of {user}")], ("tool", f"for {user}"))
        ReviewStore(sql).add_regrade(call, 2000.0, f"grade of {user}")
        UsageStore(sql).note(call, user, 1000.0, "response", "m", 7, 1.0, 10)
        sql.execute("INSERT INTO reservation VALUES (?, ?, 5, 9000.0)", call, user)
    Switches(sql).set("calls", "open", 1.0)
    Tickets(sql).use_ticket("ticket", 60.0, 0.0)
    return People(sql)


def everything(sql: Sql) -> str:
    tables = [name for (name,) in sql.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return repr([sql.execute(f"SELECT * FROM {table}") for table in tables])


def test_every_table_is_somebody_s_the_house_s_or_passing(people: People, sql: Sql) -> None:
    tables = {name for (name,) in sql.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert {*PERSONAL, *HOUSE, *PASSING} == tables


def test_each_person_s_rows_are_theirs_alone(people: People) -> None:
    assert people.names() == ["ada", "bert"]
    rows = list(people.rows("ada"))
    assert [table for table, _ in rows] == list(PERSONAL)
    assert "ada" in repr(rows) and "bert" not in repr(rows)
    assert [table for table, _ in people.rows(NOBODY)] == list(HOUSE)


def test_what_was_carried_away_can_be_put_back(people: People, sql: Sql, empty: Sql) -> None:
    migrate(empty)
    for user in (*people.names(), NOBODY):
        for table, row in people.rows(user):
            People(empty).put(table, row)
    for table in PASSING:
        sql.execute(f"DELETE FROM {table}")
        empty.execute(f"DELETE FROM {table}")
    assert everything(empty) == everything(sql)


def test_a_row_of_an_earlier_version_fits(sql: Sql) -> None:
    migrate(sql)
    row = {"session_id": "old", "scenario_id": "scene", "scenario_version": 1, "user": "ada"}
    People(sql).put("session", {**row, "upstream": "embedded", "model": "m", "started_at": 1.0})
    assert sql.execute("SELECT session_id, epoch FROM session") == [("old", FIRST_EPOCH)]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("sqlite_schema", {"name": "x"}),
        ("schema_version", {"number": 99}),
        ("session (session_id) VALUES (1) --", {"user": "x"}),
        ("switch", {"name) VALUES (1) --": "x"}),
        ("switch", {"nothing": "x"}),
        ("switch", {}),
    ],
)
def test_what_is_no_row_is_not_put(people: People, sql: Sql, table: str, row: dict[str, str]) -> None:
    before = everything(sql)
    with pytest.raises(ValueError, match="no row of"):
        people.put(table, row)
    assert everything(sql) == before


def test_nothing_is_left_of_a_person_but_what_was_spent(people: People, sql: Sql) -> None:
    assert people.forget("ada") == ["call of ada"]
    left = everything(sql)
    assert left.count("ada") == left.count("call of ada") == 1  # the call's id stands by what it cost
    assert left.count("bert") >= 8
    assert sql.execute("SELECT user, microdollars FROM spending ORDER BY user") == [(NOBODY, 7), ("bert", 7)]
    assert people.names() == ["bert"]
    assert people.forget("ada") == []
