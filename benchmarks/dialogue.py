"""How much of what learners say the scripted persona understands, over the dialogue test set, and how long it takes.

Run it with `make dialogue`. The halves of the set are reported apart: the matcher was made with the first in view.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import chain

from benchmarks.report import machine, show, spread, table
from kit.understanding import Row, Turn, play, rows, too_early, unasked, understood

Played = Sequence[tuple[Row, Turn]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--missed", action="store_true", help="show what was not understood")
    missed: bool = parser.parse_args().missed
    show(machine())
    for half in ("dev", "held-out"):
        if played := {name: [(row, play(row)) for row in of_it] for name, of_it in rows(half).items()}:
            report(half, played, missed=missed)


def report(half: str, played: Mapping[str, Played], *, missed: bool) -> None:
    every = list(chain.from_iterable(played.values()))
    kinds = dict.fromkeys(row.kind for row, _ in every)
    table(
        [half, "rows", "understood", "share"],
        [
            *([name, *share(turns)] for name, turns in played.items()),
            *([kind, *share([(row, turn) for row, turn in every if row.kind == kind])] for kind in kinds),
            ["all", *share(every)],
        ],
    )
    for row, turn in every if missed else ():
        if not understood(row, turn):
            wanted = " and ".join("|".join(sorted(alternatives)) for alternatives in row.expect)
            show(f"{row.scenario}: {row.say!r}: {wanted} wanted, {', '.join(sorted(turn.outcomes))} got: {turn.answer}")
    show(f"facts told before trust allowed it: {sum(len(too_early(turn)) for _, turn in every)}")
    show(f"facts told to those who had not asked for them: {sum(len(unasked(row, turn)) for row, turn in every)}")
    show(f"one answer: {spread([turn.seconds * 1000 for _, turn in every], ' ms', 1)}")


def share(turns: Played) -> list[str]:
    right = sum(understood(row, turn) for row, turn in turns)
    return [f"{len(turns)}", f"{right}", f"{right / len(turns):.1%}"]


if __name__ == "__main__":
    main()
