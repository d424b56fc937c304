"""SQLite for the native host: a durable connection, the one thread that writes, and one that reads for reviews.

`synchronous=FULL` makes every commit wait for the disk, which takes milliseconds; so what is waiting when a commit
begins goes into it together, and the event loop never waits at all.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from queue import SimpleQueue
from typing import Any, ClassVar, NamedTuple, TypeVar

from vivavoce.hosts.native.file_lock import FileLock, Taken, Turns
from vivavoce.store.migrations import FromTheFuture, migrate
from vivavoce.store.sessions import SessionStore

BUSY_SECONDS = 60.0
"""Who waits longer for another process fails. `vivavoce forget` needs some ten seconds for each gigabyte."""

T = TypeVar("T")


class DatabaseError(Exception):
    """The database cannot be opened; the message says what to do about it."""


class SqliteSql:
    """The store's port on a file. Transactions nest: an inner one can fail alone."""

    SETTINGS: ClassVar[tuple[str, ...]] = (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    )

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)  # SQLite gives the journal files the same permissions
        self._db = self._connect(path)
        for setting in self.SETTINGS:
            self._db.execute(f"PRAGMA {setting}")

    def _connect(self, path: Path) -> sqlite3.Connection:
        # Opened on one thread and used on another, never on two at a time.
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, parameters).fetchall()

    def transact(self, work: Callable[[], T]) -> T:
        with self.transaction():
            return work()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self.in_transaction:
            begin, commit, undo = "SAVEPOINT part", "RELEASE part", ["ROLLBACK TO part", "RELEASE part"]
        else:
            begin, commit, undo = "BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]
        self._db.execute(begin)
        try:
            yield
            self._db.execute(commit)
        except BaseException:
            if self.in_transaction:  # a full disk makes SQLite roll everything back by itself
                for statement in undo:
                    self._db.execute(statement)
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that is read within is of one moment; others write meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    def close(self) -> None:
        self._db.close()


class Database:
    """A connection to a database that is up to date, and that nobody puts another in the place of meanwhile."""

    def __init__(self, path: Path) -> None:
        """Raises DatabaseError."""
        try:
            with ExitStack() as opened:
                opened.enter_context(FileLock(lock_of(path), shared=True))
                self.sql = SqliteSql(path)
                opened.callback(self.sql.close)
                migrate(self.sql)
                self.close = opened.pop_all().close
        except Taken:
            raise DatabaseError(f"A backup is being put in the place of {path}. Try again when that is done.") from None
        except FromTheFuture as error:
            raise DatabaseError(f"{path}: {error}") from error
        except (OSError, sqlite3.Error) as error:
            raise DatabaseError(
                f"The database {path} cannot be opened ({error}). Set VIVAVOCE_DATABASE to a file on a local disk that "
                "you may write."
            ) from error

    def __enter__(self) -> SqliteSql:
        return self.sql

    def __exit__(self, *_: object) -> None:
        self.close()


def lock_of(path: Path) -> Path:
    """Shared by all who use a database; whoever replaces it has it alone."""
    return path.with_name(f"{path.name}-lock")


Write = Callable[[SessionStore], None]
Done = Callable[[Exception | None], None]


class _Job(NamedTuple):
    write: Write
    done: Done


class _JobFailed(Exception):
    """One of several that were carried out together."""


class Writer:
    """The thread that owns the database. Jobs are carried out in the order in which they were submitted.

    A job may be carried out twice, after the first time was undone: it changes nothing but the database.
    """

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop, *, shared: bool = False) -> None:
        """Opens and migrates at once, so that a bad path is known before the first call. Raises DatabaseError.

        `shared`: others write as often. SQLite lets who finds it taken sleep and look again, up to a tenth of a second
        later, and whoever writes all the time gets it again first; so they take turns before they ask it.
        """
        self._database = Database(path)
        self._turns = Turns(path.with_name(f"{path.name}-turn"), BUSY_SECONDS) if shared else None
        self._sql = self._database.sql
        self._store = SessionStore(self._sql)
        self._loop = loop
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="vivavoce-writer", daemon=True)
        self._thread.start()

    def submit(self, write: Write, done: Done) -> None:
        """Run `write` on the thread; `done` is called on the loop once it is on disk, or with what went wrong."""
        self._jobs.put(_Job(write, done))

    async def run(self, write: Callable[[SessionStore], T]) -> T:
        """Run `write` on the thread and return what it returned, once that is on disk; or raise what it raised."""
        outcome: list[T] = []
        done: asyncio.Future[T] = self._loop.create_future()

        def report(error: Exception | None) -> None:
            if done.cancelled():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(outcome[-1])

        self.submit(lambda store: outcome.append(write(store)), report)
        return await done

    async def close(self) -> None:
        """Carry out everything that was submitted, report it, and close the database."""
        self._jobs.put(None)
        await self._loop.run_in_executor(None, self._thread.join)

    def _run(self) -> None:
        last = False
        while not last:
            batch = [self._jobs.get(), *(self._jobs.get() for _ in range(self._jobs.qsize()))]
            last = None in batch
            outcomes = self._commit([job for job in batch if job is not None])
            self._loop.call_soon_threadsafe(_report, outcomes)
        if self._turns is not None:
            self._turns.close()
        self._database.close()

    def _commit(self, jobs: list[_Job]) -> list[tuple[Done, Exception | None]]:
        """One transaction for all jobs; one that fails is undone alone, unless all of it had to be rolled back."""
        try:
            with self._turns or nullcontext():
                try:
                    return self._together(jobs)
                except _JobFailed:
                    return self._one_by_one(jobs)
        except Exception as error:
            return [(job.done, error) for job in jobs]

    def _together(self, jobs: list[_Job]) -> list[tuple[Done, Exception | None]]:
        """As it nearly always goes: nothing fails. Raises _JobFailed, and nothing was written."""
        with self._sql.transaction():
            for job in jobs:
                try:
                    job.write(self._store)
                except Exception as error:
                    raise _JobFailed from error
                if not self._sql.in_transaction:  # it took no notice that all was rolled back
                    raise _JobFailed
        return [(job.done, None) for job in jobs]

    def _one_by_one(self, jobs: list[_Job]) -> list[tuple[Done, Exception | None]]:
        with self._sql.transaction():
            return [(job.done, self._attempt(job.write)) for job in jobs]

    def _attempt(self, write: Write) -> Exception | None:
        try:
            with self._sql.transaction():
                write(self._store)
        except Exception as error:
            if not self._sql.in_transaction:  # what came before it is gone, and what comes after may rest on that
                raise
            return error
        return None


def _report(outcomes: list[tuple[Done, Exception | None]]) -> None:
    for done, error in outcomes:
        done(error)


class Reader:
    """A thread with a connection of its own, so that a long look back holds up no call's record."""

    def __init__(self, path: Path) -> None:
        """`path` is a database that a Writer has opened."""
        self._path = path
        self._sql: SqliteSql | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vivavoce-reader")

    async def run(self, read: Callable[[SqliteSql], T]) -> T:
        """Run `read` on the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, read)

    def now(self, read: Callable[[SqliteSql], T]) -> T:
        """Run `read` here and now, on a connection for it alone: a question of a millisecond."""
        with closing(SqliteSql(self._path)) as sql:
            return read(sql)

    async def close(self) -> None:
        await self.run(SqliteSql.close)
        self._thread.shutdown(wait=False)

    def _run(self, read: Callable[[SqliteSql], T]) -> T:
        if self._sql is None:
            self._sql = SqliteSql(self._path)
        return read(self._sql)
