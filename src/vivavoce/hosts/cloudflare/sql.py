"""The store's port on the SQLite of a Durable Object.

What is written leaves memory at the end of the event that wrote it, in one piece; and nothing that is sent leaves
before that (Cloudflare's output gate). So a write can be taken for committed at once (promise P5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pyodide.ffi import create_proxy, jsnull

from workers import python_to_rpc

T = TypeVar("T")


class ObjectSql:
    def __init__(self, storage: Any) -> None:
        # The SDK's cover looks into all that goes through it, which costs a statement five times what it costs itself.
        self._storage = python_to_rpc(storage)
        self._sql = self._storage.sql

    def execute(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        given = (jsnull if value is None else value for value in parameters)
        rows = self._sql.exec(sql, *given).raw().toArray().to_py()
        return [tuple(None if value is jsnull else value for value in row) for row in rows]

    def transact(self, work: Callable[[], T]) -> T:
        outcome: list[T] = []
        failure: list[Exception] = []

        def run() -> None:
            try:
                outcome.append(work())
            except Exception as error:
                failure.append(error)
                raise

        proxy = create_proxy(run)
        try:
            self._storage.transactionSync(proxy)
        except Exception:
            if failure:  # what came back has been to JavaScript and is not itself any more
                raise failure[0] from None
            raise
        finally:
            proxy.destroy()
        return outcome[0]
