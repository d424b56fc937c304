"""What a relayed frame costs: CPU time of the whole relay process per frame, beside nginx and the relays of others.

Run it with `make bench`, or `make bench ARGS="saturation --rounds 3"`. Ratios are medians over interleaved rounds of
the ratio within a round: the machine's speed may drift, the ratio does not.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.relay.bench import Bench
from benchmarks.relay.memory import memory
from benchmarks.relay.plot import draw
from benchmarks.relay.program import ROOT, build
from benchmarks.relay.relays import versions
from benchmarks.relay.rounds import saturation, trace, workers
from benchmarks.relay.slow import slow
from benchmarks.report import machine, show

PICTURE = ROOT / "docs" / "images" / "relay.svg"

MODES: dict[str, Callable[[Bench], None]] = {
    "saturation": saturation,
    "trace": trace,
    "tls": partial(saturation, tls=True),
    "memory": memory,
    "slow": slow,
    "workers": workers,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modes", nargs="*", metavar="MODE", help=f"of {', '.join(MODES)}; all of them by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, help="of each measurement")
    parser.add_argument("--calls", type=int)
    parser.add_argument("--deltas", type=int, default=999, help="of each answer under saturation")
    parser.add_argument("--relays", default="", help="only these, with commas: vivavoce,nginx")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help=f"draw there; without modes {PICTURE.relative_to(ROOT)}"
    )
    options = parser.parse_args()
    if unknown := [name for name in options.modes if name not in MODES]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(MODES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and with it all relays
    program = build(ROOT / ".make" / "bench")
    relay_core, load_core = cores()
    about = {
        "machine": machine(),
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
        "date": datetime.date.today().isoformat(),
        "command": _command(sys.argv[1:]),
    }
    show(f"{about['date']}, `{about['command']}`: {about['machine']}; {about['versions']}.")
    show(f"Relays on core {relay_core}, the load on core {load_core}.")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(
            program=program,
            folder=Path(folder),
            relay_core=relay_core,
            load_core=load_core,
            rounds=options.rounds,
            seconds=options.seconds,
            calls=options.calls,
            deltas=options.deltas,
            relays=[word for word in options.relays.split(",") if word],
        )
        for mode in options.modes or MODES:
            MODES[mode](bench)
    if options.json:
        options.json.write_text(json.dumps({**about, "figures": bench.figures}, indent=1, ensure_ascii=False) + "\n")
    if picture := options.plot or (None if options.modes else PICTURE):
        caption = [f"{about['date']}, {about['command']}", about["machine"], about["versions"]]
        picture.write_text(draw(bench.figures, caption))
        show(f"Drawn into {picture}.")


def _command(words: list[str]) -> str:
    """What gives the same figures; where they were written does not matter."""
    for option in ("--json", "--plot"):
        if option in words:
            place = words.index(option)
            words = words[:place] + words[place + 2 :]
    return f'make bench ARGS="{" ".join(words)}"' if words else "make bench"


def cores() -> tuple[int, int]:
    """One for the relays and one for the load, and for this process, too; the same where there is only one."""
    available = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {available[-1]})
    return available[0], available[-1]


if __name__ == "__main__":
    main()
