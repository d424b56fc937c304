"""One workerd with a Worker on it: what a browser can call, and what a test can do to it."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from cloudflare.harness.layout import Deployment, lay_out, workerd
from kit.server import Site, clean_environment
from kit.watch import WATCH

CONFIG = Path(__file__).with_name("config.capnp")
BOOT_SECONDS = 180
"""Python starts with the first request, without the snapshot that Cloudflare takes when a Worker is deployed."""


class Workerd(Site):
    """Its ports and what its objects have stored are the same after `kill` and `start`."""

    def __init__(self, home: Path, deployment: Deployment, variables: Mapping[str, str]) -> None:
        self._home = home
        self._deployment = deployment
        self._variables = variables
        self._ports = {"visitors": 0, "control": 0}
        self._left = home / "left"
        """What it leaves behind, and nobody's secret may stand in."""
        self._log = self._left / "workerd.log"

    def __enter__(self) -> Workerd:
        lay_out(self._home / "given", self._deployment, self._variables)
        self.objects.mkdir(parents=True)
        self.start()
        self._watched = WATCH.server(self.port, self._left, (), self._variables)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.kill()
        self._watched.look_through_files()
        WATCH.ended(self.port)
        if kind is None:
            assert "Traceback" not in self.log, self.log

    def start(self) -> None:
        """Start it, and Python in it."""
        reading, writing = os.pipe()
        addresses = [f"--socket-addr={name}=127.0.0.1:{port}" for name, port in self._ports.items()]
        folders = [f"--directory-path=objects={self.objects}", f"--directory-path=files={self._deployment.assets}"]
        told = [f"--import-path={self._home / 'given'}", f"--control-fd={writing}", *addresses, *folders]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [workerd(), "serve", "--experimental", *told, CONFIG],
                env=clean_environment(self._home),
                stdout=log,
                stderr=log,
                pass_fds=[writing],
            )
        os.close(writing)
        with open(reading, encoding="utf-8") as control:
            for line in (control.readline() for _ in self._ports):
                assert line, f"workerd did not start:\n{self.log}"
                heard = json.loads(line)
                self._ports[heard["socket"]] = heard["port"]
        try:
            urllib.request.urlopen(f"{self.url}/api/health", timeout=BOOT_SECONDS).close()
        except OSError as error:
            self.kill()
            raise AssertionError(f"the Worker did not start:\n{self.log}") from error

    def kill(self) -> None:
        """As a machine ends that loses its power. On SIGTERM workerd would wait for every open socket to close."""
        self.process.kill()
        self.process.wait(10)

    def evict(self, scenario: str, user: str) -> None:
        """Throw a learner's object out of memory, as every deploy does."""
        assert self._order("evict", f"{scenario}:{user}") == "Error: evicted"

    def count(self, name: str) -> int:
        """How many Python objects of this class there are, garbage apart."""
        return int(self._order("count", name))

    def _order(self, verb: str, name: str) -> str:
        control = f"http://127.0.0.1:{self._ports['control']}/{verb}/{quote(name, safe='')}"
        with urllib.request.urlopen(urllib.request.Request(control, method="POST"), timeout=30) as answer:
            return str(answer.read(), "utf-8")

    @property
    def port(self) -> int:
        return self._ports["visitors"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def objects(self) -> Path:
        """The folder of what the objects have stored: a SQLite file for each."""
        return self._left / "objects"

    @property
    def log(self) -> str:
        """Everything that was printed."""
        return self._log.read_text("utf-8")

    @property
    def memory(self) -> int:
        """Bytes of memory that it holds."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def cpu_seconds(self) -> float:
        """What it has used of the processor since it started."""
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
