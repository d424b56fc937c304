"""The compiled transport, on real sockets: all of what asyncio promises that a WebSocket relies on."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiofastnet
import pytest
import trustme

from vivavoce.hosts.native.wiring import wired

_wire = pytest.importorskip("vivavoce.hosts.native._wire", reason="no wire was compiled here")

pytestmark = pytest.mark.asyncio

MUCH = random.Random(1).randbytes(3_000_000)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Any:
    yield
    assert not _wire._watchers


class Heard(asyncio.BufferedProtocol):
    """Notes what it is told. `on_data` is asked after each read."""

    def __init__(self, room: int = 65_536, on_data: Callable[[], None] = lambda: None) -> None:
        self.data = bytearray()
        self.events: list[str] = []
        self.reads = 0
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._buffer = bytearray(room)
        self._on_data = on_data
        self.changed = asyncio.Event()

    def is_buffered_protocol(self) -> bool:
        return True

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data += self._buffer[:nbytes]
        self.reads += 1
        self.changed.set()
        self._on_data()

    def eof_received(self) -> bool:
        self.events.append("eof")
        return False

    def pause_writing(self) -> None:
        self.events.append("pause")

    def resume_writing(self) -> None:
        self.events.append("resume")
        self.changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        assert not self.lost.done(), "told twice"
        self.lost.set_result(exc)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                self.changed.clear()
                await self.changed.wait()


Opened = tuple[Any, socket.socket]


@asynccontextmanager
async def opened(protocol: asyncio.BaseProtocol, *, small: bool = False) -> AsyncIterator[Opened]:
    """A wire and the far end of it; `small`: the kernel holds little of what the far end does not read."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as far:
        if small:
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        far.connect(listening.getsockname())
        near, _ = listening.accept()
        near.setblocking(False)
        far.setblocking(False)
        if small:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        wire = _wire.Wire(asyncio.get_running_loop(), near, protocol)
        try:
            yield wire, far
        finally:
            wire.abort()
            for _ in range(2):  # the end is told in the loop's next round
                await asyncio.sleep(0)
            assert near.fileno() == -1, "its socket is open"


async def read_all(far: socket.socket, most: int = 65_536) -> bytes:
    return b"".join([part async for part in _parts(far, most)])


async def _parts(far: socket.socket, most: int) -> AsyncIterator[bytes]:
    async with asyncio.timeout(20):
        while part := await asyncio.get_running_loop().sock_recv(far, most):
            yield part


async def test_bytes_go_both_ways() -> None:
    protocol = Heard()
    async with opened(protocol) as (wire, far):
        wire.write(b"one ")
        wire.write(memoryview(bytearray(b"two ")))
        wire.write(bytearray(b"three four"))
        wire.write(b"")
        assert far.recv(100) == b"one two three four"
        far.send(b"five")
        await protocol.until(lambda: protocol.data == b"five")
        assert wire.get_extra_info("socket").getpeername() == far.getsockname()
        assert wire.get_extra_info("ssl_object", "none") == "none"
        assert wire.get_protocol() is protocol


async def test_a_reader_that_stops_makes_the_protocol_pause_and_gets_every_byte() -> None:
    protocol, pieces = Heard(), random.Random(2)
    async with opened(protocol, small=True) as (wire, far):
        sent = 0
        while "pause" not in protocol.events:
            piece = MUCH[sent : sent + pieces.choice((1, 700, 20_000))]
            was = wire.get_write_buffer_size()
            wire.write(piece)
            sent += len(piece)
        assert was <= 65_536 < wire.get_write_buffer_size() <= 65_536 + 20_000
        wire.write(MUCH[sent:])  # whoever does not pause loses nothing, either
        assert protocol.events == ["pause"]
        heard = b""
        while len(heard) < len(MUCH):
            heard += await asyncio.wait_for(asyncio.get_running_loop().sock_recv(far, 50_000), 10)
            if "resume" in protocol.events:
                break
            assert wire.get_write_buffer_size() > 16_384
        assert wire.get_write_buffer_size() <= 16_384
        wire.close()
        assert heard + await read_all(far) == MUCH
        assert protocol.events == ["pause", "resume"]
        assert await protocol.lost is None


async def test_what_is_unsent_leaves_before_a_close_and_not_before_an_abort() -> None:
    for end, whole in (("close", True), ("abort", False)):
        protocol = Heard()
        async with opened(protocol, small=True) as (wire, far):
            wire.write(MUCH)
            getattr(wire, end)()
            assert wire.is_closing()
            wire.write(b"too late")
            assert protocol.lost.done() is False
            heard = await read_all(far)
            assert await protocol.lost is None
            assert heard == MUCH if whole else len(heard) < len(MUCH)


async def test_who_pauses_hears_nothing_and_then_all_of_it() -> None:
    protocol = Heard()
    async with opened(protocol) as (wire, far):
        wire.pause_reading()
        assert not wire.is_reading()
        far.send(b"meanwhile")
        far.shutdown(socket.SHUT_WR)
        await asyncio.sleep(0.05)
        assert (bytes(protocol.data), protocol.events) == (b"", [])
        wire.resume_reading()
        assert wire.is_reading()
        assert await asyncio.wait_for(protocol.lost, 5) is None
        assert (bytes(protocol.data), protocol.events) == (b"meanwhile", ["eof"])
        assert not wire.is_reading()


async def test_who_pauses_within_a_read_is_left_alone_at_once() -> None:
    protocol = Heard(room=1_000, on_data=lambda: wire.pause_reading())
    async with opened(protocol) as (wire, far):
        far.send(MUCH[:5_000])
        for read in range(1, 6):
            await protocol.until(lambda read=read: protocol.reads == read)  # type: ignore[misc]
            await asyncio.sleep(0.01)
            assert protocol.data == MUCH[: read * 1_000]
            wire.resume_reading()


@pytest.mark.parametrize("room", [1, 100, 65_536])
async def test_an_end_that_comes_with_the_last_bytes_is_heard_after_them(room: int) -> None:
    """All of it is told of once: whoever left a part of it to be told of again would wait for ever."""
    protocol = Heard(room)
    async with opened(protocol) as (_, far):
        far.send(MUCH[:300])
        far.close()
        assert await asyncio.wait_for(protocol.lost, 5) is None
        assert (bytes(protocol.data), protocol.events) == (MUCH[:300], ["eof"])


async def test_who_brings_much_is_heard_in_turn_and_to_the_end() -> None:
    def call_in() -> None:
        if big.reads == 1:
            little.send(b"me, too")

    big, small = Heard(on_data=call_in), Heard()
    async with opened(big) as (wire, much), opened(small) as (_, little):
        much.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_000_000)
        wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        wire.pause_reading()
        sent = 0
        try:
            while sent < len(MUCH):
                sent += much.send(MUCH[sent:])
        except BlockingIOError:
            pass
        assert sent > 400_000
        before: list[int] = []
        small.buffer_updated = lambda nbytes: before.append(len(big.data))  # type: ignore[method-assign]
        wire.resume_reading()
        await big.until(lambda: len(big.data) == sent)
        assert big.data == MUCH[:sent]
        assert before and before[0] <= 262_144 + 65_536


async def test_more_wires_than_are_told_at_once_are_all_told() -> None:
    async with AsyncExitStack() as stack:
        pairs = [(protocol := Heard(), await stack.enter_async_context(opened(protocol))) for _ in range(150)]
        for _, (_, far) in pairs:
            far.send(b"hello")
        for protocol, _ in pairs:
            await protocol.until(lambda protocol=protocol: protocol.data == b"hello")  # type: ignore[misc]


async def test_one_wire_may_end_all_others_while_they_have_something_to_tell() -> None:
    wires: list[Any] = []
    protocols: list[Heard] = []

    def end_all() -> None:
        for wire in wires:
            wire.abort()

    async with AsyncExitStack() as stack:
        fars = []
        for _ in range(30):
            protocols.append(Heard(on_data=end_all))
            wire, far = await stack.enter_async_context(opened(protocols[-1]))
            wires.append(wire)
            fars.append(far)
        for far in fars:
            far.send(b"hello")
        await asyncio.gather(*(protocol.lost for protocol in protocols))
        assert sum(protocol.reads for protocol in protocols) == 1


async def test_a_reset_is_an_end_with_its_reason_and_no_error_of_the_loop() -> None:
    protocol, reported = Heard(), note_reports()
    async with opened(protocol) as (_, far):
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
        assert isinstance(await asyncio.wait_for(protocol.lost, 5), ConnectionResetError)
    protocol = Heard()
    async with opened(protocol) as (wire, far):
        wire.pause_reading()  # then it is heard of by who writes
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
        wire.write(b"is anybody there?")
        assert isinstance(await asyncio.wait_for(protocol.lost, 5), OSError)
    assert not reported


async def test_the_goodbye_of_one_that_does_not_read_is_heard() -> None:
    """It holds what it did not read, so the kernel resets the connection behind its last words."""
    protocol = Heard()
    async with opened(protocol, small=True) as (wire, far):
        wire.write(MUCH)
        await asyncio.sleep(0.05)
        far.send(b"goodbye")
        far.close()
        await asyncio.wait_for(protocol.lost, 5)
        assert protocol.data == b"goodbye"


async def test_a_protocol_that_fails_ends_its_own_wire() -> None:
    def fail() -> None:
        raise ValueError("told to")

    failing, other, reported = Heard(on_data=fail), Heard(), note_reports()
    async with opened(failing) as (_, far), opened(other) as (_, far_too):
        far.send(b"fail")
        far_too.send(b"and go on")
        assert isinstance(await asyncio.wait_for(failing.lost, 5), ValueError)
        await other.until(lambda: other.data == b"and go on")
    assert [str(context["exception"]) for context in reported] == ["told to"]


async def test_who_fails_when_told_to_pause_ends_nobody() -> None:
    protocol, reported = Heard(), note_reports()
    protocol.pause_writing = fail_to_pause  # type: ignore[method-assign]
    async with opened(protocol, small=True) as (wire, far):
        wire.write(MUCH)
        wire.close()
        assert await read_all(far) == MUCH
        assert await protocol.lost is None
    assert [str(context["exception"]) for context in reported] == ["cannot pause"]


def fail_to_pause() -> None:
    raise ValueError("cannot pause")


async def test_the_protocol_may_be_changed_between_two_reads() -> None:
    second = Heard()
    first = Heard(room=4, on_data=lambda: wire.set_protocol(second))
    async with opened(first) as (wire, far):
        far.send(b"one two three")
        await second.until(lambda: second.data == b"two three")
        assert first.data == b"one "
    assert second.lost.done() and not first.lost.done()


@pytest.mark.parametrize("side", ["server", "client"])
async def test_a_wire_takes_over_from_a_transport(side: str) -> None:
    loop, heard = asyncio.get_running_loop(), Heard()
    had: list[asyncio.Transport] = []
    wires: list[asyncio.Transport] = []

    class Taking(Heard):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport | aiofastnet.Transport)
            had.append(transport)
            wires.append(wired(transport, self))
            wires[0].write(b"greetings")

    class Asked(asyncio.Protocol):
        """Hears something first, as uvicorn does."""

        def connection_made(self, transport: Any) -> None:
            self._transport = transport

        def data_received(self, data: bytes) -> None:
            assert data == b"hello"
            taking.connection_made(self._transport)
            self._transport.set_protocol(taking)

    taking = Taking()
    server = await aiofastnet.create_server(loop, Asked if side == "server" else lambda: heard, "127.0.0.1", 0)
    async with asyncio.timeout(10), server:
        far = ("127.0.0.1", server.sockets[0].getsockname()[1])
        if side == "server":
            client, _ = await aiofastnet.create_connection(loop, lambda: heard, *far)
            client.write(b"hello")
        else:
            client, _ = await aiofastnet.create_connection(loop, asyncio.Protocol, *far)
            client.set_protocol(taking)
            taking.connection_made(client)
        await heard.until(lambda: heard.data == b"greetings")
        assert isinstance(wires[0], _wire.Wire)
        assert had[0].is_closing()
        assert had[0].get_extra_info("socket").fileno() == -1, "the old transport's file is open"
        assert not taking.lost.done()
        wires[0].close()
        assert await taking.lost is None
        assert await heard.lost is None


async def test_a_transport_with_tls_keeps_its_connection() -> None:
    loop, authority, heard = asyncio.get_running_loop(), trustme.CA(), Heard()
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_side)
    authority.configure_trust(client_side)
    server = await aiofastnet.create_server(loop, Heard, "127.0.0.1", 0, ssl=server_side)
    async with server:
        port = server.sockets[0].getsockname()[1]
        transport, _ = await aiofastnet.create_connection(
            loop, lambda: heard, "127.0.0.1", port, ssl=client_side, server_hostname="localhost"
        )
        assert wired(transport, heard) is transport
        transport.abort()
        await heard.lost


def note_reports() -> list[dict[str, Any]]:
    """What the loop is told that went wrong."""
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
    return reported
