"""A backup is made while calls go on, and gives everything back: to whoever has the keys, and to nobody else."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyrage
import pytest

from kit.people import CALLS, PEOPLE, call_ids, canary, found_in, populate, sound_of
from vivavoce.hosts.native.backup import BackupError, Written, write_backup
from vivavoce.hosts.native.keyring import Keyring, KeyringError, keyring_path, open_keyring
from vivavoce.hosts.native.recording import AudioFiles
from vivavoce.hosts.native.restore import Restored, restore_backup
from vivavoce.hosts.native.sqlite import Database, DatabaseError, SqliteSql
from vivavoce.store.people import NOBODY, People
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def no_wait() -> None:
    raise AssertionError("nobody else has the keys")


def back_up(database: Path, file: Path, replace: bool = False) -> Written:
    return write_backup(database, file, replace=replace, progress=quiet, wait=no_wait)


def bring_back(database: Path, file: Path, keys: Path | None = None, replace: bool = False) -> Restored:
    return restore_backup(database, file, keys=keys, replace=replace, progress=quiet)


def everything(database: Path) -> dict[str, Any]:
    """All rows that a backup holds, and all sound."""
    with closing(SqliteSql(database)) as sql:
        people = People(sql)
        rows = {user: list(people.rows(user)) for user in (*people.names(), NOBODY)}
    folder = AudioFiles(database).folder
    return {"rows": rows, "sound": {file.name: file.read_bytes() for file in sorted(folder.glob("*"))}}


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("populated")
    populate(folder / "calls.sqlite3")
    return folder


@pytest.fixture
def database(populated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(populated, tmp_path / "data")) / "calls.sqlite3"


@pytest.fixture
def file(database: Path, tmp_path: Path) -> Path:
    back_up(database, tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def test_everything_comes_back(database: Path, tmp_path: Path) -> None:
    before = everything(database)
    written = back_up(database, tmp_path / "backup.tar")
    assert (written.people, written.sounds) == (len(PEOPLE), 2 * len(PEOPLE))
    assert written.bytes == (tmp_path / "backup.tar").stat().st_size

    elsewhere = tmp_path / "elsewhere" / "calls.sqlite3"
    restored = bring_back(elsewhere, tmp_path / "backup.tar", keys=written.keys)
    assert (restored.people, restored.calls, restored.sounds, restored.forgotten) == (3, 3 * CALLS, 6, 0)
    assert everything(elsewhere) == before
    assert before["sound"][f"{call_ids('ada')[0]}.persona.pcm"] == sound_of("ada", "persona")
    # From then on it goes on like any other, with the keys that it has.
    back_up(elsewhere, tmp_path / "another.tar")
    bring_back(elsewhere, tmp_path / "backup.tar", replace=True)


def test_nobody_but_the_owner_may_read_what_lies_around(database: Path, file: Path, tmp_path: Path) -> None:
    bring_back(tmp_path / "new" / "calls.sqlite3", file, keys=keyring_path(database))
    files = [*database.parent.rglob("*"), *(tmp_path / "new").rglob("*"), file]
    assert {path.stat().st_mode & 0o077 for path in files if path.is_file() and path.suffix != ".pcm"} == {0}


def test_a_backup_shows_nothing_without_the_keys(file: Path) -> None:
    content = file.read_bytes()
    for secret in (*map(canary, PEOPLE), *PEOPLE, call_ids("ada")[0], "AGE-SECRET-KEY"):
        assert secret.encode() not in content
    with tarfile.open(file) as tar:
        assert not [name for name in tar.getnames() if any(word in name for word in PEOPLE)]


def test_calls_go_on_meanwhile_and_the_backup_is_of_one_moment(database: Path, tmp_path: Path) -> None:
    before = everything(database)
    with Database(database) as server:
        store = SessionStore(server)

        def go_on(done: int, total: int) -> None:
            """Between one person and the next, each says another line, and somebody new comes."""
            with server.transaction():
                store.begin(f"call_a{done:023}", "scene", 1, f"guest {done}", "embedded", "m", 1.0)
                for user in PEOPLE:
                    call_id = call_ids(user)[1]
                    line = (len(store.events(call_id)) + 1, 0.0, "vivavoce.transcript", "{}")
                    store.append(call_id, FIRST_EPOCH, [line], (f"tool {done}", "{}"))

        write_backup(database, tmp_path / "backup.tar", replace=False, progress=go_on, wait=no_wait)
        assert len(People(server).names()) > len(PEOPLE)
    bring_back(database, tmp_path / "backup.tar", replace=True)
    assert everything(database) == before


def test_a_backup_and_who_forgets_wait_for_each_other(database: Path, tmp_path: Path) -> None:
    """Else a backup could give a new key to somebody who is being forgotten, and keep them."""
    waiting, done = threading.Event(), threading.Event()

    def back_up_and_wait() -> None:
        write_backup(database, tmp_path / "backup.tar", replace=False, progress=quiet, wait=waiting.set)
        done.set()

    with open_keyring(database, no_wait):
        other = threading.Thread(target=back_up_and_wait)
        other.start()
        assert waiting.wait(30)
        assert not (tmp_path / "backup.tar").exists()
        assert not done.is_set()
    other.join(30)
    assert done.is_set()
    assert bring_back(database, tmp_path / "backup.tar", replace=True).people == 3


def test_sound_that_vanishes_meanwhile_is_left_out(database: Path, tmp_path: Path) -> None:
    AudioFiles(database).path(call_ids("bert")[0], "learner").unlink()
    assert back_up(database, tmp_path / "backup.tar").sounds == 5
    assert bring_back(database, tmp_path / "backup.tar", replace=True).sounds == 5


def test_who_has_lost_their_key_stays_forgotten(database: Path, file: Path) -> None:
    keyring = Keyring(keyring_path(database))
    keyring.drop("ada")
    keyring.save()
    restored = bring_back(database, file, replace=True)
    assert (restored.people, restored.calls, restored.forgotten) == (2, 2 * CALLS, 1)
    assert found_in(database.parent, canary("ada"), '"ada"') == []
    assert found_in(database.parent, canary("bert"))


def test_nothing_is_overwritten_without_a_word(database: Path, file: Path) -> None:
    before = everything(database)
    with pytest.raises(BackupError, match=r"is there already.*--replace"):
        back_up(database, file)
    with pytest.raises(BackupError, match=r"There is a database at .* already.*--replace"):
        bring_back(database, file)
    assert everything(database) == before


def test_a_database_that_is_used_is_not_replaced(database: Path, file: Path) -> None:
    with Database(database), pytest.raises(BackupError, match=r"is in use\. Stop the server first"):
        bring_back(database, file, replace=True)
    bring_back(database, file, replace=True)


def test_what_was_there_is_gone_with_its_journal_and_its_sound(database: Path, file: Path) -> None:
    with Database(database) as sql, sql.transaction():
        SessionStore(sql).begin("call_eeeeeeeeeeeeeeeeeeeeeeee", "scene", 1, "emil", "embedded", "m", 1.0)
    sql = SqliteSql(database)  # as if a server had been killed: its journal is left
    sql.execute("UPDATE session SET user = 'fritz' WHERE user = 'emil'")
    database.with_name(f"{database.name}-wal").rename(database.with_name("kept"))
    sql.close()
    database.with_name("kept").rename(database.with_name(f"{database.name}-wal"))
    AudioFiles(database).path("call_eeeeeeeeeeeeeeeeeeeeeeee", "learner").write_bytes(b"sound of emil")
    bring_back(database, file, replace=True)
    assert found_in(database.parent, "emil", "fritz", "call_eeee") == []
    with closing(SqliteSql(database)) as restored:
        assert People(restored).names() == list(PEOPLE)


def test_a_backup_of_an_older_version_is_brought_up_to_date(database: Path, tmp_path: Path) -> None:
    """As version 0.1 would have written it: fewer columns, fewer tables, and the number of its schema."""
    house, ada = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    keyring = Keyring(keyring_path(database))
    keyring.add(NOBODY, house)
    keyring.add("ada", ada)
    keyring.save()
    session = {"session_id": call_ids("ada")[0], "scenario_id": "scene", "scenario_version": 1, "user": "ada"}
    session |= {"upstream": "embedded", "model": "m", "started_at": 1.0, "record": "transcript"}
    rows = [["session", session]]
    keys = [str(house.to_public()), str(ada.to_public())]
    with tarfile.open(tmp_path / "old.tar", "w") as tar:
        manifest = {"format": 1, "schema": 1, "vivavoce": "0.1.0", "made_at": 1.0, "keys": keys}
        add(tar, "manifest.json", json.dumps(manifest).encode())
        add(tar, f"{keys[0]}/record", sealed(house, []))
        add(tar, f"{keys[1]}/record", sealed(ada, rows))
    assert bring_back(database, tmp_path / "old.tar", replace=True).calls == 1
    with Database(database) as sql:
        assert sql.execute("SELECT user, epoch FROM session") == [("ada", FIRST_EPOCH)]
        with sql.transaction():
            SessionStore(sql).append(call_ids("ada")[0], FIRST_EPOCH, [(1, 0.0, "a", "{}")], ("tool", "{}"))


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def sealed(key: pyrage.x25519.Identity, rows: list[Any], sounds: list[Any] | None = None) -> bytes:
    lines = [json.dumps({"sounds": sounds or []}), *map(json.dumps, rows)]
    return pyrage.encrypt(gzip.compress("\n".join(lines).encode()), [key.to_public()])


# Files that are no backup, or a strange one


def forged(database: Path, target: Path, **changes: Any) -> None:
    """A backup by somebody who has the public halves of the keys, which stand in every backup."""
    keyring = Keyring(keyring_path(database))
    house = keyring.owners()[str(keyring.recipient(NOBODY))][1]
    key = str(house.to_public())
    manifest = {"format": 1, "schema": 2, "vivavoce": "9.9", "made_at": 1.0, "keys": [key]}
    if content := changes.get("content"):
        changes["record"] = pyrage.encrypt(content, [house.to_public()])
    with tarfile.open(target, "w") as tar:
        add(tar, "manifest.json", json.dumps({**manifest, **changes.get("manifest", {})}).encode())
        add(
            tar, f"{key}/record", changes.get("record") or sealed(house, changes.get("rows", []), changes.get("sounds"))
        )
        add(tar, f"{key}/sound/0", pyrage.encrypt(b"sound", [house.to_public()]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"manifest": {"format": 2}}, r"A newer vivavoce \(9.9\) made this backup"),
        ({"manifest": {"schema": 99}}, r"A newer vivavoce \(9.9\) made this backup"),
        ({"manifest": {"schema": "x"}}, "is no backup of vivavoce, or it is damaged"),
        ({"manifest": {"keys": []}}, "is no backup of vivavoce, or it is damaged"),
        ({"manifest": {"keys": 5}}, "is no backup of vivavoce, or it is damaged"),
        ({"manifest": {"made_at": float("nan")}}, "is no backup of vivavoce, or it is damaged"),
        ({"manifest": {"made_at": 1e300}}, "is no backup of vivavoce, or it is damaged"),
        ({"content": b"not compressed"}, "is no backup of vivavoce, or it is damaged"),
        ({"content": gzip.compress(b"x" * 1000)[:-20]}, "is no backup of vivavoce, or it is damaged"),
        ({"content": b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\xff" * 50}, "is no backup of vivavoce, or it is damaged"),
        (
            {"rows": [["switch", {"name": "x", "value": "", "at": 10**30}]]},
            "is no backup of vivavoce, or it is damaged",
        ),
        ({"record": b"noise"}, "is no backup of vivavoce, or it is damaged"),
        ({"rows": [["sqlite_schema", {"name": "x"}]]}, "is no backup of vivavoce, or it is damaged"),
        ({"rows": [["session", {"session_id": "x"}]]}, "cannot be restored"),
        ({"rows": [["event", {"session_id": "x", "seq": 1, "at": 1, "type": "", "body": ""}]]}, "cannot be restored"),
        ({"rows": ["nonsense"]}, "is no backup of vivavoce, or it is damaged"),
        ({"sounds": [["../../evil", "learner"]]}, "is no backup of vivavoce, or it is damaged"),
        ({"sounds": [["call_" + "0" * 24, "../evil"]]}, "is no backup of vivavoce, or it is damaged"),
        ({"sounds": [["call_" + "0" * 24, "learner"]] * 2}, "is no backup of vivavoce, or it is damaged"),
    ],
)
def test_a_forged_backup_changes_nothing(
    database: Path, file: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    before = everything(database)
    forged(database, tmp_path / "forged.tar", **changes)
    with pytest.raises(BackupError, match=words):
        bring_back(database, tmp_path / "forged.tar", replace=True)
    assert everything(database) == before
    assert found_in(tmp_path, "evil", "restoring") == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"not a tar, but long enough to be read as the header of one" * 20,
        lambda content: content[: len(content) // 2],
        lambda content: content[:-20_000],
        lambda content: content[: len(content) // 3] + b"\0" * 1000 + content[len(content) // 3 + 1000 :],
    ],
)
def test_a_damaged_backup_changes_nothing(database: Path, file: Path, damage: Callable[[bytes], bytes]) -> None:
    before = everything(database)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(BackupError, match="is no backup of vivavoce, or it is damaged"):
        bring_back(database, file, replace=True)
    assert everything(database) == before


def test_without_the_keys_it_is_said_what_is_missing(database: Path, file: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.sqlite3"
    with pytest.raises(BackupError, match=r"There are no keys at .*new.sqlite3-keys.json.*--keys"):
        bring_back(new, file)
    other = Keyring(tmp_path / "other.json")
    other.recipient(NOBODY)
    other.save()
    with pytest.raises(BackupError, match=r"other\.json do not open this backup\. Name the copy"):
        bring_back(new, file, keys=other.path)
    (tmp_path / "broken.json").write_text("[]")
    with pytest.raises(KeyringError, match=r"broken\.json cannot be read as the keys"):
        bring_back(new, file, keys=tmp_path / "broken.json")
    assert not new.exists()


def test_a_place_that_cannot_be_written_is_named(database: Path, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    with pytest.raises(BackupError, match="cannot be written"):
        back_up(database, tmp_path / "missing folder" / "backup.tar")
    with pytest.raises(BackupError, match="cannot be written"):
        back_up(database, tmp_path / "a file" / "backup.tar")
    (tmp_path / "text").write_text("this is not a database, but it is long enough to have a header" * 10)
    with pytest.raises(DatabaseError, match="cannot be opened"):
        back_up(tmp_path / "text", tmp_path / "backup.tar")
