"""How soon `vivavoce serve` answers, says that it is ready, and lets somebody call; what it has loaded by then.

`make bench-startup` starts the server again and again as a process of its own, in turn with an upstream and with the
embedded engine and its speech models, and asks it over HTTP as whatever stands in front of it would: /api/health,
/api/ready, and a ticket for a call, which is given once nothing that the call needs has to be loaded any more. Time
and processor time count from the start of the process. A last run of each tells what is imported (`-X importtime`,
which itself takes time) before the first answer and after it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from benchmarks.report import machine, progress, show, spread, table
from vivavoce.hosts.native.models import models_folder

START_S = 120
POLL_S = 0.002
SCENARIO = "hotel-complaint"
SHOWN = 15
WAYS = {
    "an upstream": {
        "VIVAVOCE_UPSTREAM": "compatible",
        "VIVAVOCE_UPSTREAM_URL": "ws://127.0.0.1:9/v1/realtime",  # nobody is called
    },
    "the embedded engine": {"VIVAVOCE_UPSTREAM": "embedded", "VIVAVOCE_MODELS": str(models_folder())},
}
ASKED = {
    "answers /api/health": ("GET", "/api/health", None),
    "says it is ready": ("GET", "/api/ready", None),
    "gives a ticket for a call": ("POST", "/api/tickets", json.dumps({"scenario": SCENARIO, "user": "benchmark"})),
}
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")


@dataclass(frozen=True)
class Point:
    """What a process had taken when something was first answered with 200."""

    seconds: float
    cpu_seconds: float
    megabytes: float
    read_megabytes: float
    """From files, whether the system had them in its cache or not."""
    libraries: frozenset[str]
    """Packages whose compiled code was loaded."""
    words: int
    """How much it had written to stderr."""


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    began: float
    log: Path

    def first(self, method: str, path: str, body: str | None) -> Point:
        """The moment of the first 200."""
        until = time.perf_counter() + START_S
        while time.perf_counter() < until and self.process.poll() is None:
            if self._status(method, path, body) == 200:
                return self._here(time.perf_counter() - self.began)
            time.sleep(POLL_S)
        raise SystemExit(f"{path} was not answered:\n{self.log.read_text(errors='replace')}")

    def _status(self, method: str, path: str, body: str | None) -> int | None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=START_S)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def _here(self, seconds: float) -> Point:
        there = Path(f"/proc/{self.process.pid}")
        fields = (there / "stat").read_text().rpartition(")")[2].split()
        read = int((there / "io").read_text().partition("rchar:")[2].split()[0])
        return Point(
            seconds,
            (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
            int((there / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6,
            read / 1e6,
            frozenset(re.findall(r"/site-packages/([A-Za-z]\w*)[/.]\S*\.so", (there / "maps").read_text())),
            self.log.stat().st_size,
        )


@contextmanager
def starting(settings: dict[str, str], *options: str) -> Iterator[Server]:
    """The server, from its very beginning, in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        log = Path(home) / "log"
        environment = {"PATH": os.environ["PATH"], "HOME": home, "PYTHONUNBUFFERED": "1", **settings}
        with log.open("wb") as words:
            began = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, *options, "-m", "vivavoce", "serve", "--port", str(port)],
                env=environment,
                stdout=words,
                stderr=words,
            )
        try:
            yield Server(process, port, began, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def run_once(settings: dict[str, str]) -> dict[str, Point]:
    with starting(settings) as server:
        return {what: server.first(*asked) for what, asked in ASKED.items()}


def imports(settings: dict[str, str]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Milliseconds of each package before the first answer and after it, and how many modules of it there are."""
    with starting(settings, "-X", "importtime") as server:
        first, *_, last = (server.first(*asked) for asked in ASKED.values())
        words = server.log.read_bytes()[: last.words]
    before, after, modules = Counter[str](), Counter[str](), Counter[str]()
    for found in _IMPORT.finditer(words.decode(errors="replace")):
        package = found[2].partition(".")[0]
        when = before if found.start() < first.words else after
        when[package] += int(found[1])
        modules[package] += 1
    return before, after, modules


def tell_times(runs: Sequence[tuple[str, dict[str, Point]]]) -> None:
    rows = []
    for way in WAYS:
        for what in ASKED:
            points = [run[what] for name, run in runs if name == way]
            rows.append(
                [
                    way,
                    what,
                    spread([point.seconds for point in points], " s", 2),
                    spread([point.cpu_seconds for point in points], " s", 2),
                    spread([point.megabytes for point in points], " MB"),
                    spread([point.read_megabytes for point in points], " MB"),
                ]
            )
    table(["with", "it", "after", "processor", "resident", "read"], rows)


def tell_imports(way: str) -> None:
    before, after, modules = imports(WAYS[way])
    both = before + after
    show(f"Imported with {way}: {sum(modules.values())} modules.")
    rows = [
        [package, modules[package], f"{before[package] / 1000:.0f} ms", f"{after[package] / 1000:.0f} ms"]
        for package, _ in both.most_common(SHOWN)
    ]
    rows.append(
        ["all", sum(modules.values()), *(f"{sum(part.values()) / 1000:.0f} ms" for part in (before, after))],
    )
    table(["package", "modules", "before the first answer", "after it"], rows)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=9)
    runs = options.parse_args().runs
    done: list[tuple[str, dict[str, Point]]] = []
    for number in range(runs):
        progress(f"start {number + 1} of {runs}")
        done += [(way, run_once(settings)) for way, settings in WAYS.items()]
    show(f"{machine()}, {runs} starts of each, in turn: medians, and from the least to the most")
    tell_times(done)
    for way in WAYS:
        points = next(run for name, run in done if name == way)
        first, *_, last = points.values()
        show(f"Compiled code with {way}, by the first answer: {', '.join(sorted(first.libraries))}.")
        if later := last.libraries - first.libraries:
            show(f"By the first ticket also: {', '.join(sorted(later))}.")
    show("")
    for way in WAYS:
        tell_imports(way)


if __name__ == "__main__":
    main()
