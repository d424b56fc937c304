"""Watches a whole test run for secrets where none may be: in what clients get, in logs, in the database.

Every server that a test starts serves lessons with a canary in each field that is nobody's to see, and is watched:
what the test's clients receive from it, and every file that it leaves behind. What it hands to a client as a secret,
a ticket or a resume token, is one from then on: it must not come back in any other place.
"""

from __future__ import annotations

import functools
import json
import logging
import re
import shutil
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

SCENARIOS: Final = Path(__file__).parents[2] / "scenarios"
MARK: Final = b"vv-canary-"
"""Begins every canary in a lesson."""
LEAST_SECRET: Final = 12
"""Characters; a shorter word is said by chance."""

_SETTING: Final = re.compile(r"_(KEY|SECRET|CODE)$")
_HANDED_OUT: Final = re.compile(rb'"(?:resume_token|ticket)":\s*"([^"]{12,})"')
_OVERLAP: Final = 512
"""Bytes of a stream that are looked at twice, so that nothing hides in a border."""


class Watched:
    """One server: what it must keep to itself, and what it let out."""

    def __init__(self, home: Path, flags: tuple[str, ...], environment: Mapping[str, str]) -> None:
        self._home = home
        self._raw = "--raw" in flags
        """Then prompts are shown, which is what the flag is for."""
        values = (value for name, value in environment.items() if _SETTING.search(name))
        self._settings = [part.encode() for value in values for part in value.split(",") if len(part) >= LEAST_SECRET]
        self._handed_out: set[bytes] = set()
        self.leaks: list[str] = []

    def sent(self, data: bytes, known: int = 0) -> None:
        """A client got these bytes; the first `known` of them were looked at before."""
        self._handed_out.update(_HANDED_OUT.findall(data))
        rest = _HANDED_OUT.sub(lambda handed: bytes(len(handed[0])), data)
        self._look("what a client got", rest, known, plain=self._raw)

    def look_through_files(self) -> None:
        """The server has ended: what did it write?"""
        for file in self._home.rglob("*"):
            if file.is_file():
                self._look(file.name, file.read_bytes())

    def _look(self, where: str, data: bytes, known: int = 0, *, plain: bool = False) -> None:
        """What lies in the known part alone was judged with what stood before it, and is not judged again without."""
        for secret in (*(() if plain else (MARK,)), *self._settings, *self._handed_out):
            at = data.find(secret, max(0, known - len(secret) + 1))
            if at >= 0:
                self._leaked(where, data, at)

    def _leaked(self, where: str, data: bytes, at: int) -> None:
        self.leaks.append(f"in {where}: …{data[max(0, at - 120) : at + 60].decode('utf-8', 'replace')}…")


class Watch(logging.Handler):
    """All servers of the run, by port; and, as a handler, everything that is logged in this process."""

    def __init__(self) -> None:
        super().__init__()
        self._servers: dict[int, Watched] = {}
        self._ended: list[Watched] = []
        self._streams: WeakKeyDictionary[socket.socket, Stream] = WeakKeyDictionary()
        self._noted: list[str] = []

    def server(self, port: int, home: Path, flags: tuple[str, ...], environment: Mapping[str, str]) -> Watched:
        self._servers[port] = Watched(home, flags, environment)
        return self._servers[port]

    def ended(self, port: int) -> None:
        """From now on this is anybody's port, also that of a server's own dial to an upstream in this process."""
        if (server := self._servers.pop(port, None)) is not None:
            self._ended.append(server)

    def begun_again(self, port: int, server: Watched) -> None:
        self._servers[port] = server

    def received(self, sock: socket.socket, data: bytes) -> None:
        """A socket of this process got these bytes; only those that were dialled to a server count."""
        stream = self._streams.get(sock)
        if stream is None:
            try:
                port = sock.getpeername()[1]
            except (OSError, IndexError):  # not connected any more, or no TCP
                return
            stream = self._streams[sock] = Stream(self._servers.get(port))
        stream.received(data)

    def shown(self, page: str) -> None:
        """A page in a real browser holds this, or was sent it."""
        if MARK.decode() in page:
            self._noted.append(f"in a page: {page[max(0, page.index(MARK.decode()) - 120) :][:300]}")

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if MARK.decode() in line:
            self._noted.append(f"in a log of this process: {line[:300]}")

    def leaks(self) -> list[str]:
        """What was found since the last question."""
        found, self._noted = self._noted, []
        for server in (*self._servers.values(), *self._ended):
            found += server.leaks
            server.leaks = []
        return found


class Stream:
    """What one socket receives; `server` is None for peers that are not watched."""

    def __init__(self, server: Watched | None) -> None:
        self._server = server
        self._tail = b""

    def received(self, data: bytes) -> None:
        if self._server is not None:
            seen = self._tail + data
            self._server.sent(seen, len(self._tail))
            self._tail = seen[-_OVERLAP:]


WATCH: Final = Watch()


def install() -> None:
    """Look at everything that this process receives and logs from now on."""
    logging.getLogger().addHandler(WATCH)
    for kind in (socket.socket, ssl.SSLSocket):
        kind.recv = _tapped(kind.recv)  # type: ignore[method-assign]
        kind.recv_into = _tapped_into(kind.recv_into)  # type: ignore[method-assign]


def _tapped(receive: Callable[..., bytes]) -> Callable[..., bytes]:
    @functools.wraps(receive)
    def recv(self: socket.socket, *arguments: Any) -> bytes:
        data = receive(self, *arguments)
        WATCH.received(self, data)
        return data

    return recv


def _tapped_into(receive: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(receive)
    def recv_into(self: socket.socket, buffer: Any, *arguments: Any) -> int:
        size = receive(self, buffer, *arguments)
        WATCH.received(self, bytes(memoryview(buffer)[:size]))
        return size

    return recv_into


@functools.cache
def planted() -> Path:
    """The lessons, with a canary in every field that neither learner nor operator ever sees."""
    folder = Path(tempfile.mkdtemp(prefix="lessons-")) / "scenarios"
    shutil.copytree(SCENARIOS, folder)
    for file in folder.glob("*.json"):
        if file.name != "index.json":
            lesson = json.loads(file.read_text("utf-8"))
            _plant(lesson)
            file.write_text(json.dumps(lesson, ensure_ascii=False), "utf-8")
    return folder


def _plant(lesson: dict[str, Any]) -> None:
    numbers: Iterator[int] = iter(range(1, 1_000_000))

    def canary() -> str:
        return f"{MARK.decode()}{lesson['id']}-{next(numbers)}"

    lesson["persona"]["agenda"] += f" {canary()}"
    for fact in lesson["facts"]:
        if fact["disclose"] == "never":
            fact["text"] += f" {canary()}"
    for criterion in lesson["rubric"]["criteria"]:
        for check in criterion["checks"]:
            if "any_of" in check["detector"]:
                check["detector"]["any_of"].append(canary())
    for item in lesson["quiz"]["items"]:
        if "accept" in item:
            item["accept"].append(canary())
