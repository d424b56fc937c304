"""The workers of a server: which of them has whose calls, and how one gives another a connection.

Each takes connections from the port that they share, and each has the calls of some keys. A connection that turns out
to be for a call of another's is given to it whole, socket and request head, and no byte of it passes through here
afterwards. What a route wants of another worker it asks over a connection that is made for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from http import HTTPStatus
from typing import NamedTuple

import aiofastnet
from starlette.requests import Request
from starlette.responses import Response

from vivavoce.admission.refused import Refused
from vivavoce.hosts.native.asking import ask_over, target_of, unreachable
from vivavoce.hosts.native.personal import Answer, read_body

Client = tuple[str, int]
MOST_MESSAGE = 64 * 1024
"""Bytes; a request head has half of that at most."""
SOON_SECONDS = 2.0
MOST_BODY = 64 * 1024
MOST_AT_ONCE = 32
"""Connections that are taken from the others before it is somebody else's turn."""


class Given(NamedTuple):
    """A connection of another worker's."""

    client: Client | None
    """Who asks, if that is not who is at the other end."""
    first: bytes
    """What was read from it."""


Serve = Callable[[Given], asyncio.Protocol]


class Workers:
    """This worker among all of its server's, which are numbered from 0; usually there is one."""

    def __init__(
        self, index: int = 0, inbox: socket.socket | None = None, outboxes: Sequence[socket.socket] = ()
    ) -> None:
        self.index = index
        self._inbox = inbox
        self._outboxes = outboxes
        self._arriving: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        return max(1, len(self._outboxes))

    def owner(self, scenario_id: str, user: str) -> int:
        """Who has the calls of this key, today and after a restart."""
        digest = hashlib.blake2b(f"{scenario_id}\0{user}".encode(errors="surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.count

    def mine(self, scenario_id: str, user: str) -> bool:
        return self.owner(scenario_id, user) == self.index

    def give(self, worker: int, connection: int, first: bytes, client: Client | None = None) -> bool:
        """Give a connection away, as a file of this process, which it still has to close; whether it was taken.

        A worker that is being started again finds it when it is there.
        """
        message = json.dumps(client).encode() + b"\n" + first
        try:
            socket.send_fds(self._outboxes[worker], [message], [connection])
        except OSError:  # it has not taken the last hundreds
            return False
        return True

    def take(self, serve: Serve) -> None:
        """From now on let `serve` deal with what the others give."""
        if self._inbox is not None:
            asyncio.get_running_loop().add_reader(self._inbox.fileno(), self._look, self._inbox, serve)

    def leave(self) -> None:
        """Take nothing more."""
        if self._inbox is not None:
            asyncio.get_running_loop().remove_reader(self._inbox.fileno())

    async def ask(self, worker: int, request: Request, target: bytes, body: bytes = b"") -> Response:
        """What another worker answers to the request, or to one like it for another `target`. Raises Refused."""
        ours, theirs = socket.socketpair()
        with theirs:
            client = (request.client.host, request.client.port) if request.client else None
            if not self.give(worker, theirs.fileno(), b"", client):
                ours.close()
                raise unreachable()
        return await ask_over(ours, request, target, body)

    async def ask_all(self, request: Request, target: bytes, body: bytes = b"") -> dict[int, bytes]:
        """What the others answer, by their number; those that do not soon are left out."""
        answers: dict[int, bytes] = {}

        async def hear(worker: int) -> None:
            with contextlib.suppress(Refused, TimeoutError):
                async with asyncio.timeout(SOON_SECONDS):
                    answer = await self.ask(worker, request, target, body)
                if answer.status_code == HTTPStatus.OK:
                    answers[worker] = bytes(answer.body)

        await asyncio.gather(*(hear(worker) for worker in range(self.count) if worker != self.index))
        return answers

    def at(self, worker_of: Callable[[Request], Awaitable[int]], answer: Answer, most: int = MOST_BODY) -> Answer:
        """A route that is answered by the worker which `worker_of` tells; `most` bytes of a body go with it."""
        if self.count == 1:
            return answer

        async def answered(request: Request) -> Response:
            worker = await worker_of(request)
            if worker == self.index:
                return await answer(request)
            return await self.ask(worker, request, target_of(request), await read_body(request, most))

        return answered

    def _look(self, inbox: socket.socket, serve: Serve) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                message, files, _, _ = socket.recv_fds(inbox, MOST_MESSAGE, 1)
            except (BlockingIOError, InterruptedError):
                return
            client, _, first = message.partition(b"\n")
            given = Given(tuple(json.loads(client) or ()) or None, first)
            for file in files:
                self._keep(_serve(socket.socket(fileno=file), serve, given))

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)


async def _serve(connection: socket.socket, serve: Serve, given: Given) -> None:
    try:
        await aiofastnet.connect_accepted_socket(asyncio.get_running_loop(), lambda: serve(given), connection)
    except OSError:
        connection.close()
