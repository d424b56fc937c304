"""One machine of Cloudflare's for all tests here, with an upstream that does what a test tells it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudflare.harness.layout import of_project
from cloudflare.harness.process import Workerd
from cloudflare.upstream import Talkative

API_KEY = "sk-on-cloudflare-nobody-may-see-this"


@pytest.fixture(scope="session")
def upstream() -> Iterator[Talkative]:
    upstream = Talkative()
    with upstream.listening() as upstream.url:
        yield upstream


@pytest.fixture(scope="session")
def worker(upstream: Talkative, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workerd]:
    variables = {
        "OPENAI_API_KEY": API_KEY,
        "VIVAVOCE_UPSTREAM": "compatible",
        "VIVAVOCE_UPSTREAM_URL": upstream.url,
        "VIVAVOCE_MODEL": "any",
        "VIVAVOCE_SIGN_IN": "open",
    }
    with Workerd(tmp_path_factory.mktemp("cloudflare"), of_project(), variables) as worker:
        yield worker
