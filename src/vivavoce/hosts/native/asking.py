"""One worker asks another, in HTTP over a connection that is there for this one question."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import socket
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from vivavoce.admission.refused import Refused

ANSWER_SECONDS = 150.0
"""A judge that grades again has less."""
RETRY_SECONDS = 5.0
_PIECE = 64 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_OF_ONE_CONNECTION = frozenset({b"connection", b"content-length", b"transfer-encoding", b"expect", b"date"})


def target_of(request: Request) -> bytes:
    """What a request asks for, as it came."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query if query else path


async def ask_over(connection: socket.socket, request: Request, target: bytes, body: bytes) -> Response:
    """Ask what `request` asks, of `target`. Raises Refused when no answer comes."""
    lines = [b"%b: %b" % (name, value) for name, value in request.headers.raw if name not in _OF_ONE_CONNECTION]
    head = [b"%b %b HTTP/1.1" % (request.method.encode(), target), *lines]
    head.append(b"content-length: %d\r\n\r\n" % len(body))
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            came = await _exchange(connection, b"\r\n".join(head) + body, request.method)
        return _read(came, request.method)
    except (OSError, TimeoutError, HTTPException):
        raise unreachable() from None


def unreachable() -> Refused:
    message = "A part of the server is being restarted. Try again in a moment."
    return Refused.for_now(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", message, RETRY_SECONDS)


async def _exchange(connection: socket.socket, question: bytes, method: str) -> bytes:
    """Ask, and read the answer to its end; who refuses before all was asked may have closed without reading on."""
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    writing = loop.create_task(_write(connection, question))
    came = bytearray()
    try:
        while not _whole(came, method) and (piece := await loop.sock_recv(connection, _PIECE)):
            came += piece
    finally:
        writing.cancel()
        await asyncio.wait([writing])
        connection.close()
    return bytes(came)


async def _write(connection: socket.socket, question: bytes) -> None:
    with contextlib.suppress(OSError):  # what comes, or does not, tells
        await asyncio.get_running_loop().sock_sendall(connection, question)


def _whole(came: bytearray, method: str) -> bool:
    """Whether the answer is there, as uvicorn frames it: its length is told, unless it has no body."""
    end = came.find(b"\r\n\r\n") + 4
    if end < 4:
        return False
    length = _LENGTH.search(came, 0, end)
    if length is None or method == "HEAD":
        return method == "HEAD" or came.split(b" ", 2)[1] == b"204"
    return len(came) >= end + int(length[1])


class _Came:
    """What came, as http.client wants it."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._answer)


def _read(answer: bytes, method: str) -> Response:
    came = HTTPResponse(cast(socket.socket, _Came(answer)), method=method)
    came.begin()
    response = Response(came.read(), came.status)
    named = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in came.getheaders()]
    kept = [(name, value) for name, value in named if name not in _OF_ONE_CONNECTION]
    response.raw_headers = [*kept, (b"content-length", str(len(response.body)).encode())]
    return response
