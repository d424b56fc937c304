"""More than one call: a turn that is tried again, the history, the quiz looked back at, and the class."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.instruments import Instruments, OpenPage
from browser.learner import (
    OPERATOR_KEY,
    SCENARIO,
    call_id,
    end_call,
    lines,
    open_review,
    say_typed,
    start_call,
    typed_call,
)
from kit.server import Server

pytestmark = pytest.mark.browser

SORRY = "Good evening. I am so sorry about the noise, that must be exhausting."
ROOM = "Which room are you in, and when did it start?"
OFFER = "I can move you to a quiet room on the fourth floor in ten minutes. Is that all right?"


def test_a_turn_is_tried_again_from_where_it_was_said(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url)
    page = opened.page
    first = typed_call(opened, SORRY, "Calm down.")
    open_review(page)
    said = [line.inner_text() for line in page.locator('[data-testid="bubble"] > p:nth-child(2)').all()]
    assert said[-2] == "Calm down." and len(said) == 5

    page.get_by_role("link", name=re.compile("^Retry from here: You")).last.click()
    page.get_by_test_id("retry-note").wait_for()
    page.get_by_test_id("type-instead").click()
    page.get_by_test_id("text-entry").wait_for()
    expect(page.locator('[data-testid="bubble"]')).to_have_count(3)
    assert lines(page, "user") == [SORRY]
    assert lines(page, "assistant") == [said[0], said[2]]
    hello = opened.notes("vivavoce.hello")[-1].event
    assert hello["retry_of"] == first

    page.reload()
    page.get_by_test_id("continue-call").click()
    opened = Instruments(page)
    expect(page.locator('[data-testid="bubble"]')).to_have_count(3)
    say_typed(opened, ROOM)
    assert lines(page, "user") == [SORRY, ROOM]
    end_call(page)
    open_review(page)
    page.get_by_role("link", name="A retry of an earlier call").click()
    page.wait_for_url(f"**/calls/{first}")


def test_a_turn_of_a_call_that_is_gone_can_be_had_from_the_beginning(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(f"{typed_server.url}/call/{SCENARIO}?from=call_{'0' * 24}:item_1")
    page = opened.page
    page.get_by_test_id("type-instead").click()
    expect(page.get_by_test_id("failure")).to_have_attribute("data-code", "retry-refused")
    page.get_by_test_id("failure-start-again").click()
    opened.wait_for("response.done")
    assert opened.notes("vivavoce.hello")[-1].event["retry_of"] is None


def test_the_history_has_both_attempts_and_how_the_score_went(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url)
    page = opened.page
    page.get_by_test_id("to-history").click()
    expect(page.get_by_text("No calls yet")).to_be_visible()
    page.get_by_role("link", name="Pick a scenario").click()

    calls = [typed_call(opened, "Good evening.")]
    page.get_by_role("link", name="vivavoce").first.click()
    calls.append(typed_call(opened, SORRY, ROOM, OFFER))
    page.get_by_role("link", name="vivavoce").first.click()
    page.get_by_test_id("to-history").click()

    attempts = page.get_by_test_id(f"history-{SCENARIO}").get_by_test_id("attempt")
    expect(attempts).to_have_count(2)
    assert [attempt.get_attribute("data-call") for attempt in attempts.all()] == calls[::-1]
    scores = [page.request.get(f"{typed_server.url}/api/calls/{id}").json()["grade"]["score"] for id in calls]
    assert scores[0] < scores[1]
    trend = page.get_by_test_id("trend").get_attribute("aria-label") or ""
    assert f"{scores[0]}, {scores[1]}" in trend
    attempts.first.click()
    page.wait_for_url(f"**/calls/{calls[1]}")
    expect(page.get_by_test_id("grade")).to_have_attribute("data-score", str(scores[1]))


def test_another_browser_sees_none_of_it(typed_server: Server, open_page: OpenPage) -> None:
    typed_call(open_page(typed_server.url), "Good evening.")
    page = open_page(f"{typed_server.url}/history").page
    expect(page.get_by_text("No calls yet")).to_be_visible()


def test_the_quiz_is_answered_and_stands_explained_in_the_review(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url)
    page = opened.page
    typed_call(opened, SORRY)
    forms = page.locator('form[data-testid^="quiz-item-"]')
    first, second = forms.nth(0), forms.nth(1)
    assert forms.count() >= 3
    for form in (first, second):
        form.get_by_role("radio").first.check()
        form.locator('[data-testid^="quiz-check-"]').click()
        expect(form.locator('[data-testid^="quiz-result-"]')).to_be_visible()
    ids = [(form.get_attribute("data-testid") or "").removeprefix("quiz-item-") for form in forms.all()]
    open_review(page)
    review = page.request.get(f"{typed_server.url}/api/calls/{call_id(opened)}").json()
    for mark in review["quiz"]["marks"]:
        answer = page.get_by_test_id(f"answer-{mark['item_id']}")
        expect(answer).to_contain_text(mark["given"])
        expect(answer).to_contain_text(mark["explain"])
    assert [mark["item_id"] for mark in review["quiz"]["marks"]] == ids[:2]
    expect(page.get_by_test_id(f"answer-{ids[2]}")).to_contain_text("Not answered")
    marker = page.get_by_test_id("marker-quiz").first
    marker.click()
    expect(page.get_by_test_id(f"answer-{ids[0]}")).to_be_focused()


def test_a_hint_names_its_price_first_and_costs_it(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    hello = opened.notes("vivavoce.hello")[-1].event
    assert hello["hints"] > 0
    page.get_by_test_id("hint").click()
    expect(page.get_by_test_id("hint-price")).to_contain_text(f"up to {hello['hint_cost']} point")
    assert opened.notes("vivavoce.hint.request") == [], "the price comes before the asking"
    for kind in ("nudge", "phrase", "script"):
        page.get_by_test_id("ask-hint").click()
        expect(page.get_by_test_id("hint-text")).to_have_attribute("data-kind", kind)
    cost = sum(note.event["cost"] for note in opened.notes("vivavoce.hint"))
    page.keyboard.press("Escape")
    assert page.get_by_test_id("hint-panel").count() == 0
    say_typed(opened, SORRY)
    say_typed(opened, ROOM)
    end_call(page)
    grade = opened.notes("vivavoce.grade")[-1].event["grade"]
    assert cost > 0 and grade["hint_cost"] == cost
    expect(page.get_by_test_id("result")).to_contain_text(f"{grade['points']} points, less {cost:g} for hints")


def test_goals_are_ticked_off_during_the_call(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    goals = page.get_by_test_id("goals")
    expect(goals).to_contain_text("0 of 4")
    say_typed(opened, SORRY)
    expect(goals).to_contain_text("1 of 4")
    goals.click()
    expect(page.get_by_test_id("goal-feelings")).to_have_attribute("data-reached", "true")
    expect(page.get_by_test_id("goal-tonight")).to_have_attribute("data-reached", "false")


def test_the_class_page_opens_with_the_operators_key_alone(typed_server: Server, open_page: OpenPage) -> None:
    id = typed_call(open_page(typed_server.url), SORRY)
    page = open_page(f"{typed_server.url}/class").page
    page.get_by_test_id("operator-key").fill("a-key-of-somebody-else")
    page.get_by_test_id("open-class").click()
    expect(page.get_by_role("alert")).to_contain_text("does not open")
    page.get_by_test_id("other-key").click()
    page.get_by_test_id("operator-key").fill(OPERATOR_KEY)
    page.keyboard.press("Enter")
    page.get_by_test_id("class").wait_for()
    assert page.locator(f'[data-testid="class-call"] a[href="/calls/{id}"]').count() == 1
    assert page.get_by_test_id("class-check").count() > 5
    with page.expect_download() as download:
        page.get_by_test_id("class-csv").click()
    assert b"guest-" in download.value.path().read_bytes()
    page.reload()
    page.get_by_test_id("class").wait_for()
    stored = page.evaluate("() => [Object.values(localStorage), Object.values(sessionStorage)]")
    assert OPERATOR_KEY not in stored[0] and OPERATOR_KEY in stored[1]


def test_without_a_key_on_the_server_the_class_page_says_how_to_get_one(
    tmp_path_factory: pytest.TempPathFactory, open_page: OpenPage
) -> None:
    with Server(tmp_path_factory.mktemp("keyless")) as server:
        page = open_page(f"{server.url}/class").page
        page.get_by_test_id("operator-key").fill(OPERATOR_KEY)
        page.get_by_test_id("open-class").click()
        expect(page.get_by_role("alert")).to_contain_text("VIVAVOCE_OPERATOR_KEY")
