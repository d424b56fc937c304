"""What can go wrong for a learner, in the real page: each failure is said in words and leads on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browser.instruments import OpenPage
from browser.learner import SCENARIO, end_call, lines, say, say_typed, start_call, type_message, wait_for_state
from kit.cable import Cable
from kit.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.speech]


def expect_failure(page: Page, code: str) -> None:
    expect(page.locator(f'[data-testid="failure"][data-code="{code}"]')).to_be_visible(timeout=20_000)


def press_start(page: Page) -> None:
    page.get_by_test_id(f"scenario-card-{SCENARIO}").click()
    page.get_by_test_id("start-call").click()


def test_a_refused_microphone_leads_to_typing(server: Server, open_page: OpenPage) -> None:
    opened = open_page(server.url, allow_microphone=False)
    press_start(opened.page)
    expect_failure(opened.page, "mic-refused")
    opened.page.get_by_test_id("failure-type-instead").click()
    opened.wait_for("response.done")
    type_message(opened.page, "Good evening. I am so sorry.")
    opened.wait_for("response.done", after=1)
    assert lines(opened.page, "user") == ["Good evening. I am so sorry."]


@pytest.mark.parametrize(("error", "code"), [("NotFoundError", "mic-missing"), ("NotReadableError", "mic-busy")])
def test_a_microphone_that_cannot_be_had_is_tried_again(
    server: Server, open_page: OpenPage, error: str, code: str
) -> None:
    opened = open_page(server.url, virtual_microphone=True)
    opened.page.evaluate("name => { testMicrophone.fail = name }", error)
    press_start(opened.page)
    expect_failure(opened.page, code)
    opened.page.get_by_test_id("failure-retry-mic").click()
    opened.wait_for("session.updated")
    say(opened, "apology")
    opened.wait_for("conversation.item.input_audio_transcription.completed")


def test_a_microphone_that_is_pulled_out_does_not_end_the_call(server: Server, open_page: OpenPage) -> None:
    opened = open_page(server.url, virtual_microphone=True)
    page = start_call(opened)
    wait_for_state(page, "listening")
    page.evaluate("() => testMicrophone.unplug()")
    expect_failure(page, "mic-unplugged")
    type_message(page, "Good evening. I am so sorry.")
    opened.wait_for("response.done", after=1)
    page.get_by_test_id("failure-choose-microphone").click()


def test_a_banner_does_not_turn_a_word_that_is_being_written_into_shortcuts(
    server: Server, open_page: OpenPage
) -> None:
    opened = open_page(server.url, virtual_microphone=True)
    page = start_call(opened)
    field = page.get_by_test_id("text-entry")
    field.press_sequentially("I am ")
    page.evaluate("() => testMicrophone.unplug()")
    expect_failure(page, "mic-unplugged")
    page.keyboard.type("coming")
    expect(field).to_have_value("I am coming")
    expect(page.get_by_test_id("mute")).to_have_attribute("aria-pressed", "false")


def test_a_broken_line_is_mended_and_the_call_goes_on(server: Server, open_page: OpenPage) -> None:
    cable = Cable(server.port)
    with cable.plugged_in() as url:
        opened = open_page(url, virtual_microphone=True)
        page = start_call(opened)
        say(opened, "apology")
        opened.wait_for("response.done", after=1)
        wait_for_state(page, "listening")
        before = lines(page, "assistant")
        cable.cut()
        wait_for_state(page, "reconnecting")
        cable.mend()
        hello = opened.wait_for("vivavoce.hello", after=1)
        assert hello.event["resumed"] is True
        say(opened, "room-number")
        opened.wait_for("response.done", after=2)
        page.wait_for_timeout(300)
        assert lines(page, "assistant")[: len(before)] == before
        assert len(lines(page, "assistant")) == len(before) + 1
        assert len(lines(page, "user")) == 2


def test_a_server_that_is_not_there_is_told_before_the_call(server: Server, open_page: OpenPage) -> None:
    cable = Cable(server.port)
    with cable.plugged_in() as url:
        opened = open_page(url, virtual_microphone=True)
        opened.page.get_by_test_id(f"scenario-card-{SCENARIO}").click()
        cable.cut()
        opened.page.get_by_test_id("start-call").click()
        expect_failure(opened.page, "server-unreachable")
        cable.mend()
        opened.page.get_by_test_id("failure-reconnect").click()
        opened.wait_for("session.updated")


def test_a_page_that_does_not_arrive_leaves_the_others_alone(typed_server: Server, open_page: OpenPage) -> None:
    page = open_page(typed_server.url).page
    page.route("**/assets/HistoryScreen-*.js", lambda route: route.abort())
    page.get_by_test_id("to-history").click()
    expect(page.get_by_role("alert")).to_contain_text("This page did not arrive")
    page.unroute_all()
    page.get_by_role("button", name="Load again").click()
    expect(page.get_by_text("No calls yet")).to_be_visible()


def test_a_call_needs_no_more_than_what_is_there_when_it_begins(typed_server: Server, open_page: OpenPage) -> None:
    """A newer server has other files; the result is shown all the same."""
    opened = open_page(typed_server.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    say_typed(opened, "Good evening. I am so sorry.")
    page.route("**/assets/**", lambda route: route.abort())
    end_call(page)
