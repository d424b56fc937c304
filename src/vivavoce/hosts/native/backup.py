"""Backups: the database and the sound beside it as they are at one moment, while calls go on.

A backup is a tar. `manifest.json` names the people in it, each by the public half of a key. Of each there is
`<key>/record`, which is lines of JSON, compressed, and `<key>/sound/<n>` for the files of sound that the first line
names. All of that is encrypted with the person's key, which is in no backup: see `keyring`.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyrage

from vivavoce import __version__
from vivavoce.hosts.native.keyring import Keyring, open_keyring
from vivavoce.hosts.native.recording import LANES, AudioFiles
from vivavoce.hosts.native.sqlite import Database, SqliteSql
from vivavoce.hosts.native.whole_file import whole_file
from vivavoce.store.migrations import version
from vivavoce.store.people import NOBODY, People

FORMAT = 1
MANIFEST = "manifest.json"

Progress = Callable[[int, int], None]
"""Called with how many people are done, and of how many."""


class BackupError(Exception):
    """A backup cannot be made or put back; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a backup holds."""

    people: int
    sounds: int
    bytes: int
    keys: Path
    """Without which it cannot be read."""


def write_backup(database: Path, file: Path, *, replace: bool, progress: Progress, wait: Callable[[], None]) -> Written:
    """Back a database up. Raises BackupError, KeyringError and DatabaseError."""
    if file.exists() and not replace:
        raise BackupError(f"{file} is there already. Choose another name, or say --replace.")
    with open_keyring(database, wait) as keyring, Database(database) as sql, sql.snapshot():
        try:
            with whole_file(file) as content, tarfile.open(fileobj=content, mode="w") as tar:
                people, sounds = _Backup(sql, AudioFiles(database), keyring, tar, file.parent).write(progress)
        except OSError as error:
            raise BackupError(f"{file} cannot be written ({error.strerror or error}).") from error
        return Written(people, sounds, file.stat().st_size, keyring.path)


class _Backup:
    """One backup that is being written."""

    def __init__(
        self, sql: SqliteSql, audio: AudioFiles, keyring: Keyring, tar: tarfile.TarFile, scratch: Path
    ) -> None:
        self._schema = version(sql)
        self._people = People(sql)
        self._audio = audio
        self._keyring = keyring
        self._tar = tar
        self._scratch = scratch

    def write(self, progress: Progress) -> tuple[int, int]:
        """How many people and files of sound are in it."""
        users = [NOBODY, *self._people.names()]
        keys = [str(self._keyring.recipient(user)) for user in users]
        self._keyring.save()  # before there is anything that they alone can open
        manifest = {
            "format": FORMAT,
            "schema": self._schema,
            "vivavoce": __version__,
            "made_at": time.time(),
            "keys": keys,
        }
        content = json.dumps(manifest, indent=1).encode()
        self._add(MANIFEST, io.BytesIO(content), len(content))
        sounds = 0
        for done, (user, key) in enumerate(zip(users, keys, strict=True)):
            progress(done, len(users))
            sounds += self._write_person(user, key)
        progress(len(users), len(users))
        return len(users) - 1, sounds

    def _write_person(self, user: str, key: str) -> int:
        rows = list(self._people.rows(user))
        sounds: list[tuple[str, str]] = []
        for session_id in (row["session_id"] for table, row in rows if table == "session"):
            for lane in LANES:
                try:
                    with self._audio.path(session_id, lane).open("rb") as sound:
                        self._seal(f"{key}/sound/{len(sounds)}", sound, user)
                except FileNotFoundError:  # was not recorded, or its call was deleted a moment ago
                    continue
                sounds.append((session_id, lane))
        lines = [json.dumps({"sounds": sounds}), *(json.dumps(row, ensure_ascii=False) for row in rows)]
        self._seal(f"{key}/record", io.BytesIO(gzip.compress("\n".join(lines).encode())), user)
        return len(sounds)

    def _seal(self, name: str, content: io.BufferedIOBase, user: str) -> None:
        with tempfile.TemporaryFile(dir=self._scratch) as sealed:
            pyrage.encrypt_io(content, sealed, [self._keyring.recipient(user)])
            size = sealed.tell()
            sealed.seek(0)
            self._add(name, sealed, size)

    def _add(self, name: str, content: IO[bytes], size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
        self._tar.addfile(entry, content)
