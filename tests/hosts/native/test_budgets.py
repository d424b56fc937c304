"""Money through the real server: the bill and the book agree, caps hold, a call with little left ends softly."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from kit.billing import TOKEN, BillingUpstream, price_list
from kit.eventually import eventually
from kit.server import SCENARIO, Browser, Server

SCENARIOS = str(Path(__file__).parents[3] / "scenarios")
MODEL, EARS = "house-voice", "house-ears"
NO_BUDGET = 4429
CALL = 1_000
"""Tokens that a call may use in these tests: a tenth of a dollar."""


@pytest.fixture
def upstream() -> Iterator[tuple[BillingUpstream, str]]:
    billing = BillingUpstream(tokens=100)
    with billing.listening() as url:
        yield billing, url


def settings(folder: Path, url: str, **caps: float) -> dict[str, str]:
    return {
        "VIVAVOCE_UPSTREAM": "compatible",
        "VIVAVOCE_UPSTREAM_URL": url,
        "VIVAVOCE_MODEL": MODEL,
        "VIVAVOCE_TRANSCRIPTION_MODEL": EARS,
        "VIVAVOCE_SCENARIOS": SCENARIOS,
        "VIVAVOCE_PRICES": str(price_list(folder, MODEL, EARS)),
        **{f"VIVAVOCE_CAP_{name.upper()}": f"{dollars:.2f}" for name, dollars in caps.items()},
    }


def rows(server: Server, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(server.database)) as db:
        return db.execute(query, parameters).fetchall()


def noted(server: Server) -> int:
    [(microdollars,)] = rows(server, "SELECT COALESCE(sum(microdollars), 0) FROM spending")
    return int(microdollars)


def talk(browser: Browser, turns: int = 1) -> None:
    for _ in range(turns):
        browser.say("I am sorry to hear that.")
        browser.until("response.done")


def ticket(server: Server, user: str) -> httpx.Response:
    return httpx.post(f"{server.url}/api/tickets", json={"scenario": SCENARIO, "user": user})


def test_the_book_is_the_bill(tmp_path: Path, upstream: tuple[BillingUpstream, str]) -> None:
    billing, url = upstream
    with Server(tmp_path, **settings(tmp_path, url)) as server:
        for user in ("ada", "bob"):
            with server.browser(user) as browser:
                browser.go_live()
                talk(browser, 3)
                browser.send("vivavoce.end")
                browser.until("vivavoce.ended")
        eventually(lambda: noted(server) == billing.billed)
        assert billing.billed == 8 * 100 * TOKEN
        users = "SELECT user, sum(tokens), sum(seconds) > 0, count(DISTINCT session_id) FROM spending GROUP BY user"
        assert rows(server, users) == [("ada", 400, 1, 1), ("bob", 400, 1, 1)]
        assert rows(server, "SELECT * FROM reservation") == []


def test_a_call_with_little_left_is_closed_by_the_persona_and_graded(
    tmp_path: Path, upstream: tuple[BillingUpstream, str]
) -> None:
    billing, url = upstream
    with Server(tmp_path, **settings(tmp_path, url, call=CALL * TOKEN / 1e6)) as server, server.browser() as browser:
        browser.go_live()
        talk(browser, 7)
        browser.say("I apologise. I can move you to another room.")  # the ninth answer
        assert browser.until("vivavoce.notice")["code"] == "budget_low"
        grade = browser.until("vivavoce.grade")["grade"]
        assert grade["criteria"]
        assert browser.until("vivavoce.ended")["reason"] == "budget_spent"
        eventually(lambda: noted(server) == billing.billed)
        assert noted(server) <= CALL * TOKEN
        texts = [event["item"]["content"][0]["text"] for event in billing.received if "item" in event]
        assert texts[-1].startswith("Say exactly: ")


def test_who_has_spent_their_day_is_told_so(tmp_path: Path, upstream: tuple[BillingUpstream, str]) -> None:
    billing, url = upstream
    with Server(tmp_path, **settings(tmp_path, url, call=0.10, user_day=0.10)) as server:
        billing.tokens = CALL
        with server.browser("ada") as browser:
            browser.until("vivavoce.ended")
        refused = ticket(server, "ada")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "budget_spent")
        with server.browser("ada") as browser:
            code, reason = browser.closed()
            assert (code, reason) == (NO_BUDGET, refused.json()["error"]["message"])
            assert not browser.seen
        assert ticket(server, "bob").status_code == 200
        billing.tokens = 10
        with server.browser("bob") as browser:
            browser.go_live()


def test_a_reload_takes_the_room_of_the_call_that_it_displaces(
    tmp_path: Path, upstream: tuple[BillingUpstream, str]
) -> None:
    _, url = upstream
    caps = settings(tmp_path, url, call=0.10, day=0.15)
    with Server(tmp_path, **caps) as server, server.browser("ada") as old:
        old.go_live()
        with server.browser("ada") as new:
            new.go_live()
            assert old.closed()[0] == 4001
        with server.browser("bob") as other:
            assert other.closed()[0] == NO_BUDGET


def test_a_call_that_slept_needs_room_to_wake(tmp_path: Path, upstream: tuple[BillingUpstream, str]) -> None:
    """The process died with the call in it; when the learner is back, what it spent is spent."""
    billing, url = upstream
    caps = settings(tmp_path, url, call=0.10, day=0.15)
    server = Server(tmp_path, **caps)
    with server, server.browser("ada") as browser:
        hello = browser.go_live()
        talk(browser, 4)
        eventually(lambda: noted(server) == billing.billed)
        server.process.kill()
        server.process.wait(10)
    with Server(tmp_path, **caps) as again:
        with again.browser("bob") as other:
            assert other.closed()[0] == NO_BUDGET  # the room of the call that died is kept
        with again.browser("ada", resume=hello["resume_token"], after=hello["seq"]) as back:
            assert back.until("vivavoce.hello")["resumed"]
            talk(back, 3)
            back.say("I am sorry.")
            assert back.until("vivavoce.notice")["code"] == "budget_low"
            assert back.until("vivavoce.ended")["reason"] == "budget_spent"
        eventually(lambda: noted(again) == billing.billed)


def test_a_server_for_others_without_a_limit_says_so(tmp_path: Path, upstream: tuple[BillingUpstream, str]) -> None:
    _, url = upstream
    everybody = ("--host", "0.0.0.0", "--i-accept-open-access")
    with Server(tmp_path, *everybody, **settings(tmp_path, url)) as server:
        assert "Warning: nothing limits what calls may cost here." in server.log
    with Server(tmp_path, *everybody, **settings(tmp_path, url, day=5)) as again:
        assert again.log.count("nothing limits what calls may cost") == 1  # the log is that of both


class Racer(threading.Thread):
    """A learner who calls, talks until the call is over or the line dead, and never comes back."""

    def __init__(self, server: Server, name: str, start: threading.Barrier) -> None:
        super().__init__(name=name)
        self._server = server
        self._start = start
        self.admitted = False
        self.refused: int | None = None

    def run(self) -> None:
        self._start.wait()
        try:
            with self._server.browser(self.name) as browser:
                browser.until("vivavoce.hello")
                self.admitted = True
                browser.until("response.done")
                talk(browser, 50)
        except ConnectionClosed as closed:
            if closed.rcvd is not None and not self.admitted:
                self.refused = closed.rcvd.code
        except (InvalidStatus, OSError, TimeoutError, EOFError):
            pass


def race(server: Server, names: str) -> list[Racer]:
    """Twenty at once."""
    start = threading.Barrier(20)
    racers = [Racer(server, f"{names}{number}", start) for number in range(20)]
    for racer in racers:
        racer.start()
    return racers


def test_twenty_racing_calls_and_a_crash_stay_within_the_budget(
    tmp_path: Path, upstream: tuple[BillingUpstream, str]
) -> None:
    """Room for five calls. Twenty race, the process is killed in the middle of theirs, twenty more race."""
    billing, url = upstream
    cap = 5 * CALL * TOKEN
    caps = settings(tmp_path, url, call=CALL * TOKEN / 1e6, day=cap / 1e6)
    server = Server(tmp_path, **caps)
    with server:
        first = race(server, "early")
        eventually(lambda: sum(racer.refused == NO_BUDGET for racer in first) == 15)
        eventually(lambda: billing.billed > 0)
        server.process.kill()
        server.process.wait(10)
    for racer in first:
        racer.join(30)
    assert sum(racer.admitted for racer in first) == 5
    with Server(tmp_path, **caps) as again:
        second = race(again, "late")
        for racer in second:
            racer.join(60)
        assert {racer.refused for racer in second if not racer.admitted} <= {NO_BUDGET}
        lost = billing.billed - noted(again)  # answers that were billed, and not noted before the kill
        assert 0 <= lost <= 5 * 100 * TOKEN
        assert noted(again) <= cap
        assert billing.billed <= cap + CALL * TOKEN
