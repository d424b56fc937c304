import asyncio
import socket

from vivavoce.hosts.native._pump import Outlet

class Wire(Outlet):
    """No subclass: it has what a WebSocket asks of one."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, connection: socket.socket, protocol: asyncio.BaseProtocol
    ) -> None: ...

_watchers: dict[asyncio.AbstractEventLoop, object]
