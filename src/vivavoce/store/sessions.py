"""The record of calls: what was said, graded and answered, event by event. All SQL of vivavoce stands in store/.

A call belongs to the process that opened or claimed it last. Each claim gives it a new epoch, and whoever writes says
which one it has: what the process before it still writes is refused in the transaction that would have written it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from vivavoce.protocol.coming_back import LINGER_SECONDS, RESUMABLE_SECONDS
from vivavoce.store.migrations import migrate
from vivavoce.store.sql import Sql

FIRST_EPOCH = 1

Entry = tuple[int, float, str, str]
"""A durable event: (seq, at, type, body)."""

_HEAD = (
    "session_id, epoch, scenario_id, scenario_version, user, upstream, model, started_at, ended_at, ended_reason,"
    " record, retry_of, retry_item, alive_until"
)
RESUMABLE_UNTIL = f"COALESCE(resumable_until, alive_until + {RESUMABLE_SECONDS}, 0.0)"
"""SQL for until when a call can be come back to, unless it has ended."""


class Fenced(Exception):
    """The call belongs to another process by now, or was deleted: this one has nothing more to write in it."""


class Gap(Exception):
    """An event did not get to the disk, so those after it must not either: they may rest on it."""


@dataclass(frozen=True, slots=True)
class CallHead:
    """What one has to know of a call to put it together again, besides what a `Claim` brings."""

    session_id: str
    epoch: int
    scenario_id: str
    scenario_version: int
    user: str
    upstream: str
    model: str
    started_at: float
    ended_at: float | None
    ended_reason: str | None
    record: str
    retry_of: str | None
    retry_item: str | None
    alive_until: float | None
    """A process has the call until then, if it is not heard of again."""


class Claim(NamedTuple):
    """A call that this process has now, and all that was committed of it."""

    epoch: int
    events: list[Entry]
    tools: dict[str, str]
    """What each tool call was answered (JSON), by its call_id."""
    spent: int
    """Microdollars."""


class SessionStore:
    """The record of calls on a `Sql`. Not thread-safe: it belongs to whoever owns the connection.

    Every method that writes is called inside a transaction.
    """

    def __init__(self, sql: Sql) -> None:
        self.sql = sql

    def migrate(self) -> None:
        """Bring the database up to date. Opens its own transaction. Raises FromTheFuture."""
        migrate(self.sql)

    # The life of a call

    def begin(
        self,
        session_id: str,
        scenario_id: str,
        scenario_version: int,
        user: str,
        upstream: str,
        model: str,
        started_at: float,
        *,
        resume_hash: str | None = None,
        alive_until: float | None = None,
        scenario: str | None = None,
        record: str = "transcript",
        retain_until: float | None = None,
        retry_of: str | None = None,
        retry_item: str | None = None,
    ) -> None:
        """Open a call's record, with FIRST_EPOCH. `resume_hash` is of the token that the browser will be given."""
        self.sql.execute(
            "INSERT INTO session (session_id, scenario_id, scenario_version, user, upstream, model, started_at,"
            " resume_hash, alive_until, scenario, record, retain_until, retry_of, retry_item)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            session_id,
            scenario_id,
            scenario_version,
            user,
            upstream,
            model,
            started_at,
            resume_hash,
            alive_until,
            scenario,
            record,
            retain_until,
            retry_of,
            retry_item,
        )

    def append(
        self, session_id: str, epoch: int, entries: Iterable[Entry], tool: tuple[str, str] | None = None
    ) -> None:
        """Append durable events, and what a tool answered as (call_id, JSON). Raises Fenced, and Gap.

        A number or a call_id that was used already raises the host's error.
        """
        newest = self._fence(session_id, epoch)
        for seq, at, kind, body in entries:
            if seq > newest + 1:
                raise Gap(session_id, seq)
            newest = seq
            self.sql.execute(
                "INSERT INTO event (session_id, seq, at, type, body) VALUES (?, ?, ?, ?, ?)",
                session_id,
                seq,
                at,
                kind,
                body,
            )
        if tool is not None:
            self.sql.execute(
                "INSERT INTO tool_result (session_id, call_id, output) VALUES (?, ?, ?)", session_id, *tool
            )

    def finish(self, session_id: str, epoch: int, ended_at: float, reason: str) -> None:
        """Note how a call ended; the first reason stays. Raises Fenced."""
        self._fence(session_id, epoch)
        self.sql.execute(
            "UPDATE session SET ended_at = ?, ended_reason = ? WHERE session_id = ? AND ended_reason IS NULL",
            ended_at,
            reason,
            session_id,
        )
        self._release(session_id)

    def sleep(self, session_id: str, epoch: int, resumable_until: float) -> None:
        """Let go of a call that can be come back to. Raises Fenced."""
        self._fence(session_id, epoch)
        self.sql.execute(
            "UPDATE session SET alive_until = NULL, resumable_until = ? WHERE session_id = ?",
            resumable_until,
            session_id,
        )
        self._release(session_id)

    # Coming back

    def find(self, resume_hash: str, now: float) -> CallHead | None:
        """The call that a resume token opens, if it can still be come back to."""
        found = self._heads(
            f"(resume_hash = ? OR resume_hash_before = ?) AND {RESUMABLE_UNTIL} > ?"
            f" AND (ended_reason IS NULL OR ended_at + {LINGER_SECONDS} > ?)",
            resume_hash,
            resume_hash,
            now,
            now,
        )
        return found[0] if found else None

    def attach(self, session_id: str, epoch: int, shown_hash: str, new_hash: str, alive_until: float) -> None:
        """Give the browser that showed a token a new one. Raises Fenced, also if what was shown opens nothing any more.

        The token shown stays valid until the new one is shown: the answer that brings it may be lost.
        """
        given = self.sql.execute(
            "UPDATE session SET resume_hash_before = ?, resume_hash = ?, alive_until = ?, resumable_until = NULL"
            " WHERE session_id = ? AND epoch = ? AND ? IN (resume_hash, resume_hash_before) RETURNING 1",
            shown_hash,
            new_hash,
            alive_until,
            session_id,
            epoch,
            shown_hash,
        )
        if not given:
            raise Fenced(session_id)

    def claim(self, session_id: str, alive_until: float) -> Claim:
        """Take a call over from the process that had it. Raises Fenced if there is no such call."""
        claimed = self.sql.execute(
            "UPDATE session SET epoch = epoch + 1, alive_until = ?, resumable_until = NULL WHERE session_id = ?"
            " RETURNING epoch",
            alive_until,
            session_id,
        )
        if not claimed:
            raise Fenced(session_id)
        tools = self.sql.execute("SELECT call_id, output FROM tool_result WHERE session_id = ?", session_id)
        spent = self.sql.execute("SELECT COALESCE(sum(microdollars), 0) FROM spending WHERE session_id = ?", session_id)
        return Claim(claimed[0][0], self.events(session_id), dict(tools), spent[0][0])

    def lock_out(self, session_id: str) -> None:
        """Nobody may come back to this call, unless it has ended. Without a process it is `stranded` from now on."""
        self.sql.execute(
            "UPDATE session SET resume_hash = NULL, resume_hash_before = NULL"
            " WHERE session_id = ? AND ended_reason IS NULL",
            session_id,
        )

    def give_up(self, session_id: str) -> None:
        """Lock everybody out of a call, also the process that may have it."""
        self.lock_out(session_id)
        self.sql.execute(
            "UPDATE session SET epoch = epoch + 1, alive_until = NULL WHERE session_id = ? AND ended_reason IS NULL",
            session_id,
        )

    def renew(self, calls: Iterable[tuple[str, int]], alive_until: float) -> set[str]:
        """Say that these calls, as (session_id, epoch), still have their process; the ids of those that have not."""
        return {
            session_id
            for session_id, epoch in calls
            if not self.sql.execute(
                "UPDATE session SET alive_until = ? WHERE session_id = ? AND epoch = ? RETURNING 1",
                alive_until,
                session_id,
                epoch,
            )
        }

    # Questions

    def events(self, session_id: str, after: int = 0) -> list[Entry]:
        """The durable events of a call after number `after`, in order."""
        rows = self.sql.execute(
            "SELECT seq, at, type, body FROM event WHERE session_id = ? AND seq > ? ORDER BY seq",
            session_id,
            after,
        )
        return [(seq, at, kind, body) for seq, at, kind, body in rows]

    def unfinished(self, scenario_id: str, user: str) -> list[CallHead]:
        """The calls of a learner in a scenario that have not ended: alive, asleep, or left by a process that died."""
        return self._heads("ended_reason IS NULL AND scenario_id = ? AND user = ?", scenario_id, user)

    def held(self, user: str, now: float) -> list[CallHead]:
        """The calls of a learner that some process has, also those that have ended and whose quiz is open."""
        return self._heads("user = ? AND alive_until > ?", user, now)

    def stranded(self, now: float) -> list[CallHead]:
        """The calls that have no process and need one: nobody can come back to them, or their end had begun.

        Asked every few seconds: by its index, for SQLite would read all events of each call that is asleep.
        """
        return self._heads(
            "ended_reason IS NULL AND COALESCE(alive_until, 0.0) <= ?"
            f" AND (resume_hash IS NULL OR {RESUMABLE_UNTIL} <= ?"
            " OR EXISTS (SELECT 1 FROM event INDEXED BY event_ending"
            " WHERE event.session_id = session.session_id AND event.type = 'vivavoce.ending'))",
            now,
            now,
        )

    def next_stranded(self, going_on: Collection[str]) -> float | None:
        """When the next call will be `stranded`, but for those that go on; None when none will."""
        marks = ", ".join("?" * len(going_on))
        rows = self.sql.execute(
            "SELECT min(max(COALESCE(alive_until, 0.0), CASE WHEN resume_hash IS NULL OR EXISTS"
            " (SELECT 1 FROM event WHERE event.session_id = session.session_id AND event.type = 'vivavoce.ending')"
            f" THEN 0.0 ELSE {RESUMABLE_UNTIL} END))"
            f" FROM session WHERE ended_reason IS NULL AND session_id NOT IN ({marks})",
            *going_on,
        )
        return None if rows[0][0] is None else float(rows[0][0])

    def _heads(self, condition: str, *parameters: object) -> list[CallHead]:
        rows = self.sql.execute(f"SELECT {_HEAD} FROM session WHERE {condition} ORDER BY started_at", *parameters)
        return [CallHead(*row) for row in rows]

    def _release(self, session_id: str) -> None:
        """The call costs nothing more for now: what was reserved for it is free again."""
        self.sql.execute("DELETE FROM reservation WHERE session_id = ?", session_id)

    def _fence(self, session_id: str, epoch: int) -> int:
        """Let only who has the call go on; returns the number of its newest event. Raises Fenced."""
        found = self.sql.execute(
            "SELECT COALESCE((SELECT max(seq) FROM event WHERE session_id = session.session_id), 0) FROM session"
            " WHERE session_id = ? AND epoch = ?",
            session_id,
            epoch,
        )
        if not found:
            raise Fenced(session_id)
        return int(found[0][0])
