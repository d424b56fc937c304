"""What one relayed frame costs: CPU time of the relay's process, vivavoce beside nginx and beside a relay that parses.

Run it with `make bench`. An upstream answers each 40 ms of microphone with 100 ms of voice; N callers send in real time
through each relay in turn, several rounds in random order, and the figure is the median of the ratios within a round:
the machine's speed may drift, the ratio does not. nginx relays bytes and looks at nothing, so it is the floor; the
third relay is the loop that most projects have, `json.loads` and `json.dumps` between two sockets of `websockets`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

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


# The relay that parses


async def serve_parsing_relay(port: int, upstream_port: int) -> None:
    import websockets

    async def relay(browser: Any) -> None:
        url = f"ws://127.0.0.1:{upstream_port}/v1/realtime?model=m"
        async with websockets.connect(url, compression=None, max_size=None) as upstream:

            async def pump(source: Any, target: Any) -> None:
                async for message in source:
                    event = json.loads(message)
                    if event["type"]:
                        await target.send(json.dumps(event))

            await upstream.send('{"type":"session.update","session":{"type":"realtime"}}')
            pumps = [asyncio.create_task(pump(browser, upstream)), asyncio.create_task(pump(upstream, browser))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for task in pumps:
                task.cancel()

    async with websockets.serve(relay, "127.0.0.1", port, compression=None, max_size=None):
        await asyncio.get_running_loop().create_future()


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


# The relays' processes


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


def nginx(folder: Path, port: int, upstream: int) -> list[str]:
    (folder / "nginx.conf").write_text(
        f"""daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
        events {{ worker_connections 2048; }}
        http {{ access_log off; server {{ listen 127.0.0.1:{port}; location / {{
            proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }} }} }}"""
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--callers", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--role", choices=["upstream", "parser"], help=argparse.SUPPRESS)
    parser.add_argument("--ports", type=int, nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    run = aiofastnet.loop_factory(uvloop.new_event_loop)
    if options.role == "upstream":
        asyncio.Runner(loop_factory=run).run(serve_upstream(*options.ports))
        return
    if options.role == "parser":
        asyncio.Runner(loop_factory=uvloop.new_event_loop).run(serve_parsing_relay(*options.ports))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), options, run)


def compare(folder: Path, options: argparse.Namespace, run: Callable[[], asyncio.AbstractEventLoop]) -> None:
    me = [sys.executable, __file__]
    upstream, ours, parser, floor = (free_port() for _ in range(4))
    processes = [start([*me, "--role", "upstream", "--ports", str(upstream)])]
    relays: dict[str, tuple[int, list[int], bool]] = {}
    try:
        wait_for(upstream)
        serve = [str(Path(sys.executable).with_name("vivavoce")), "serve", "--port", str(ours)]
        settings = {
            "VIVAVOCE_UPSTREAM": "compatible",
            "VIVAVOCE_UPSTREAM_URL": f"ws://127.0.0.1:{upstream}/v1/realtime",
            "VIVAVOCE_DATABASE": str(folder / "bench.sqlite3"),
        }
        processes.append(start(serve, **settings))
        relays["vivavoce"] = (ours, [processes[-1].pid], False)
        processes.append(start([*me, "--role", "parser", "--ports", str(parser), str(upstream)]))
        relays["websockets, parsing"] = (parser, [processes[-1].pid], False)
        if shutil.which("nginx"):
            processes.append(start(nginx(folder, floor, upstream)))
            wait_for(floor)
            relays["nginx"] = (floor, children(processes[-1].pid), True)
        for port, _, _ in relays.values():
            wait_for(port)
        rounds = [one_round(relays, options, run) for _ in range(options.rounds)]
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(30)
    report(rounds, options)


def one_round(
    relays: dict[str, tuple[int, list[int], bool]],
    options: argparse.Namespace,
    run: Callable[[], asyncio.AbstractEventLoop],
) -> dict[str, Load]:
    names = list(relays)
    random.shuffle(names)
    loads: dict[str, Load] = {}
    for name in names:
        port, pids, configure = relays[name]
        with asyncio.Runner(loop_factory=run) as runner:
            loads[name] = runner.run(call(port, pids, options.callers, options.seconds, configure))
    return loads


def report(rounds: list[dict[str, Load]], options: argparse.Namespace) -> None:
    out = sys.stdout.write
    out(f"{options.callers} callers in real time, {options.rounds} rounds of {options.seconds:g} s\n")
    out(f"{'relay':22} {'CPU µs/frame':>12} {'x nginx':>8} {'round trip p50':>15} {'p99':>9}\n")
    for name in rounds[0]:
        cost = statistics.median(loads[name].us_per_frame for loads in rounds)
        ratio = "-"
        if "nginx" in rounds[0]:
            ratio = f"{statistics.median(r[name].us_per_frame / r['nginx'].us_per_frame for r in rounds):.2f}"
        delays = sorted(delay for loads in rounds for delay in loads[name].delays)
        p50, p99 = (delays[int(len(delays) * share)] * 1000 for share in (0.5, 0.99))
        out(f"{name:22} {cost:12.1f} {ratio:>8} {p50:12.2f} ms {p99:6.2f} ms\n")
    if "nginx" not in rounds[0]:
        out("nginx is not installed: no ratios. On Debian: apt-get install nginx-light\n")


if __name__ == "__main__":
    main()
