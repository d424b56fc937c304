"""The web app in Chromium, served by the Worker: whole calls through the Durable Object."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from browser.instruments import OpenPage
from browser.learner import SCENARIO, call_id, end_call, lines, say_typed, start_call
from parity.hosts import KEY, Cloudflare

pytestmark = pytest.mark.browser

Figure = Callable[[str, object], None]
OPENING = "Good evening. I can't sleep. The air conditioning in my room is terribly loud."
SORRY = "Good evening. I am so sorry about the noise, that must be exhausting."
ROOM = "Which room are you in?"
SINCE = "And when did it start?"


def test_a_call_from_the_menu_to_the_grade_and_the_quiz(
    cloudflare: Cloudflare, open_page: OpenPage, record_property: Figure
) -> None:
    opened = open_page(cloudflare.site.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    for said in (SORRY, ROOM, SINCE):
        say_typed(opened, said)
    end_call(page)
    assert lines(page, "user") == [SORRY, ROOM, SINCE]
    assert lines(page, "assistant")[0] == OPENING

    user = str(opened.notes("vivavoce.hello")[-1].event["user"])
    [call] = cloudflare.record(user)
    assert call["session_id"] == call_id(opened)
    [grade] = [event["grade"] for event in call["events"] if event["type"] == "vivavoce.grade"]
    expect(page.get_by_test_id("grade")).to_contain_text(str(grade["score"]))
    record_property("grade through the Durable Object", f"{grade['score']} of 100")

    item = page.locator('form[data-testid^="quiz-item-"]').first
    item.get_by_role("radio").first.check()
    item.locator('[data-testid^="quiz-check-"]').click()
    expect(item.locator('[data-testid^="quiz-result-"]')).to_be_visible()
    assert KEY not in page.content()


def test_an_object_that_is_evicted_and_a_machine_that_dies_only_interrupt(
    cloudflare: Cloudflare, open_page: OpenPage
) -> None:
    opened = open_page(cloudflare.site.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    user = str(opened.notes("vivavoce.hello")[-1].event["user"])
    strikes: list[tuple[str, Callable[[], None]]] = [
        (SORRY, lambda: cloudflare.forget(SCENARIO, user)),
        (ROOM, cloudflare.die),
    ]
    for number, (said, strike) in enumerate(strikes, start=1):
        say_typed(opened, said)
        strike()
        hello = opened.wait_for("vivavoce.hello", after=number, timeout_s=60)
        assert hello.event["resumed"] is True
    say_typed(opened, SINCE)
    end_call(page)
    assert lines(page, "user") == [SORRY, ROOM, SINCE]
    [call] = cloudflare.record(user)
    assert call["ended_reason"] == "learner_ended"


def test_another_tab_takes_the_call_and_gives_it_back(cloudflare: Cloudflare, open_page: OpenPage) -> None:
    opened = open_page(cloudflare.site.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    say_typed(opened, SORRY)
    other = page.context.new_page()
    other.goto(f"{cloudflare.site.url}/call/{SCENARIO}")
    other.get_by_test_id("continue-call").click()
    expect(page.get_by_test_id("failure")).to_have_attribute("data-code", "taken-over")
    expect(other.get_by_test_id("bubble").nth(1)).to_contain_text(SORRY)
    page.get_by_test_id("failure-continue-here").click()
    expect(other.get_by_test_id("failure")).to_have_attribute("data-code", "taken-over")
    opened.wait_for("vivavoce.hello", after=1)
    say_typed(opened, ROOM)
    assert lines(page, "user") == [SORRY, ROOM]
