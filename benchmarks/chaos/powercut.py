"""Power cuts under the real store: with the host's settings nothing may be lost, and with laxer ones much is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import progress, table
from kit.power import Careless, PowerSql
from kit.power_cut import Outcome, power_cut, template

CUTS = 600
LONG = 6000
EACH = 500


def run(long: bool) -> bool:
    """Print what was lost with each setting; whether it is as promised."""
    with TemporaryDirectory(prefix="power-cut-") as folder:
        rows = [
            _row("FULL", PowerSql, LONG if long else CUTS, Path(folder)),
            _row("NORMAL, to compare", Careless, CUTS, Path(folder)),
        ]
    table(("synchronous", "cuts", "events acknowledged", "cuts that lost some", "files not sound", "seconds"), rows)
    (_, _, _, lost, unsound, _), (_, _, _, lost_without, _, _) = rows
    return lost == unsound == 0 and lost_without > 0


def _row(name: str, kind: type[PowerSql], cuts: int, folder: Path) -> tuple[str, int, int, int, int, int]:
    start = time.perf_counter()
    empty = template(folder)
    outcomes: list[Outcome] = []
    for seed in range(cuts):
        outcomes.append(power_cut(kind, empty, folder / "round", seed))
        if len(outcomes) % EACH == 0:
            progress(f"{name}: {len(outcomes)} of {cuts} cuts")
    return name, cuts, *_sums(outcomes), round(time.perf_counter() - start)


def _sums(outcomes: Sequence[Outcome]) -> tuple[int, int, int]:
    return (
        sum(outcome.acknowledged.events for outcome in outcomes),
        sum(outcome.lost for outcome in outcomes),
        sum(not outcome.sound for outcome in outcomes),
    )
