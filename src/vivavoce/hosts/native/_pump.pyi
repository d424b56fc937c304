import asyncio
from collections.abc import Callable

from picows.picows import WSProtocol  # type: ignore[attr-defined]

from vivavoce.hosts.native.passage import Passage as PlainPassage
from vivavoce.session.inputs import Peer

INTERFACE: int

class Outlet(asyncio.Transport):
    """A wire: no object goes between it and a pump."""

class Passage(PlainPassage):
    """No subclass: it has the other's interface."""

    def __init__(self, source: Peer, secret: bytes) -> None: ...

class Pump(asyncio.BufferedProtocol):
    """No subclass, either: the transport asks `is_buffered_protocol`."""

    passage: PlainPassage | None
    """None: nothing flows."""

    def __init__(self, inner: WSProtocol, passage: PlainPassage, masked: bool, clock: Callable[[], float]) -> None: ...
    def is_buffered_protocol(self) -> bool: ...

def framed(text: bytes, masked: bool) -> bytes: ...
