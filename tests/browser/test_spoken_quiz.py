"""A question is answered aloud: recorded in the page, written down by the engine, marked; and typed when that fails."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from browser.audio import read_wav
from browser.instruments import Instruments, OpenPage
from browser.learner import end_call, say_typed, start_call
from browser.speech import UTTERANCES, utterance, word_error_rate
from kit.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.speech]

SCENARIO, QUESTION = "lost-luggage", "describe"


def at_the_quiz(opened: Instruments) -> Page:
    page = start_call(opened, SCENARIO, microphone=False)
    opened.wait_for("response.done")
    say_typed(opened, "Hello, my bag did not arrive.")
    end_call(page)
    page.get_by_test_id(f"quiz-record-{QUESTION}").wait_for()
    return page


def answer_aloud(opened: Instruments, name: str) -> None:
    page = opened.page
    page.get_by_test_id(f"quiz-record-{QUESTION}").click()
    stop = page.get_by_test_id(f"quiz-stop-{QUESTION}")
    stop.wait_for()
    samples, rate = read_wav(utterance(name))
    opened.say(samples, rate)
    page.wait_for_timeout(1000 * (len(samples) / rate + 0.5))
    stop.click()


def test_a_spoken_answer_is_written_down_and_marked(server: Server, open_page: OpenPage) -> None:
    opened = open_page(server.url, virtual_microphone=True)
    page = at_the_quiz(opened)
    answer_aloud(opened, "room-number")
    result = page.get_by_test_id(f"quiz-result-{QUESTION}")
    result.wait_for()
    given = page.get_by_test_id(f"quiz-item-{QUESTION}").get_by_role("textbox").input_value()
    assert word_error_rate(UTTERANCES["room-number"], given) <= 0.2
    expect(result).to_have_attribute("data-correct", "false")
    assert page.get_by_test_id(f"quiz-record-{QUESTION}").count() == 0
    assert page.evaluate("() => testMicrophone.live()") == 0, "the microphone is let go"


def test_an_answer_that_did_not_arrive_is_sent_again_without_being_said_again(
    server: Server, open_page: OpenPage
) -> None:
    opened = open_page(server.url, virtual_microphone=True)
    page = at_the_quiz(opened)
    sent: list[bytes | None] = []

    def lose_the_first(route: Route) -> None:
        sent.append(route.request.post_data_buffer)
        if len(sent) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/quiz/*", lose_the_first)
    answer_aloud(opened, "room-number")
    expect(page.get_by_test_id(f"spoken-{QUESTION}")).to_contain_text("does not answer")
    page.get_by_role("button", name="Send it again").click()
    page.get_by_test_id(f"quiz-result-{QUESTION}").wait_for()
    assert len(sent) == 2 and sent[0] and sent[0] == sent[1]


def test_without_a_microphone_the_question_is_answered_by_typing(server: Server, open_page: OpenPage) -> None:
    opened = open_page(server.url, allow_microphone=False)
    page = at_the_quiz(opened)
    page.get_by_test_id(f"quiz-record-{QUESTION}").click()
    expect(page.get_by_test_id(f"spoken-{QUESTION}")).to_contain_text("Microphone")
    form = page.get_by_test_id(f"quiz-item-{QUESTION}")
    form.get_by_role("textbox").fill("It is a small black backpack with a yellow ribbon.")
    page.get_by_test_id(f"quiz-check-{QUESTION}").click()
    expect(page.get_by_test_id(f"quiz-result-{QUESTION}")).to_have_attribute("data-correct", "true")
