"""Two hundred calls for each way in which an upstream fails, on virtual time: the session and the engine themselves."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from kit.scenes import scene
from kit.storm import Fate, Outcome, Storm

CALLS = 200
RECOVERED_SHARE = 0.99
RECOVERED_SECONDS = 5.0
SILENT_SECONDS = 15.0


def busy(storm: Storm) -> None:
    storm.refusals += [(429, 1.0)]
    storm.break_off(1013)


def failing(storm: Storm) -> None:
    storm.refusals += [(503, None)] * 2
    storm.break_off(1011)


def expired(storm: Storm) -> None:
    storm.say_error("session_expired")
    storm.break_off(1001)


RETRYABLE: dict[str, Fate] = {
    "1001": expired,
    "1006": lambda storm: storm.break_off(1006),
    "429": busy,
    "5xx": failing,
    "stall": Storm.fall_silent,
    "half-open": Storm.be_cut,
}


def locked_out(storm: Storm) -> None:
    storm.refusals += [(401, None)] * 10
    storm.break_off(1006)


FATAL: dict[str, tuple[Fate, int]] = {
    "quota": (lambda storm: storm.say_error("insufficient_quota"), 0),
    "401": (locked_out, 1),
}


def played(fate: Fate) -> list[Outcome]:
    return [Storm(scene(max_seconds=3600), random.Random(seed)).play(fate) for seed in range(CALLS)]


@pytest.mark.parametrize("kind", RETRYABLE)
def test_calls_outlive_what_may_pass(kind: str, record_property: Callable[[str, object], None]) -> None:
    outcomes = played(RETRYABLE[kind])
    assert [fault for outcome in outcomes for fault in outcome.faults] == []
    soon = [outcome for outcome in outcomes if outcome.seconds is not None and outcome.seconds <= RECOVERED_SECONDS]
    slowest = max(outcome.seconds or 0.0 for outcome in outcomes)
    record_property(kind, f"{len(soon)} of {CALLS} back within {RECOVERED_SECONDS:g} s, the slowest in {slowest:.2f} s")
    assert len(soon) >= RECOVERED_SHARE * CALLS
    assert max(outcome.silence for outcome in outcomes) <= SILENT_SECONDS


@pytest.mark.parametrize("kind", FATAL)
def test_what_no_attempt_can_help_gets_one_at_most(kind: str) -> None:
    fate, attempts = FATAL[kind]
    outcomes = played(fate)
    assert {outcome.dials for outcome in outcomes} == {attempts}
    assert {outcome.reason for outcome in outcomes} == {"provider_refused"}
    assert max(outcome.silence for outcome in outcomes) <= SILENT_SECONDS
