"""Whole calls through the real server: the record, coming back, taking over, an upstream that refuses."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kit.eventually import PATIENCE_S, eventually
from kit.relay import held_to_the_schema
from kit.server import SCENARIO, Browser, Server
from kit.upstream import ScriptedUpstream

SCENARIOS = str(Path(__file__).parents[3] / "scenarios")


@pytest.fixture(scope="module")
def server(path: str, engine_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), **engine_settings) as server:
        yield server
        assert ("moved by the compiled pump" in server.log) is (path == "pump")


def scripted(url: str, **more: str) -> dict[str, str]:
    return {"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": url, "VIVAVOCE_SCENARIOS": SCENARIOS, **more}


def rows(server: Server, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(server.database)) as db:
        return db.execute(query, parameters).fetchall()


def durable(browser: Browser) -> list[int]:
    return [event["seq"] for event in browser.seen if "seq" in event and event["type"] != "vivavoce.hello"]


def talk(browser: Browser) -> None:
    for line in ("Good evening, I am sorry to hear that.", "I apologise. I can move you to another room now."):
        browser.say(line)
        browser.until("response.done")


def test_a_call_from_hello_to_quiz_and_its_record(server: Server) -> None:
    with server.browser("whole") as browser:
        hello = browser.go_live()
        talk(browser)
        browser.send("vivavoce.end")
        grade = browser.until("vivavoce.grade")["grade"]
        quiz = browser.until("vivavoce.quiz")
        assert browser.until("vivavoce.ended")["reason"] == "learner_ended"
        item = quiz["items"][0]
        browser.send("vivavoce.quiz.answer", item_id=item["id"], answer="I do not know")
        browser.until("vivavoce.quiz.marked")
    for event in browser.seen:
        held_to_the_schema(event)
    said = " ".join(event["line"]["text"] for event in browser.seen if event["type"] == "vivavoce.transcript")
    quotes = [quote["quote"] for c in grade["criteria"] for check in c["checks"] for quote in check.get("evidence", [])]
    assert all(quote in said for quote in quotes)
    session_id = hello["session_id"]
    recorded = rows(server, "SELECT seq, type, body FROM event WHERE session_id = ? ORDER BY seq", session_id)
    shown = {event["seq"]: event for event in browser.seen if "seq" in event and event["type"] != "vivavoce.hello"}
    assert [seq for seq, _, _ in recorded] == list(range(1, len(recorded) + 1))
    assert {seq: json.loads(body) for seq, _, body in recorded} == shown
    query = "SELECT scenario_id, user, ended_reason FROM session WHERE session_id = ?"
    eventually(lambda: rows(server, query, session_id) == [(SCENARIO, "whole", "learner_ended")])


def test_nothing_is_shown_before_it_is_on_disk(server: Server) -> None:
    with server.browser("first-on-disk") as browser:
        session_id = browser.until("vivavoce.hello")["session_id"]
        for _ in range(2):
            seq = browser.until("vivavoce.transcript")["seq"]
            [(newest,)] = rows(server, "SELECT max(seq) FROM event WHERE session_id = ?", session_id)
            assert newest >= seq
            browser.say("Hello.")


def test_a_lost_browser_comes_back_to_its_call(server: Server) -> None:
    with server.browser("resume") as first:
        hello = first.go_live()
        talk(first)
        first.connection.socket.close()  # no farewell
    has = durable(first)
    with server.browser("resume", resume=hello["resume_token"], after=has[0]) as second:
        back = second.until("vivavoce.hello")
        assert (back["session_id"], back["resumed"]) == (hello["session_id"], True)
        assert back["resume_token"] != hello["resume_token"]
        second.say("Is the new room quiet?")
        second.until("response.done")
        again = durable(second)
        assert again == list(range(has[0] + 1, again[-1] + 1))
        assert set(has[1:]) <= set(again)
        openings = [event for event in second.seen if event["type"] == "response.created"]
        assert len(openings) == 1  # the answer; the opening line is not said again


def test_a_dead_connection_gives_way_to_the_same_browser(server: Server) -> None:
    """The network was lost without a trace: the server still believes in the old connection."""
    with server.browser("wifi") as old:
        hello = old.go_live()
        with server.browser("wifi", resume=hello["resume_token"], after=1) as new:
            assert new.until("vivavoce.hello")["session_id"] == hello["session_id"]
            assert old.closed()[0] == 4001
            new.say("Hello again.")
            new.until("response.done")


def test_a_second_tab_takes_the_call_over(server: Server) -> None:
    with server.browser("tabs") as first:
        hello = first.go_live()
        with server.browser("tabs") as second:
            begun = second.until("vivavoce.hello")
            assert begun["session_id"] != hello["session_id"]
            assert begun["resumed"] is False
            assert first.closed()[0] == 4001
            assert first.seen[-1]["reason"] == "taken_over"
            second.until("response.done")


def test_a_token_is_good_until_its_successor_was_shown(server: Server) -> None:
    """The answer that brought the new one may have been lost."""
    with server.browser("used") as first:
        token = first.go_live()["resume_token"]
    with server.browser("used", resume=token) as second:
        second.until("vivavoce.hello")
    with server.browser("used", resume=token) as third:
        successor = third.until("vivavoce.hello")["resume_token"]
    with server.browser("used", resume=successor) as fourth:
        fourth.until("vivavoce.hello")
        with server.browser("used", resume=token) as fifth:
            assert fifth.closed()[0] == 4004
        fourth.say("Still here.")
        fourth.until("response.done")


@pytest.mark.parametrize("token", ["0" * 32, "0"])
def test_a_made_up_token_displaces_nobody(server: Server, token: str) -> None:
    with server.browser("guessed") as first:
        first.go_live()
        with server.browser("guessed", resume=token) as second:
            assert second.closed()[0] == 4004
        first.say("Still here.")
        first.until("response.done")


def test_a_token_opens_no_call_of_somebody_else(server: Server) -> None:
    with server.browser("ada") as ada:
        hello = ada.go_live()
        with server.browser("mallory", resume=hello["resume_token"]) as mallory:
            assert mallory.closed()[0] == 4004
        ada.say("Still here.")
        ada.until("response.done")


@pytest.mark.parametrize(("status", "reason"), [(401, "provider_refused"), (503, "provider_unavailable")])
def test_an_upstream_that_refuses_is_told_apart_from_one_that_is_down(tmp_path: Path, status: int, reason: str) -> None:
    with ScriptedUpstream(refuse=status).listening() as url, Server(tmp_path, **scripted(url)) as server:
        with server.browser() as browser:
            assert browser.until("vivavoce.ended", PATIENCE_S)["reason"] == reason
        assert f"answered {status}" in server.log


def test_an_upstream_that_is_not_there_ends_the_call(tmp_path: Path) -> None:
    with Server(tmp_path, **scripted("ws://127.0.0.1:1/v1/realtime")) as server, server.browser() as browser:
        assert browser.until("vivavoce.ended", PATIENCE_S)["reason"] == "provider_unavailable"


def test_a_failure_ends_its_own_call_and_no_other(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    """The record of one call becomes impossible to write; the other call's stays."""
    with Server(tmp_path, **engine_settings) as server:
        with server.browser("unlucky") as unlucky, server.browser("lucky") as lucky:
            session_id = unlucky.go_live()["session_id"]
            lucky.go_live()
            with closing(sqlite3.connect(server.database)) as db:
                db.execute(
                    "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.session_id = "
                    f"'{session_id}' BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
            unlucky.say("My password is swordfish.")
            assert unlucky.closed()[0] == 1011
            lucky.say("Good evening.")
            lucky.until("response.done")
        assert rows(server, "SELECT ended_reason FROM session WHERE session_id = ?", session_id) == [("server_error",)]
        assert f"call {session_id[:13]} failed" in server.log
        assert "swordfish" not in server.log


def test_the_log_tells_of_calls_and_not_of_what_was_said(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    with Server(tmp_path, **engine_settings) as server:
        with server.browser("ada") as browser:
            session_id = browser.go_live()["session_id"]
            browser.say("The swordfish was excellent.")
            browser.until("response.done")
        server.stop()
        assert f"call {session_id[:13]} began: {SCENARIO}" in server.log
        assert f"call {session_id[:13]} sleeps" in server.log
        assert "swordfish" not in server.log
        assert "ada" not in server.log.replace("scenarios", "")
