"""A server behind a door, seen from both other sides: its upstream and its database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kit.door import OPERATOR_KEY, SECRET
from kit.server import SCENARIO, Server
from kit.wiretap import Wiretap

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@dataclass(frozen=True)
class House:
    server: Server
    tap: Wiretap

    @contextmanager
    def nothing_happens(self) -> Iterator[None]:
        """Inside, nobody may dial the upstream, and nothing may be written."""
        with closing(sqlite3.connect(self.server.database)) as database:

            def seen() -> tuple[object, ...]:
                (version,) = database.execute(
                    "PRAGMA data_version"
                ).fetchone()  # another connection's commit counts it up
                return version, self.tap.dialled, len(self.tap.heard)

            before = seen()
            yield
            assert seen() == before


@contextmanager
def house(folder: Path, engine: str, *flags: str, **settings: str) -> Iterator[House]:
    """`engine` is the URL of the upstream."""
    tap = Wiretap(engine)
    with tap.listening() as url, Server(folder, *flags, **{**furniture(url), **settings}) as server:
        yield House(server, tap)


def furniture(upstream: str) -> dict[str, str]:
    """The settings that all houses share."""
    return {
        "VIVAVOCE_UPSTREAM": "compatible",
        "VIVAVOCE_UPSTREAM_URL": upstream,
        "VIVAVOCE_MODEL": f"vivavoce/{SCENARIO}",
        "VIVAVOCE_SCENARIOS": str(SCENARIOS),
        "VIVAVOCE_SECRET": SECRET,
        "VIVAVOCE_OPERATOR_KEY": OPERATOR_KEY,
    }
