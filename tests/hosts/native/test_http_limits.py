"""Who comes with half a request, or does not read the answer, or with too many connections, is let go."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kit.door import doorkeeper
from vivavoce.door.addresses import Proxies
from vivavoce.hosts.native import http_limits
from vivavoce.hosts.native.app import build_app
from vivavoce.hosts.native.http_limits import MOST_HEAD_BYTES, LimitedProtocol, Room
from vivavoce.hosts.native.server import loop_factory

HEAD = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n"
BIG = 32 * 1024 * 1024


@pytest.fixture
def room() -> Room:
    return Room(50, Proxies(()))


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, room: Room) -> Iterator[int]:
    """A server without calls, and without patience."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "STALL_SECONDS"):
        monkeypatch.setattr(http_limits, name, 0.3)
    monkeypatch.setattr(http_limits, "MOST_OF_ONE", 20)

    async def much(request: Request) -> Response:
        return Response(bytes(BIG))

    async def take(request: Request) -> Response:
        return Response(str(len(await request.body())))

    routes = [Route("/api/much", much), Route("/api/take", take, methods=["POST"])]
    app = build_app(b"[]", doorkeeper(), tmp_path, routes)
    protocol = cast(Any, partial(LimitedProtocol, room))
    config = uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        loop = loop_factory()()
        loop.run_until_complete(server.serve([listening]))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    listening.close()


def connect(port: int) -> closing[socket.socket]:
    return closing(socket.create_connection(("127.0.0.1", port), 10))


def read_to_the_end(connection: socket.socket) -> bytes:
    """Fails, by its timeout, if the connection stays open."""
    received = bytearray()
    try:
        while more := connection.recv(65536):
            received += more
    except ConnectionResetError:
        pass
    return bytes(received)


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET / HT",
        HEAD,
        b"\r\n",
        b"POST /api/take HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf",
        b"POST /api/take HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
    ],
)
def test_half_a_request_is_not_waited_for(port: int, half: bytes) -> None:
    with connect(port) as slow:
        slow.sendall(half)
        assert not read_to_the_end(slow).startswith(b"HTTP/1.1 200")


def test_a_head_that_comes_letter_by_letter_is_not_waited_for(port: int) -> None:
    with connect(port) as slow:
        slow.settimeout(0.05)
        sent = 0
        with pytest.raises(OSError):
            while sent < 1000:
                slow.sendall(b"a")
                sent += 1
                try:
                    if slow.recv(1) == b"":
                        raise ConnectionError
                except TimeoutError:
                    pass
        assert sent < 1000


def test_a_connection_serves_one_request_after_the_other(port: int) -> None:
    with connect(port) as patient:
        for times in (1, 1, 2):  # the last two come together
            patient.sendall((HEAD + b"\r\n") * times)
            answers = b""
            while answers.count(b'{"ok":true}') < times:
                answers += patient.recv(65536)
            assert answers.count(b"HTTP/1.1 200") == times
        patient.sendall(HEAD)
        assert read_to_the_end(patient) == b""


def test_a_body_that_nobody_reads_is_not_waited_for(port: int) -> None:
    with connect(port) as slow:
        slow.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        assert read_to_the_end(slow).startswith(b"HTTP/1.1 200")


def test_a_head_without_end_is_cut_off(port: int) -> None:
    with connect(port) as greedy:
        greedy.sendall(HEAD + b"X: " + b"x" * MOST_HEAD_BYTES)
        assert read_to_the_end(greedy).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize("endless", [b"X: " + b"x" * 2 * MOST_HEAD_BYTES, b"X: y\r\n" * MOST_HEAD_BYTES])
def test_what_comes_after_a_body_is_cut_off_too(port: int, endless: bytes) -> None:
    with connect(port) as greedy:
        greedy.sendall(
            b"POST /api/take HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + endless
        )
        assert read_to_the_end(greedy).startswith(b"HTTP/1.1 431")


def test_a_body_in_chunks_is_taken(port: int) -> None:
    with connect(port) as fine:
        chunk = b"4000\r\n" + bytes(0x4000) + b"\r\n"
        fine.sendall(
            b"POST /api/take HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunk * 16
            + b"0\r\nX: y\r\n\r\n"
        )
        assert fine.recv(65536).startswith(b"HTTP/1.1 200")


def test_an_answer_that_is_not_read_is_dropped(port: int, room: Room) -> None:
    with connect(port) as slow:
        slow.sendall(b"GET /api/much HTTP/1.1\r\nHost: localhost\r\n\r\n")
        slow.recv(1)
        while room._of_one:
            pass  # until the server has let go
        assert len(read_to_the_end(slow)) < BIG


def test_one_place_gets_so_many_connections_and_then_room_again(port: int) -> None:
    held = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(20)]
    with connect(port) as late:
        refused = read_to_the_end(late)
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 10" in refused
    held.pop().close()
    for _ in range(3):  # the next one often gets the same file in the server
        with connect(port) as next_one:
            next_one.settimeout(0.2)
            next_one.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert read_to_the_end(next_one).startswith((b"HTTP/1.1 200", b"HTTP/1.1 503")), "nobody listens"
    for connection in held:
        connection.close()
    answer = b""
    while not answer.startswith(b"HTTP/1.1 200"):
        with connect(port) as next_one:
            next_one.sendall(HEAD + b"Connection: close\r\n\r\n")
            answer = read_to_the_end(next_one)


def test_the_room_is_counted_for_each_place_and_for_all() -> None:
    room = Room(5, Proxies.read(["127.0.0.1"]))
    assert all(room.enter("127.0.0.1") for _ in range(4))
    assert room.enter("10.0.0.1")
    assert not room.enter("10.0.0.2")
    for peer in ("127.0.0.1", "10.0.0.2"):
        room.leave(peer)
    assert room.enter("10.0.0.2")
    for peer in ["127.0.0.1"] * 3 + ["10.0.0.1", "10.0.0.2"]:
        room.leave(peer)
    assert not room._of_one
