"""The store's port on the standard library's SQLite, in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class Connection:
    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.execute("PRAGMA foreign_keys = ON")

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self.connection:
            self.connection.execute("BEGIN")
            yield


@pytest.fixture
def sql() -> Iterator[Connection]:
    connection = Connection()
    yield connection
    connection.connection.close()


@pytest.fixture
def empty() -> Iterator[Connection]:
    """A second database, to compare with."""
    connection = Connection()
    yield connection
    connection.connection.close()
