"""A call that is written down until the power is cut, and what is left of it."""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from kit.power import Disk, PowerCut, PowerSql
from vivavoce.hosts.native.sqlite import SqliteSql
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore
from vivavoce.store.tickets import Tickets
from vivavoce.store.usage import UsageStore

MOST_OPERATIONS = 500
"""Writes and waits before the cut: some 50 commits."""
CHECKPOINTS = 0.05
BATCH = 4
"""Jobs that are committed together, at most: see `Writer`."""


@dataclass(frozen=True)
class Ledger:
    """How much of everything there is: as acknowledged before the cut, or as found after it."""

    calls: int = 0
    events: int = 0
    tools: int = 0
    tokens: int = 0
    """How often the resume token was changed."""
    epoch: int = FIRST_EPOCH
    answers: int = 0
    """That cost something."""
    tickets: int = 0

    def holds(self, acknowledged: Ledger) -> bool:
        """Whether nothing is missing; more is well, for a commit may be done and not be told."""
        mine, theirs = vars(self), vars(acknowledged)
        return all(mine[name] >= theirs[name] for name in theirs)


@dataclass(frozen=True)
class Outcome:
    acknowledged: Ledger
    kept: Ledger
    sound: bool
    """The file is whole: SQLite finds no fault with it, and no transaction is there in part."""

    @property
    def lost(self) -> bool:
        return not self.kept.holds(self.acknowledged)


def template(folder: Path) -> Path:
    """An empty database that is up to date, to begin each round with."""
    path = folder / "template.sqlite3"
    sql = SqliteSql(path)
    SessionStore(sql).migrate()
    sql.close()
    return path


def power_cut(kind: type[PowerSql], template: Path, folder: Path, seed: int) -> Outcome:
    """Write until the power is cut, and look."""
    chance = random.Random(seed)
    before, after = folder / "before", folder / "after"
    for place in (before, after):
        place.mkdir(parents=True)
    path = Path(shutil.copy(template, before / "calls.sqlite3"))
    disk = Disk(chance.randrange(1, MOST_OPERATIONS))
    acknowledged = [Ledger()]
    sql: PowerSql | None = None
    with contextlib.suppress(PowerCut):
        sql = kind(path, disk)
        while True:
            acknowledged.append(_commit(sql, acknowledged[-1], chance))
            if chance.random() < CHECKPOINTS:
                sql.execute("PRAGMA wal_checkpoint(PASSIVE)")
    disk.cut(after, chance)
    if sql is not None:
        with contextlib.suppress(PowerCut):
            sql.close()
    disk.forget()
    kept, sound = _look(after / path.name)
    shutil.rmtree(folder)
    return Outcome(acknowledged[-1], kept, sound)


def _commit(sql: SqliteSql, ledger: Ledger, chance: random.Random) -> Ledger:
    """As the host's writer does: what waits goes into one transaction."""
    with sql.transaction():
        for _ in range(chance.randint(1, BATCH)):
            job = chance.choice(_JOBS) if ledger.calls else _begin
            ledger = job(SessionStore(sql), ledger, chance)
    return ledger


def _begin(store: SessionStore, ledger: Ledger, chance: random.Random) -> Ledger:
    store.begin("call", "scene", 1, "learner", "embedded", "m", 0.0, resume_hash="token 0", alive_until=10.0)
    return replace(ledger, calls=1)


def _append(store: SessionStore, ledger: Ledger, chance: random.Random) -> Ledger:
    seq = ledger.events + 1
    text = "x" * chance.randint(20, 2000)
    store.append("call", ledger.epoch, [(seq, 0.5, "vivavoce.transcript", text)], (f"tool {seq}", text))
    return replace(ledger, events=seq, tools=seq)


def _attach(store: SessionStore, ledger: Ledger, chance: random.Random) -> Ledger:
    store.attach("call", ledger.epoch, f"token {ledger.tokens}", f"token {ledger.tokens + 1}", 10.0)
    return replace(ledger, tokens=ledger.tokens + 1)


def _claim(store: SessionStore, ledger: Ledger, chance: random.Random) -> Ledger:
    return replace(ledger, epoch=store.claim("call", 10.0).epoch)


def _spend(store: SessionStore, ledger: Ledger, chance: random.Random) -> Ledger:
    UsageStore(store.sql).note("call", "learner", 0.5, "response", "m", 1, 0.0, 1)
    return replace(ledger, answers=ledger.answers + 1)


def _use_ticket(store: SessionStore, ledger: Ledger, chance: random.Random) -> Ledger:
    Tickets(store.sql).use_ticket(f"ticket {ledger.tickets}", 60.0, 0.0)
    return replace(ledger, tickets=ledger.tickets + 1)


_JOBS: tuple[Callable[[SessionStore, Ledger, random.Random], Ledger], ...] = (
    *(_append,) * 6,
    _attach,
    _claim,
    _spend,
    _use_ticket,
)


def _look(path: Path) -> tuple[Ledger, bool]:
    """What there is, and whether it is sound. A machine that was cut off before it had a file has nothing."""
    sql = SqliteSql(path)
    try:
        whole = sql.execute("PRAGMA integrity_check") == [("ok",)] and not sql.execute("PRAGMA foreign_key_check")
        events = [seq for (seq,) in sql.execute("SELECT seq FROM event ORDER BY seq")]
        tools = sql.execute("SELECT call_id, output FROM tool_result JOIN event ON call_id = 'tool ' || seq")
        call = sql.execute("SELECT epoch, resume_hash FROM session") or [(FIRST_EPOCH, "token 0")]
        ledger = Ledger(
            calls=sql.execute("SELECT count(*) FROM session")[0][0],
            events=len(events),
            tools=len(tools),
            tokens=int(call[0][1].removeprefix("token ")),
            epoch=call[0][0],
            answers=sql.execute("SELECT count(*) FROM spending")[0][0],
            tickets=sql.execute("SELECT count(*) FROM used_ticket")[0][0],
        )
        in_order = events == list(range(1, len(events) + 1))
        return ledger, whole and in_order and ledger.tools == ledger.events
    finally:
        sql.close()
