"""The store's port on the standard library's SQLite, in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


class Connection:
    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.execute("PRAGMA foreign_keys = ON")

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, parameters).fetchall()

    def transact(self, work: Callable[[], T]) -> T:
        with self.connection:
            self.connection.execute("BEGIN")
            return work()


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
