"""The Autobahn test suite as a client of a WebSocket of ours that says everything back."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import threading
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import aiofastnet
from picows import WSMsgType, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from vivavoce.hosts.native.lingering import LingeringProtocol
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.passage import MOST
from vivavoce.hosts.native.pumping import front, new_passage
from vivavoce.hosts.native.server import loop_factory
from vivavoce.session.inputs import Peer

SUITE = Path(__file__).parents[2] / ".make" / "autobahn"
"""`make autobahn` puts it there."""
MOST_BYTES = 16 * 1024 * 1024
"""The suite's largest messages."""
_RUN = (
    "import sys; sys.argv = ['wstest', '-m', 'fuzzingclient', '-s', 'spec.json']; from autobahntestsuite import wstest"
)


def run(cases: list[str], url: str, folder: Path) -> dict[str, dict[str, Any]]:
    """What came out of each case: `behavior` and `behaviorClose` are OK, NON-STRICT, INFORMATIONAL, FAILED, …"""
    server = {"agent": "vivavoce", "url": url}
    spec = {"outdir": str(folder), "servers": [server], "cases": cases, "exclude-cases": [], "exclude-agent-cases": {}}
    (folder / "spec.json").write_text(json.dumps(spec))
    subprocess.run(
        [(SUITE / "interpreter").read_text().strip(), "-c", f"{_RUN}; wstest.run()"],
        cwd=folder,
        env={"PYTHONPATH": str(SUITE)},
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=300,
    )
    results: dict[str, dict[str, Any]] = json.loads((folder / "index.json").read_text())["vivavoce"]
    return results


class EchoServer:
    """The sockets of `/ws` without the calls behind them, on a loop of its own."""

    def __init__(self, *, pumped: bool = False) -> None:
        """`pumped`: with a pump before each from the start, which nothing flows through."""
        self._pumped = pumped

    def __enter__(self) -> str:
        self._kept: set[asyncio.Task[None]] = set()
        self._loop = loop_factory()()
        self._thread = threading.Thread(target=self._loop.run_forever, name="echo")
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        log = logging.LoggerAdapter(logging.getLogger("vivavoce.websocket"), {})
        protocol = partial(
            LingeringProtocol, self._answer, max_frame=MOST_BYTES, handshake_seconds=10.0, keep=self._keep, log=log
        )
        return await aiofastnet.create_server(self._loop, protocol, "127.0.0.1", 0)

    async def _close(self) -> None:
        self._server.close()
        if self._kept:
            await asyncio.wait(self._kept)

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    def _answer(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(), _Echo(self._pumped))


class _Echo(Link):
    def __init__(self, pumped: bool) -> None:
        super().__init__(Peer.BROWSER, MOST_BYTES, self._set_owner)
        self._pumped = pumped

    def _set_owner(self, link: Link) -> None:
        self.owner = self
        if self._pumped:
            passage = new_passage(Peer.BROWSER, b"")
            passage.allow(self, MOST, MOST_BYTES)
            wire = self._transport.underlying_transport
            assert front(wire, wire.get_protocol(), passage, masked=True) is not None

    def received(self, link: Link, frame: bytes) -> None:
        """What is said is said back, but for `close` and a reason."""
        if frame.startswith(b"close "):
            self.close(4000, frame.removeprefix(b"close ").decode())
        else:
            self.send(frame)

    def received_binary(self, link: Link, size: int) -> None:
        raise NotImplementedError

    def _deliver_binary(self, message: bytes) -> None:
        self._transport.send(WSMsgType.BINARY, message)

    def congestion_changed(self, link: Link) -> None:
        if self.congested:
            self.pause_reading()
        else:
            self.resume_reading()

    def disconnected(self, link: Link, code: int, reason: str) -> None:
        self.owner = None
