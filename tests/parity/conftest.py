"""The upstream of both hosts: the embedded engine, in writing, behind a proxy that can break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kit.chaos_proxy import ChaosProxy
from kit.server import TextEngine
from kit.watch import SCENARIOS
from parity.hosts import Native

MODEL = "vivavoce/<scenario>"
"""By such names the engine knows the lessons."""
KEY = "sk-canary-0123456789abcdef"


@pytest.fixture(scope="package")
def upstream() -> Iterator[ChaosProxy]:
    with TextEngine(SCENARIOS) as url:
        yield ChaosProxy(url)


@pytest.fixture(scope="package")
def upstream_url(upstream: ChaosProxy) -> Iterator[str]:
    with upstream.listening() as url:
        yield url


@pytest.fixture(scope="package")
def native(upstream_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Native]:
    variables = {
        "VIVAVOCE_UPSTREAM": "compatible",
        "VIVAVOCE_UPSTREAM_URL": upstream_url,
        "VIVAVOCE_MODEL": MODEL,
        "OPENAI_API_KEY": KEY,
    }
    with Native(tmp_path_factory.mktemp("native"), **variables).running() as host:
        yield host
