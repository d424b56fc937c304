"""What a learner does on the page, and what it shows in return."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from browser.audio import read_wav, segments
from browser.instruments import Instruments
from browser.speech import utterance

SCENARIO = "hotel-complaint"
ANSWER_MS = 60_000
OPERATOR_KEY = "a-key-of-the-operator"


def start_call(opened: Instruments, scenario: str = SCENARIO, *, microphone: bool = True) -> Page:
    """From the menu into the call; returns when the persona has been told who it is."""
    page = opened.page
    before = len(opened.notes("session.updated"))
    page.get_by_test_id(f"scenario-card-{scenario}").click()
    page.get_by_test_id("start-call" if microphone else "type-instead").click()
    opened.wait_for("session.updated", after=before)
    return page


def say(opened: Instruments, name: str) -> None:
    """Into the virtual microphone, once the persona has finished."""
    wait_for_state(opened.page, "listening")
    opened.say(*read_wav(utterance(name)))


def type_message(page: Page, text: str) -> None:
    page.get_by_test_id("text-entry").fill(text)
    page.get_by_test_id("send-text").click()


def say_typed(opened: Instruments, text: str) -> None:
    """Type a line and wait for the whole answer."""
    answered = len(opened.notes("response.done"))
    type_message(opened.page, text)
    recorded = opened.page.locator('[data-testid="bubble"][data-role="user"][data-partial="false"]')
    recorded.filter(has_text=text).first.wait_for()  # the persona may have been about to say something by itself
    opened.wait_for("response.done", after=answered)


def typed_call(opened: Instruments, *said: str, scenario: str = SCENARIO) -> str:
    """A call from the menu to the grade, typed; the call's id."""
    answered = len(opened.notes("response.done"))
    page = start_call(opened, scenario, microphone=False)
    opened.wait_for("response.done", after=answered)
    for text in said:
        say_typed(opened, text)
    end_call(page)
    return call_id(opened)


def call_id(opened: Instruments) -> str:
    """The id of the page's newest call."""
    return str(opened.notes("vivavoce.hello")[-1].event["session_id"])


def open_review(page: Page) -> None:
    page.get_by_test_id("to-review").click()
    page.get_by_test_id("review").wait_for()


def press_end(page: Page) -> None:
    """In the first ten seconds End asks whether one is sure."""
    end = page.get_by_test_id("end-call")
    end.click()
    if end.is_visible() and "Really" in end.inner_text():
        end.click()
    page.get_by_test_id("result").wait_for()


def end_call(page: Page) -> None:
    """Returns when the grade is there."""
    press_end(page)
    expect(page.get_by_test_id("grade")).to_be_visible(timeout=ANSWER_MS)


def wait_for_state(page: Page, state: str) -> None:
    state_line = page.locator(f'[data-testid="state"][data-state="{state}"]')
    state_line.wait_for(state="attached", timeout=ANSWER_MS)


def lines(page: Page, role: str) -> list[str]:
    """The finished bubbles of one side: `user` is the learner, `assistant` the persona."""
    bubbles = page.locator(f'[data-testid="bubble"][data-role="{role}"][data-partial="false"] > p:last-child')
    return [text.strip() for text in bubbles.all_inner_texts()]


def voiced_s(opened: Instruments) -> float:
    """How long the persona has been heard, its pauses left out."""
    heard = opened.heard()
    return sum(part.end - part.start for part in segments(heard.samples, heard.rate)) / heard.rate
