"""A whole lesson without a mouse and without a voice: from the menu to the review, passed."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from browser.instruments import Instruments, OpenPage
from browser.learner import ANSWER_MS, SCENARIO
from kit.lessons import FOLDER
from kit.server import Server

pytestmark = pytest.mark.browser

MOST_TABS = 60


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """With the Tab key alone, as somebody would who sees where the focus is."""
    for _ in range(MOST_TABS):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached with the Tab key")


def test_id(name: str) -> str:
    return f'[data-testid="{name}"]'


test_id.__test__ = False  # type: ignore[attr-defined]


def type_line(opened: Instruments, text: str) -> None:
    answered = len(opened.notes("response.done"))
    opened.page.keyboard.type(text)
    opened.page.keyboard.press("Enter")
    opened.wait_for("response.done", after=answered)


def test_a_lesson_is_passed_by_keyboard_and_typing_alone(typed_server: Server, open_page: OpenPage) -> None:
    lesson = json.loads((FOLDER / f"{SCENARIO}.json").read_text("utf-8"))
    good = max(lesson["tests"], key=lambda test: test["expect"].get("least_score", 0))
    opened = open_page(typed_server.url)
    page = opened.page
    page.get_by_test_id(f"scenario-card-{SCENARIO}").wait_for()

    tab_to(page, test_id(f"scenario-card-{SCENARIO}"))
    page.keyboard.press("Enter")
    page.get_by_test_id("start-call").wait_for()
    tab_to(page, test_id("type-instead"))
    page.keyboard.press("Enter")
    opened.wait_for("response.done")

    # The field has the focus, so the keys are letters there; out of it, H is for help.
    expect(page.get_by_test_id("text-entry")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    expect(page.get_by_test_id("ask-hint")).to_be_focused()
    page.keyboard.press("h")
    opened.wait_for("vivavoce.hint")
    page.keyboard.press("Escape")
    assert page.get_by_test_id("hint-panel").count() == 0
    page.keyboard.press("t")
    for text in good["say"][:-1]:
        type_line(opened, text)

    page.keyboard.press("Escape")
    tab_to(page, test_id("end-call"))
    page.keyboard.press("Enter")
    if page.get_by_test_id("end-call").is_visible():
        page.keyboard.press("Enter")  # a very young call asks whether one is sure
    grade = page.get_by_test_id("grade")
    expect(grade).to_be_visible(timeout=ANSWER_MS)
    assert int(grade.get_attribute("data-score") or 0) >= lesson["rubric"]["pass_mark"]
    expect(page.get_by_role("heading", level=1)).to_have_text("Passed")

    tab_to(page, "input[type=radio]")
    page.keyboard.press("Space")
    tab_to(page, '[data-testid^="quiz-check-"]')
    page.keyboard.press("Enter")
    page.locator('[data-testid^="quiz-result-"]').first.wait_for()

    tab_to(page, test_id("to-review"), "Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_test_id("review").wait_for()
    tab_to(page, '[role="toolbar"] button')
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator('[data-testid="bubble"]:focus, [data-testid^="check-"]:focus')).to_have_count(1)
    tab_to(page, test_id("retry-from"))
    page.keyboard.press("Enter")
    page.get_by_test_id("retry-note").wait_for()
