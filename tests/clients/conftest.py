"""One engine for all stock clients, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kit.engine import EngineProcess


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    with EngineProcess(tmp_path_factory.mktemp("engine")) as process:
        yield process
