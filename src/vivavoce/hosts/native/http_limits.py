"""What uvicorn leaves open: how long a request may take to come, how long an answer to be read, how many at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vivavoce.door.addresses import Proxies
from vivavoce.door.rates import place_of

HEAD_SECONDS = 10.0
"""From the beginning of a connection, or from the last answer, until a whole request head is there."""
BODY_SECONDS = 60.0
"""A spoken answer to the quiz has 2 MB, and some learners a slow line."""
STALL_SECONDS = 30.0
"""How long what we write may stay unread."""
MOST_HEAD_BYTES = 32 * 1024
MOST_OF_ONE = 400
"""Connections of one place: a class behind one address has two or three each."""
FILES_EACH = 4
"""Of a call: the browser, the upstream, the engine's end of it, the sound."""


@dataclass(slots=True)
class Room:
    """Counts the connections to the server, those of calls, too."""

    most: int
    proxies: Proxies
    """They bring the connections of many."""
    _of_one: Counter[str] = field(default_factory=Counter)

    def enter(self, peer: str) -> bool:
        """Whether there is room for one more of this address. Whoever entered leaves, room or not."""
        place = place_of(peer)
        self._of_one[place] += 1
        if peer not in self.proxies and self._of_one[place] > MOST_OF_ONE:
            return False
        return self._of_one.total() <= self.most

    def leave(self, peer: str) -> None:
        place = place_of(peer)
        self._of_one[place] -= 1
        if not self._of_one[place]:
            del self._of_one[place]


class LimitedProtocol(HttpToolsProtocol):
    """One connection for HTTP, until it asks for a WebSocket."""

    def __init__(self, room: Room, **named: Any) -> None:
        super().__init__(**named)
        self._room = room
        self._peer = ""
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._beside = 0
        """Bytes that came since the last answer and are of no body that anybody reads: heads, sizes of chunks, and the
        fields that may come after a body, which the parser would collect without end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        if self._room.enter(self._peer):
            self._within(HEAD_SECONDS)
        else:  # but not yet: aiofastnet would go on to read, and so deafen whoever gets the same file next
            self.loop.call_soon(self._refuse, b"503 Service Unavailable", b"Retry-After: 10\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._room.leave(self._peer)
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._beside += len(data)
        super().data_received(data)
        if self._beside > MOST_HEAD_BYTES and self.parser is not None:  # else the connection is another's
            self._refuse(b"431 Request Header Fields Too Large")

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._beside -= len(body)
        super().on_body(body)

    def on_headers_complete(self) -> None:
        self._within(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:  # else the next one came with this one
            self._beside = 0
            self._within(HEAD_SECONDS)

    def handle_websocket_upgrade(self) -> None:
        self.let_go()
        super().handle_websocket_upgrade()

    def let_go(self) -> None:
        """The connection goes on with another protocol, which counts it."""
        self._room.leave(self._peer)
        self._cancel()
        self.connections.discard(self)
        self.parser = None  # type: ignore[assignment]  # it holds on to methods of this, as uvicorn knows where it ends

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall = self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()

    def _within(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _cancel(self) -> None:
        for timer in (self._deadline, self._stall):
            if timer is not None:
                timer.cancel()

    def _refuse(self, status: bytes, header: bytes = b"") -> None:
        self.transport.write(b"HTTP/1.1 %b\r\n%bContent-Length: 0\r\nConnection: close\r\n\r\n" % (status, header))
        self.transport.close()


def most_connections() -> int:
    """As many as the operating system lets one process have, which is asked for all that it may give."""
    try:
        import resource
    except ImportError:  # Windows
        return 512 // FILES_EACH
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if most == resource.RLIM_INFINITY else min(most, 65_536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return wanted // FILES_EACH
