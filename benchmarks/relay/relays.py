"""The relays that are compared, each a process on the core of its own."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from benchmarks.relay.program import ROOT, Load, Run

SCENARIO = "hotel-complaint"
HERE = Path(__file__).parent


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
        return load.run(self.pids, mode=mode, port=self.port, path=path, calls=calls, **how, **words)

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in family(int(child)))]


@dataclass
class Stable:
    """Starts relays between the pages and the upstream of `load`."""

    load: Load
    folder: Path
    core: int | None
    tls: bool = False
    relays: list[Relay] = field(default_factory=list)

    @property
    def upstream(self) -> str:
        return f"localhost:{self.load.tls_port}" if self.tls else f"127.0.0.1:{self.load.port}"

    def vivavoce(self, *, pump: bool, wide: bool, more: tuple[str, ...] = ()) -> Relay:
        port = free_port()
        name = "vivavoce" if pump or not has_pump() else "vivavoce, no pump"
        command = [str(Path(sys.executable).with_name("vivavoce"))]
        if wide:
            command = [sys.executable, "-m", "benchmarks.relay.served"]
        environment = {
            "VIVAVOCE_UPSTREAM": "compatible",
            "VIVAVOCE_UPSTREAM_URL": f"{'wss' if self.tls else 'ws'}://{self.upstream}/v1/realtime",
            "VIVAVOCE_DATABASE": str(self.folder / f"vivavoce-{port}.sqlite3"),
            "SSL_CERT_FILE": str(self.load.authority),
        }
        if not pump and has_pump():
            environment["VIVAVOCE_PUMP"] = "off"
        process = self._start([*command, "serve", "--port", str(port), *more], environment)
        return self._add(Relay(name, port, process, ours=True))

    def nginx(self) -> Relay:
        if not shutil.which("nginx"):
            install = [str(ROOT / "scripts/apt-install"), "The relay is compared with nginx", "nginx-light"]
            subprocess.run(install, check=True)
        port = free_port()
        home = self.folder / f"nginx-{port}"
        home.mkdir()
        (home / "nginx.conf").write_text(
            f"""daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log;
            events {{ worker_connections 8192; }}
            http {{ access_log off; server {{ listen 127.0.0.1:{port}; location / {{
                proxy_pass {"https" if self.tls else "http"}://{self.upstream}; proxy_http_version 1.1;
                proxy_read_timeout 600s; proxy_send_timeout 600s;
                proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }} }} }}"""
        )
        command = ["nginx", "-p", str(home), "-c", str(home / "nginx.conf"), "-e", str(home / "error.log")]
        return self._add(Relay("nginx", port, self._start(command, {})))

    def direct(self) -> Relay:
        """No relay at all."""
        return Relay("direct", self.load.port, None)

    def stop(self) -> None:
        for relay in self.relays:
            relay.stop()

    def _add(self, relay: Relay) -> Relay:
        self.relays.append(relay)
        wait_for(relay.port)
        return relay

    def _start(self, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        pin = None if self.core is None else lambda: os.sched_setaffinity(0, {self.core or 0})
        log = (self.folder / f"{Path(command[0]).name}-{len(self.relays)}.log").open("wb")
        return subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=log, stderr=log, preexec_fn=pin, cwd=ROOT
        )


def has_pump() -> bool:
    """Whether the compiled frame pump is installed."""
    return find_spec("vivavoce.hosts.native._pump") is not None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")
