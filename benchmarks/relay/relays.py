"""The relays that are compared, each a process on the relays' core."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.relay.program import ROOT, Load, Run

SCENARIO = "hotel-complaint"
PEERS = Path(__file__).parent / "peers"

VIVAVOCE, NO_PUMP = "vivavoce", "vivavoce without pump"
NGINX, SMALL_NGINX = "nginx", "nginx with 4 KB"
"""Debian's; as it comes it moves 4 KB at a time, and costs more than twice as much as with buffers of 16 KB."""
AIOHTTP, NODE, DIRECT = "aiohttp", "Node ws", "no relay"
KEY = f"sk-benchmark-{'k' * 40}"
"""As long as one is: what comes from the upstream is searched for it."""


@dataclass
class Relay:
    """One that is running. `ours`: it has a session of its own with the upstream, and a call to be ended."""

    name: str
    port: int
    process: subprocess.Popen[bytes] | None
    ours: bool = False
    exact: bool = True
    """It passes text on as it came."""

    @property
    def pids(self) -> list[int]:
        return family(self.process.pid) if self.process else []

    def play(self, load: Load, mode: str, calls: int, **words: object) -> Run:
        user = f"{mode}{random.randrange(10**9)}-"
        how = {"configure": int(not self.ours), "end": int(self.ours), "exact": int(self.exact)}
        path = f"/ws?scenario={SCENARIO}&user={user}"
        return load.run(self.pids, mode=mode, port=self.port, path=path, calls=calls, **{**how, **words})

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                for pid in self.pids:
                    os.kill(pid, signal.SIGKILL)
                self.process.wait()


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = [child for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]
    return [pid, *(found for child in children for found in family(int(child)))]


@dataclass
class Stable:
    """Starts relays between pages and the upstream of `load`, on these cores; stops them at the end."""

    load: Load
    folder: Path
    cores: frozenset[int]
    tls: bool = False
    wide: bool = False
    """vivavoce's rate limits are widened: see served.py."""
    patient: bool = False
    """It has patience with a page that reads nothing."""
    relays: list[Relay] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for relay in self.relays:
            relay.stop()

    @property
    def _upstream(self) -> str:
        return f"localhost:{self.load.tls_port}" if self.tls else f"127.0.0.1:{self.load.port}"

    @property
    def _upstream_url(self) -> str:
        return f"{'wss' if self.tls else 'ws'}://{self._upstream}/v1/realtime"

    def start(self, name: str) -> Relay:
        match name:
            case "vivavoce" | "vivavoce without pump":
                return self.vivavoce(pump=name == VIVAVOCE)
            case "nginx" | "nginx with 4 KB":
                return self.nginx(name)
            case "aiohttp" | "Node ws":
                return self.peer(name)
            case _:
                return self._add(Relay(DIRECT, self.load.port, None))

    def vivavoce(self, *more: str, pump: bool = True) -> Relay:
        port = free_port()
        command = [str(vivavoce_command())]
        if self.wide or self.patient:
            command = [sys.executable, "-m", "benchmarks.relay.served", "--wide" if self.wide else "--patient"]
        environment = {
            "OPENAI_API_KEY": KEY,
            "VIVAVOCE_UPSTREAM": "compatible",
            "VIVAVOCE_UPSTREAM_URL": self._upstream_url,
            "VIVAVOCE_DATABASE": str(self.folder / f"vivavoce-{port}.sqlite3"),
            "SSL_CERT_FILE": str(self.load.authority),
        }
        if not pump:
            environment["VIVAVOCE_PUMP"] = "off"
        process = self._start([*command, "serve", "--port", str(port), *more], **environment)
        return self._add(Relay(VIVAVOCE if pump else NO_PUMP, port, process, ours=True))

    def nginx(self, name: str = NGINX) -> Relay:
        if not shutil.which("nginx"):
            install = [str(ROOT / "scripts/apt-install"), "The relay is compared with nginx", "nginx-light"]
            subprocess.run(install, check=True)
        port = free_port()
        home = self.folder / f"nginx-{port}"
        home.mkdir()
        size = 16 if name == NGINX else 4
        (home / "nginx.conf").write_text(
            f"""daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log;
            events {{ worker_connections 8192; }}
            http {{ access_log off; server {{ listen 127.0.0.1:{port}; location / {{
                proxy_pass {"https" if self.tls else "http"}://{self._upstream}; proxy_http_version 1.1;
                proxy_buffer_size {size}k; proxy_buffers 8 {size}k;
                proxy_read_timeout 600s; proxy_send_timeout 600s;
                proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }} }} }}"""
        )
        command = ["nginx", "-p", str(home), "-c", str(home / "nginx.conf"), "-e", str(home / "error.log")]
        return self._add(Relay(name, port, self._start(command)))

    def peer(self, name: str) -> Relay:
        """One that loads and dumps every message."""
        certificates = [str(self.load.authority)] if self.tls else []
        port = free_port()
        if name == AIOHTTP:
            command = [sys.executable, str(PEERS / "with_aiohttp.py")]
        else:
            command = [sys.executable, "hatch_build.py", "node", str(PEERS / "with_ws.js")]
        process = self._start([*command, str(port), f"{self._upstream_url}?model=m", *certificates])
        return self._add(Relay(name, port, process, exact=False))

    def _add(self, relay: Relay) -> Relay:
        self.relays.append(relay)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", relay.port)) == 0:
                    return relay
            if relay.process and relay.process.poll() is not None:
                break
            time.sleep(0.05)
        logs = "".join(log.read_text() for log in self.folder.glob(f"{len(self.relays) - 1}-*.log"))
        raise SystemExit(f"{relay.name} does not listen on port {relay.port}\n{logs}")

    def _start(self, command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{len(self.relays)}-{Path(command[0]).name}.log").open("wb") as log:
            return subprocess.Popen(
                command,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                preexec_fn=lambda: os.sched_setaffinity(0, self.cores),
                cwd=ROOT,
            )


def ours() -> list[str]:
    """vivavoce, and once more without the compiled pump where there is one."""
    return [VIVAVOCE, NO_PUMP] if find_spec("vivavoce.hosts.native._pump") else [VIVAVOCE]


def vivavoce_command() -> Path:
    return Path(sys.executable).with_name("vivavoce")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def versions() -> dict[str, str]:
    """Of what is compared."""
    asked: dict[str, list[str]] = {
        "vivavoce": [str(vivavoce_command()), "--version"],
        "nginx": ["nginx", "-v"],
        "Node": [sys.executable, "hatch_build.py", "node", "--version"],
        "Linux": ["uname", "-r"],
    }
    found: dict[str, str] = {}
    for name, command in asked.items():
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        said = (done.stdout + done.stderr).split()[-1]
        found[name] = said.rpartition("/")[2].partition("-")[0].lstrip("v")
    return found | {name: _package(name) for name in ("picows", "aiofastnet", "uvloop", "aiohttp")}


def _package(name: str) -> str:
    from importlib.metadata import version

    return version(name)
