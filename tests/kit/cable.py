"""A cable between a page and the server that a test can pull out and put back."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator


class Cable:
    """Passes bytes between a port of its own and the server's; every connection breaks when it is cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connected = True
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()

    @contextlib.contextmanager
    def plugged_in(self) -> Iterator[str]:
        """The address of the server at this end of the cable."""
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        serving = asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(serving, self._loop).result(10)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            asyncio.run_coroutine_threadsafe(self._unplug(server), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()

    def cut(self) -> None:
        self._connected = False
        self._loop.call_soon_threadsafe(self._break)

    def mend(self) -> None:
        self._connected = True

    def lead_to(self, port: int) -> None:
        """From now on, to another server."""
        self._port = port

    def _break(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _unplug(self, server: asyncio.Server) -> None:
        server.close()
        self._break()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others or {asyncio.create_task(asyncio.sleep(0))}, timeout=5)

    async def _pass_on(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        ends = {near}
        try:
            if self._connected:
                source, far = await asyncio.open_connection("127.0.0.1", self._port)
                ends.add(far)
                self._ends |= ends
                pumps = [asyncio.create_task(_pump(reader, far)), asyncio.create_task(_pump(source, near))]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.wait(pumps, timeout=1)  # what was on its way still arrives
                for pump in pumps:
                    pump.cancel()
        except OSError:
            pass
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.write_eof()
