"""Cloudflare imports a Worker before anybody has asked for anything: there is no chance yet and the clock stands still,
and what was made of them would be the same for every visitor.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudflare.harness.forbidden import SOURCES, forbidden

SOURCE = Path(__file__).parents[1] / "src"
CORE = ("protocol", "scenario", "lesson", "session", "store", "door", "settings", "admission")
MODULES = [
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for folder in CORE
    for path in sorted((SOURCE / "vivavoce" / folder).rglob("*.py"))
]


@pytest.fixture
def nothing_imported_yet() -> Iterator[None]:
    def ours() -> list[str]:
        return [name for name in sys.modules if name.partition(".")[0] == "vivavoce"]

    kept = {name: sys.modules.pop(name) for name in ours()}
    yield
    for name in ours():
        del sys.modules[name]
    sys.modules.update(kept)


@pytest.mark.usefixtures("nothing_imported_yet")
def test_the_core_is_imported_without_chance_and_clock() -> None:
    with forbidden():
        for module in MODULES:
            importlib.import_module(module)
    assert set(MODULES) <= sys.modules.keys()


SOURCE_NAMES = [(module, name) for module, names in SOURCES.items() for name in names if hasattr(module, name)]


@pytest.mark.parametrize(("module", "name"), SOURCE_NAMES, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_forbidden_fails_and_works_again_afterwards(module: object, name: str) -> None:
    own = getattr(module, name)
    with forbidden():
        kept = getattr(module, name)
        with pytest.raises(RuntimeError, match=name):
            kept()
    assert getattr(module, name) is own
    if name == "random":
        assert 0 <= kept() < 1
