"""Who is silent is asked whether it is there; who cannot be heard, because nobody reads, is not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial

import aiofastnet
import pytest
from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from kit.raw_websocket import RawWebSocket, frame
from vivavoce.hosts.native.lingering import LingeringProtocol
from vivavoce.hosts.native.link import Link
from vivavoce.session.inputs import Peer

PING, PONG, CLOSE = 9, 10, 8
SECONDS = 0.1

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def server() -> AsyncIterator[int]:
    """Its port. From a client that asks for /deaf it does not read."""
    tasks: set[asyncio.Task[None]] = set()
    deaf: list[Link] = []

    def stop_reading(link: Link) -> None:
        deaf.append(link)
        link.pause_reading()

    def answer(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        opened = stop_reading if request.path == b"/deaf" else lambda link: None
        response = WSUpgradeResponse.create_101_response()
        return WSUpgradeResponseWithListener(response, Link(Peer.BROWSER, 1_000, opened))

    def keep(work: Coroutine[object, object, None]) -> None:
        tasks.add(asyncio.get_running_loop().create_task(work))

    protocol = partial(
        LingeringProtocol,
        answer,
        max_frame=1_000,
        handshake_seconds=5.0,
        keep=keep,
        log=logging.LoggerAdapter(logging.getLogger("test")),
        ping_seconds=SECONDS,
    )
    listening = await aiofastnet.create_server(asyncio.get_running_loop(), protocol, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        for link in deaf:
            link.resume_reading()
        listening.close()
        await listening.wait_closed()
        await asyncio.gather(*tasks)


async def test_who_does_not_answer_is_gone() -> None:
    def silent(port: int) -> None:
        with RawWebSocket(port, "/") as raw:
            assert raw.receive() == (PING, b"")
            assert raw.receive() == (CLOSE, b"\x03\xe9no answer to a ping")

    async with server() as port:
        await asyncio.to_thread(silent, port)


async def test_who_answers_is_asked_again_and_again() -> None:
    def attentive(port: int) -> None:
        with RawWebSocket(port, "/") as raw:
            for _ in range(5):
                assert raw.receive() == (PING, b"")
                raw.send(frame(PONG, b""))
            raw.send(frame(CLOSE, b"\x03\xe8"))
            assert raw.receive() == (CLOSE, b"\x03\xe8")

    async with server() as port:
        await asyncio.to_thread(attentive, port)


async def test_who_is_not_read_from_is_not_taken_for_absent() -> None:
    def unheard(port: int) -> None:
        with RawWebSocket(port, "/deaf") as raw, RawWebSocket(port, "/") as clock:
            assert [clock.receive()[0], clock.receive()[0]] == [PING, CLOSE]
            assert not raw.has_received()

    async with server() as port:
        await asyncio.to_thread(unheard, port)
