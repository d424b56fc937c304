"""The real server as a process of its own: no key, so the embedded engine; a database that is thrown away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_S = 60
"""The speech models are loaded before it answers."""
STOP_S = 30


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    """http://127.0.0.1:PORT, without a slash at the end"""
    pid: int
    database: Path
    log: Path


@contextmanager
def vivavoce_serve(folder: Path, *options: str, **environment: str) -> Iterator[Server]:
    """Serves until the block ends. Neither a key nor a setting of the person who runs the tests gets in."""
    port = free_port()
    database, log = folder / "vivavoce.sqlite3", folder / "serve.log"
    own = {name: value for name, value in os.environ.items() if not is_setting(name)}
    command = [str(Path(sys.executable).with_name("vivavoce")), "serve", "--port", str(port), *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**own, "VIVAVOCE_DATABASE": str(database), **environment},
        )
    try:
        server = Server(f"http://127.0.0.1:{port}", process.pid, database, log)
        wait_for_health(server, process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def is_setting(name: str) -> bool:
    if name == "VIVAVOCE_MODELS":  # where the models were put, not how the server behaves
        return False
    return name.startswith(("VIVAVOCE_", "OPENAI_", "AZURE_")) or name == "ALLOWED_ORIGINS"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_health(server: Server, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/api/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"vivavoce serve did not come up:\n{server.log.read_text(errors='replace')}")
