"""`vivavoce engine` in a process of its own, as a user starts it, and what it costs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vivavoce.hosts.native.models import ModelStore, models_folder
from vivavoce.hosts.native.speech.choice import WHISPERS

START_S = 120
"""How long the engine may take until it listens; a first start fetches the models."""
SCENARIO = "hotel-complaint"
CALLS = "64"
"""More calls at once than any benchmark makes: what is measured is not the engine's own limit."""


@dataclass(frozen=True)
class EngineProcess:
    pid: int
    url: str
    began: float
    """`time.perf_counter()` when the process was started."""

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        fields = Path(f"/proc/{self.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def most_megabytes(self) -> float:
        """The most that was ever resident."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running_engine(command: list[str] | None = None, **environment: str) -> Iterator[EngineProcess]:
    """The engine, from the moment it listens to the end of the block. `command` takes a port as its last word."""
    command = command or [sys.executable, "-m", "vivavoce", "engine", "--port"]
    port = _free_port()
    with tempfile.TemporaryFile() as words:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, str(port)],
            env={**os.environ, "VIVAVOCE_ENGINE_CALLS": CALLS, **environment},
            stdout=words,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _listens(process, port):
                words.seek(0)
                raise SystemExit(f"The engine did not start:\n{words.read().decode(errors='replace')}")
            yield EngineProcess(process.pid, f"ws://127.0.0.1:{port}/v1/realtime?model=vivavoce/{SCENARIO}", began)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.02)
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def installed_whispers() -> list[str]:
    """Values of VIVAVOCE_WHISPER that need no download."""
    store = ModelStore(models_folder())
    return [name for name, model in WHISPERS.items() if store.here(model)]
