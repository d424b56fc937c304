"""The record is on disk before anybody is told, whatever happens to the process."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Coroutine
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from kit.eventually import PATIENCE_S, eventually
from kit.server import clean_environment
from vivavoce.hosts.native.file_lock import FileLock, Taken, Turns
from vivavoce.hosts.native.sqlite import Database, DatabaseError, SqliteSql, Write, Writer, lock_of
from vivavoce.store.sessions import Fenced, SessionStore

ENDLESS_WRITER = """
import asyncio, sys
from pathlib import Path
from vivavoce.hosts.native.sqlite import Writer

async def main():
    writer = Writer(Path(sys.argv[1]), asyncio.get_running_loop())
    writer.submit(lambda store: store.begin("s", "scene", 1, "learner", "embedded", "m", 0.0), check)
    for seq in range(1, 1_000_000):
        entry = (seq, 0.0, "vivavoce.transcript", "{}")
        writer.submit(lambda store, entry=entry: store.append("s", 1, [entry]), lambda error, seq=seq: say(error, seq))
        await asyncio.sleep(0 if seq % 7 else 0.001)

def check(error):
    assert error is None

def say(error, seq):
    check(error)
    print(seq, flush=True)

asyncio.run(main())
"""


def begin(store: SessionStore) -> None:
    store.begin("s", "scene", 1, "learner", "embedded", "vivavoce/scene", 0.0)


def entry(seq: int) -> tuple[int, float, str, str]:
    return seq, 0.5, "vivavoce.transcript", f'{{"seq":{seq}}}'


def append(*numbers: int, session_id: str = "s") -> Write:
    return lambda store: store.append(session_id, 1, [entry(seq) for seq in numbers])


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_the_connection_waits_for_the_disk(tmp_path: Path) -> None:
    sql = SqliteSql(tmp_path / "db")
    assert sql.execute("PRAGMA journal_mode") == [("wal",)]
    assert sql.execute("PRAGMA synchronous") == [(2,)]  # FULL
    assert sql.execute("PRAGMA foreign_keys") == [(1,)]
    sql.close()


def test_nobody_else_may_read_the_record(tmp_path: Path) -> None:
    sql = SqliteSql(tmp_path / "folder" / "db")
    SessionStore(sql).migrate()
    assert {file.stat().st_mode & 0o077 for file in (tmp_path / "folder").iterdir()} == {0}
    assert (tmp_path / "folder").stat().st_mode & 0o077 == 0
    sql.close()


def test_an_inner_transaction_fails_alone(tmp_path: Path) -> None:
    sql = SqliteSql(tmp_path / "db")
    store = SessionStore(sql)
    store.migrate()
    with sql.transaction():
        begin(store)
        with pytest.raises(sqlite3.IntegrityError), sql.transaction():
            store.append("s", 1, [entry(1), entry(1)])
        store.append("s", 1, [entry(1), entry(2)])
    assert [row[0] for row in store.events("s")] == [1, 2]
    sql.close()


def test_what_waits_is_committed_together_and_reported_in_order(tmp_path: Path) -> None:
    async def work() -> None:
        writer = Writer(tmp_path / "db", asyncio.get_running_loop())
        told: list[tuple[int, Exception | None]] = []
        reports = 0

        def done(seq: int) -> Any:
            return lambda error: told.append((seq, error))

        def note(error: Exception | None) -> None:
            nonlocal reports
            reports += 1

        writer.submit(begin, note)
        for seq in range(1, 301):
            writer.submit(append(seq), done(seq))
        await writer.close()
        await asyncio.sleep(0)
        assert told == [(seq, None) for seq in range(1, 301)]
        assert reports == 1

    run(work())
    with sqlite3.connect(tmp_path / "db") as db:
        assert db.execute("SELECT count(*), max(seq) FROM event").fetchone() == (300, 300)
    db.close()


@pytest.mark.parametrize("shared", [True, False])
def test_those_who_share_a_database_write_in_turn(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "calls.sqlite3"

    def is_somebodys() -> bool:
        try:
            FileLock(path.with_name("calls.sqlite3-turn")).release()
        except Taken:
            return True
        return False

    async def write() -> tuple[bool, bool]:
        writer = Writer(path, asyncio.get_running_loop(), shared=shared)
        meanwhile, after = await writer.run(lambda store: is_somebodys()), is_somebodys()
        await writer.close()
        return meanwhile, after

    assert asyncio.run(write()) == (shared, False)


def test_who_stands_still_in_its_turn_holds_nobody_up_for_good(tmp_path: Path) -> None:
    path = tmp_path / "turn"
    mine = Turns(path, 0.05)
    with FileLock(path):
        for _ in range(3):
            with mine:
                assert mine_waits(mine)
    eventually(lambda: not mine_waits(mine))
    FileLock(path).release()  # it came too late, and was given back
    with mine, pytest.raises(Taken):
        FileLock(path)
    mine.close()


def mine_waits(turns: Turns) -> bool:
    return turns._waiting is not None and turns._waiting.is_alive()


def test_a_job_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    async def work() -> None:
        writer = Writer(tmp_path / "db", asyncio.get_running_loop())
        told: dict[str, Exception | None] = {}

        def done(name: str) -> Any:
            return lambda error: told.__setitem__(name, error)

        writer.submit(begin, done("begin"))
        writer.submit(append(1), done("first"))
        writer.submit(append(2, 1), done("number used twice"))
        writer.submit(append(1, session_id="nobody"), done("no such session"))
        writer.submit(append(2), done("second"))
        await writer.close()
        await asyncio.sleep(0)
        failed = {name: type(error) for name, error in told.items() if error is not None}
        assert failed == {"number used twice": sqlite3.IntegrityError, "no such session": Fenced}
        assert told["begin"] is told["first"] is told["second"] is None

    run(work())


def test_what_was_done_in_vain_beside_a_job_that_failed_is_neither_kept_nor_told(tmp_path: Path) -> None:
    tries, free = count(1), Event()

    def write_which_try(store: SessionStore) -> int:
        number = next(tries)
        store.append("s", 1, [(1, float(number), "vivavoce.transcript", "{}")])
        return number

    def wait(store: SessionStore) -> None:
        free.wait(PATIENCE_S)

    async def work() -> int:
        writer = Writer(tmp_path / "db", asyncio.get_running_loop())
        await writer.run(begin)
        writer.submit(wait, lambda error: None)  # so that the others wait, too, and are carried out together
        told = asyncio.create_task(writer.run(write_which_try))
        failing = asyncio.create_task(writer.run(append(1)))
        await asyncio.sleep(0)
        free.set()
        with pytest.raises(sqlite3.IntegrityError):
            await failing
        await writer.close()
        return await told

    told = asyncio.run(work())
    assert told == 2
    with closing(SqliteSql(tmp_path / "db")) as sql:
        assert [(seq, at) for seq, at, *_ in SessionStore(sql).events("s")] == [(1, told)]


def test_where_the_disk_is_full_nothing_is_written_that_rests_on_what_is_lost(tmp_path: Path) -> None:
    async def work() -> None:
        writer = Writer(tmp_path / "db", asyncio.get_running_loop())
        failed: list[str] = []
        free = Event()

        def no_more_room(store: SessionStore) -> None:
            [(pages,)] = store.sql.execute("PRAGMA page_count")
            store.sql.execute(f"PRAGMA max_page_count = {pages}")

        def long_line(store: SessionStore) -> None:
            store.append("s", 1, [(2, 0.5, "vivavoce.transcript", "x" * 100_000)])

        def wait(store: SessionStore) -> None:
            free.wait(PATIENCE_S)

        await writer.run(begin)
        await writer.run(no_more_room)
        writer.submit(wait, lambda error: None)  # so that the others wait, too, and are carried out together
        for write in (append(1), long_line, append(2)):
            writer.submit(write, lambda error: failed.append(str(error)))
        free.set()
        await writer.close()
        await asyncio.sleep(0)
        assert failed == ["database or disk is full"] * 3

    run(work())
    with closing(SqliteSql(tmp_path / "db")) as sql:
        assert SessionStore(sql).events("s") == []


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    sql = SqliteSql(tmp_path / "db")
    SessionStore(sql).migrate()
    sql.execute("UPDATE schema_version SET number = 999")
    sql.close()

    async def work() -> None:
        with pytest.raises(DatabaseError, match="A newer vivavoce wrote this database"):
            Writer(tmp_path / "db", asyncio.get_running_loop())

    run(work())


def test_a_path_that_cannot_be_used_is_known_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "text").write_text("this is not a database, but it is long enough to have a header" * 10)

    async def work() -> None:
        for path in (tmp_path / "file" / "db", tmp_path / "text"):
            with pytest.raises(DatabaseError, match="Set VIVAVOCE_DATABASE"):
                Writer(path, asyncio.get_running_loop())

    run(work())


@pytest.mark.parametrize("acknowledged", [1, 40, 200])
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    path = tmp_path / "db"
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS_WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(tmp_path, PYTHONPATH=":".join(sys.path)),
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= acknowledged:
                break
        process.send_signal(signal.SIGKILL)
        told = [int(line), *(int(more) for more in process.stdout if more.endswith("\n"))]
    sql = SqliteSql(path)
    kept = [row[0] for row in SessionStore(sql).events("s")]
    assert sql.execute("PRAGMA integrity_check") == [("ok",)]
    sql.close()
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) >= told[-1]


def test_nobody_replaces_a_database_that_is_in_use(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with Database(path), Database(path), pytest.raises(Taken):
        FileLock(lock_of(path))
    with FileLock(lock_of(path)), pytest.raises(DatabaseError, match="A backup is being put in the place"):
        Database(path)
    Database(path).close()


def test_a_look_at_one_moment(tmp_path: Path) -> None:
    with Database(tmp_path / "db") as mine, Database(tmp_path / "db") as other:
        with mine.snapshot():
            assert mine.execute("SELECT count(*) FROM session") == [(0,)]
            with other.transaction():
                begin(SessionStore(other))
            assert mine.execute("SELECT count(*) FROM session") == [(0,)]
        assert mine.execute("SELECT count(*) FROM session") == [(1,)]
