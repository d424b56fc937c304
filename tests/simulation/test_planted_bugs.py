"""The simulation finds what it is there to find: bugs as they are really made, planted in the session and the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulation.disk import Disk
from simulation.history import History
from simulation.promises import Violation
from vivavoce.session import line_rules
from vivavoce.session.call import Call
from vivavoce.session.core import Session
from vivavoce.session.effects import Close, Dial, Effect
from vivavoce.session.functions import FunctionCalls
from vivavoce.session.gate import OutputGate
from vivavoce.session.inputs import Input, Peer, Superseded
from vivavoce.store.sessions import SessionStore

WITHIN = 300
"""Seeds."""

Plant = Callable[[pytest.MonkeyPatch], None]


def shown_before_it_is_on_disk(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OutputGate, "hold", lambda self, output: False)


def a_tool_runs_again_for_the_next_upstream(patch: pytest.MonkeyPatch) -> None:
    def forget(self: FunctionCalls, item: dict[str, Any]) -> Any:
        self.answers.clear()
        return item_done(self, item)

    item_done = FunctionCalls.item_done
    patch.setattr(FunctionCalls, "item_done", forget)


def nobody_is_taken_over(patch: pytest.MonkeyPatch) -> None:
    def handle(self: Session, event: Input, now: float) -> list[Effect]:
        return [] if isinstance(event, Superseded) else heard(self, event, now)

    heard = Session.handle
    patch.setattr(Session, "handle", handle)


def who_comes_back_misses_what_was_on_its_way_to_the_disk(patch: pytest.MonkeyPatch) -> None:
    def replay(self: Call, after: int) -> None:
        replayed(self, after)
        self._gate.drop()

    replayed = Call.replay
    patch.setattr(Call, "replay", replay)


def who_comes_back_sees_what_is_not_on_disk_yet(patch: pytest.MonkeyPatch) -> None:
    def replay(self: Call, after: int) -> None:
        for seq, frame in self.browser.durable:
            if seq > after:
                self.preview(frame)

    patch.setattr(Call, "replay", replay)


def two_processes_write_in_one_call(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SessionStore, "_fence", lambda self, session_id, epoch: len(self.events(session_id)))


def another_upstream_is_dialled_before_the_last_is_gone(patch: pytest.MonkeyPatch) -> None:
    def replace(call: Call) -> None:
        if call.line.replace(call.now):
            call.effects += [Close(Peer.UPSTREAM, 1000, "another connection takes over"), Dial()]

    patch.setattr(line_rules, "replace_upstream", replace)


BUGS: tuple[tuple[Plant, str], ...] = (
    (shown_before_it_is_on_disk, "P5"),
    (a_tool_runs_again_for_the_next_upstream, "P6"),
    (nobody_is_taken_over, "P3"),
    (who_comes_back_misses_what_was_on_its_way_to_the_disk, "P4"),
    (who_comes_back_sees_what_is_not_on_disk_yet, "P5"),
    (two_processes_write_in_one_call, "P1"),
    (another_upstream_is_dialled_before_the_last_is_gone, "P2"),
)


@pytest.mark.parametrize(("plant", "promise"), BUGS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_bug_is_found(
    monkeypatch: pytest.MonkeyPatch,
    plant: Plant,
    promise: str,
    record_property: Callable[[str, object], None],
) -> None:
    disk = Disk()
    plant(monkeypatch)
    for seed in range(WITHIN):
        try:
            History(seed, disk).play()
        except Violation as violation:
            record_property("found with seed", f"{seed}: {violation.promise}, {violation.what[:100]}")
            assert violation.promise == promise, violation
            return
    pytest.fail(f"not found with {WITHIN} seeds")
