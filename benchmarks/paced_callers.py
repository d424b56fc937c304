"""Callers in real time, 40 ms of microphone at a time, and an upstream that answers each with 100 ms of voice.

python paced_callers.py PORT        the upstream alone
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import aiofastnet
import picows
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport

SCENARIO = "hotel-complaint"
APPEND = json.dumps(
    {"type": "input_audio_buffer.append", "audio": base64.b64encode(bytes(1920)).decode()}, separators=(",", ":")
).encode()
DELTA = json.dumps(
    {
        "type": "response.output_audio.delta",
        "event_id": "event_0123456789",
        "response_id": "resp_0123456789",
        "item_id": "item_0123456789",
        "output_index": 0,
        "content_index": 0,
        "delta": base64.b64encode(bytes(4800)).decode(),
    },
    separators=(",", ":"),
).encode()
CHUNK_S = 0.04


# The upstream


class Upstream(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()
        elif frame.payload_size > 1000 and b"input_audio_buffer.append" in frame.get_payload_as_bytes()[:50]:
            transport.send(WSMsgType.TEXT, DELTA)
        elif b'"session.update"' in frame.get_payload_as_bytes():
            transport.send(WSMsgType.TEXT, b'{"type":"session.updated","event_id":"e","session":{"type":"realtime"}}')


async def serve_upstream(port: int) -> None:
    server = await picows.ws_create_server(lambda request: Upstream(), "127.0.0.1", port, use_aiofastnet=True)
    await server.serve_forever()


# The callers


class Caller(WSListener):
    """One page: sends a chunk every 40 ms and counts the deltas that come back."""

    def __init__(self) -> None:
        self.live = asyncio.get_running_loop().create_future()
        self.deltas = 0
        self.delays: list[float] = []
        self.sent_at = 0.0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.payload_size > 5000:
            self.deltas += 1
            self.delays.append(time.perf_counter() - self.sent_at)
        elif not self.live.done() and b'"session.updated"' in frame.get_payload_as_bytes():
            self.live.set_result(None)

    def send(self) -> None:
        self.sent_at = time.perf_counter()
        self.transport.send(WSMsgType.TEXT, APPEND)


@dataclass(frozen=True)
class Load:
    frames: int
    cpu_s: float
    delays: list[float]

    @property
    def us_per_frame(self) -> float:
        return self.cpu_s / self.frames * 1e6


async def call(port: int, pids: list[int], callers: int, seconds: float, configure: bool) -> Load:
    links: list[Caller] = []
    for n in range(callers):
        url = f"ws://127.0.0.1:{port}/ws?scenario={SCENARIO}&user=caller{n}-{random.randrange(10**9)}"
        _, listener = await picows.ws_connect(Caller, url, use_aiofastnet=True)
        link = cast(Caller, listener)
        if configure:  # nginx configures no session
            link.transport.send(WSMsgType.TEXT, b'{"type":"session.update","session":{}}')
        links.append(link)
    await asyncio.gather(*(asyncio.wait_for(link.live, 20) for link in links))
    await asyncio.sleep(0.5)
    for link in links:
        link.deltas, link.delays = 0, []
    loop = asyncio.get_running_loop()
    began, cpu = loop.time(), cpu_seconds(pids)
    for tick in range(int(seconds / CHUNK_S)):
        for n, link in enumerate(links):
            await asyncio.sleep(max(0.0, began + tick * CHUNK_S + n * CHUNK_S / callers - loop.time()))
            link.send()
    await asyncio.sleep(0.3)
    cpu = cpu_seconds(pids) - cpu
    received = sum(link.deltas for link in links)
    sent = callers * int(seconds / CHUNK_S)
    if received != sent:
        raise SystemExit(f"the relay on port {port} lost frames: {sent} sent, {received} answered")
    for link in links:
        link.transport.disconnect()
    return Load(sent + received, cpu, [delay for link in links for delay in link.delays])


def cpu_seconds(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


# Processes


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port}")


def start(command: list[str], **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


if __name__ == "__main__":
    asyncio.Runner(loop_factory=aiofastnet.loop_factory(uvloop.new_event_loop)).run(serve_upstream(int(sys.argv[1])))
