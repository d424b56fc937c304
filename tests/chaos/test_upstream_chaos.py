"""The upstream of running calls fails in every way that upstreams fail, behind a proxy that knows them all.

Real processes and sockets; times are measured by `make chaos`.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kit.chaos_proxy import ChaosProxy
from kit.server import SCENARIO, Browser, Server, TextEngine
from kit.wiretap import Wiretap

SCENARIOS = Path(__file__).parents[2] / "scenarios"
BEFORE = ("Good evening, I am sorry to hear that.", "What is your room number?")
AFTER = "I can offer you a quiet room."


class Calls:
    """Two calls of one server, the proxy on the way to their upstream, and what arrives behind it."""

    def __init__(self, proxy: ChaosProxy, wiretap: Wiretap, server: Server, browsers: list[Browser]) -> None:
        self.proxy = proxy
        self.wiretap = wiretap
        self.server = server
        self.browsers = browsers


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[Calls]:
    with contextlib.ExitStack() as stack:
        wiretap = Wiretap(stack.enter_context(TextEngine(SCENARIOS)))
        proxy = ChaosProxy(stack.enter_context(wiretap.listening()))
        settings = {
            "VIVAVOCE_UPSTREAM": "compatible",
            "VIVAVOCE_UPSTREAM_URL": stack.enter_context(proxy.listening()),
            "VIVAVOCE_MODEL": f"vivavoce/{SCENARIO}",
            "VIVAVOCE_SCENARIOS": str(SCENARIOS),
        }
        server = stack.enter_context(Server(tmp_path, **settings))
        browsers = [stack.enter_context(server.browser(user)) for user in ("ada", "ben")]
        for browser in browsers:
            browser.go_live()
            for text in BEFORE:
                browser.say(text)
                browser.until("response.done")
        yield Calls(proxy, wiretap, server, browsers)


def expire(proxy: ChaosProxy) -> None:
    proxy.say(type="error", error={"type": "invalid_request_error", "code": "session_expired", "message": "60 minutes"})
    proxy.close(1001, "maximum duration of 60 minutes")


def be_busy(proxy: ChaosProxy) -> None:
    proxy.refuse(429, times=2, retry_after="1")
    proxy.reset()


def fail(proxy: ChaosProxy) -> None:
    proxy.refuse(503, times=2)
    proxy.close(1011, "internal error")


def end_by_rule(proxy: ChaosProxy) -> None:
    proxy.close(1001, "going away")


RECOVERABLE: dict[str, Callable[[ChaosProxy], None]] = {
    "1001": end_by_rule,
    "expired": expire,
    "1006": ChaosProxy.reset,
    "429": be_busy,
    "5xx": fail,
    "stall": ChaosProxy.stall,
    "half-open": ChaosProxy.cut_the_wire,
}


@pytest.mark.parametrize("kind", RECOVERABLE)
def test_the_call_goes_on_with_everything_that_was_said(calls: Calls, kind: str) -> None:
    before = len(calls.wiretap.heard)
    RECOVERABLE[kind](calls.proxy)
    if kind == "stall":  # an upstream that says nothing is missed when it is asked something
        for browser in calls.browsers:
            browser.say("Are you there?")
    for browser in calls.browsers:
        notices = codes(browser, until="upstream_back")
        assert notices == [*(["slow_answer"] if kind == "stall" else []), "upstream_lost", "upstream_back"]
        if kind == "stall":
            browser.until("response.done")
        browser.say(AFTER)
        browser.until("response.done")
    assert said_again(calls, before) >= Counter(dict.fromkeys(BEFORE, 2))
    for browser in calls.browsers:
        browser.send("vivavoce.end")
        assert browser.until("vivavoce.ended", 30)["reason"] == "learner_ended"
        lines = transcript(browser)
        asked = [text for role, text in lines if role == "user" and text != "Are you there?"]
        assert asked == [*BEFORE, AFTER]
        assert len(lines) >= 2 * len(asked) + 1, "every turn was answered, and the opening said"
        numbers = [event["seq"] for event in browser.seen if "seq" in event and event["type"] != "vivavoce.hello"]
        assert numbers == list(range(1, len(numbers) + 1))


def run_dry(proxy: ChaosProxy) -> None:
    proxy.say(type="error", error={"type": "insufficient_quota", "code": "insufficient_quota", "message": "No money."})


def lock_out(proxy: ChaosProxy) -> None:
    proxy.refuse(401, times=10)
    proxy.reset()


@pytest.mark.parametrize(("fate", "attempts"), [(run_dry, 0), (lock_out, 2)])
def test_what_no_attempt_can_help_gets_one_at_most(
    calls: Calls, fate: Callable[[ChaosProxy], None], attempts: int
) -> None:
    before = len(calls.proxy.handshakes)
    fate(calls.proxy)
    for browser in calls.browsers:
        assert browser.until("vivavoce.ended", 30)["reason"] == "provider_refused"
        assert [event["type"] for event in browser.seen].count("vivavoce.grade") == 1
    assert len(calls.proxy.handshakes) - before == attempts


def codes(browser: Browser, until: str) -> list[str]:
    found: list[str] = []
    while not found or found[-1] != until:
        found.append(browser.until("vivavoce.notice", 60)["code"])
    return found


def said_again(calls: Calls, since: int) -> Counter[str]:
    """The learners' lines that upstreams were told since then."""
    items = (event["item"] for event in calls.wiretap.heard[since:] if event["type"] == "conversation.item.create")
    return Counter(item["content"][0]["text"] for item in items if item.get("role") == "user")


def transcript(browser: Browser) -> list[tuple[str, str]]:
    lines = {
        event["line"]["item_id"]: event["line"] for event in browser.seen if event["type"] == "vivavoce.transcript"
    }
    return [(line["role"], line["text"]) for line in sorted(lines.values(), key=lambda line: line["order"])]
