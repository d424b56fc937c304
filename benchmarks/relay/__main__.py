"""What a relayed frame costs: CPU time of the whole relay process per frame, beside nginx and the relays of others.

Run it with `make bench`, or `make bench ARGS="saturation --rounds 3"`. Ratios are medians over interleaved rounds of
the ratio within a round: the machine's speed may drift, the ratio does not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.relay.program import ROOT, Load, Run, build
from benchmarks.relay.relays import Stable, has_pump

MODES = ("saturation", "trace")
out = sys.stdout.write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modes", nargs="*", metavar="MODE", help=f"of {', '.join(MODES)}; all of them by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, help="of each measurement")
    parser.add_argument("--calls", type=int)
    parser.add_argument("--relays", help="only those whose names hold one of these words, with commas")
    parser.add_argument("--deltas", type=int, help="of an answer in saturation (1000)")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    if unknown := set(options.modes) - set(MODES):
        parser.error(f"there is no mode {', '.join(sorted(unknown))}")
    relay_core, load_core = cores()
    with tempfile.TemporaryDirectory() as folder:
        program = build(ROOT / ".make" / "bench")
        os.sched_setaffinity(0, {load_core} if load_core is not None else os.sched_getaffinity(0))
        with Load(program, Path(folder), load_core) as load:
            for mode in options.modes or MODES:
                compare(mode, load, Path(folder), relay_core, options)


def cores() -> tuple[int | None, int | None]:
    """One for the relay, one for the load; None where there are not two."""
    available = sorted(os.sched_getaffinity(0))
    return (available[0], available[1]) if len(available) > 1 else (None, None)


def compare(mode: str, load: Load, folder: Path, core: int | None, options: argparse.Namespace) -> None:
    stable = Stable(load, folder, core)
    wide = mode == "saturation"
    try:
        relays = [stable.vivavoce(pump=True, wide=wide), stable.nginx()]
        if has_pump():
            relays.append(stable.vivavoce(pump=False, wide=wide))
        calls = options.calls or (20 if mode == "saturation" else 50)
        words = {
            "seconds": options.seconds or (2 if mode == "saturation" else 6),
            "warm": 0.5,
            "deltas": (options.deltas or 1000) // 3 * 3 if mode == "saturation" else 72,
        }
        if mode == "trace":
            relays.append(stable.direct())
        rounds = []
        for _ in range(options.rounds):
            random.shuffle(relays)
            rounds.append({relay.name: relay.play(load, mode, calls, **words) for relay in relays})
            for name, run in rounds[-1].items():
                if run["lost"] or run["wrong"] or not run["ended"]:
                    out(f"{name}: {json.dumps(run)}\n")
    finally:
        stable.stop()
    report(mode, calls, rounds)


def report(mode: str, calls: int, rounds: list[dict[str, Run]]) -> None:
    out(f"\n{mode}: {calls} calls, {len(rounds)} rounds\n")
    out(
        f"{'relay':20} {'us/frame':>9} {'x nginx':>8} {'range':>13} {'frames/s':>9} {'KB/frame':>8} {'CPU':>5} {'load':>5}"
    )
    out(f" {'up p50/p99 us':>15} {'down p50/p99':>15} {'facts p50/p99':>17}\n")
    for name in sorted(rounds[0]):
        runs = [each[name] for each in rounds]

        def median(key: str, runs: list[Run] = runs) -> float:
            return float(statistics.median(run[key] for run in runs))

        ratios = [each[name]["cpu_us_per_frame"] / each["nginx"]["cpu_us_per_frame"] for each in rounds]
        speed = statistics.median(run["frames"] / run["seconds"] for run in runs)
        size = statistics.median(run["bytes"] / run["frames"] for run in runs) / 1000
        out(f"{name:20} {median('cpu_us_per_frame'):9.2f} {statistics.median(ratios):8.2f} ")
        out(
            f"{min(ratios):6.2f}-{max(ratios):6.2f} {speed:9.0f} {size:8.2f} {median('cpu'):5.2f} {median('load_cpu'):5.2f}"
        )
        for key in ("speech_us", "flow_us", "fact_us"):
            p50, p99 = (statistics.median(run.get(key, [0, 0])[n] for run in runs) for n in (0, 1))
            out(f" {p50:8.0f}/{p99:6.0f}")
        out("\n")


if __name__ == "__main__":
    main()
