"""Two processes on one database: whose call it is, the record says, not what a process remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.scenes import scene
from vivavoce.admission.entry import ALIVE_SECONDS, Admission, Entry, Step, TurnedAway, hash_of
from vivavoce.admission.handshake import Arrival
from vivavoce.hosts.native.sqlite import SqliteSql
from vivavoce.hosts.native.world import WORLD
from vivavoce.settings.upstream import read_upstream
from vivavoce.store.sessions import Fenced, SessionStore


class Process:
    """What of a process counts for an admission: the calls that it believes to have."""

    def __init__(self, store: SessionStore, *steps: Step) -> None:
        self._store = store
        self._admission = Admission(read_upstream({"OPENAI_API_KEY": "sk-test"}), WORLD, steps)
        self.running: dict[str, int] = {}

    def enter(self, token: str | None = None) -> Entry:
        arrival = Arrival(scene(), "ada", None, token, 0, "vivavoce")
        store, running = self._store, self.running
        entry = store.sql.transact(lambda: self._admission.enter(store, arrival, running, 1_000.0))
        self.running[entry.session_id] = entry.epoch
        return entry


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    store = SessionStore(SqliteSql(tmp_path / "calls.sqlite3"))
    store.migrate()
    return store


def test_a_call_that_another_process_took_over_is_won_back_with_a_new_epoch(store: SessionStore) -> None:
    one, other = Process(store), Process(store)
    begun = one.enter()
    assert one.enter(begun.resume_token).claim is None  # its own
    taken = other.enter(one.enter(begun.resume_token).resume_token)
    assert taken.epoch == 2
    won_back = one.enter(taken.resume_token)  # before a heartbeat told this process that it had lost the call
    assert won_back.claim is not None and won_back.epoch == 3
    store.append(begun.session_id, 3, [(1, 0.0, "vivavoce.goal", "{}")])
    with pytest.raises(Fenced):
        store.append(begun.session_id, 1, [(2, 0.0, "vivavoce.goal", "{}")])


def test_a_new_call_ends_one_that_another_process_took_over(store: SessionStore) -> None:
    one, other = Process(store), Process(store)
    begun = one.enter()
    taken = other.enter(begun.resume_token)
    one.enter()
    with pytest.raises(Fenced):
        store.append(begun.session_id, taken.epoch, [(1, 0.0, "vivavoce.goal", "{}")])
    assert [head.session_id for head in store.stranded(1_000.0)] == [begun.session_id]


@pytest.mark.parametrize("comes_back", [False, True])
def test_of_an_admission_that_is_refused_nothing_has_happened(store: SessionStore, comes_back: bool) -> None:
    def refuse(store: SessionStore, entry: Entry) -> None:
        raise TurnedAway(4429, "there is no money left")

    asleep = Process(store).enter()  # no process that is asked here has it
    before = store.sql.execute("SELECT * FROM session")
    with pytest.raises(TurnedAway):
        Process(store, refuse).enter(asleep.resume_token if comes_back else None)
    assert store.sql.execute("SELECT * FROM session") == before


def test_no_token_is_kept_as_it_is(store: SessionStore) -> None:
    entry = Process(store).enter()
    assert not any(entry.resume_token in str(row) for row in store.sql.execute("SELECT * FROM session"))


def test_a_call_that_gave_way_is_not_come_back_to_when_its_process_dies_before_its_end(store: SessionStore) -> None:
    process = Process(store)
    begun = process.enter()
    process.enter()
    assert store.stranded(1_000.0) == []  # the process ends it itself
    assert store.find(hash_of(begun.resume_token), 1_000.0) is None
    assert [head.session_id for head in store.stranded(1_000.0 + ALIVE_SECONDS)] == [begun.session_id]
