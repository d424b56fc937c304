"""Racing calls on a server with a budget that is killed in the middle of them: whether the budget is kept."""

from __future__ import annotations

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import show, table
from kit.racing import CALLS, RACERS, race_and_crash

ROUNDS = 3
LONG = 20
MOST_ANSWERS = 30
"""Before the kill: five calls with room for nine answers each end by themselves soon after."""


def run(long: bool) -> bool:
    """Print what happened; whether the budget was kept in every round."""
    chance = random.Random(9)
    rounds = LONG if long else ROUNDS
    start = time.perf_counter()
    outcomes = []
    for _ in range(rounds):
        with TemporaryDirectory(prefix="budget-") as folder:
            outcomes.append(race_and_crash(Path(folder), chance.randint(1, MOST_ANSWERS)))
    headings = (
        "rounds",
        "racing",
        "room for",
        "admitted at once",
        "most spent, of the cap",
        "most lost, of a call",
        "seconds",
    )
    admitted = max(outcome.admitted[0] for outcome in outcomes)
    spent = max(outcome.billed / outcome.cap for outcome in outcomes)
    lost = max(outcome.lost / outcome.room for outcome in outcomes)
    seconds = round(time.perf_counter() - start)
    table(headings, [(rounds, f"2 x {RACERS}", CALLS, admitted, f"{spent:.0%}", f"{lost:.0%}", seconds)])
    kept = all(outcome.kept and outcome.admitted[0] <= CALLS for outcome in outcomes)
    if not kept:
        show("The budget was passed by more than one reservation.")
    return kept
