"""What is kept of each person, table by table: to back it up, to hand it out, and to forget it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vivavoce.store.sql import Sql

NOBODY = ""
"""Whose rows the house's own are: nobody has an empty name."""

_CALLS = "session_id IN (SELECT session_id FROM session WHERE user = ?)"
PERSONAL = {
    "session": "user = ?",
    "event": _CALLS,
    "regrade": _CALLS,
    "tool_result": _CALLS,
    "spending": "user = ?",
}
"""Tables whose rows are somebody's, and which; a row comes after the one that it refers to."""
HOUSE = ("switch",)
PASSING = ("reservation", "used_ticket", "schema_version")
"""Tables whose rows mean nothing once they are old, or in another database."""

Row = dict[str, Any]


class People:
    """Call the methods that write inside a transaction."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def names(self) -> list[str]:
        """Everybody of whom something is kept."""
        rows = self._sql.execute("SELECT user FROM session UNION SELECT user FROM spending ORDER BY 1")
        return [user for (user,) in rows if user != NOBODY]

    def rows(self, user: str) -> Iterator[tuple[str, Row]]:
        """All that is kept of a person, or of NOBODY, as (table, row)."""
        for table, condition in PERSONAL.items():
            yield from self._rows(table, f"WHERE {condition}", user)
        if user == NOBODY:
            for table in HOUSE:
                yield from self._rows(table)

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        """Put a row back that `rows` gave, also in an earlier version. Raises ValueError if it cannot be one."""
        columns = self._columns(table) if table in PERSONAL or table in HOUSE else []
        if not row or not set(row) <= set(columns):
            raise ValueError(f"no row of {table!r}")
        marks = ", ".join("?" * len(row))
        self._sql.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())

    def forget(self, user: str) -> list[str]:
        """Delete all that is kept of a person; the ids of their calls. What was spent counts on, as nobody's."""
        calls = [id for (id,) in self._sql.execute("SELECT session_id FROM session WHERE user = ?", user)]
        self._sql.execute("DELETE FROM reservation WHERE user = ?", user)
        self._sql.execute("UPDATE spending SET user = ? WHERE user = ?", NOBODY, user)
        for table in reversed(PERSONAL):
            self._sql.execute(f"DELETE FROM {table} WHERE {PERSONAL[table]}", user)
        return calls

    def _rows(self, table: str, condition: str = "", *parameters: object) -> Iterator[tuple[str, Row]]:
        columns = self._columns(table)
        for row in self._sql.execute(f"SELECT {', '.join(columns)} FROM {table} {condition}", *parameters):
            yield table, dict(zip(columns, row, strict=True))

    def _columns(self, table: str) -> list[str]:
        return [name for (name,) in self._sql.execute("SELECT name FROM pragma_table_info(?)", table)]
