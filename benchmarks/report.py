"""What a benchmark tells: progress on stderr while it runs, its tables on stdout, in Markdown, to be kept."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path


def progress(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def show(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    show(f"\n| {' | '.join(headings)} |")
    show(f"|{'---|' * len(headings)}")
    for row in rows:
        show(f"| {' | '.join(str(cell) for cell in row)} |")
    show("")


def spread(values: Sequence[float], unit: str = "", digits: int = 0) -> str:
    """Median, and in brackets the least and the most."""
    if not values:
        return "-"
    middle, least, most = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle}{unit} ({least} to {most})"


def machine() -> str:
    """The processor and how busy it is, so that a figure from a busy machine is not taken for another."""
    model = platform.machine()
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        names = [line.partition(":")[2].strip() for line in listing.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    load = f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} processors {model}, Python {platform.python_version()}, {load}"
