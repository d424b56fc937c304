"""The connection of a call on a wire, where one was compiled."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING

import aiofastnet

from vivavoce.hosts.native.pumping import compiled

if TYPE_CHECKING:
    from vivavoce.hosts.native._pump import Outlet
    from vivavoce.hosts.native._wire import Wire


def wired(transport: asyncio.Transport, protocol: asyncio.BaseProtocol) -> asyncio.Transport:
    """What `protocol` is to be told that it is connected to: a wire that takes over from `transport`; or that itself,
    where there are no wires, it has TLS, or the process has no file left.
    """
    make = _wires()
    if make is None or transport.get_extra_info("ssl_object") is not None or transport.get_write_buffer_size():
        return transport
    loop = asyncio.get_running_loop()
    try:
        wire = make(loop, transport.get_extra_info("socket").dup(), protocol)
    except OSError:
        return transport
    transport.pause_reading()
    loop.call_soon(_let_go, transport)  # whose it was may be about to give it a protocol, and have it read
    return wire


@cache
def _wires() -> type[Wire] | None:
    if compiled() is None:
        return None
    try:
        from vivavoce.hosts.native._wire import Wire
    except (ImportError, ValueError):  # the latter: it was compiled for another pump
        return None
    return Wire


def _let_go(transport: asyncio.Transport) -> None:
    """Close it; the connection lives on."""
    transport.set_protocol(asyncio.Protocol())
    transport.resume_reading()  # who has paused is taken to have left the loop, and may have joined it since
    transport.abort()


def is_fit(transport: asyncio.Transport) -> bool:
    """Whether `write` copies at once what it cannot send. Others keep a view of it, and the memory is used again."""
    return isinstance(transport, aiofastnet.Transport) or outlet_of(transport) is not None


def outlet_of(transport: asyncio.Transport) -> Outlet | None:
    """The transport itself, if it is a wire."""
    module = compiled()
    return transport if module is not None and isinstance(transport, module.Outlet) else None


def resume_reading(transport: asyncio.Transport) -> None:
    """Also of what was read and deciphered before the pause: aiofastnet 1.2 would leave it until more comes."""
    transport.resume_reading()
    if (read_on := getattr(transport, "_retry_ssl_read", None)) is not None:
        asyncio.get_running_loop().call_soon(read_on)
