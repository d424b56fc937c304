"""Who is forgotten is forgotten: no file of the data folder knows them, and no backup gives anything of them back."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from kit.people import CALLS, PEOPLE, call_ids, canary, found_in, populate
from kit.server import Server, vivavoce
from vivavoce.hosts.native.backup import write_backup
from vivavoce.hosts.native.forget import SWEEP, Forgotten, InCall, NotSwept, Unknown, forget
from vivavoce.hosts.native.keyring import KeyringError, keyring_path
from vivavoce.hosts.native.recording import AudioFiles
from vivavoce.hosts.native.restore import restore_backup
from vivavoce.hosts.native.sqlite import Database, SqliteSql
from vivavoce.store.people import NOBODY, People
from vivavoce.store.sessions import Fenced, SessionStore
from vivavoce.store.switches import Switches
from vivavoce.store.usage import UsageStore

WORDS = "My canary word is zylphorine."


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("populated")
    populate(folder / "calls.sqlite3")
    return folder


@pytest.fixture
def database(populated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(populated, tmp_path / "data")) / "calls.sqlite3"


def forgotten(database: Path, user: str, *, end_calls: bool = False) -> Forgotten:
    return forget(database, user, end_calls=end_calls, say=lambda text: None)


def back_up(database: Path, file: Path) -> Path:
    write_backup(database, file, replace=False, progress=lambda done, total: None, wait=lambda: None)
    return file


def traces_of(user: str) -> list[str]:
    """Everything that would give away that they were here."""
    return [canary(user), f'"{user}"', f"\x00{user}", *call_ids(user)[:1]]


def test_no_file_knows_them_and_no_backup_gives_them_back(database: Path, tmp_path: Path) -> None:
    backup = back_up(database, tmp_path / "backup.tar")
    keys = keyring_path(database).read_text()
    key = json.loads(keys)["keys"]["ada"]
    assert len(found_in(database.parent, canary("ada"))) >= 3  # the database and the sound of both
    assert found_in(tmp_path, key) == [keyring_path(database).name]
    os.link(keyring_path(database), tmp_path / "the same blocks of the disk")

    assert forgotten(database, "ada") == Forgotten(CALLS, keyring_path(database))
    assert found_in(tmp_path, canary("ada"), '"ada"', key) == []
    with Database(database) as sql:
        assert People(sql).names() == ["bert", "cleo"]
        assert UsageStore(sql).spent(0.0) == 3 * CALLS * 1000  # what was spent counts on
        assert UsageStore(sql).spent(0.0, "ada") == 0

    restored = restore_backup(database, backup, keys=None, replace=True, progress=lambda done, total: None)
    assert (restored.people, restored.forgotten) == (2, 1)
    assert found_in(tmp_path, canary("ada"), '"ada"', call_ids("ada")[0]) == []
    assert len(found_in(database.parent, canary("bert"))) == 3


def test_copies_that_the_database_made_of_rows_are_wiped_too(database: Path) -> None:
    """SQLite wipes what is deleted, but not each copy that is left where a row moved from: here one that it did not."""
    with closing(sqlite3.connect(database)) as careless:
        careless.execute("PRAGMA secure_delete = OFF")
        careless.execute("UPDATE event SET body = replace(body, 'la ', '') WHERE body LIKE ?", (f"%{canary('ada')}%",))
        careless.execute("DELETE FROM event WHERE body LIKE ?", (f"%{canary('ada')}%",))
        careless.execute("DELETE FROM tool_result WHERE output LIKE ?", (f"%{canary('ada')}%",))
        careless.commit()
    assert found_in(database.parent, canary("ada"))[0] == database.name
    forgotten(database, "ada")
    assert found_in(database.parent, canary("ada")) == []


def test_what_was_left_undone_is_done_the_next_time(database: Path) -> None:
    """The machine stopped after the rows were deleted, and before the file was written anew."""
    with Database(database) as sql, sql.transaction():
        sql.execute("PRAGMA secure_delete = OFF")
        People(sql).forget("ada")
        Switches(sql).set(SWEEP, "due", 1.0)
    assert found_in(database.parent, canary("ada"))[0] == database.name
    with pytest.raises(Unknown):
        forgotten(database, "ada")
    assert database.name not in found_in(database.parent, canary("ada"))


def test_keys_that_cannot_be_written_are_said_and_the_rest_is_done_the_next_time(
    database: Path, tmp_path: Path
) -> None:
    backup = back_up(database, tmp_path / "backup.tar")
    keys = keyring_path(database)
    in_the_way = keys.with_name(f"{keys.name}.part")
    in_the_way.mkdir()
    with pytest.raises(KeyringError, match="cannot be written"):
        forgotten(database, "ada")
    in_the_way.rmdir()
    assert forgotten(database, "ada").keys == keys
    assert found_in(database.parent, canary("ada"), '"ada"') == []
    assert restore_backup(database, backup, keys=None, replace=True, progress=lambda done, total: None).forgotten == 1


def test_the_journal_of_a_server_that_runs_is_emptied_too(database: Path) -> None:
    with Database(database) as server:
        with server.transaction():
            SessionStore(server).begin("call_" + "d" * 24, "scene", 1, "dora", "embedded", canary("dora"), 1.0)
        assert found_in(database.parent, canary("dora")) == [f"{database.name}-wal"]
        forgotten(database, "dora")
        assert found_in(database.parent, canary("dora"), "dora") == []
        assert server.execute("SELECT count(*) FROM session") == [(3 * CALLS,)]


def test_it_is_said_when_traces_may_be_left(database: Path) -> None:
    with Database(database) as reader, reader.snapshot():
        assert reader.execute("SELECT count(*) FROM session") == [(3 * CALLS,)]
        with pytest.raises(NotSwept):
            forgotten(database, "ada")
    with pytest.raises(Unknown):
        forgotten(database, "ada")
    assert found_in(database.parent, canary("ada"), '"ada"') == []


def test_somebody_unknown_is_told_of_similar_names(database: Path) -> None:
    with pytest.raises(Unknown) as unknown:
        forgotten(database, "B")
    assert unknown.value.alike == ["bert"]
    with Database(database) as sql:
        assert People(sql).names() == list(PEOPLE)


def test_who_is_only_in_backups_can_be_forgotten(database: Path, tmp_path: Path) -> None:
    backup = back_up(database, tmp_path / "backup.tar")
    with Database(database) as sql, sql.transaction():
        People(sql).forget("ada")  # as when all their calls were deleted because their time was up
    assert forgotten(database, "ada").calls == 0
    assert restore_backup(database, backup, keys=None, replace=True, progress=lambda done, total: None).forgotten == 1


def test_the_house_s_own_is_nobody_s_to_forget(database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "backup.tar")
    with pytest.raises(Unknown):
        forgotten(database, NOBODY)


def in_call(sql: SqliteSql, alive_until: float) -> str:
    call = "call_" + "e" * 24
    with sql.transaction():
        SessionStore(sql).begin(call, "scene", 1, "ada", "embedded", "m", 1.0, resume_hash="h", alive_until=alive_until)
    return call


def test_who_is_in_a_call_is_not_forgotten_by_the_way(database: Path, tmp_path: Path) -> None:
    backup = back_up(database, tmp_path / "backup.tar")
    with Database(database) as server:
        call = in_call(server, time.time() + 60)
        with pytest.raises(InCall) as error:
            forgotten(database, "ada")
        assert [head.session_id for head in error.value.calls] == [call]
        assert People(server).names() == list(PEOPLE)
    assert restore_backup(database, backup, keys=None, replace=True, progress=lambda done, total: None).forgotten == 0


def test_a_call_can_be_ended_for_it_and_what_its_process_still_does_leaves_nothing(database: Path) -> None:
    """Until it hears that the call is not its own any more, a process may note what it cost, or keep sound."""
    with Database(database) as server:
        call = in_call(server, time.time() + 1.5)
        sound = AudioFiles(database).path(call, "learner")

        def say(text: str) -> None:
            if not text.startswith("Waiting"):
                return
            with pytest.raises(Fenced), server.transaction():
                SessionStore(server).append(call, 1, [(1, 0.0, "a", "{}")])
            with server.transaction():
                UsageStore(server).note(call, "ada", 1.0, "response", "m", 5, 1.0, 1)
            sound.write_bytes(b"sound of ada")

        assert forget(database, "ada", end_calls=True, say=say).calls == CALLS + 1
        assert found_in(database.parent, canary("ada"), "of ada", call) == [database.name]  # the call's id, by its cost
        assert server.execute("SELECT DISTINCT user FROM spending ORDER BY 1") == [(NOBODY,), ("bert",), ("cleo",)]


def test_the_commands_on_a_server_with_calls(tmp_path: Path) -> None:
    """A learner speaks; is backed up, handed out, and forgotten while the next call is going on."""
    home = tmp_path / "home"
    home.mkdir()

    def command(*arguments: str) -> tuple[int, str]:
        done = vivavoce(*arguments, home=home, VIVAVOCE_DATABASE=str(server.database))
        return done.returncode, done.stdout + done.stderr

    with Server(home, VIVAVOCE_MODELS=os.devnull) as server:
        for user in ("petra", "quentin"):
            with server.browser(user) as browser:
                browser.go_live()
                browser.say(f"{WORDS} And {user} is my name.")
                browser.until("response.done")
                browser.send("vivavoce.end")
                browser.until("vivavoce.ended")
        code, said = command("backup", str(tmp_path / "old.tar"))
        assert (code, "2 people" in said, "keep a copy apart" in said) == (0, True, True), said
        assert command("restore", str(tmp_path / "old.tar"), "--replace")[0] == 1  # the server has it
        code, said = command("export", "petra", str(tmp_path / "petra.zip"))
        assert (code, "1 call," in said) == (0, True), said

        with server.browser("petra") as browser:
            browser.go_live()
            browser.say(WORDS)
            browser.until("response.done")
            code, said = command("forget", "petra")
            assert (code, "is in a call now (hotel-complaint" in said) == (1, True), said
            code, said = command("forget", "petra", "--end-calls")
            assert (code, "petra is forgotten: 2 calls" in said) == (0, True), said
            assert browser.closed()[0] == 4001
        data = [file for file in found_in(home, "zylphorine", "petra") if not file.endswith(".log")]
        assert data == [server.database.name]  # what quentin said
        with Database(server.database) as sql:
            assert People(sql).names() == ["quentin"]
        with server.browser("quentin") as browser:
            browser.go_live()  # and the others go on

    code, said = command("restore", str(tmp_path / "old.tar"))
    assert (code, "already" in said) == (1, True), said
    code, said = command("restore", str(tmp_path / "old.tar"), "--replace")
    assert (code, "1 person," in said, "Left out: 1 person" in said) == (0, True, True), said
    assert found_in(home, "petra") == []
    assert command("forget", "petra")[0] == command("export", "petra", str(tmp_path / "no.zip"))[0] == 1
    assert command("forget", "Quen")[1].strip() == "Nothing is kept of Quen. Do you mean: quentin?"
    assert command("forget", "quentin")[0] == 0
    assert found_in(home, "zylphorine", "quentin") == []
