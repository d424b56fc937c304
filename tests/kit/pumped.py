"""One link on a real transport, with a pump before it or without, that is fed bytes in pieces of any size."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import re
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiofastnet
from picows import WSAutoPingStrategy, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing in the stub only

from vivavoce.hosts.native import _pump
from vivavoce.hosts.native.lingering import LingeringProtocol
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.passage import Passage
from vivavoce.hosts.native.server import loop_factory
from vivavoce.session.inputs import Peer

MAX_FRAME = 200_000
_logger = logging.Logger("picows", logging.CRITICAL)  # what it makes of broken frames is what is tested here
LOG = logging.LoggerAdapter(_logger)
SECRET = b"sk-canary+0123456789"
PLENTY = 2**40

Frame = tuple[int, bytes]
"""Opcode and payload."""


def on_the_loop(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(scene())


def frames_in(stream: bytes) -> Iterator[Frame]:
    """Unmasked; what is left over at the end must be nothing."""
    at = 0
    while at < len(stream):
        first, second = stream[at : at + 2]
        at += 2
        length = second & 127
        if length > 125:
            size = 2 if length == 126 else 8
            length = int.from_bytes(stream[at : at + size], "big")
            at += size
        key = b""
        if second >> 7:
            key = stream[at : at + 4]
            at += 4
        payload = stream[at : at + length]
        assert len(payload) == length, "the stream ends within a frame"
        at += length
        if key:
            keys = (key * (length // 4 + 1))[:length]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(length, "big")
        yield first, payload


def boundaries_in(stream: bytes) -> Iterator[int]:
    """Where its frames end, by what their headers say."""
    at = 0
    while at + 2 <= len(stream):
        second = stream[at + 1]
        size = {126: 2, 127: 8}.get(second & 127, 0)
        length = int.from_bytes(stream[at + 2 : at + 2 + size], "big") if size else second & 127
        at += 2 + size + (4 if second >> 7 else 0) + length
        yield at


class Target:
    """Where frames flow to: keeps what came, as whole frames."""

    def __init__(self, log: list[tuple[str, object]]) -> None:
        self._log = log
        self.writes: list[bytes] = []
        self.outlet = None

    def send(self, *frames: bytes) -> None:
        self._log.extend(("flowed", frame) for frame in frames)

    def write(self, data: memoryview) -> None:
        self.writes.append(bytes(data))
        for first, payload in frames_in(bytes(data)):
            assert first == 0x81
            self._log.append(("flowed", payload))


class Fed:
    """The link of `peer`, whose owner does what it is told by a text `{"do": […]}`."""

    def __init__(self, peer: Peer, *, pumped: bool) -> None:
        self.peer = peer
        self.masked = peer is Peer.BROWSER
        self.log: list[tuple[str, object]] = []
        """What flowed, and what the owner heard, in its order."""
        self.frames, self.size = 0, 0
        """What the passages say that flowed."""
        self.words: list[bytes] = []
        self.times: list[float] = []
        self._pumped = pumped
        self._passage: Passage
        self.target = Target(self.log)

    @asynccontextmanager
    async def open(self, *, from_the_start: bool = True) -> AsyncIterator[Fed]:
        """A link puts the pump in when it has heard something; `from_the_start`: before this is left to the test."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.far = socket.create_connection(listening.getsockname())
            near, _ = listening.accept()
        self.far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self.link = Link(self.peer, MAX_FRAME, lambda link: None)
        kept: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        try:
            if self.masked:
                self._inner = LingeringProtocol(
                    lambda request: _accept(request, self.link),
                    max_frame=MAX_FRAME,
                    handshake_seconds=None,
                    keep=lambda work: kept.add(loop.create_task(work)),
                    log=LOG,
                )
                self._transport, _ = await aiofastnet.connect_accepted_socket(loop, lambda: self._inner, near)
                self.feed(REQUEST)
            else:
                strategy = WSAutoPingStrategy.PING_WHEN_IDLE
                self._inner = WSProtocol(
                    *("test", "/", True, lambda request, response: self.link, LOG, True, None),
                    *(False, 0, 0, strategy, False, MAX_FRAME, None, 4096),
                )
                self._transport, _ = await aiofastnet.create_connection(loop, lambda: self._inner, sock=near)
                self.feed(answer(self.far.recv(4096)))
            self.heard()
            self.link.owner = self
            self._passage = self._new_passage()
            self.link.join(self._passage, self._new_passage())
            if from_the_start:
                self.feed(framed(b"{}", key=b"mask" if self.masked else None))
                assert isinstance(self.protocol, _pump.Pump) is self._pumped
                self.log.clear()
            yield self
            self._drain()
        finally:
            self._transport.abort()
            self.far.close()
            await asyncio.gather(self._inner.transport.wait_disconnected(), return_exceptions=True)
            await asyncio.gather(*kept)

    def feed(self, data: bytes, cuts: tuple[int, ...] = ()) -> None:
        """As the transport does it: piece by piece, a piece in as many reads as it takes."""
        begin = 0
        for cut in (*cuts, len(data)):
            rest = memoryview(data)[begin:cut]
            begin = max(begin, cut)
            while rest:
                protocol = self.protocol
                with memoryview(protocol.get_buffer(-1)) as free:
                    size = min(len(free), len(rest))
                    free[:size], rest = rest[:size], rest[size:]
                protocol.buffer_updated(size)

    @property
    def protocol(self) -> Any:
        """Of the transport: a pump, or picows' own."""
        return self._transport.get_protocol()

    def heard(self) -> bytes:
        """What the link has sent back so far."""
        heard = b""
        try:
            while more := self.far.recv(65536, socket.MSG_DONTWAIT):
                heard += more
        except BlockingIOError:
            pass
        return heard

    # The link's owner

    def received(self, link: Link, frame: bytes) -> None:
        self.log.append(("text", frame))
        try:
            told = json.loads(frame)["do"]
        except (ValueError, KeyError, TypeError):
            return
        match told:
            case ["allow", int(frames), int(size)]:
                self._drain()
                self._passage.allow(self.target, frames, size)  # type: ignore[arg-type]  # it has what is used
            case ["shut"]:
                self._passage.allow(None, 0, 0)
            case ["replace"]:
                self._drain()
                self._passage.allow(None, 0, 0)
                self._passage = self._new_passage()
                if not link.closing:
                    link.join(self._passage, self._new_passage())
            case ["say"]:
                link.send(b"heard")
            case ["pause"]:
                link.pause_reading()
            case ["end"]:
                link.close(1000, "told to")
            case ["fail"]:
                raise RuntimeError("told to")

    def received_binary(self, link: Link, size: int) -> None:
        self.log.append(("binary", size))

    def congestion_changed(self, link: Link) -> None:
        raise AssertionError("nobody makes this link wait")

    def disconnected(self, link: Link, code: int, reason: str) -> None:
        pass

    def _new_passage(self) -> Passage:
        kind = _pump.Passage if self._pumped else Passage
        passage = kind(self.peer, SECRET)
        passage.allow(self.target, 1000, PLENTY)  # type: ignore[arg-type]
        return passage

    def _drain(self) -> None:
        flowed = self._passage.flowed()
        if flowed is None:
            return
        times, frames, sizes, words = flowed
        assert len(times) == len(frames) == len(sizes)
        self.times += times
        self.frames += sum(frames)
        self.size += sum(sizes)
        self.words += words


REQUEST = (
    b"GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def _accept(request: WSUpgradeRequest, link: Link) -> WSUpgradeResponseWithListener:
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(), link)


def answer(request: bytes) -> bytes:
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
    assert key is not None
    accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade"]
    return b"\r\n".join([*lines, b"Sec-WebSocket-Accept: " + accept, b"", b""])


def framed(
    payload: bytes,
    *,
    first: int = 0x81,
    key: bytes | None = None,
    wide: int = 0,
    declared: int | None = None,
) -> bytes:
    """`wide`: the bytes of the length, though fewer would do; `declared`: a length that is not the true one."""
    length = len(payload) if declared is None else declared
    wide = max(wide, 0 if length < 126 else 2 if length < 65536 else 8)
    mask = 0 if key is None else 0x80
    head = bytes([first, mask | (length if not wide else 126 if wide == 2 else 127)])
    head += b"" if not wide else struct.pack("!H" if wide == 2 else "!Q", length)
    if key is None:
        return head + payload
    keys = (key * (len(payload) // 4 + 1))[: len(payload)]
    return head + key + (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(len(payload), "big")
