"""A chat-completions endpoint on this machine that plays what a test tells it, over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Body = dict[str, Any]
Stream = Callable[[Body], AsyncIterator[str]]


class ChatServer:
    """Keeps what it was asked. `answer` gives the text of each answer's body, piece by piece."""

    def __init__(self, answer: Stream | None = None, *, status: int = 200, kind: str = "text/event-stream") -> None:
        self.answer = answer or say("Good morning.")
        self.status = status
        self.kind = kind
        self.requests: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.connections: set[object] = set()
        self.hung_up = threading.Event()
        """A client left in the middle of an answer."""

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        """The base URL."""
        routes = [Route("/v1/chat/completions", self._complete, methods=["POST"])]
        app = Starlette(routes=routes)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=2))
            thread = threading.Thread(target=server.run, args=([listening],))
            thread.start()
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
            finally:
                server.should_exit = True
                thread.join(10)

    async def _complete(self, request: Request) -> Response:
        self.requests.append(await request.json())
        self.headers.append(dict(request.headers))
        self.connections.add(request.client)
        if self.status != 200:
            secret = {"error": {"message": f"refused: {request.headers.get('Authorization')} BODY-CANARY"}}
            return JSONResponse(secret, self.status, {"Location": "http://127.0.0.1:1/"})
        return StreamingResponse(self._play(self.requests[-1]), media_type=self.kind)

    async def _play(self, body: Body) -> AsyncIterator[str]:
        try:
            async for piece in self.answer(body):
                yield piece
        except asyncio.CancelledError:
            self.hung_up.set()
            raise


def chunk(finish: str | None = None, **delta: Any) -> str:
    """A line of the stream, as OpenAI writes it."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice]})


def data(value: Any) -> str:
    return f"data: {json.dumps(value)}\n\n"


DONE = "data: [DONE]\n\n"


def play(*pieces: str) -> Stream:
    """An answer of these pieces."""

    async def answer(body: Body) -> AsyncIterator[str]:
        for piece in pieces:
            yield piece

    return answer


def say(*words: str) -> Stream:
    return play(chunk(role="assistant", content=""), *(chunk(content=word) for word in words), chunk("stop"), DONE)


def then_wait(*pieces: str) -> Stream:
    """These pieces, and then nothing, for as long as the client stays."""

    async def answer(body: Body) -> AsyncIterator[str]:
        for piece in pieces:
            yield piece
        await asyncio.Event().wait()

    return answer


def then_break(*pieces: str) -> Stream:
    """These pieces, and then the connection is lost."""

    async def answer(body: Body) -> AsyncIterator[str]:
        for piece in pieces:
            yield piece
        raise ConnectionAbortedError

    return answer
