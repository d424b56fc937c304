"""What is noted is what is told, and no order of beginning, spending, sleeping and dying goes past a cap."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from store.conftest import Connection
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore
from vivavoce.store.sql import Sql
from vivavoce.store.usage import Caps, LiveCall, OverBudget, Total, UsageStore, Window

NOON = 1_700_049_600.0
"""15 November 2023, UTC."""
TODAY = Window(now=NOON, day=NOON - 12 * 3600, month=NOON - 14.5 * 86_400)
LATER = NOON + 900


@pytest.fixture
def usage(sql: Sql) -> UsageStore:
    SessionStore(sql).migrate()
    return UsageStore(sql)


def begin(sql: Sql, session_id: str, user: str = "ada") -> None:
    SessionStore(sql).begin(session_id, "scene", 1, user, "openai", "m", NOON, alive_until=NOON + 10)


def test_totals_by_learner_day_and_model(usage: UsageStore) -> None:
    usage.note("s1", "ada", NOON - 86_400, "response", "voice", 300, 30.0, 100)
    usage.note("s1", "ada", NOON, "transcription", "ears", 20, 0.0, 10)
    usage.note("s2", "ada", NOON, "response", "voice", None, 5.0, None)
    usage.note("s3", "bob", NOON, "response", "voice", 900, 60.0, 300)
    assert usage.totals("user", 0) == [Total("bob", 1, 60.0, 300, 900, 0, 0), Total("ada", 2, 35.0, 110, 320, 1, 1)]
    assert [(day.name, day.microdollars) for day in usage.totals("day", 0)] == [
        ("2023-11-14", 300),
        ("2023-11-15", 920),
    ]
    assert [(model.name, model.tokens) for model in usage.totals("model", TODAY.day)] == [("voice", 300), ("ears", 10)]
    assert (usage.spent(TODAY.day), usage.spent(TODAY.day, "ada"), usage.spent(TODAY.month)) == (920, 20, 1220)


def test_nothing_used_is_no_row(usage: UsageStore) -> None:
    assert usage.totals("user", 0) == []
    assert (usage.spent(0), usage.reserved(0), usage.live(NOON)) == (0, 0, [])


def test_the_calls_that_go_on(usage: UsageStore, sql: Sql) -> None:
    for session_id in ("over", "on", "silent", "dead"):
        begin(sql, session_id)
    usage.note("on", "ada", NOON, "response", "m", 500, 20.0, 9)
    SessionStore(sql).finish("over", FIRST_EPOCH, NOON, "learner_ended")
    sql.execute("UPDATE session SET alive_until = ? WHERE session_id = 'dead'", NOON - 1)
    assert usage.live(NOON) == [LiveCall("on", "scene", "ada", 20.0, 500), LiveCall("silent", "scene", "ada", 0.0, 0)]


@pytest.mark.parametrize(("caps", "cap"), [(Caps(user_day=150), "user_day"), (Caps(day=150), "day")])
def test_room_is_kept_for_what_a_call_may_still_cost(usage: UsageStore, caps: Caps, cap: str) -> None:
    usage.reserve("s1", "ada", 100, LATER, caps, TODAY)
    usage.note("s1", "ada", NOON, "response", "m", 40, 1.0, 1)
    assert usage.reserved(NOON) == 60  # the other 40 are spent
    with pytest.raises(OverBudget) as refused:
        usage.reserve("s2", "ada", 51, LATER, caps, TODAY)
    assert refused.value.cap == cap
    usage.reserve("s3", "ada", 50, LATER, caps, TODAY)


def test_the_month_counts_what_was_spent_before_today(usage: UsageStore) -> None:
    usage.note("old", "ada", TODAY.month + 1, "response", "m", 90, 1.0, 1)
    with pytest.raises(OverBudget, match="month"):
        usage.reserve("s1", "ada", 11, LATER, Caps(day=100, month=100), TODAY)
    usage.reserve("s1", "ada", 10, LATER, Caps(day=100, month=100), TODAY)


def test_one_learners_cap_is_no_other_learners(usage: UsageStore) -> None:
    caps = Caps(user_day=100)
    usage.reserve("s1", "ada", 100, LATER, caps, TODAY)
    usage.reserve("s2", "bob", 100, LATER, caps, TODAY)


def test_a_call_that_comes_back_needs_no_second_room(usage: UsageStore) -> None:
    caps = Caps(day=100)
    usage.reserve("s1", "ada", 100, LATER, caps, TODAY)
    usage.note("s1", "ada", NOON, "response", "m", 70, 1.0, 1)
    usage.reserve("s1", "ada", 100, LATER, caps, TODAY)
    assert usage.reserved(NOON) == 30


def test_room_is_free_again_at_the_end_and_when_a_call_falls_asleep(usage: UsageStore, sql: Sql) -> None:
    for session_id in ("s1", "s2"):
        begin(sql, session_id)
        usage.reserve(session_id, "ada", 100, LATER, Caps(), TODAY)
    SessionStore(sql).finish("s1", FIRST_EPOCH, NOON, "learner_ended")
    assert usage.reserved(NOON) == 100
    SessionStore(sql).sleep("s2", FIRST_EPOCH, LATER)
    assert usage.reserved(NOON) == 0


def test_the_room_of_a_process_that_died_is_kept_for_a_while(usage: UsageStore) -> None:
    usage.reserve("s1", "ada", 100, LATER, Caps(), TODAY)
    assert (usage.reserved(LATER - 1), usage.reserved(LATER)) == (100, 0)


CAP, ROOM = 1_000, 300
LONGEST = 900.0
"""Seconds that room is kept for."""
NAMES = st.sampled_from([f"s{number}" for number in range(8)])


class House(RuleBasedStateMachine):
    """A provider that bills every answer, and a process that may die before it has noted what was billed."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Connection()
        self.sessions, self.usage = SessionStore(self.database), UsageStore(self.database)
        self.sessions.migrate()
        self.now = NOON
        self.running: dict[str, int] = {}
        """What each call was billed in all."""
        self.billed = 0
        self.lost = 0
        """Of it, what was never noted."""

    def teardown(self) -> None:
        self.database.connection.close()

    @rule(name=NAMES)
    def begin_or_come_back(self, name: str) -> None:
        window = Window(self.now, TODAY.day, TODAY.month)
        try:
            self.usage.reserve(name, "ada", ROOM, self.now + LONGEST, Caps(day=CAP), window)
        except OverBudget:
            self.usage.release(name)  # as the transaction would have it
            self.running.pop(name, None)
            return
        noted = self.sessions.sql.execute("SELECT sum(microdollars) FROM spending WHERE session_id = ?", name)
        self.running[name] = noted[0][0] or 0

    @rule(name=NAMES, cost=st.integers(1, ROOM))
    def answer(self, name: str, cost: int) -> None:
        """A purse lets no call be billed more than its room."""
        if name in self.running:
            cost = min(cost, ROOM - self.running[name])
            self.running[name] += cost
            self.billed += cost
            self.usage.note(name, "ada", self.now, "response", "m", cost, 1.0, 1)

    @rule(name=NAMES)
    def end(self, name: str) -> None:
        if self.running.pop(name, None) is not None:
            self.usage.release(name)

    @rule(costs=st.dictionaries(NAMES, st.integers(1, ROOM)))
    def die(self, costs: dict[str, int]) -> None:
        """All calls at once, each perhaps in the middle of an answer that is billed."""
        for name in self.running.keys() & costs.keys():
            cost = min(costs[name], ROOM - self.running[name])
            self.lost += cost
            self.billed += cost
        self.running.clear()

    @rule(seconds=st.floats(1, LONGEST))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for name in list(self.running):  # no call is longer than its room is kept
            self.end(name)

    @invariant()
    def within_the_cap(self) -> None:
        assert self.billed - self.lost == self.usage.spent(TODAY.day)
        assert self.usage.spent(TODAY.day) + self.usage.reserved(self.now) <= CAP


TestHouse = House.TestCase
