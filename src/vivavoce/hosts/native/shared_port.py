"""A connection of a port that several workers share: HTTP is answered by whoever took it, a call by who has its key."""

from __future__ import annotations

import asyncio
from typing import Any

from vivavoce.admission.doorkeeper import Asked, Doorkeeper
from vivavoce.admission.handshake import key_of
from vivavoce.hosts.native.http_limits import LimitedProtocol, Room
from vivavoce.hosts.native.workers import Given, Workers


class SharedProtocol(LimitedProtocol):
    def __init__(
        self, room: Room, workers: Workers, door: Doorkeeper, given: Given | None = None, **named: Any
    ) -> None:
        """`given`: another worker took the connection from the port, and gave it to this one."""
        super().__init__(room, **named)
        self._workers = workers
        self._door = door
        self._given = given

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._given is None:
            return
        client, first = self._given
        if client is not None:
            self.client = client
        if first:
            self.data_received(first)  # before anything is read from the connection itself

    def handle_websocket_upgrade(self) -> None:
        asked = Asked(self._peer, self._lines)
        key = key_of(self.url.decode("latin-1"), asked, self._door)
        worker = self._workers.owner(*key) if key is not None else self._workers.index
        if worker == self._workers.index:
            super().handle_websocket_upgrade()
        elif self._give(worker):
            self.transport.set_protocol(asyncio.Protocol())
            self.transport.abort()  # closes our end of what the other worker has open, too
            self.let_go()
        else:
            self._refuse(b"503 Service Unavailable", b"Retry-After: 5\r\n")

    def _give(self, worker: int) -> bool:
        """Whether nothing is left to be done here for the connection."""
        if self.transport.get_write_buffer_size():  # an answer that is still being read
            return False
        lines = [b"%b: %b\r\n" % (name, value) for name, value in self.headers]
        head = b"%b %b HTTP/1.1\r\n%b\r\n" % (self.scope["method"].encode(), self.url, b"".join(lines))
        return self._workers.give(worker, self.transport.get_extra_info("socket").fileno(), head)

    def _lines(self, name: str) -> list[str]:
        wanted = name.lower().encode()
        return [value.decode("latin-1") for known, value in self.headers if known == wanted]
