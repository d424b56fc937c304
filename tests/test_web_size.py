"""How much script the first view loads; what a whole call loads is seen in a browser (tests/browser/test_size.py)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest

from vivavoce.hosts.native.app import STATIC

MOST_BYTES = 120_000


@pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the web app is not built: make web")
def test_the_first_page_loads_little_script(record_property: Callable[[str, object], None]) -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    scripts = set(re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page))
    assert scripts
    sizes = {name: len(gzip.compress((STATIC / name).read_bytes())) for name in scripts}
    record_property("script, gzip", f"{sum(sizes.values()) / 1000:.1f} kB")
    assert sum(sizes.values()) <= MOST_BYTES, sizes
