"""A server that can be killed and started again; whoever talks with it finds it at one address all the while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kit.cable import Cable
from kit.server import Server


class Mortal:
    def __init__(self, home: Path, **environment: str) -> None:
        self._home = home
        self._environment = environment
        self._running = ExitStack()
        self.url = ""

    @contextmanager
    def reachable(self) -> Iterator[Mortal]:
        with self._running:
            self._server = self._running.enter_context(self._new())
            self._cable = Cable(self._server.port)
            with self._cable.plugged_in() as self.url:
                yield self

    def stop(self, number: int) -> None:
        self._server.stop(number)

    def start_again(self) -> None:
        self._server = self._running.enter_context(self._new())
        self._cable.lead_to(self._server.port)

    def _new(self) -> Server:
        return Server(self._home, **self._environment)
