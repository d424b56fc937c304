"""A page that stops reading for a minute while its upstream pushes all it can: what piles up, and what is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from benchmarks.relay.bench import Bench, complain
from benchmarks.relay.program import Run
from benchmarks.relay.relays import AIOHTTP, NGINX, NODE, Stable, ours
from benchmarks.relay.rounds import TURN
from benchmarks.report import progress, show, table

CALLS = 4
SECONDS = 60.0


def slow(bench: Bench) -> None:
    """All relays at once, each with a load of its own: it is memory that is measured."""
    calls, seconds = bench.calls or CALLS, bench.seconds or SECONDS
    names = bench.wanted([*ours(), NGINX, AIOHTTP, NODE])
    progress(f"{', '.join(names)}: {calls} readers each that stop for {seconds:g} s")
    with ThreadPoolExecutor(len(names)) as threads:
        found = list(threads.map(lambda name: _stop(bench, name, calls, seconds), names))
    bench.figures["slow"] = dict(zip(names, found, strict=True))
    show(f"\n## A reader that stops for {seconds:g} s while the upstream pushes all that is taken: {calls} calls\n")
    show("Every byte and the order of all frames are verified; of relays that dump, every byte of the sound.")
    show("vivavoce's patience with such a page, ten seconds otherwise, is widened for this.")
    rows = []
    for name, run in zip(names, found, strict=True):
        complain(name, run)
        grown = (run["most_kb"] - run["before_kb"]) / calls
        whole = run["all"] and not run["wrong"] and not run["lost"]
        taken = f"{run['bytes'] / calls / 1e6:.1f} MB"
        rows.append([name, f"{grown:,.0f} KB", taken, run["frames"], "all, in order" if whole else "NOT all"])
    table(["relay", "growth for each call", "pushed for each call", "frames", "arrived"], rows)


def _stop(bench: Bench, name: str, calls: int, seconds: float) -> Run:
    folder = bench.folder / f"slow-{name.replace(' ', '-')}"
    folder.mkdir()
    with bench.load(folder) as load, Stable(load, folder, frozenset({bench.relay_core}), patient=True) as stable:
        words = {"warm": 1, "seconds": seconds, "deltas": TURN, "verify": 1, "cut": 1}
        return stable.start(name).play(load, "slow", calls, **words)
