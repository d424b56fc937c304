"""`vivavoce` with limits that do not cut a benchmark off:  served --wide|--patient serve …

A page may send 100 events a second and sound at twice real time, and may leave what it is sent unread for ten seconds.
A relay under saturation does a minute of that in a second, and a reader that stops is to be measured for a minute. The
limits are counted as ever.
"""

from __future__ import annotations

import runpy
import sys

from vivavoce.session import limits

WIDER = 10_000
PATIENCE = 120
"""Seconds."""


def widen() -> None:
    """Before anything that imports these is imported."""
    for name in ("audio_allowance", "byte_allowance", "event_allowance"):
        narrow = getattr(limits, name)()
        setattr(limits, name, lambda rate=narrow.rate, burst=narrow.burst: wide(rate, burst))


def wide(rate: float, burst: float) -> limits.TokenBucket:
    return limits.TokenBucket(rate=rate * WIDER, burst=burst * WIDER)


def be_patient() -> None:
    from vivavoce.hosts.native import link
    from vivavoce.session import line

    link.STALL_SECONDS = line.STALL_SECONDS = PATIENCE


def main() -> None:
    how = sys.argv.pop(1)
    {"--wide": widen, "--patient": be_patient}[how]()
    if sys.argv[1] == "child":  # a worker of such a server
        sys.argv.pop(1)
        runpy.run_module("vivavoce.cli.child", run_name="__main__", alter_sys=True)
        return
    from vivavoce import cli

    cli.CHILD = [sys.executable, "-m", "benchmarks.relay.served", how, "child"]
    cli.app()


if __name__ == "__main__":
    main()
