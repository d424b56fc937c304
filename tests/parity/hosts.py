"""The two hosts, as a transcript sees them: somebody calls, the power goes, and what was said is on record."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.server import Server, Site
from parity.record import Event, read_record


class Host(ABC):
    """A host with an upstream of its own choice, from entering `running` until leaving it."""

    name: str

    @property
    @abstractmethod
    def site(self) -> Site: ...

    @abstractmethod
    def forget(self, scenario: str, user: str) -> None:
        """The call is gone from memory, and its connections are broken; what was written stays."""

    @abstractmethod
    def record(self, user: str) -> list[Event]: ...


class Native(Host):
    """`vivavoce serve` in a process of its own. Nothing throws a call out of its memory but the end of the process."""

    name = "native"

    def __init__(self, home: Path, **environment: str) -> None:
        self._home = home
        self._environment = environment

    @contextmanager
    def running(self) -> Iterator[Native]:
        self._server = Server(self._home, **self._environment)
        with self._server:
            yield self
        # `forget` may have put another one in its place.

    @property
    def site(self) -> Site:
        return self._server

    def forget(self, scenario: str, user: str) -> None:
        self._server.stop(signal.SIGKILL)
        self._server.__enter__()

    def record(self, user: str) -> list[Event]:
        return read_record([self._server.database], user)
