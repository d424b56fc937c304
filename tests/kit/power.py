"""A disk that loses its power: what SQLite wrote and did not wait for may be gone, in any mixture.

The files are real ones and SQLite's own VFS does the work. This shim stands before it and remembers, of each file, what
it held when SQLite last waited for the disk, and what was written since then. When the power is cut, each of those
writes made it to the disk or not, as chance will have it.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import cast

import apsw

from vivavoce.hosts.native.sqlite import SqliteSql

_names = count()


class PowerCut(Exception):
    """The machine is off: nothing that SQLite asks for happens any more."""


@dataclass
class _File:
    durable: bytearray
    since: list[Callable[[bytearray], None]] = field(default_factory=list)
    """What was written since SQLite last waited."""


class Disk:
    """One machine's disk. It is off after `operations` writes and waits."""

    def __init__(self, operations: int) -> None:
        self._left = operations
        self._files: dict[str, _File] = {}
        self.name = f"power{next(_names)}"
        self._vfs = _Vfs(self)

    def opened(self, name: str) -> _File:
        if name not in self._files:
            self._files[name] = _File(bytearray(Path(name).read_bytes()))
        return self._files[name]

    def operate(self) -> None:
        """One more write or wait. Raises PowerCut."""
        self._left -= 1
        if self._left <= 0:
            raise PowerCut

    def write(self, file: _File, change: Callable[[bytearray], None]) -> None:
        file.since.append(change)
        self.operate()

    def wait(self, file: _File) -> None:
        self.operate()
        for change in file.since:
            change(file.durable)
        file.since.clear()

    def cut(self, folder: Path, chance: random.Random) -> None:
        """Switch it off, and put what is on it afterwards into a folder."""
        self._left = 0
        for name, file in self._files.items():
            kept = chance.random()
            for change in file.since:
                if chance.random() < kept:
                    change(file.durable)
            (folder / Path(name).name).write_bytes(file.durable)

    def forget(self) -> None:
        """Let go of SQLite's registration."""
        self._vfs.unregister()


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(disk.name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _VfsFile(self._disk, name, flags)


class _VfsFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._file = disk.opened(path)

    def xWrite(self, data: bytes, offset: int) -> None:
        def change(content: bytearray) -> None:
            if len(content) < offset:
                content.extend(bytes(offset - len(content)))
            content[offset : offset + len(data)] = data

        self._disk.write(self._file, change)
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        def change(content: bytearray) -> None:
            del content[size:]

        self._disk.write(self._file, change)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self._disk.wait(self._file)  # the real file need not reach the real disk


class PowerSql(SqliteSql):
    """The host's own port, on such a disk. `SETTINGS` are the host's, too."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._disk = disk
        super().__init__(path)

    def _connect(self, path: Path) -> sqlite3.Connection:
        return cast(sqlite3.Connection, apsw.Connection(str(path), vfs=self._disk.name))


class Careless(PowerSql):
    """Commits do not wait for the disk, as SQLite's users are often told."""

    SETTINGS = tuple(
        "synchronous = NORMAL" if setting == "synchronous = FULL" else setting for setting in SqliteSql.SETTINGS
    )
