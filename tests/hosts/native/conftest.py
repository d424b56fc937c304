"""The lessons, an upstream and a server for the tests of the native host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.server import SCENARIO, Server, TextEngine

SCENARIOS = Path(__file__).parents[3] / "scenarios"


@pytest.fixture(scope="session")
def engine_settings() -> Iterator[dict[str, str]]:
    """Settings of a server whose upstream is the embedded engine, by text."""
    with TextEngine(SCENARIOS) as url:
        yield {
            "VIVAVOCE_UPSTREAM": "compatible",
            "VIVAVOCE_UPSTREAM_URL": url,
            "VIVAVOCE_MODEL": f"vivavoce/{SCENARIO}",
            "VIVAVOCE_SCENARIOS": str(SCENARIOS),
        }


@pytest.fixture(scope="module")
def server(engine_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), **engine_settings) as server:
        yield server
