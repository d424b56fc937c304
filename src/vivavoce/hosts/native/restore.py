"""Puts a backup in the place of a database that nobody uses.

What comes out of the file is checked as if a stranger had made it: whoever has a backup can make another.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sqlite3
import tarfile
import zlib
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import pyrage

from vivavoce.hosts.native.archive import CALL_ID
from vivavoce.hosts.native.backup import FORMAT, MANIFEST, BackupError, Progress
from vivavoce.hosts.native.file_lock import FileLock, Taken
from vivavoce.hosts.native.keyring import Keyring, keyring_path
from vivavoce.hosts.native.recording import LANES, AudioFiles
from vivavoce.hosts.native.sqlite import SqliteSql, lock_of
from vivavoce.hosts.native.whole_file import sync_folder
from vivavoce.store.migrations import NEWEST, migrate
from vivavoce.store.people import People

NO_BACKUP = (
    *(tarfile.TarError, pyrage.DecryptError, gzip.BadGzipFile, zlib.error, EOFError),
    *(LookupError, TypeError, ValueError, ArithmeticError, RecursionError),
)
"""What reading raises at something else."""


@dataclass(frozen=True, slots=True)
class Restored:
    people: int
    calls: int
    sounds: int
    forgotten: int
    """People whose key is gone, and with it what the backup held of them."""
    made_at: int


def restore_backup(database: Path, file: Path, *, keys: Path | None, replace: bool, progress: Progress) -> Restored:
    """Make a database from a backup. Raises BackupError and KeyringError; the old one then is as it was."""
    try:
        with FileLock(lock_of(database)):
            if database.exists() and not replace:
                raise BackupError(
                    f"There is a database at {database} already. Say --replace to put the backup in its place; what is"
                    " in it now will be gone."
                )
            return _restore(database, file, keys, progress)
    except Taken:
        raise BackupError(f"{database} is in use. Stop the server first, then restore.") from None
    except NO_BACKUP as error:
        raise BackupError(f"{file} is no backup of vivavoce, or it is damaged ({error}).") from None
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{file} cannot be restored to {database} ({error}).") from error


def _restore(database: Path, file: Path, keys: Path | None, progress: Progress) -> Restored:
    fresh = database.with_name(f"{database.name}.restoring")
    _remove(fresh)
    try:
        with tarfile.open(file, "r:") as tar, closing(SqliteSql(fresh)) as sql:
            restoring = _Restoring(tar, _keyring(keys or keyring_path(database)), sql, AudioFiles(fresh))
            restored = restoring.run(progress)
            restoring.check()
        if keys is not None:
            _keep_keys(Keyring(keyring_path(database)), restoring.keyring)
        _replace(database, fresh)
    finally:
        _remove(fresh)
    return restored


class _Restoring:
    """One backup that is being put back."""

    def __init__(self, tar: tarfile.TarFile, keyring: Keyring, sql: SqliteSql, audio: AudioFiles) -> None:
        self._tar = tar
        self.keyring = keyring
        self._owners = keyring.owners()
        self._sql = sql
        self._people = People(sql)
        self._audio = audio

    def run(self, progress: Progress) -> Restored:
        manifest = json.loads(self._member(MANIFEST).read())
        schema, made_at = int(manifest["schema"]), round(manifest["made_at"])
        keys = [str(key) for key in manifest["keys"]]
        datetime.fromtimestamp(made_at)  # or it is no time
        if manifest["format"] != FORMAT or schema > NEWEST:
            raise BackupError(
                f"A newer vivavoce ({manifest['vivavoce']}) made this backup. Restore it with that version."
            )
        if keys[0] not in self._owners:
            raise BackupError(
                f"The keys in {self.keyring.path} do not open this backup. Name the copy of its keys with --keys."
            )
        migrate(self._sql, schema)
        sounds = forgotten = 0
        with self._sql.transaction():
            for done, key in enumerate(keys):
                progress(done, len(keys))
                if key in self._owners:
                    sounds += self._restore_person(key)
                else:
                    forgotten += 1
        migrate(self._sql)
        progress(len(keys), len(keys))
        calls = self._sql.execute("SELECT count(*) FROM session")[0][0]
        return Restored(len(keys) - 1 - forgotten, calls, sounds, forgotten, made_at)

    def check(self) -> None:
        """Raises BackupError if what came out is not sound."""
        faults = self._sql.execute("PRAGMA integrity_check") + self._sql.execute("PRAGMA foreign_key_check")
        if faults != [("ok",)]:
            raise BackupError(f"What the backup holds does not fit together ({faults[0]}).")

    def _restore_person(self, key: str) -> int:
        record = io.BytesIO()
        self._open(f"{key}/record", key, record)
        first, *rows = gzip.decompress(record.getvalue()).decode().split("\n")
        for row in rows:
            self._people.put(*json.loads(row))
        sounds = json.loads(first)["sounds"]
        for number, (session_id, lane) in enumerate(sounds):
            if not CALL_ID.fullmatch(session_id) or lane not in LANES:
                raise ValueError("sound of no call")
            self._audio.folder.mkdir(mode=0o700, exist_ok=True)
            with self._audio.path(session_id, lane).open("wb") as file:
                self._open(f"{key}/sound/{number}", key, file)
                file.flush()
                os.fsync(file.fileno())
        return len(sounds)

    def _open(self, name: str, key: str, into: io.BufferedIOBase) -> None:
        """Decrypt a member."""
        _, identity = self._owners[key]
        try:
            pyrage.decrypt_io(self._member(name), into, [identity])
        except OSError as error:
            if error.errno is not None:
                raise
            raise ValueError(f"{name}: {error}") from None  # bytes that were changed

    def _member(self, name: str) -> io.BufferedIOBase:
        """Raises KeyError if there is none, TarError if it is no file."""
        content = self._tar.extractfile(name)
        if content is None:
            raise tarfile.ReadError(f"{name} is no file")
        return cast(io.BufferedIOBase, content)


def _keyring(path: Path) -> Keyring:
    if not path.exists():
        raise BackupError(
            f"There are no keys at {path}, and without them no backup can be read. Name them with --keys."
        )
    return Keyring(path)


def _keep_keys(mine: Keyring, copy: Keyring) -> None:
    """Backups go on with the keys that were brought along."""
    for user, key in copy.owners().values():
        if user not in mine:
            mine.add(user, key)
    mine.save()


def _replace(database: Path, fresh: Path) -> None:
    """Put a database and its sound in the place of another, of which nothing stays."""
    _remove_what_is_beside(database)
    if AudioFiles(fresh).folder.exists():
        AudioFiles(fresh).folder.rename(AudioFiles(database).folder)
    fresh.replace(database)
    sync_folder(database.parent)


def _remove(database: Path) -> None:
    _remove_what_is_beside(database)
    database.unlink(missing_ok=True)


def _remove_what_is_beside(database: Path) -> None:
    """The sound of a database, and its journal, which would be poison for another."""
    for end in ("wal", "shm"):
        database.with_name(f"{database.name}-{end}").unlink(missing_ok=True)
    shutil.rmtree(AudioFiles(database).folder, ignore_errors=True)
