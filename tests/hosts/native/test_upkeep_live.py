"""What an operator does to a server with a past: a restore, and an upgrade."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from kit.server import Server, vivavoce

TEXT_ONLY = {"VIVAVOCE_MODELS": os.devnull}
OLD = Path(__file__).parents[2] / "store/schemas/1.sql"
"""A database that version 0.1 has written: a call that ended, one that broke off, one that was not to be kept."""


def test_a_call_that_was_going_on_at_the_moment_of_the_backup_can_be_gone_on_with(tmp_path: Path) -> None:
    """The machine is lost; the backup, and the copy of its keys, are brought to another."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with Server(first, **TEXT_ONLY) as server, server.browser("ada") as browser:
        hello = browser.go_live()
        browser.say("I am so sorry to hear that.")
        browser.until("response.done")
        made = vivavoce("backup", str(tmp_path / "b.tar"), home=first, VIVAVOCE_DATABASE=str(server.database))
        assert made.returncode == 0, made.stderr
        seen = [event for event in browser.seen if event["type"] == "vivavoce.transcript"]
        server.stop(signal.SIGKILL)
    keys = (first / "calls.sqlite3-keys.json").rename(tmp_path / "keys.json")

    again = Server(second, **TEXT_ONLY)
    restored = vivavoce(
        "restore", str(tmp_path / "b.tar"), "--keys", str(keys), home=second, VIVAVOCE_DATABASE=str(again.database)
    )
    assert "1 person, 1 call, 0 files of sound" in restored.stdout, restored
    with again, again.browser("ada", resume=hello["resume_token"], after=0) as browser:
        back = browser.until("vivavoce.hello")
        assert (back["session_id"], back["resumed"]) == (hello["session_id"], True)
        replayed = [browser.until("vivavoce.transcript") for _ in seen]
        assert [event["line"] for event in replayed] == [event["line"] for event in seen]
        browser.say("What is your room number?")
        browser.until("response.done", 30)
        browser.send("vivavoce.end")
        assert browser.until("vivavoce.ended", 30)["reason"] == "learner_ended"


def test_a_server_takes_over_the_record_of_the_version_before(tmp_path: Path) -> None:
    server = Server(tmp_path, **TEXT_ONLY)
    with closing(sqlite3.connect(server.database)) as db:
        db.executescript(OLD.read_text("utf-8"))
    with server:
        until = time.monotonic() + 30
        while time.monotonic() < until and None in (ends := ended_reasons(server.database)):
            time.sleep(0.1)  # calls without a process are looked for every few seconds
        with server.browser("ada") as browser:
            browser.go_live()
    assert ends[0] == "learner_ended"
    assert None not in ends and len(ends) == 2  # and the one that was not to be kept is gone


def ended_reasons(database: Path) -> list[str | None]:
    with closing(sqlite3.connect(database)) as db:
        return [reason for (reason,) in db.execute("SELECT ended_reason FROM session ORDER BY started_at")]
