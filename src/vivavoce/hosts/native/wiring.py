"""The connection of a call on a wire, where one was compiled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiofastnet

from vivavoce.hosts.native.pumping import compiled

if TYPE_CHECKING:
    from vivavoce.hosts.native._pump import Outlet


def wired(transport: asyncio.Transport, protocol: asyncio.BaseProtocol) -> asyncio.Transport:
    """What `protocol` is to be told that it is connected to: a wire that takes over from `transport`, which it is told
    that it has; or `transport` itself, where there are no wires, it has TLS, or the process has no file left.
    """
    if compiled() is None or transport.get_extra_info("ssl_object") is not None or transport.get_write_buffer_size():
        return transport
    try:
        from vivavoce.hosts.native._wire import Wire

        loop = asyncio.get_running_loop()
        wire = Wire(loop, transport.get_extra_info("socket").dup(), protocol)
    except (ImportError, OSError):
        return transport
    transport.pause_reading()
    # Whoever made the transport may still be about to read from it, and to give it the protocol.
    loop.call_soon(_let_go, transport)
    return wire


def _let_go(transport: asyncio.Transport) -> None:
    """Close it; the connection lives on."""
    transport.set_protocol(asyncio.Protocol())
    transport.resume_reading()  # who has paused is taken to have left the loop
    transport.abort()


def is_fit(transport: asyncio.Transport) -> bool:
    """Whether `write` copies at once what it cannot send. Others keep a view of it, and the memory is used again."""
    return isinstance(transport, aiofastnet.Transport) or outlet_of(transport) is not None


def outlet_of(transport: asyncio.Transport) -> Outlet | None:
    """The transport itself, if it is a wire."""
    module = compiled()
    return transport if module is not None and isinstance(transport, module.Outlet) else None
