"""Forgets a person: their calls and the sound of them, what lies in free parts of the database and in its journal, and
their key, without which no backup gives anything of them back.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vivavoce.hosts.native.keyring import open_keyring
from vivavoce.hosts.native.recording import AudioFiles
from vivavoce.hosts.native.sqlite import Database, SqliteSql
from vivavoce.store.people import NOBODY, People
from vivavoce.store.sessions import CallHead, SessionStore
from vivavoce.store.switches import Switches

SWEEP = "sweep"
"""A switch that is on while deleted words may still lie in free parts of the database."""
LEAST_WAIT = 1.0
READER_SECONDS = 5
"""So long may others be reading what was deleted, before that is said."""

Say = Callable[[str], None]


class Unknown(LookupError):
    """Nothing is kept of this person. `alike` have a similar name."""

    def __init__(self, user: str, alike: Sequence[str]) -> None:
        super().__init__(user)
        self.alike = alike


class InCall(Exception):
    """The person is in a call now."""

    def __init__(self, calls: Sequence[CallHead]) -> None:
        super().__init__(len(calls))
        self.calls = calls


class NotSwept(Exception):
    """What was kept is deleted, but traces of it may still lie in the database; the message says why."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    calls: int
    keys: Path | None
    """Where the key was that opened their part of the backups."""


def forget(database: Path, user: str, *, end_calls: bool, say: Say) -> Forgotten:
    """Delete all that is kept of a person, also while a server uses the database. What was spent counts on.

    With `end_calls` a call that they are in is taken from its process, which ends it at once. Raises Unknown, InCall,
    NotSwept, KeyringError and DatabaseError.
    """

    def wait() -> None:
        say("A backup is being made; waiting for its end.")

    with open_keyring(database, wait) as keyring, Database(database) as sql:
        people = People(sql)
        names = people.names()
        has_key = user in keyring and user != NOBODY
        if user not in names and not has_key:
            _sweep(sql, say)
            raise Unknown(user, [name for name in names if name.casefold().startswith(user.casefold())])
        calls: set[str] = set()
        while held := _delete(sql, AudioFiles(database), user, end_calls, calls):
            say("Waiting until the server has let go of the call that was going on.")
            time.sleep(max(LEAST_WAIT, *(until - time.time() for until in held)))
        if has_key:
            keyring.drop(user)
            keyring.save()
        _sweep(sql, say)
        return Forgotten(len(calls), keyring.path if has_key else None)


def _delete(sql: SqliteSql, audio: AudioFiles, user: str, end_calls: bool, calls: set[str]) -> list[float]:
    """Delete rows and sound, and note the calls; until when processes may believe that they have one of them.

    Such a process writes nothing more in the call, but it may still note what it cost, or keep sound: look again then.
    """
    with sql.transaction():
        held = SessionStore(sql).held(user, time.time())
        if held and not end_calls:
            raise InCall(held)
        calls.update(People(sql).forget(user))
        for call in calls:  # before the rows are gone for good: they alone say whose sound it is
            audio.delete(call)
        Switches(sql).set(SWEEP, "due", time.time())
    return [head.alive_until for head in held if head.alive_until is not None]


def _sweep(sql: SqliteSql, say: Say) -> None:
    """Write the database anew, and empty its journal. SQLite wipes what is deleted, but not every copy that it made
    when it moved a row to another page. Running calls wait with what they have to record.
    """
    if Switches(sql).get(SWEEP) != "due":
        return
    megabytes = sql.execute("SELECT page_count * page_size / 1e6 FROM pragma_page_count(), pragma_page_size()")[0][0]
    say(f"Writing the database anew ({megabytes:,.0f} MB), so that nothing is left in its free parts.")
    try:
        sql.execute("VACUUM")
        sql.execute(f"PRAGMA busy_timeout = {1000 * READER_SECONDS}")
        if sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]:
            raise NotSwept("somebody was reading all the time")
        with sql.transaction():
            Switches(sql).set(SWEEP, "done", time.time())
    except sqlite3.Error as error:
        raise NotSwept(str(error)) from error
