"""What stands over the page: boxes beside their buttons, hints, sheets. They open, close and give the focus back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.instruments import OpenPage
from browser.learner import SCENARIO, start_call
from kit.server import Server

pytestmark = pytest.mark.browser

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def box(locator: Locator) -> tuple[float, float, float, float]:
    found = locator.bounding_box()
    assert found is not None
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def check_beside(popup: Locator, button: Locator, page: Page) -> None:
    """Whole on the screen, over the button or under it, and sharing its column."""
    left, top, right, bottom = box(popup)
    other_left, other_top, other_right, other_bottom = box(button)
    size = page.viewport_size
    assert size is not None
    assert left >= 0 and top >= 0 and right <= size["width"] and bottom <= size["height"]
    assert bottom <= other_top + 1 or top >= other_bottom - 1
    assert left < other_right and right > other_left


@pytest.mark.parametrize("viewport", [DESK, PHONE])
@pytest.mark.parametrize(("name", "label"), [("device-menu", "Sound and keys"), ("goals", "Situation and goals")])
def test_a_box_stands_beside_its_button(
    typed_server: Server, open_page: OpenPage, viewport: dict[str, int], name: str, label: str
) -> None:
    page = start_call(open_page(typed_server.url, virtual_microphone=True, viewport=viewport))
    button, popup = page.get_by_test_id(name), page.get_by_role("dialog", name=label)
    button.click()
    check_beside(popup, button, page)
    expect(popup).to_be_focused()
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    expect(button).to_be_focused()
    button.press("Enter")
    check_beside(popup, button, page)
    page.get_by_test_id("time-left").click()
    expect(popup).to_have_count(0)


def test_the_list_of_keys_opens_from_the_menu_and_gives_the_focus_back(
    typed_server: Server, open_page: OpenPage
) -> None:
    page = start_call(open_page(typed_server.url, virtual_microphone=True))
    page.get_by_test_id("device-menu").click()
    page.get_by_role("button", name="Show the list").click()
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_test_id("events-toggle").focus()
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("events-toggle")).to_be_focused()


def test_escape_closes_only_what_stands_on_top(typed_server: Server, open_page: OpenPage) -> None:
    page = start_call(open_page(typed_server.url, virtual_microphone=True, viewport=DESK))
    events, menu, keys = (
        page.get_by_role("dialog", name=name) for name in ("Events", "Sound and keys", "Keyboard shortcuts")
    )
    page.get_by_test_id("events-toggle").click()
    expect(events).to_be_visible()
    page.get_by_test_id("device-menu").click()
    expect(menu).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(events).to_be_visible()
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    expect(events).to_be_visible()
    page.keyboard.press("Escape")
    expect(events).to_have_count(0)


def test_escape_in_the_hints_or_the_field_leaves_a_sheet_open(typed_server: Server, open_page: OpenPage) -> None:
    page = start_call(open_page(typed_server.url, virtual_microphone=True, viewport=DESK))
    events, hints, field = (
        page.get_by_role("dialog", name="Events"),
        page.get_by_test_id("hint-panel"),
        page.get_by_test_id("text-entry"),
    )
    page.get_by_test_id("events-toggle").click()
    page.keyboard.press("h")
    expect(page.get_by_test_id("ask-hint")).to_be_focused()
    page.keyboard.press("Escape")
    expect(hints).to_have_count(0)
    expect(events).to_be_visible()
    field.click()
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    expect(events).to_be_visible()
    page.keyboard.press("Escape")
    expect(events).to_have_count(0)


def test_a_hint_comes_to_the_pointer_and_to_the_keyboard(typed_server: Server, open_page: OpenPage) -> None:
    page = start_call(open_page(typed_server.url, virtual_microphone=True))
    tip, mute = page.locator(".tip:popover-open"), page.get_by_test_id("mute")
    mute.hover()
    expect(tip).to_have_text("MuteM")
    check_beside(tip, mute, page)
    tip.hover()  # it stays while it is read
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)
    page.get_by_test_id("hold-to-talk").focus()
    page.keyboard.press("Shift+Tab")
    expect(mute).to_be_focused()
    expect(tip).to_have_text("MuteM")
    page.keyboard.press("Tab")
    expect(tip).to_have_text("Hold to talkV")
    page.get_by_test_id("text-entry").click()
    expect(tip).to_have_count(0)


def test_the_menus_hint_does_not_outlive_its_button(typed_server: Server, open_page: OpenPage) -> None:
    page = open_page(typed_server.url).page
    page.get_by_test_id("theme-toggle").hover()
    expect(page.locator(".tip:popover-open")).to_be_visible()
    page.get_by_test_id(f"scenario-card-{SCENARIO}").press("Enter")
    expect(page.locator(".tip:popover-open")).to_have_count(0)
