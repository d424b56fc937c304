"""A class that signs in at the Worker, and an upstream that fails its calls in every way that upstreams fail."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from websockets.exceptions import InvalidStatus

from cloudflare.harness.layout import of_project
from cloudflare.harness.process import Workerd
from kit.chaos_proxy import ChaosProxy
from kit.door import CLASS_CODE, SECRET
from kit.eventually import eventually
from kit.server import SCENARIO, Browser, Event, TextEngine
from kit.watch import planted
from vivavoce.hosts.naming import name_of

API_KEY = "sk-of-the-class-nobody-may-see-this"


class Class:
    def __init__(self, worker: Workerd, proxy: ChaosProxy) -> None:
        self.worker = worker
        self.proxy = proxy

    def ask(self, method: str, path: str, body: Event | None = None, **headers: str) -> tuple[int, str, Event]:
        """The status, the cookie that is set, and what is answered."""
        headers = {"Content-Type": "application/json", **headers}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.worker.url + path, data, headers, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return answer.status, answer.headers["Set-Cookie"] or "", json.loads(answer.read() or b"{}")

    def sign_in(self, name: str) -> str:
        """The cookie of somebody who knows the class code."""
        status, cookie, _ = self.ask("POST", "/api/sign-in", {"code": CLASS_CODE, "name": name})
        assert status == 200
        return cookie.partition(";")[0]

    def ticket(self, cookie: str) -> str:
        _, _, given = self.ask("POST", "/api/tickets", {"scenario": SCENARIO}, Cookie=cookie)
        ticket: str = given["ticket"]
        return ticket

    @contextmanager
    def call(self, cookie: str, resume: str | None = None, after: int | None = None) -> Iterator[Browser]:
        with self.worker.browser(ticket=self.ticket(cookie), resume=resume, after=after) as browser:
            yield browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    with ExitStack() as stack:
        proxy = ChaosProxy(stack.enter_context(TextEngine(planted())))
        variables = {
            "OPENAI_API_KEY": API_KEY,
            "VIVAVOCE_UPSTREAM": "compatible",
            "VIVAVOCE_UPSTREAM_URL": stack.enter_context(proxy.listening()),
            "VIVAVOCE_MODEL": "vivavoce/<scenario>",
            "VIVAVOCE_CLASS_CODE": CLASS_CODE,
            "VIVAVOCE_SECRET": SECRET,
        }
        worker = stack.enter_context(Workerd(tmp_path_factory.mktemp("class"), of_project(), variables))
        yield Class(worker, proxy)


def go_live(browser: Browser) -> Event:
    hello = browser.go_live()
    browser.say("Good evening, I am sorry to hear that.")
    browser.until("response.done")
    return hello


def end(browser: Browser) -> None:
    browser.send("vivavoce.end")
    browser.until("vivavoce.ended")


def codes(browser: Browser) -> list[str]:
    return [event["code"] for event in browser.seen if event["type"] == "vivavoce.notice"]


def test_who_knows_the_code_calls_and_nobody_else(house: Class) -> None:
    _, _, nobody = house.ask("GET", "/api/session")
    assert (nobody["sign_in"], nobody["user"], nobody["features"]) == ("code", None, [])
    assert house.ask("POST", "/api/sign-in", {"code": "red-herring", "name": "Ada"})[0] == 401
    assert house.ask("POST", "/api/tickets", {"scenario": SCENARIO})[0] == 401
    with pytest.raises(InvalidStatus) as refused, house.worker.browser("ada"):
        pass
    assert refused.value.response.status_code == 401
    cookie = house.sign_in("Ada")
    status, _, who = house.ask("GET", "/api/session", Cookie=cookie)
    assert (status, who["name"]) == (200, "Ada")
    with house.call(cookie) as browser:
        assert browser.go_live()["user"] == who["user"]
        end(browser)
    _, forgotten, _ = house.ask("POST", "/api/sign-out", {}, Cookie=cookie)
    assert "Max-Age=0" in forgotten


def test_a_ticket_opens_the_door_once_also_after_a_restart(house: Class) -> None:
    """Which isolate saw it before, a Worker cannot know; the object of its learner can."""
    ticket = house.ticket(house.sign_in("Bea"))
    with house.worker.browser(ticket=ticket) as browser:
        browser.until("vivavoce.hello")
    house.worker.kill()
    house.worker.start()
    with house.worker.browser(ticket=ticket) as browser:
        assert browser.closed()[0] == 4401


@pytest.mark.parametrize("path", ["/api/session", "/api/tickets", f"/ws?scenario={SCENARIO}"])
def test_pages_of_other_sites_are_turned_away(house: Class, path: str) -> None:
    method = "POST" if path == "/api/tickets" else "GET"
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"} if path.startswith("/ws") else {}
    body = {"scenario": SCENARIO} if method == "POST" else None
    status, _, answer = house.ask(method, path, body, Origin="https://evil.example", **upgrade)
    assert (status, answer["error"]["code"]) == (403, "origin_refused")


def be_busy(proxy: ChaosProxy) -> None:
    proxy.refuse(429, times=2, retry_after="1")
    proxy.reset()


def fail(proxy: ChaosProxy) -> None:
    proxy.refuse(503, times=2)
    proxy.close(1011, "internal error")


RECOVERABLE: dict[str, Callable[[ChaosProxy], None]] = {
    "1001": lambda proxy: proxy.close(1001, "going away"),
    "1006": ChaosProxy.reset,
    "429": be_busy,
    "5xx": fail,
}


@pytest.mark.parametrize("kind", RECOVERABLE)
def test_a_call_outlives_its_upstream(house: Class, kind: str) -> None:
    with house.call(house.sign_in("Cem")) as browser:
        go_live(browser)
        RECOVERABLE[kind](house.proxy)
        while "upstream_back" not in codes(browser):
            browser.until("vivavoce.notice", 30)
        browser.say("I can offer you a quiet room.")
        browser.until("response.done")
        end(browser)
        assert codes(browser) == ["upstream_lost", "upstream_back"]
    eventually(lambda: house.proxy.open == 0)


def refuse(proxy: ChaosProxy) -> None:
    proxy.refuse(401)
    proxy.reset()


FATAL: dict[str, Callable[[ChaosProxy], None]] = {
    "401": refuse,
    "3000": lambda proxy: proxy.close(3000, "invalid_request_error.invalid_api_key"),
}


@pytest.mark.parametrize("kind", FATAL)
def test_an_upstream_that_refuses_ends_the_call_with_a_grade(house: Class, kind: str) -> None:
    with house.call(house.sign_in("Dan")) as browser:
        go_live(browser)
        FATAL[kind](house.proxy)
        assert browser.until("vivavoce.ended", 30)["reason"] == "provider_refused"
        assert [event["type"] for event in browser.seen].count("vivavoce.grade") == 1


def test_who_stays_away_sleeps_and_is_woken(house: Class) -> None:
    """The grace is the alarm's: nothing is in memory that counts it."""
    cookie = house.sign_in("Eva")
    with house.call(cookie) as browser:
        hello = go_live(browser)
    eventually(lambda: house.proxy.open == 0)
    with house.call(cookie, hello["resume_token"], 0) as browser:
        assert browser.until("vivavoce.hello")["session_id"] == hello["session_id"]
        browser.say("I can offer you a quiet room.")
        browser.until("response.done")
        end(browser)


def test_an_end_that_began_is_brought_to_its_grade_by_the_alarm(house: Class) -> None:
    cookie = house.sign_in("Fay")
    with house.call(cookie) as browser:
        hello = go_live(browser)
        house.proxy.stall()  # what is said now is waited for
        browser.say("I can offer you a quiet room.")
        browser.send("vivavoce.end")
        browser.until("vivavoce.ending")
        house.worker.evict(SCENARIO, hello["user"])
    ended = f"call {name_of(hello['session_id'])} ended: learner_ended"
    eventually(lambda: ended in house.worker.log)
    with house.call(cookie, hello["resume_token"], 0) as browser:
        browser.until("vivavoce.ended")
        assert [event["type"] for event in browser.seen].count("vivavoce.grade") == 1
