"""What calls cost, and how much they may: every answer is noted, and room is reserved before a call begins.

Money is in microdollars. A reservation is what a call may cost in all; what the call has spent is not counted twice.
So what was spent and what may still be spent is below every cap at each moment, however many calls begin at once; and
a call whose process died keeps its room until `until`, because what it spent last may never have been noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from vivavoce.store.sql import Sql

CapName = Literal["user_day", "day", "month"]
Group = Literal["user", "day", "model"]

_LEFT = (
    "SELECT COALESCE(sum(max(0, r.microdollars - COALESCE("
    "(SELECT sum(s.microdollars) FROM spending s WHERE s.session_id = r.session_id), 0))), 0) FROM reservation r"
    " WHERE r.until > ?"
)
"""What calls that go on may still cost."""


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that may be spent; None: as much as it takes."""

    user_day: int | None = None
    day: int | None = None
    month: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """When today and this month began, and what time it is, as Unix times."""

    now: float
    day: float
    month: float

    @classmethod
    def at(cls, now: float) -> Window:
        """In UTC, as the providers' bills."""
        today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(now, today.timestamp(), today.replace(day=1).timestamp())


class OverBudget(Exception):
    """There is no room for another call under this cap."""

    def __init__(self, cap: CapName) -> None:
        super().__init__(cap)
        self.cap: CapName = cap


@dataclass(frozen=True, slots=True)
class Total:
    """What a group of spendings comes to."""

    name: str
    """The learner, the day (UTC) or the model."""
    calls: int
    seconds: float
    tokens: int
    microdollars: int
    unpriced: int
    """Spendings without a price: what they cost is not known."""
    untold: int
    """Answers of which the upstream did not say what they used."""


@dataclass(frozen=True, slots=True)
class LiveCall:
    session_id: str
    scenario_id: str
    user: str
    seconds: float
    """Of conversation, up to the last answer."""
    microdollars: int


_GROUPS: dict[Group, str] = {"user": "user", "day": "date(at, 'unixepoch')", "model": "model"}


class UsageStore:
    """Call its methods that write inside a transaction."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def note(
        self,
        session_id: str,
        user: str,
        at: float,
        kind: str,
        model: str,
        microdollars: int | None,
        seconds: float,
        tokens: int | None,
    ) -> None:
        """Keep what one answer cost, at a Unix time."""
        self._sql.execute(
            "INSERT INTO spending (session_id, user, at, kind, model, microdollars, seconds, tokens)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            session_id,
            user,
            at,
            kind,
            model,
            microdollars,
            seconds,
            tokens,
        )

    # Room under the caps

    def reserve(self, session_id: str, user: str, most: int, until: float, caps: Caps, window: Window) -> None:
        """Keep room for a call that may cost `most` in all; one that comes back keeps its own. Raises OverBudget."""
        self.release(session_id)
        more = max(0, most - self._sum("SELECT sum(microdollars) FROM spending WHERE session_id = ?", session_id))
        for name, cap, since, whose in _checks(user, caps, window):
            if self.spent(since, whose) + self.reserved(window.now, whose) + more > cap:
                raise OverBudget(name)
        self._sql.execute(
            "INSERT INTO reservation (session_id, user, microdollars, until) VALUES (?, ?, ?, ?)",
            session_id,
            user,
            most,
            until,
        )

    def check(self, user: str | None, caps: Caps, window: Window) -> None:
        """Raises OverBudget when a cap is reached already; None: for somebody who is not known yet."""
        for name, cap, since, whose in _checks(user, caps, window):
            if self.spent(since, whose) >= cap:
                raise OverBudget(name)

    def release(self, session_id: str) -> None:
        """A call costs nothing more for now. `SessionStore` does it at the end of a call and when it falls asleep."""
        self._sql.execute("DELETE FROM reservation WHERE session_id = ?", session_id)

    def spent(self, since: float, user: str | None = None) -> int:
        """By everybody, or by one learner."""
        whose, parameters = _whose(user)
        return self._sum(f"SELECT sum(microdollars) FROM spending WHERE at >= ?{whose}", since, *parameters)

    def reserved(self, now: float, user: str | None = None) -> int:
        """What calls that go on may still cost."""
        whose, parameters = _whose(user)
        return self._sum(_LEFT + whose, now, *parameters)

    # Who used what

    def totals(self, by: Group, since: float) -> list[Total]:
        """What was spent since then, for each learner, day or model; the dearest first, days in order."""
        order = "1" if by == "day" else "5 DESC, 3 DESC, 1"
        rows = self._sql.execute(
            f"SELECT {_GROUPS[by]}, count(DISTINCT session_id), sum(seconds), COALESCE(sum(tokens), 0),"
            " COALESCE(sum(microdollars), 0), sum(microdollars IS NULL), sum(tokens IS NULL)"
            f" FROM spending WHERE at >= ? GROUP BY 1 ORDER BY {order}",
            since,
        )
        return [Total(*row) for row in rows]

    def live(self, now: float) -> list[LiveCall]:
        """The calls that some process has now, the dearest first."""
        rows = self._sql.execute(
            "SELECT c.session_id, c.scenario_id, c.user, COALESCE(sum(s.seconds), 0.0),"
            " COALESCE(sum(s.microdollars), 0) FROM session c LEFT JOIN spending s USING (session_id)"
            " WHERE c.ended_reason IS NULL AND c.alive_until > ? GROUP BY 1 ORDER BY 5 DESC, c.started_at",
            now,
        )
        return [LiveCall(*row) for row in rows]

    def _sum(self, query: str, *parameters: object) -> int:
        return int(self._sql.execute(query, *parameters)[0][0] or 0)


def _checks(user: str | None, caps: Caps, window: Window) -> Iterator[tuple[CapName, int, float, str | None]]:
    """The caps that there are: name, amount, since when spending counts, and whose."""
    if caps.user_day is not None and user is not None:
        yield "user_day", caps.user_day, window.day, user
    if caps.day is not None:
        yield "day", caps.day, window.day, None
    if caps.month is not None:
        yield "month", caps.month, window.month, None


def _whose(user: str | None) -> tuple[str, tuple[str, ...]]:
    return ("", ()) if user is None else (" AND user = ?", (user,))
