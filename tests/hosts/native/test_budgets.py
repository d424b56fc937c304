"""Money through the real server: the bill and the book agree, caps hold, a call with little left ends softly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kit.billing import TOKEN, BillingUpstream, capped, noted, rows
from kit.eventually import eventually
from kit.racing import CALLS, NO_BUDGET, RACERS, TOKENS, race_and_crash
from kit.server import SCENARIO, Browser, Server

CALL = 1_000
"""Tokens that a call may use in these tests: a tenth of a dollar."""


@pytest.fixture
def upstream() -> Iterator[tuple[BillingUpstream, str]]:
    billing = BillingUpstream(tokens=100)
    with billing.listening() as url:
        yield billing, url


def talk(browser: Browser, turns: int = 1) -> None:
    for _ in range(turns):
        browser.say("I am sorry to hear that.")
        browser.until("response.done")


def ticket(server: Server, user: str) -> httpx.Response:
    return httpx.post(f"{server.url}/api/tickets", json={"scenario": SCENARIO, "user": user})


def test_the_book_is_the_bill(tmp_path: Path, upstream: tuple[BillingUpstream, str]) -> None:
    billing, url = upstream
    with Server(tmp_path, **capped(tmp_path, url)) as server:
        for user in ("ada", "bob"):
            with server.browser(user) as browser:
                browser.go_live()
                talk(browser, 3)
                browser.send("vivavoce.end")
                browser.until("vivavoce.ended")
        eventually(lambda: noted(server) == billing.billed)
        assert billing.billed == 8 * 100 * TOKEN
        users = "SELECT user, sum(tokens), count(DISTINCT session_id) FROM spending GROUP BY user"
        assert rows(server, users) == [("ada", 400, 1), ("bob", 400, 1)]
        lasted = rows(server, "SELECT max(at) FROM event GROUP BY session_id ORDER BY session_id")
        paid = rows(server, "SELECT sum(seconds) FROM spending GROUP BY session_id ORDER BY session_id")
        assert len(paid) == 2 and paid == [pytest.approx(seconds, abs=0.5) for seconds in lasted]
        assert rows(server, "SELECT * FROM reservation") == []


def test_a_call_with_little_left_is_closed_by_the_persona_and_graded(
    tmp_path: Path, upstream: tuple[BillingUpstream, str]
) -> None:
    billing, url = upstream
    with Server(tmp_path, **capped(tmp_path, url, call=CALL * TOKEN / 1e6)) as server, server.browser() as browser:
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
    with Server(tmp_path, **capped(tmp_path, url, call=0.10, user_day=0.10)) as server:
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
    caps = capped(tmp_path, url, call=0.10, day=0.15)
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
    caps = capped(tmp_path, url, call=0.10, day=0.15)
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
    with Server(tmp_path, *everybody, **capped(tmp_path, url)) as server:
        assert "Warning: nothing limits what calls may cost here." in server.log
    with Server(tmp_path, *everybody, **capped(tmp_path, url, day=5)) as again:
        assert again.log.count("nothing limits what calls may cost") == 1  # the log is that of both


def test_twenty_racing_calls_and_a_crash_stay_within_the_budget(tmp_path: Path) -> None:
    """Room for five calls. Twenty race, the process is killed in the middle of theirs, twenty more race."""
    outcome = race_and_crash(tmp_path, answers_before_the_kill=CALLS)
    assert outcome.admitted[0] == CALLS
    assert outcome.turned_away == {NO_BUDGET: 2 * RACERS - sum(outcome.admitted)}
    assert 0 <= outcome.lost <= CALLS * TOKENS * TOKEN
    assert outcome.noted <= outcome.cap
    assert outcome.kept
