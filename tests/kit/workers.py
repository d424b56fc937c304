"""A server with several workers, and the way to be heard by one of them."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
from pathlib import Path

from kit.eventually import eventually
from kit.server import Server

COUNT = 2


class Crew(Server):
    def __init__(self, home: Path, *flags: str, **environment: str) -> None:
        super().__init__(home, *flags, **{"VIVAVOCE_WORKERS": str(COUNT), **environment})

    def __enter__(self) -> Crew:
        super().__enter__()
        eventually(lambda: all(worker in self.processes() for worker in range(COUNT)))
        return self

    @property
    def page(self) -> dict[str, str]:
        """The headers with which a page of this server sends JSON."""
        here = f"localhost:{self.port}"
        return {"Host": here, "Origin": f"http://{here}", "Content-Type": "application/json"}

    def processes(self) -> dict[int, int]:
        """The process of each worker that has ever been ready."""
        return {int(worker): int(process) for worker, process in self._started()}

    def starts(self, worker: int) -> int:
        """How often it has been ready."""
        return sum(int(started) == worker for started, _ in self._started())

    def _started(self) -> list[tuple[str, str]]:
        return re.findall(r"worker (\d+): takes calls, as process (\d+)", self.log)

    def reach(self, worker: int) -> socket.socket:
        """A connection that this worker took from the port: nobody else could, just then."""
        others = [process for other, process in self.processes().items() if other != worker]
        with contextlib.ExitStack() as going_on:
            for process in others:
                os.kill(process, signal.SIGSTOP)
                going_on.callback(os.kill, process, signal.SIGCONT)
            connection = self.connect()
            connection.settimeout(20)
            assert ask(connection, "GET", "/api/health") == (200, b'{"ok":true}')
        return connection

    def metrics(self, name: str, worker: int) -> float:
        """Of a worker, whichever is asked."""
        with self.connect() as connection:
            status, text = ask(connection, "GET", "/api/metrics")
        assert status == 200
        [value] = re.findall(rf'^{name}{{worker="{worker}"}} (\S+)$', text.decode(), re.MULTILINE)
        return float(value)


def ask(connection: socket.socket, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """Over a connection that stays open."""
    asking = http.client.HTTPConnection("localhost")
    asking.sock = connection
    asking.request(method, path, body, headers)
    response = asking.getresponse()
    return response.status, response.read()


def is_there(process: int) -> bool:
    """Whether a process that is nobody's child here goes on."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
