"""A proxy in front of an upstream that does to its connections what the internet and its providers do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

TEXT, CLOSE, PONG = 0x1, 0x8, 0xA


class Pipe:
    """One connection through the proxy. It knows where the upstream's frames begin, so that others fit in between."""

    def __init__(self, far: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        self.stalled = False
        """Only pongs come through: the upstream is there and says nothing."""
        self.dead = False
        """Nothing comes through in either direction, and nobody is told."""
        self._far = far
        self._near = near
        self._writing = asyncio.Lock()

    def reset(self) -> None:
        self._near.transport.abort()

    async def close(self, code: int, reason: str) -> None:
        await self._insert(CLOSE, code.to_bytes(2, "big") + reason.encode())
        self._near.close()

    async def say(self, event: dict[str, Any]) -> None:
        await self._insert(TEXT, json.dumps(event).encode())

    async def _insert(self, opcode: int, payload: bytes) -> None:
        async with self._writing:
            self._near.write(bytes([0x80 | opcode]) + _length(len(payload)) + payload)
            await self._near.drain()

    async def from_upstream(self) -> None:
        while True:
            head = await self._far.readexactly(2)
            size = head[1]
            if size >= 126:
                more = await self._far.readexactly(2 if size == 126 else 8)
                head, size = head + more, int.from_bytes(more, "big")
            frame = head + await self._far.readexactly(size)
            if self.dead or (self.stalled and head[0] & 0xF != PONG):
                continue
            async with self._writing:
                self._near.write(frame)
                await self._near.drain()

    async def from_server(self, near: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
        while data := await near.read(65536):
            if not self.dead:
                far.write(data)
                await far.drain()


class ChaosProxy:
    """`listening` gives its URL. Everything else may be called from any thread, and acts at once."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._loop = asyncio.new_event_loop()
        self._pipes: dict[Pipe, None] = {}
        self._refusals: deque[tuple[int, str | None]] = deque()
        self._down: tuple[int, str | None] | None = None
        self.handshakes: list[int] = []
        """The answer to each handshake that came; 101 for those that came through."""
        self.rewrite: Callable[[bytes], bytes] = lambda request: request
        """What the upstream gets to read of the head of a handshake."""

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        thread = threading.Thread(target=self._loop.run_forever, name="chaos")
        thread.start()
        server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        try:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}{self._target.path}"
        finally:
            self._run(self._stop(server))
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()

    @property
    def open(self) -> int:
        return len(self._pipes)

    def refuse(self, status: int, times: int = 1, retry_after: str | None = None) -> None:
        """Answer the next handshakes with this status."""
        self._refusals.extend([(status, retry_after)] * times)

    def go_down(self, status: int, retry_after: str | None = None) -> None:
        """Answer every handshake with this status, until `come_up`."""
        self._down = status, retry_after

    def come_up(self) -> None:
        self._down = None

    def reset(self) -> None:
        """Every connection breaks, without a word."""
        self._each(lambda pipe: pipe.reset())

    def close(self, code: int, reason: str = "") -> None:
        self._each(lambda pipe: self._loop.create_task(pipe.close(code, reason)))

    def say(self, **event: Any) -> None:
        """The upstream of every connection says this."""
        self._each(lambda pipe: self._loop.create_task(pipe.say(event)))

    def stall(self) -> None:
        """The upstreams of now say nothing any more."""
        self._each(lambda pipe: setattr(pipe, "stalled", True))

    def cut_the_wire(self) -> None:
        """The connections of now are half open: each end believes that the other is there."""
        self._each(lambda pipe: setattr(pipe, "dead", True))

    def _each(self, act: Callable[[Pipe], object]) -> None:
        async def strike() -> None:
            for pipe in tuple(self._pipes):
                act(pipe)

        self._run(strike())

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _stop(self, server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=5)

    async def _serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        far: asyncio.StreamWriter | None = None
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await reader.readuntil(b"\r\n\r\n")
            if self._refusals:
                await self._refuse(near, *self._refusals.popleft())
            elif self._down:
                await self._refuse(near, *self._down)
            else:
                source, far = await asyncio.open_connection(self._target.hostname, self._target.port)
                far.write(self.rewrite(request))
                near.write(await source.readuntil(b"\r\n\r\n"))
                self.handshakes.append(101)
                await self._pass_on(reader, near, source, far)
        for end in (near, far):
            if end is not None:
                end.transport.abort()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        near: asyncio.StreamWriter,
        source: asyncio.StreamReader,
        far: asyncio.StreamWriter,
    ) -> None:
        pipe = Pipe(source, near)
        self._pipes[pipe] = None
        both = [asyncio.create_task(pipe.from_upstream()), asyncio.create_task(pipe.from_server(reader, far))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if near.transport.is_closing():  # a close frame of ours is still to be read
                await asyncio.wait(both, timeout=1)
        finally:
            del self._pipes[pipe]
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _refuse(self, near: asyncio.StreamWriter, status: int, retry_after: str | None) -> None:
        self.handshakes.append(status)
        wait = f"Retry-After: {retry_after}\r\n" if retry_after else ""
        near.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n{wait}\r\n".encode())
        await near.drain()
        near.close()
        await near.wait_closed()


def _length(size: int) -> bytes:
    return bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
