"""One machine of Cloudflare's for all tests here, with the embedded engine of the native host as its upstream."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudflare.harness.layout import of_project
from cloudflare.harness.process import Workerd
from kit.server import TextEngine
from kit.watch import planted

API_KEY = "sk-on-cloudflare-nobody-may-see-this"


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workerd]:
    home = tmp_path_factory.mktemp("cloudflare")
    with TextEngine(planted()) as url:
        variables = {"OPENAI_API_KEY": API_KEY, "VIVAVOCE_UPSTREAM_URL": url, "VIVAVOCE_SIGN_IN": "open"}
        with Workerd(home, of_project(), variables) as worker:
            yield worker
