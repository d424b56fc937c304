"""For what happens in another process, with nothing that tells when."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 60.0


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
