"""Valid frames of a browser, spoilt field by field, against a call that goes on: what passes, and what piles up."""

from __future__ import annotations

import time

from benchmarks.report import table
from kit.spoilt import play

COUNT = 10_000
LONG = 100_000
MOST_BYTES = 5_000_000


def run(long: bool) -> bool:
    """Print what became of the frames; whether the call went on and did not grow."""
    count = LONG if long else COUNT
    start = time.perf_counter()
    call, growth = play(count, seed=100)
    refused, ended = call.answered["error"], call.answered["vivavoce.ended"]
    seconds = round(time.perf_counter() - start)
    cells = (f"{refused:,}", call.answered["vivavoce.transcript"], f"{growth / 1e6:.2f} MB", seconds)
    table(("spoilt frames", "refused", "lines from the rest", "growth", "seconds"), [(f"{count:,}", *cells)])
    return growth < MOST_BYTES * count // COUNT and not ended
