"""`make chaos`: what the suite judges by counts and order, here with times and loads, and for longer with --long.

Without names everything runs, one thing after the other. Tables go to stdout, in Markdown; the exit code says whether
all went as promised.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
import time
import traceback

from benchmarks.report import machine, progress, show

NAMES = ("simulation", "frames", "powercut", "kill", "drain", "tabs", "budget", "upstream", "slow")
"""Each a module with `run(long) -> bool`; the quick ones first."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--long", action="store_true", help="many times as much")
    chosen = parser.parse_args()
    if unknown := sorted(set(chosen.names) - set(NAMES)):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(NAMES)}")
    show(f"{machine()}\n")
    failed = [name for name in chosen.names or NAMES if not _run(name, chosen.long)]
    show(f"Not as promised: {', '.join(failed)}." if failed else "All as promised.")
    return bool(failed)


def _run(name: str, long: bool) -> bool:
    module = importlib.import_module(f"benchmarks.chaos.{name}")
    about = (inspect.getdoc(module) or name).splitlines()[0]
    show(f"## {name}: {about}")
    start = time.perf_counter()
    try:
        good: bool = module.run(long)
    except Exception:  # the others run all the same
        traceback.print_exc()
        good = False
    progress(f"{name}: {'as promised' if good else 'NOT as promised'}, {time.perf_counter() - start:.0f} s")
    return good


if __name__ == "__main__":
    sys.exit(main())
