"""A ticket opens the door once, and a switch stays as it was put."""

from __future__ import annotations

import pytest

from vivavoce.store.migrations import migrate
from vivavoce.store.sql import Sql
from vivavoce.store.switches import Switches
from vivavoce.store.tickets import Tickets


@pytest.fixture(autouse=True)
def migrated(sql: Sql) -> None:
    migrate(sql)


def test_a_ticket_is_used_once(sql: Sql) -> None:
    tickets = Tickets(sql)
    assert tickets.use_ticket("a", 60.0, 0.0) is True
    assert tickets.use_ticket("b", 60.0, 0.0) is True
    assert tickets.use_ticket("a", 60.0, 59.0) is False


def test_what_has_expired_is_not_remembered(sql: Sql) -> None:
    tickets = Tickets(sql)
    for number in range(100):
        tickets.use_ticket(str(number), 60.0 + number, 0.0)
    assert tickets.use_ticket("new", 500.0, 150.0) is True
    assert sql.execute("SELECT count(*) FROM used_ticket") == [(10,)]


def test_a_switch_stays_as_it_was_put(sql: Sql) -> None:
    switches = Switches(sql)
    assert switches.get("calls") is None
    switches.set("calls", "closed", 1.0)
    switches.set("calls", "open", 2.0)
    switches.set("other", "x", 3.0)
    assert switches.get("calls") == "open"
    assert sql.execute("SELECT at FROM switch WHERE name = 'calls'") == [(2.0,)]
