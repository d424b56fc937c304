"""A tap on the line to the upstream: passes everything on, and counts how many connections are open at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State


class Tap:
    def __init__(self, upstream: str) -> None:
        self.most_at_once = 0
        self.connections = 0
        self._upstream = upstream
        self._open: set[ServerConnection] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """The URL to dial."""
        async with serve(self._pass_on, "127.0.0.1", 0, compression=None, max_size=None) as server:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime"

    async def _pass_on(self, near: ServerConnection) -> None:
        self._open = {other for other in self._open if other.state is State.OPEN} | {near}
        self.most_at_once = max(self.most_at_once, len(self._open))
        self.connections += 1
        assert near.request is not None
        query = near.request.path.partition("?")[2]
        async with connect(f"{self._upstream}?{query}", compression=None, max_size=None) as far:
            back = asyncio.create_task(_pump(far, near))
            await _pump(near, far)
            await far.close()
            await back


async def _pump(source: Connection, sink: Connection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for message in source:
            await sink.send(message)
    await sink.close()
