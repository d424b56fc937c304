"""Both hosts with one upstream: the embedded engine, in writing, behind a proxy that can break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from browser.conftest import open_page, playwright
from kit.chaos_proxy import ChaosProxy
from kit.server import TextEngine
from kit.watch import SCENARIOS
from parity.hosts import KEY, Cloudflare, Native

__all__ = ["open_page", "playwright"]

MODEL = "vivavoce/<scenario>"
"""By such names the engine knows the lessons."""


@pytest.fixture(scope="session")
def upstream() -> Iterator[ChaosProxy]:
    with TextEngine(SCENARIOS) as url:
        yield ChaosProxy(url)


@pytest.fixture(scope="session")
def variables(upstream: ChaosProxy) -> Iterator[dict[str, str]]:
    with upstream.listening() as url:
        yield {
            "OPENAI_API_KEY": KEY,
            "VIVAVOCE_UPSTREAM": "compatible",
            "VIVAVOCE_UPSTREAM_URL": url,
            "VIVAVOCE_MODEL": MODEL,
        }


@pytest.fixture(scope="session")
def native(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Native]:
    with Native.running(tmp_path_factory.mktemp("native"), variables) as host:
        yield host


@pytest.fixture(scope="session")
def cloudflare(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloudflare]:
    given = {**variables, "VIVAVOCE_SIGN_IN": "open", "VIVAVOCE_OPEN_ACCESS": "accepted"}
    with Cloudflare.running(tmp_path_factory.mktemp("cloudflare"), given) as host:
        yield host
