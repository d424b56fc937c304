"""Three servers, one for each way to sign in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kit.door import CLASS_CODE
from kit.house import SCENARIOS, House, house
from kit.server import TextEngine

MODES = {
    "code": {"VIVAVOCE_CLASS_CODE": CLASS_CODE},
    "header": {"VIVAVOCE_USER_HEADER": "X-Forwarded-User", "VIVAVOCE_PROXIES": "192.0.2.1"},
    "open": {},
}
"""The proxy of `header` is not there: whoever sends the header is none."""


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    with TextEngine(SCENARIOS) as url:
        yield url


@pytest.fixture(scope="session")
def houses(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, House]]:
    with ExitStack() as running:
        yield {
            mode: running.enter_context(house(tmp_path_factory.mktemp(mode), engine, **settings))
            for mode, settings in MODES.items()
        }
