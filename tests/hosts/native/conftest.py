"""The lessons, an upstream and a server for the tests of the native host."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from kit.server import SCENARIO, Server, TextEngine
from vivavoce.hosts.native.pumping import SWITCH

SCENARIOS = Path(__file__).parents[3] / "scenarios"

HAS_PUMP = find_spec("vivavoce.hosts.native._pump") is not None
collect_ignore_glob = [] if HAS_PUMP else ["test_pump*.py"]  # `make pump` has said why


@pytest.fixture(scope="module", params=["pump", "python"])
def path(request: pytest.FixtureRequest) -> Iterator[str]:
    """How frames are moved in what is started: a test that uses this is run once for each."""
    if request.param == "pump" and not HAS_PUMP:
        pytest.skip("`make pump` has found no C compiler")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SWITCH, "on" if request.param == "pump" else "off")
        yield request.param


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
