"""Events come in the orders of `flows`."""

from __future__ import annotations

import pytest

from conformance.flows import FLOWS
from conformance.notation import Flow, play


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_the_order_of(flow: Flow) -> None:
    play(flow)
