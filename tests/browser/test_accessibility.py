"""axe looks at each screen of a real call, in both themes, on a desk and on a phone."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from browser.instruments import OpenPage
from browser.learner import (
    OPERATOR_KEY,
    SCENARIO,
    end_call,
    open_review,
    say_typed,
    start_call,
    type_message,
    wait_for_state,
)
from kit.mortal import Mortal
from kit.server import Server

pytestmark = pytest.mark.browser

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def serious(page: Page) -> list[str]:
    page.wait_for_timeout(400)  # a colour that is fading in has no contrast yet
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.speech
@pytest.mark.parametrize(("theme", "viewport"), [("light", DESK), ("dark", PHONE), ("dark", DESK), ("light", PHONE)])
def test_every_screen_of_a_call_is_accessible(
    server: Server, open_page: OpenPage, theme: Literal["light", "dark"], viewport: dict[str, int]
) -> None:
    opened = open_page(server.url, virtual_microphone=True, color_scheme=theme, viewport=viewport)
    page = opened.page
    page.get_by_test_id(f"scenario-card-{SCENARIO}").wait_for()
    assert serious(page) == []
    page.goto(f"{server.url}/call/{SCENARIO}")
    page.get_by_test_id("start-call").wait_for()
    assert serious(page) == []
    page.goto(server.url)
    start_call(opened)
    wait_for_state(page, "speaking")
    assert serious(page) == []
    wait_for_state(page, "listening")
    page.evaluate("() => testMicrophone.unplug()")
    page.get_by_test_id("failure").wait_for()
    assert serious(page) == []
    type_message(page, "Good evening. I am so sorry about the noise.")
    opened.wait_for("response.done", after=1)
    end_call(page)
    assert serious(page) == []
    check_width(page)


def check_width(page: Page) -> None:
    width = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width[0] <= width[1], "nothing is wider than the screen"


@pytest.mark.parametrize(("theme", "viewport"), [("light", DESK), ("dark", PHONE), ("dark", DESK), ("light", PHONE)])
def test_the_pages_that_look_back_are_accessible(
    typed_server: Server, open_page: OpenPage, theme: Literal["light", "dark"], viewport: dict[str, int]
) -> None:
    opened = open_page(f"{typed_server.url}/history", color_scheme=theme, viewport=viewport)
    page = opened.page
    page.get_by_text("No calls yet").wait_for()
    assert serious(page) == []
    page.goto(typed_server.url)
    start_call(opened, microphone=False)
    opened.wait_for("response.done")
    page.get_by_test_id("hint").click()
    page.get_by_test_id("ask-hint").click()
    page.get_by_test_id("hint-text").wait_for()
    assert serious(page) == []
    check_width(page)
    page.get_by_test_id("goals").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    say_typed(opened, "Good evening. I am so sorry about the noise.")
    say_typed(opened, "Which room are you in?")
    end_call(page)
    assert serious(page) == []
    open_review(page)
    page.get_by_test_id("marker-evidence").first.click()
    assert serious(page) == []
    check_width(page)
    page.get_by_test_id("exports").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.get_by_test_id("delete-call").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.get_by_test_id("to-history").click()
    page.get_by_test_id("attempt").first.wait_for()
    assert serious(page) == []
    check_width(page)
    page.goto(f"{typed_server.url}/calls/call_000000000000000000000000")
    page.get_by_role("alert").wait_for()
    assert serious(page) == []
    page.goto(f"{typed_server.url}/class")
    page.get_by_test_id("operator-key").fill(OPERATOR_KEY)
    assert serious(page) == []
    page.keyboard.press("Enter")
    page.get_by_test_id("class").wait_for()
    assert serious(page) == []
    check_width(page)


@pytest.mark.parametrize(("theme", "viewport"), [("light", DESK), ("dark", PHONE), ("dark", DESK), ("light", PHONE)])
def test_the_screens_of_coming_in_and_coming_back_are_accessible(
    tmp_path: Path, open_page: OpenPage, theme: Literal["light", "dark"], viewport: dict[str, int]
) -> None:
    settings = {"VIVAVOCE_CLASS_CODE": "blue-whale-42", "VIVAVOCE_OPERATOR_KEY": OPERATOR_KEY}
    with Mortal(tmp_path, **settings).reachable() as server:
        opened = open_page(server.url, color_scheme=theme, viewport=viewport)
        page = opened.page

        def check(test_id: str) -> None:
            page.get_by_test_id(test_id).first.wait_for()
            assert serious(page) == []
            check_width(page)

        page.get_by_test_id("class-code").fill("a-guess")
        page.get_by_test_id("name").fill("Ada")
        page.keyboard.press("Enter")
        check("sign-in-refused")
        page.get_by_test_id("class-code").fill("blue-whale-42")
        page.keyboard.press("Enter")
        start_call(opened, microphone=False)
        opened.wait_for("response.done")
        server.stop(signal.SIGKILL)
        check("outage")
        page.get_by_test_id("stop-trying").click()
        check("failure")
        server.start_again()
        page.reload()
        check("waiting-call")
        page.get_by_test_id("continue-call").click()
        check("gap")
        other = page.context.new_page()
        other.goto(f"{server.url}/call/{SCENARIO}")
        other.get_by_test_id("continue-call").click()
        check("failure")
        other.get_by_test_id("gap").wait_for()
        page.goto(f"{server.url}/operator")
        page.get_by_test_id("operator-key").fill(OPERATOR_KEY)
        page.keyboard.press("Enter")
        check("operation")
        page.get_by_test_id("end-all").click()
        check("confirm-end-all")
        page.keyboard.press("Escape")
        page.get_by_test_id("switch-calls").click()
        page.locator('[data-testid="switch"][data-open="false"]').wait_for()
        page.goto(server.url)
        page.get_by_test_id("sign-out").click()
        page.get_by_test_id("class-code").fill("blue-whale-42")
        page.get_by_test_id("name").fill("Bo")  # Ada could go on with her call
        page.keyboard.press("Enter")
        check("banner")
