"""The disk of a simulation: the real store on SQLite in memory, and one writer for each process that has it open."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from simulation.world import World
from vivavoce.hosts.native.sqlite import SqliteSql
from vivavoce.store.sessions import Fenced, SessionStore

T = TypeVar("T")


class MemorySql(SqliteSql):
    """The native host's transactions without its file."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:", isolation_level=None)


class Disk:
    """The one database. What is in it survives every crash."""

    def __init__(self) -> None:
        self.sql = MemorySql()
        self.store = SessionStore(self.sql)
        self.store.migrate()

    def wipe(self) -> None:
        """Empty it for the next history; to make it anew takes longer."""
        for table in ("event", "tool_result", "spending", "reservation", "session"):
            self.sql.execute(f"DELETE FROM {table}")


class Writer:
    """Writes for one process, in order: what waits when a commit begins goes into it together."""

    def __init__(self, world: World, disk: Disk, seconds: Callable[[], float]) -> None:
        """`seconds`: how long the next commit takes."""
        self._world = world
        self._disk = disk
        self._seconds = seconds
        self._waiting: list[Callable[[], Callable[[], None]]] = []
        self._under_way: list[Callable[[], Callable[[], None]]] = []
        self._alive = True

    def submit(self, write: Callable[[SessionStore], T], done: Callable[[T | Fenced], None]) -> None:
        """Run `write` in a transaction; `done` gets what it returned once that is on disk, or that it was refused."""

        def job() -> Callable[[], None]:
            outcome = self._attempt(write)
            return lambda: done(outcome)

        self._waiting.append(job)
        if not self._under_way:
            self._begin()

    def crash(self) -> None:
        """What waits is lost; of the commit under way nobody is told whether it was in time."""
        self._alive = False
        if self._under_way and self._world.happens(0.5):
            for job in self._under_way:
                job()

    def _begin(self) -> None:
        self._under_way, self._waiting = self._waiting, []
        self._world.later(self._seconds(), self._commit)

    def _commit(self) -> None:
        if not self._alive:
            return
        outcomes = [job() for job in self._under_way]
        self._under_way = []
        if self._waiting:
            self._begin()
        self._world.later(self._world.between(0, 0.003), lambda: self._report(outcomes))

    def _report(self, outcomes: list[Callable[[], None]]) -> None:
        for report in outcomes:
            if self._alive:
                report()

    def _attempt(self, write: Callable[[SessionStore], T]) -> T | Fenced:
        try:
            with self._disk.sql.transaction():
                return write(self._disk.store)
        except Fenced as refused:
            return refused
