"""CPU per relayed frame: under saturation, at the pace of real calls, with TLS, and with two workers."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from benchmarks.relay.bench import Bench, interleaved, medians, ratios
from benchmarks.relay.program import Run
from benchmarks.relay.relays import AIOHTTP, DIRECT, NGINX, NODE, SMALL_NGINX, Stable, ours
from benchmarks.report import show, spread, table

SATURATION_CALLS, TRACE_CALLS, WORKERS_CALLS = 20, 50, 200
TURN = 72
"""Deltas of an answer of six seconds."""
WIDENED = (
    "vivavoce's rate limits are counted as ever and are ten thousand times as wide, for a page may send 100 events a "
    "second, and sound at twice real time."
)


def saturation(bench: Bench, *, tls: bool = False) -> None:
    calls, deltas = bench.calls or SATURATION_CALLS, bench.deltas // 3 * 3
    others = [NGINX, SMALL_NGINX] if tls else [NGINX, SMALL_NGINX, AIOHTTP, NODE]
    with bench.load() as load, Stable(load, bench.folder, frozenset({bench.relay_core}), tls=tls, wide=True) as stable:
        relays = [stable.start(name) for name in bench.wanted([*ours(), *others])]
        words = {"seconds": bench.seconds or 2, "warm": 0.5, "deltas": deltas}
        runs = interleaved(relays, bench.rounds, lambda relay: relay.play(load, "saturation", calls, **words))
    name = "tls" if tls else "saturation"
    bench.figures[name] = runs
    upstream = ", TLS to the upstream" if tls else ""
    show(f"\n## Saturation: {calls} calls, two frames of each under way in each direction{upstream}\n")
    show(f"{_mean_size(runs):.1f} KB a frame; an answer has {deltas} deltas, then its record and 23 other events.")
    show(WIDENED)
    _compare(runs)


def trace(bench: Bench) -> None:
    calls = bench.calls or TRACE_CALLS
    others = [NGINX, SMALL_NGINX, AIOHTTP, NODE]
    with bench.load() as load, Stable(load, bench.folder, frozenset({bench.relay_core})) as stable:
        relays = [stable.start(name) for name in [*bench.wanted([*ours(), *others]), DIRECT]]
        words = {"seconds": bench.seconds or 5, "warm": 1, "deltas": TURN}
        runs = interleaved(relays, bench.rounds, lambda relay: relay.play(load, "trace", calls, **words))
    direct = runs.pop(DIRECT)
    bench.figures["trace"] = runs
    bench.figures["direct"] = direct
    show(f"\n## Real time: {calls} calls of 41 frames a second, {_mean_size(runs):.1f} KB a frame\n")
    _compare(runs)
    show(f"\n## Added delay at {calls} calls: what comes on top of a connection without a relay, in the same round\n")
    show("Speech and voice flow; what is durable (a turn's other events) waits until its record is on disk.")
    rows = [[name, *_delays(runs[name], direct)] for name in runs]
    rows.append(["no relay, in all", *_delays(direct, None)])
    headings = [f"{what} {share}" for what in ("speech up", "voice down", "other events") for share in ("p50", "p99")]
    table(["relay", *headings], rows)


def workers(bench: Bench) -> None:
    calls, cores = bench.calls or WORKERS_CALLS, frozenset({bench.relay_core, bench.load_core})
    with bench.load() as load, Stable(load, bench.folder, cores, wide=True) as stable:
        one, two = stable.vivavoce("--workers", "1"), stable.vivavoce("--workers", "2")
        one.name, two.name = "one worker", "two workers"
        while len(two.pids) < 3:  # with the one that watches over them
            time.sleep(0.05)
        words = {"seconds": bench.seconds or 3, "warm": 1, "deltas": bench.deltas // 3 * 3}
        runs = interleaved([one, two], bench.rounds, lambda relay: relay.play(load, "saturation", calls, **words))
    bench.figures["workers"] = runs
    show(f"\n## Two workers: {calls} calls under saturation; the load has a part of the two cores, too\n")
    rows = []
    for name, found in runs.items():
        busiest = [max(run["shares"]) / sum(run["shares"]) for run in found]
        rows.append(
            [
                name,
                f"{medians(found, 'cpu_us_per_frame'):.1f}",
                spread(ratios(found, runs["one worker"]), digits=2),
                f"{statistics.median(busiest):.0%} ({min(busiest):.0%} to {max(busiest):.0%})",
            ]
        )
    table(["vivavoce", "CPU µs a frame", "x one worker", "the busiest process has"], rows)


def _compare(runs: dict[str, list[Run]]) -> None:
    bases = [name for name in (NGINX, SMALL_NGINX, AIOHTTP, NODE) if name in runs]
    rows = []
    for name, found in runs.items():
        speed = medians([{"speed": run["frames"] / run["seconds"]} for run in found], "speed")
        rows.append(
            [
                name,
                f"{medians(found, 'cpu_us_per_frame'):.1f}",
                *(spread(ratios(found, runs[base]), digits=2) for base in bases),
                f"{speed:,.0f}",
                f"{medians(found, 'cpu'):.0%}",
                f"{medians(found, 'load_cpu'):.0%}",
            ]
        )
    table(["relay", "CPU µs a frame", *(f"x {base}" for base in bases), "frames/s", "its CPU", "the load's CPU"], rows)


def _delays(runs: Sequence[Run], direct: Sequence[Run] | None) -> list[str]:
    cells = []
    for key in ("speech_us", "flow_us", "fact_us"):
        for place in (0, 1):
            most = [run[key][place] for run in runs]
            if direct is not None:
                most = [found - other[key][place] for found, other in zip(most, direct, strict=True)]
            cells.append(f"{sorted(most)[len(most) // 2] / 1000:.2f} ms")
    return cells


def _mean_size(runs: dict[str, list[Run]]) -> float:
    found = next(iter(runs.values()))
    return float(sum(run["bytes"] for run in found) / sum(run["frames"] for run in found) / 1000)
