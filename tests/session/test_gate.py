from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.session.gate import OutputGate


@given(st.lists(st.sampled_from(["record", "put", "commit"]), max_size=40))
def test_outputs_leave_in_order_and_never_before_what_they_rest_on(steps: list[str]) -> None:
    gate: OutputGate[tuple[int, int]] = OutputGate()
    left: list[tuple[int, int]] = []
    count = 0
    for step in steps:
        if step == "record":
            gate.record()
        elif step == "put":
            count += 1
            output = (count, gate.recorded)
            left += [] if gate.hold(output) else [output]
        else:
            left += gate.commit(gate.recorded)
        assert all(rests_on <= gate.committed for _, rests_on in left)
    left += gate.commit(gate.recorded)
    assert [number for number, _ in left] == list(range(1, count + 1))


def test_a_commit_that_comes_late_takes_nothing_back() -> None:
    gate: OutputGate[str] = OutputGate()
    gate.record()
    gate.record()
    assert gate.hold("a")
    assert gate.commit(2) == ["a"]
    assert gate.commit(1) == []
    assert gate.committed == 2
