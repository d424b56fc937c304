"""Who attacks slowly, in a process of low priority: `python -m benchmarks.chaos.attackers PORT SECONDS`.

Prints as JSON how long the server held connections that brought half a request, and how often it cut the others off.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from kit.raw_websocket import frame

SCENARIO = "hotel-complaint"
HALF_HEADS = 500
SLOW_READERS = 50
FLOODERS = 20
AGAIN_S = 0.5
"""Who was cut off comes back after this time: the server would not take it more often from one address."""
TEXT, BINARY, CONTINUATION, PING = 1, 2, 0, 9
APPEND = frame(TEXT, b'{"type":"input_audio_buffer.append","audio":"%b"}' % base64.b64encode(bytes(1920)))
FLOODS = (
    frame(PING, b"x" * 125) * 500,
    frame(TEXT, b"[" * 60_000) * 8,
    frame(TEXT, b"x" * 262_144) * 4,
    frame(TEXT, b'{"type":"input_audio_buffer.clear"}') * 1000,
    frame(TEXT, b"{", fin=False) + frame(CONTINUATION, b"", fin=False) * 5000,
    frame(BINARY, bytes(1000)) * 500,
    APPEND * 200,
    frame(TEXT, b'{"type":"conversation.item.create","item":{}}') * 1000,
)

_names = itertools.count()


class Attack:
    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._until = time.monotonic() + seconds
        self.held: list[float] = []
        self.cut_off: Counter[str] = Counter()

    async def run(self) -> None:
        everybody = [(self._half_head, HALF_HEADS), (self._slow_reader, SLOW_READERS), (self._flooder, FLOODERS)]
        await asyncio.gather(*(self._again_and_again(attacker, n) for attacker, many in everybody for n in range(many)))

    async def _again_and_again(self, attacker: Callable[[int], Awaitable[None]], number: int) -> None:
        await asyncio.sleep(random.random())
        while time.monotonic() < self._until:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                async with asyncio.timeout(max(0.1, self._until - time.monotonic())):
                    await attacker(number)
            await asyncio.sleep(AGAIN_S)

    async def _half_head(self, number: int) -> None:
        """A letter of a head now and then."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        began = time.monotonic()
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            while True:
                with contextlib.suppress(TimeoutError):
                    if not await asyncio.wait_for(reader.read(1), 1.0):
                        break
                writer.write(b"x")
        except ConnectionError:
            pass
        finally:
            if time.monotonic() < self._until:
                self.held.append(time.monotonic() - began)
            writer.transport.abort()

    async def _slow_reader(self, number: int) -> None:
        """In a call, talks, and never reads what comes back."""
        _, writer = await self._enter()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        try:
            while not writer.is_closing():
                writer.write(APPEND)
                await writer.drain()
                await asyncio.sleep(0.04)
        finally:
            self.cut_off["slow readers"] += 1
            writer.transport.abort()

    async def _flooder(self, number: int) -> None:
        reader, writer = await self._enter()
        flood = FLOODS[number % len(FLOODS)]
        try:
            while not reader.at_eof():
                writer.write(flood)
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(65536), 0.001)
        finally:
            self.cut_off["flooders"] += 1
            writer.transport.abort()

    async def _enter(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=4096)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET /ws?scenario={SCENARIO}&user=attacker{next(_names)} HTTP/1.1",
            f"Host: localhost:{self._port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            "",
            "",
        )
        writer.write("\r\n".join(lines).encode())
        await reader.readuntil(b"\r\n\r\n")
        return reader, writer


def main() -> None:
    os.nice(15)  # what is measured is what it costs the server, not this machine
    attack = Attack(int(sys.argv[1]), float(sys.argv[2]))
    asyncio.run(attack.run())
    sys.stdout.write(json.dumps({"held": attack.held, "cut_off": attack.cut_off}))


if __name__ == "__main__":
    main()
