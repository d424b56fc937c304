"""What every mode of the benchmark has: the load, the cores, what was asked for, and where figures go."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.relay.program import Load, Run
from benchmarks.relay.relays import Relay
from benchmarks.report import progress, show


@dataclass
class Bench:
    """`relay_core` and `load_core` are the same where there is only one."""

    program: Path
    folder: Path
    relay_core: int
    load_core: int
    rounds: int
    seconds: float | None
    calls: int | None
    deltas: int
    relays: list[str]
    """Only these; all if there are none."""
    figures: dict[str, Any] = field(default_factory=dict)

    def load(self, folder: Path | None = None) -> Load:
        return Load(self.program, folder or self.folder, self.load_core)

    def wanted(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if not self.relays or name in self.relays]


def interleaved(relays: Sequence[Relay], rounds: int, play: Callable[[Relay], Run]) -> dict[str, list[Run]]:
    """Every round has all relays, in random order."""
    runs: dict[str, list[Run]] = {relay.name: [] for relay in relays}
    for number in range(rounds):
        for relay in random.sample(relays, len(relays)):
            progress(f"round {number + 1} of {rounds}: {relay.name}")
            run = play(relay)
            complain(relay.name, run)
            runs[relay.name].append(run)
    return runs


def complain(name: str, run: Run) -> None:
    """A relay that loses, garbles or holds on to something is told of beside the figures."""
    if run["lost"]:
        show(f"**{name} lost {run['lost']} frames**")
    if run["wrong"]:
        show(f"**{name}: {run['wrong']}**")
    if not run["ended"]:
        show(f"{name} did not end its calls in time")


def medians(runs: Sequence[Run], key: str, place: int | None = None) -> float:
    found = (run[key] if place is None else run[key][place] for run in runs if key in run)
    return float(statistics.median(found))


def ratios(runs: Sequence[Run], base: Sequence[Run], key: str = "cpu_us_per_frame") -> list[float]:
    return [run[key] / other[key] for run, other in zip(runs, base, strict=True)]
