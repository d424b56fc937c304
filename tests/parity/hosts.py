"""The two hosts, as a transcript sees them: somebody calls, the power goes, and what was said is on record."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from cloudflare.harness.layout import of_project
from cloudflare.harness.process import Workerd
from kit.server import Server, Site
from parity.record import Event, read_record

KEY = "sk-nobody-who-calls-may-see-this"
"""Of the upstream."""


class Host(ABC):
    name: ClassVar[str]
    own: ClassVar[Mapping[str, str]]
    """What transcripts leave to each host, under the names that they have for it."""

    @property
    @abstractmethod
    def site(self) -> Site: ...

    @abstractmethod
    def forget(self, scenario: str, user: str) -> None:
        """The call is gone from memory, and its connections are broken; what was written stays."""

    @abstractmethod
    def die(self) -> None:
        """The whole host is gone without a word, and comes back."""

    @abstractmethod
    def record(self, user: str) -> list[Event]: ...


class Native(Host):
    """`vivavoce serve` in a process of its own. Nothing throws a call out of its memory but the end of the process."""

    name = "native"
    own: ClassVar = {"<kept>": "audio"}

    def __init__(self, server: Server) -> None:
        self._server = server

    @classmethod
    @contextmanager
    def running(cls, home: Path, variables: Mapping[str, str]) -> Iterator[Native]:
        with Server(home, **variables) as server:
            yield cls(server)

    @property
    def site(self) -> Site:
        return self._server

    @property
    def database(self) -> Path:
        return self._server.database

    def forget(self, scenario: str, user: str) -> None:
        self.die()

    def die(self) -> None:
        self._server.stop(signal.SIGKILL)
        self._server.__enter__()

    def record(self, user: str) -> list[Event]:
        return read_record([self.database], user)


class Cloudflare(Host):
    """The Worker and its objects in workerd."""

    name = "cloudflare"
    own: ClassVar = {"<kept>": "transcript"}

    def __init__(self, machine: Workerd) -> None:
        self.machine = machine

    @classmethod
    @contextmanager
    def running(cls, home: Path, variables: Mapping[str, str]) -> Iterator[Cloudflare]:
        with Workerd(home, of_project(), variables) as machine:
            yield cls(machine)

    @property
    def site(self) -> Site:
        return self.machine

    def forget(self, scenario: str, user: str) -> None:
        self.machine.evict(scenario, user)

    def die(self) -> None:
        self.machine.kill()
        self.machine.start()

    def record(self, user: str) -> list[Event]:
        return read_record(self.machine.objects.rglob("*.sqlite"), user)
