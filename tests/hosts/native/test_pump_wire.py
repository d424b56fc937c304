"""The pump on real sockets: a reader that stops, TLS, ends in mid-stream, silence."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiofastnet
import pytest
import trustme
from picows import WSUpgradeResponse, WSUpgradeResponseWithListener, ws_connect

from kit.pumped import LOG, PLENTY, REQUEST, SECRET, Fed, answer, framed, frames_in, on_the_loop
from vivavoce.hosts.native import _pump
from vivavoce.hosts.native.lingering import LingeringProtocol
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.pumping import new_passage
from vivavoce.hosts.native.upstream import Upstream as Dialler
from vivavoce.hosts.native.wiring import wired
from vivavoce.session.inputs import Peer
from vivavoce.settings.upstream import UpstreamSettings

FRAMES = 1_500
MAX = 16 * 1024 * 1024
SOUND = random.Random(1).randbytes(36_000).hex().encode()
CLOSE = 0x88
"""The first byte of a frame."""


def frame(number: int) -> bytes:
    """Of up to 47 KB, no two alike; every 40th is one that does not flow."""
    if number % 40 == 7:
        return json.dumps({"type": "response.done", "event_id": f"event_{number}", "x": "y" * (number * 5)}).encode()
    if number % 3:
        return b'{"type":"response.output_audio_transcript.delta","event_id":"event_%d","delta":"so"}' % number
    voice = SOUND[number : number + 4 + number * 7_919 % 47_000 // 4 * 4]
    return b'{"type":"response.output_audio.delta","event_id":"event_%d","delta":"%b"}' % (number, voice)


class Call:
    """Two links, what flows from one to the other, and their owner, who slows the upstream when the browser is slow."""

    def __init__(self) -> None:
        self.links: dict[Peer, Link] = {}
        self.flowed = 0
        self.opened = threading.Event()
        self.stalled = asyncio.Event()
        self.voice = new_passage(Peer.UPSTREAM, SECRET)
        self.speech = new_passage(Peer.BROWSER, b"")

    def take(self, link: Link) -> None:
        self.links[link.peer] = link
        link.owner = self
        if len(self.links) == 2:
            self.links[Peer.UPSTREAM].join(self.voice, self.speech)
            self.links[Peer.BROWSER].join(self.speech, self.voice)
            self._allow()

    def received(self, link: Link, frame: bytes) -> None:
        self._allow()
        if link.peer is Peer.UPSTREAM:
            self.links[Peer.BROWSER].send(frame)
        else:
            self.opened.set()

    def received_binary(self, link: Link, size: int) -> None:
        raise AssertionError

    def congestion_changed(self, link: Link) -> None:
        if link.congested:
            self.links[Peer.UPSTREAM].pause_reading()
            self.stalled.set()
        else:
            self.links[Peer.UPSTREAM].resume_reading()

    def disconnected(self, link: Link, code: int, reason: str) -> None:
        if link.peer is Peer.UPSTREAM:
            self._allow()
            self.links[Peer.BROWSER].close(1000, "")

    def _allow(self) -> None:
        flowed = self.voice.flowed()
        self.flowed += sum(flowed[1]) if flowed else 0
        self.voice.allow(self.links[Peer.BROWSER], 200, PLENTY)


class WiredProtocol(LingeringProtocol):
    """As the relay's own door has it, which is given a transport that reads already."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        transport.pause_reading()
        asyncio.get_running_loop().call_soon(self._take_over, transport)

    def _take_over(self, transport: asyncio.Transport) -> None:
        transport.resume_reading()
        super().connection_made(wired(transport, self))


@asynccontextmanager
async def door(call: Call, kind: type[LingeringProtocol] = LingeringProtocol) -> AsyncIterator[int]:
    """The port at which the call takes its browser."""
    kept: set[asyncio.Task[None]] = set()
    loop = asyncio.get_running_loop()
    link = Link(Peer.BROWSER, MAX, call.take)
    accepted = WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(), link)

    def protocol() -> LingeringProtocol:
        return kind(
            lambda request: accepted,
            max_frame=MAX,
            handshake_seconds=None,
            keep=lambda work: kept.add(loop.create_task(work)),
            log=LOG,
        )

    listening = await aiofastnet.create_server(loop, protocol, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await listening.wait_closed()
        await asyncio.gather(*kept)


class Upstream(threading.Thread):
    """A server that sends an event, and then all frames in pieces of any size, as fast as they are taken."""

    def __init__(self, call: Call, tls: ssl.SSLContext | None) -> None:
        super().__init__(name="upstream")
        self._call = call
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._tls = tls
        self.sent = 0
        self.stream = b"".join(framed(frame(number)) for number in range(FRAMES)) + framed(b"\x03\xe8", first=CLOSE)

    def run(self) -> None:
        with self._listening:
            connection, _ = self._listening.accept()
        with self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as wire:
            wire.sendall(answer(wire.recv(4096)))
            wire.sendall(framed(b"{}"))
            assert self._call.opened.wait(10)
            pieces = random.Random(2)
            while self.sent < len(self.stream):
                piece = self.stream[self.sent : self.sent + pieces.choice((1, 7, 1_460, 100_000))]
                wire.sendall(piece)
                self.sent += len(piece)
            while wire.recv(4096):
                pass


@pytest.mark.parametrize("how", ["plain", "TLS", "wires", "a wire and TLS"])
def test_a_reader_that_stops_loses_nothing(how: str) -> None:
    secure = how.endswith("TLS")
    if "wire" in how:
        pytest.importorskip("vivavoce.hosts.native._wire", reason="no wire was compiled here")
    authority = trustme.CA()
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_side)
    authority.configure_trust(client_side)

    def read(far: socket.socket) -> bytes:
        stream = b""
        while more := far.recv(65_536):
            stream += more
        return stream.partition(b"\r\n\r\n")[2]

    async def scene() -> None:
        call = Call()
        upstream = Upstream(call, server_side if secure else None)
        upstream.start()
        async with door(call, WiredProtocol if "wire" in how else LingeringProtocol) as port:
            with socket.socket() as far:
                far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
                far.connect(("127.0.0.1", port))
                far.sendall(REQUEST)
                link = Link(Peer.UPSTREAM, MAX, call.take)
                tls = client_side if secure else None
                url = f"{'wss' if secure else 'ws'}://localhost:{upstream.port}"
                if how == "wires":
                    settings = UpstreamSettings("compatible", url, "model", "other model", key=None)
                    await Dialler(settings, url).connect(link, "scene", "user")
                else:
                    transport, _ = await ws_connect(lambda *_: link, url, ssl_context=tls, max_frame_size=MAX)
                    assert not isinstance(transport.underlying_transport, _pump.Outlet)
                far.sendall(framed(b"{}", key=b"mask"))  # who never spoke has no pump, and is written to as ever
                await call.stalled.wait()
                browser, wires = call.links[Peer.BROWSER], {"wires": 2, "a wire and TLS": 1}.get(how, 0)
                assert [browser.outlet is not None, link.outlet is not None].count(True) == wires
                if how != "wires":
                    assert isinstance(transport.underlying_transport.get_protocol(), _pump.Pump)
                assert upstream.sent < len(upstream.stream)
                heard = await asyncio.to_thread(read, far)
        await asyncio.to_thread(upstream.join)
        got = [payload for first, payload in frames_in(heard) if first == 0x81]
        assert got == [b"{}", *map(frame, range(FRAMES))]
        assert call.flowed > FRAMES * 0.9

    on_the_loop(scene)


def test_who_sends_what_flows_is_not_taken_for_silent() -> None:
    """picows pings a peer of which it has heard nothing, and breaks off without a pong: what flows it does not hear."""

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            call = Call()
            async with door(call) as port:
                with socket.create_connection(("127.0.0.1", port)) as browser:
                    browser.sendall(REQUEST)
                    link = Link(Peer.UPSTREAM, MAX, call.take)
                    connecting = loop.create_task(
                        ws_connect(
                            lambda *_: link,
                            f"ws://127.0.0.1:{listening.getsockname()[1]}",
                            enable_auto_ping=True,
                            auto_ping_idle_timeout=0.5,
                            auto_ping_reply_timeout=0.5,
                        )
                    )
                    far, _ = await loop.sock_accept(listening)
                    with far:
                        far.setblocking(False)
                        await loop.sock_sendall(far, answer(await loop.sock_recv(far, 4096)))
                        await connecting
                        await loop.sock_sendall(far, framed(b"{}"))
                        until = loop.time() + 2.0
                        while loop.time() < until:
                            await loop.sock_sendall(far, framed(frame(1)))
                            call.voice.flowed()
                            with suppress(TimeoutError):
                                heard = await asyncio.wait_for(loop.sock_recv(far, 4096), 0.05)
                                raise AssertionError(f"it was asked for a sign of life: {list(frames_in(heard))}")
                        assert not link.closing
                        link.abort()
                        call.links[Peer.BROWSER].abort()

    on_the_loop(scene)


@pytest.mark.parametrize("wire", [False, True], ids=["plain", "wire"])
def test_nothing_flows_to_an_upstream_behind_a_close_of_picows_own(wire: bool) -> None:
    """Which it sends when an owner fails; it hangs up only later."""
    speech = b'{"type":"input_audio_buffer.append","audio":"AAA="}'

    class Failing(Call):
        def received(self, link: Link, frame: bytes) -> None:
            self.speech.flowed()
            self.speech.allow(self.links[Peer.UPSTREAM], 200, PLENTY)
            if frame == b'"fail"':
                raise RuntimeError("told to")

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as browser:
            for end in (listening, browser):
                end.setblocking(False)
            call = Failing()
            async with door(call) as port, asyncio.timeout(10):
                await loop.sock_connect(browser, ("127.0.0.1", port))
                await loop.sock_sendall(browser, REQUEST)
                await loop.sock_recv(browser, 4096)
                link = Link(Peer.UPSTREAM, MAX, call.take)
                url = f"ws://127.0.0.1:{listening.getsockname()[1]}"
                settings = UpstreamSettings("compatible", url, "model", "other model", key=None)
                dialling = Dialler(settings, url).connect(link, "", "") if wire else ws_connect(lambda *_: link, url)
                connecting = asyncio.ensure_future(dialling)
                far, _ = await loop.sock_accept(listening)
                with far:
                    far.setblocking(False)
                    await loop.sock_sendall(far, answer(await loop.sock_recv(far, 4096)))
                    await connecting
                    heard = b""
                    for _ in range(2):
                        await loop.sock_sendall(far, framed(b"{}"))
                        await asyncio.sleep(0.01)
                        await loop.sock_sendall(browser, framed(b"{}", key=b"mask") + framed(speech, key=b"mask"))
                        heard += await loop.sock_recv(far, 4096)
                    assert (link.outlet is not None) is wire
                    await loop.sock_sendall(far, framed(b'"fail"'))
                    heard += await loop.sock_recv(far, 4096)
                    await loop.sock_sendall(browser, framed(speech, key=b"mask") * 50)
                    await asyncio.sleep(0.05)
                    link.abort()
                    call.links[Peer.BROWSER].abort()
                    while more := await loop.sock_recv(far, 65_536):
                        heard += more
        assert [first for first, _ in frames_in(heard)] == [0x81, 0x81, CLOSE]

    on_the_loop(scene)


def test_each_frame_is_masked_with_a_key_of_its_own() -> None:
    speech = b'{"type":"input_audio_buffer.append","audio":"AAAA"}'.replace(b"AAAA", b"AAA=")
    wire = framed(speech, key=b"same")

    async def scene() -> None:
        async with Fed(Peer.BROWSER, pumped=True).open() as fed:
            fed.feed(wire * 600)
            (sent,) = (b"".join(fed.target.writes),)
        keys = {sent[at + 2 : at + 6] for at in range(0, len(sent), len(wire))}
        assert len(sent) == len(keys) * len(wire)
        assert b"same" not in keys
        assert len(keys) == 600

    on_the_loop(scene)


def test_two_pumps_do_not_read_into_each_other() -> None:
    async def scene() -> None:
        async with Fed(Peer.UPSTREAM, pumped=True).open() as one, Fed(Peer.UPSTREAM, pumped=True).open() as other:
            whole = framed(frame(1)) + framed(frame(2))
            for at in range(len(whole)):  # each has the beginning of a frame, most of the time
                one.feed(whole[at : at + 1])
                other.feed(whole[at : at + 1])
            assert one.log == other.log == [("flowed", frame(1)), ("flowed", frame(2))]
            first, second = one.protocol, other.protocol
            first.get_buffer(-1)
            second.get_buffer(-1)[:2] = b"\x81\x7e"
            with pytest.raises(RuntimeError, match="not in the buffer"):
                first.buffer_updated(2)
            with pytest.raises(RuntimeError, match="not in the buffer"):
                second.buffer_updated(65_537)

    on_the_loop(scene)


@pytest.mark.parametrize("peer", Peer)
def test_an_end_in_mid_frame_is_an_end(peer: Peer) -> None:
    async def scene() -> None:
        async with Fed(peer, pumped=True).open() as fed:
            key = b"mask" if fed.masked else None
            whole = framed(b'{"type":"response.output_text.delta","delta":"so"}', key=key)
            fed.feed(whole[:-1])
            fed.link.abort()
            fed.feed(whole[-1:] + whole)  # as much as was read already
        assert len(fed.log) == 2

    on_the_loop(scene)


def test_a_frame_of_the_browser_is_read_at_most_4_KB_at_a_time_behind_one_that_decides_something() -> None:
    async def scene() -> None:
        async with Fed(Peer.BROWSER, pumped=True).open() as fed:
            pump: Any = fed.protocol
            fed.feed(framed(b"{}", key=b"mask"))
            assert len(pump.get_buffer(-1)) == 4_096
            fed.feed(framed(b'{"type":"input_audio_buffer.append","audio":""}', key=b"mask"))
            assert len(pump.get_buffer(-1)) == 65_536

    on_the_loop(scene)
