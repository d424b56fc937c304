"""Which tickets were used, so that none opens the door twice."""

from __future__ import annotations

from vivavoce.store.sql import Sql


class Tickets:
    """Call its method inside the transaction that admits the browser."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def use_ticket(self, jti: str, expires_at: float, now: float) -> bool:
        """Use a ticket up; False if it was used before. One that has expired need not be remembered any more."""
        self._sql.execute("DELETE FROM used_ticket WHERE expires_at <= ?", now)
        return bool(
            self._sql.execute(
                "INSERT INTO used_ticket (jti, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1",
                jti,
                expires_at,
            )
        )
