"""Tabs that fight for one call: how many upstreams are open at once, and how long a takeover takes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import table
from kit.tabs import TABS, fight

SECONDS = 60.0
LONG = 600.0
MOST_MS = 200
"""For 99 takeovers of 100: the machine that runs the tabs, the server and the upstream is one."""


def run(long: bool) -> bool:
    """Print the times; whether there was never a second upstream, and takeovers were quick."""
    seconds = LONG if long else SECONDS
    with TemporaryDirectory(prefix="tabs-") as folder:
        fought = asyncio.run(fight(Path(folder), seconds, seed=4))
    times = sorted(1000 * taken for taken in fought.takeovers)
    middle, late, latest = times[len(times) // 2], times[len(times) * 99 // 100], times[-1]
    headings = ("tabs", "seconds", "takeovers", "median", "p99", "slowest", "upstreams", "open at once")
    cells = (*(f"{value:.0f} ms" for value in (middle, late, latest)), fought.upstreams, fought.at_once)
    table(headings, [(TABS, round(seconds), len(times), *cells)])
    return fought.at_once == 1 and late <= MOST_MS
