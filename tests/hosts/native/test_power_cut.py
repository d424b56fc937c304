"""Promise P8, for the machine: what was acknowledged is on the disk when the power is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.power import Careless, PowerSql
from kit.power_cut import Outcome, power_cut, template

CUTS = 600


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("template"))


def cut(kind: type[PowerSql], empty: Path, folder: Path, times: int) -> list[Outcome]:
    return [power_cut(kind, empty, folder / str(seed), seed) for seed in range(times)]


def test_a_power_cut_loses_nothing_that_was_acknowledged(empty: Path, tmp_path: Path) -> None:
    outcomes = cut(PowerSql, empty, tmp_path, CUTS)
    assert [seed for seed, outcome in enumerate(outcomes) if outcome.lost] == []
    assert [seed for seed, outcome in enumerate(outcomes) if not outcome.sound] == []
    assert sum(outcome.acknowledged.events for outcome in outcomes) > 10 * CUTS  # there was much to lose


def test_the_same_cuts_find_out_who_does_not_wait_for_the_disk(empty: Path, tmp_path: Path) -> None:
    outcomes = cut(Careless, empty, tmp_path, 50)
    assert sum(outcome.lost for outcome in outcomes) > 25
    assert all(outcome.sound for outcome in outcomes)  # which is all that synchronous=NORMAL promises
