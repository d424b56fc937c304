"""`make dev`: the server on 8787, Vite on 5173 in front of it, and nothing left over when it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from browser.instruments import OpenPage
from browser.speech import UTTERANCES
from kit.server import clean_environment, with_speech

pytestmark = [pytest.mark.browser, pytest.mark.speech]

ROOT = Path(__file__).parents[2]
SERVER, VITE = 8787, 5173
START_S = 90
LOADED = "The speech models are loaded"


@dataclass(frozen=True, slots=True)
class Dev:
    process: subprocess.Popen[bytes]
    log: Path


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Dev]:
    for port in (SERVER, VITE):
        if listens(port):
            pytest.skip(f"Port {port} is in use, and `make dev` always takes the same ones.")
    log = tmp_path / "dev.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts/dev.py")],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=clean_environment(tmp_path, VIVAVOCE_DATABASE=str(tmp_path / "vivavoce.sqlite3"), **with_speech()),
        )
    try:
        wait_until(lambda: healthy(VITE), log)
        yield Dev(process, log)
    finally:
        process.terminate()
        process.wait(30)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("localhost", port)) == 0


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/api/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def wait_until(true: Callable[[], bool], log: Path) -> None:
    give_up = time.monotonic() + START_S
    while not true():
        assert time.monotonic() < give_up, log.read_text(errors="replace")
        time.sleep(0.2)


def test_a_call_through_vite_and_a_restart_and_a_clean_end(dev: Dev, open_page: OpenPage) -> None:
    opened = open_page(f"http://localhost:{VITE}/call/hotel-complaint", allow_microphone=False)
    opened.page.get_by_test_id("type-instead").click()
    opened.wait_for("response.done")
    opened.page.get_by_test_id("text-entry").fill(UTTERANCES["sorry"])
    opened.page.get_by_test_id("send-text").click()
    opened.wait_for("response.done", after=1)

    os.utime(ROOT / "src/vivavoce/__init__.py")
    wait_until(lambda: dev.log.read_text(errors="replace").count(LOADED) == 2, dev.log)
    wait_until(lambda: healthy(SERVER), dev.log)

    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(30) == 0
    assert not listens(SERVER)
    assert not listens(VITE)
