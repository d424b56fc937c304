"""Two thousand histories of a call, each with other crashes, cuts, tabs and upstreams, and no promise broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from simulation.disk import Disk
from simulation.history import History

SEEDS = 2_000
BLOCKS = 8

OCCURRENCES = (
    *("crashes", "deploys", "restored", "dials", "answers", "answered", "slept"),
    *("speech flowed", "voice flowed"),
    *("closed 1006", "closed 1012", "closed 4001", "closed 4004"),
    *("ended learner_ended", "ended learner_left", "ended lesson_graded", "ended taken_over", "ended time_limit"),
    *("vivavoce.grade", "vivavoce.quiz", "vivavoce.quiz.marked", "vivavoce.hint", "vivavoce.goal", "vivavoce.consent"),
)
"""What must happen in every block, or the histories are not worth much."""


@pytest.fixture(scope="module")
def disk() -> Disk:
    return Disk()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_promise_is_broken(disk: Disk, block: int, record_property: Callable[[str, object], None]) -> None:
    happened: Counter[str] = Counter()
    for seed in range(block * SEEDS // BLOCKS, (block + 1) * SEEDS // BLOCKS):
        happened.update(History(seed, disk).play().counts)
    record_property("in 250 histories", ", ".join(f"{happened[name]} {name}" for name in OCCURRENCES[:7]))
    assert not [name for name in OCCURRENCES if not happened[name]], happened


def test_the_same_seed_is_the_same_history(disk: Disk) -> None:
    one, other = History(8, disk), History(8, disk)
    one.play()
    other = History(8, disk)
    other.play()
    assert one.world.history == other.world.history
