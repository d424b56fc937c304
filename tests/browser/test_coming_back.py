"""A call that breaks off and goes on: the server dies, is restarted, the page is loaded again, a tab takes over."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.audio import microphone_wav
from browser.instruments import Instruments, OpenPage
from browser.learner import (
    ANSWER_MS,
    SCENARIO,
    call_id,
    end_call,
    lines,
    press_end,
    say_typed,
    start_call,
    wait_for_state,
)
from browser.speech import UTTERANCES, utterance, word_error_rate
from kit.mortal import Mortal
from kit.server import Server, with_speech

pytestmark = pytest.mark.browser

Figure = Callable[[str, object], None]
SORRY = "Good evening. I am so sorry about the noise, that must be exhausting."
ROOM = "Which room are you in, and when did it start?"
PERSONA_S = 12
"""What the persona says in one go, with time for a slow machine."""


def in_the_record(page: Page, url: str, id: str) -> list[str]:
    """What the record of a finished call has, one text for each line."""
    review = page.request.get(f"{url}/api/calls/{id}").json()
    return [line["text"] for line in sorted(review["lines"], key=lambda line: line["order"])]


def on_the_page(page: Page) -> list[str]:
    """The same as the page shows it; a struck-out part is a part of the line."""
    bubbles = page.locator('[data-testid="bubble"] > p:nth-child(2)')
    text: list[str] = bubbles.evaluate_all(
        """bubbles => bubbles.map(bubble => {
          const copy = bubble.cloneNode(true)
          for (const aside of copy.querySelectorAll('.sr-only')) aside.remove()
          return copy.textContent.trim()
        })"""
    )
    return text


@pytest.mark.speech
def test_a_server_that_dies_in_the_middle_of_a_sentence_loses_nothing(
    tmp_path: Path, open_page: OpenPage, record_property: Figure
) -> None:
    """With a real microphone: said, killed while the persona answers, brought back, said again, graded."""
    again = [part for _ in range(8) for part in (utterance("room"), PERSONA_S)]
    spoken = microphone_wav(tmp_path / "microphone.wav", [PERSONA_S, utterance("sorry"), PERSONA_S, *again], tail_s=60)
    with Mortal(tmp_path, **with_speech()).reachable() as server:
        opened = open_page(server.url, microphone=spoken)
        page = start_call(opened)
        opened.wait_for("conversation.item.input_audio_transcription.completed")
        wait_for_state(page, "speaking")
        server.stop(signal.SIGKILL)
        wait_for_state(page, "reconnecting")
        before = on_the_page(page)
        record_property("before", before)
        expect(page.get_by_test_id("outage")).to_contain_text("The connection is lost", timeout=ANSWER_MS)
        expect(page.get_by_test_id("outage")).to_contain_text("Your call is kept")
        server.start_again()
        hello = opened.wait_for("vivavoce.hello", after=1, timeout_s=60)
        assert hello.event["resumed"] is True
        expect(page.get_by_test_id("outage")).to_have_count(0)
        gap = page.locator('[data-testid="gap"][data-why="line"]')
        expect(gap).to_contain_text("The connection was gone for")
        record_property("what the learner saw", gap.inner_text())
        assert before[:2] == on_the_page(page)[:2]

        heard = len(opened.notes("conversation.item.input_audio_transcription.completed"))
        answered = len(opened.notes("response.done"))
        opened.wait_for("conversation.item.input_audio_transcription.completed", after=heard, timeout_s=60)
        opened.wait_for("response.done", after=answered, timeout_s=60)
        end_call(page)
        shown = on_the_page(page)
        said = lines(page, "user")
        assert shown == in_the_record(page, server.url, call_id(opened))
        assert said[0] == before[1], "what was recorded before stands as it was"
        assert len(lines(page, "assistant")) >= 2  # the answers to both sentences may be one
        errors = min(word_error_rate(UTTERANCES["room"], text) for text in said[1:])
        record_property("word error rate after the break", f"{errors:.1%}")
        assert errors <= 0.15


def test_a_server_that_is_restarted_says_so_and_the_call_goes_on(tmp_path: Path, open_page: OpenPage) -> None:
    with Mortal(tmp_path).reachable() as server:
        opened = open_page(server.url)
        page = start_call(opened, microphone=False)
        opened.wait_for("response.done")
        say_typed(opened, SORRY)
        before = on_the_page(page)
        server.stop(signal.SIGTERM)
        opened.wait_for("vivavoce.going_away")
        expect(page.get_by_test_id("outage")).to_contain_text("restarted")
        expect(page.get_by_test_id("next-try")).to_be_visible()
        server.start_again()
        page.evaluate("document.querySelector('[data-testid=try-now]')?.click()")  # unless it has tried already
        opened.wait_for("vivavoce.hello", after=1)
        assert on_the_page(page)[: len(before)] == before
        say_typed(opened, ROOM)
        assert lines(page, "user") == [SORRY, ROOM]
        end_call(page)
        assert on_the_page(page) == in_the_record(page, server.url, call_id(opened))


def test_who_does_not_want_to_wait_goes_on_later(tmp_path: Path, open_page: OpenPage) -> None:
    with Mortal(tmp_path).reachable() as server:
        opened = open_page(server.url)
        page = start_call(opened, microphone=False)
        opened.wait_for("response.done")
        say_typed(opened, SORRY)
        server.stop(signal.SIGKILL)
        page.get_by_test_id("stop-trying").click()
        expect(page.get_by_test_id("failure")).to_have_attribute("data-code", "connection-lost")
        assert lines(page, "user") == [SORRY]
        server.start_again()
        page.get_by_test_id("failure-continue").click()
        opened.wait_for("vivavoce.hello", after=1)
        expect(page.get_by_test_id("gap")).to_contain_text("You were away")
        assert lines(page, "user") == [SORRY]
        say_typed(opened, ROOM)
        assert lines(page, "user") == [SORRY, ROOM]


def test_a_call_that_was_ended_while_the_server_was_gone_is_graded(tmp_path: Path, open_page: OpenPage) -> None:
    with Mortal(tmp_path).reachable() as server:
        opened = open_page(server.url)
        page = start_call(opened, microphone=False)
        opened.wait_for("response.done")
        say_typed(opened, SORRY)
        server.stop(signal.SIGKILL)
        page.get_by_test_id("outage").wait_for()
        press_end(page)
        expect(page.get_by_test_id("outage")).to_be_visible()
        server.start_again()
        expect(page.get_by_test_id("grade")).to_be_visible(timeout=ANSWER_MS)
        assert opened.notes("vivavoce.ended")[-1].event["reason"] == "learner_ended"
        assert on_the_page(page) == in_the_record(page, server.url, call_id(opened))


def test_a_page_that_is_loaded_again_offers_its_call(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    say_typed(opened, SORRY)
    before, id = on_the_page(page), call_id(opened)
    page.reload()
    opened = Instruments(page)
    expect(page.get_by_test_id("waiting-call")).to_contain_text("Your call is waiting")
    expect(page.get_by_test_id("continue-call")).to_be_focused()
    page.keyboard.press("Enter")
    opened.wait_for("vivavoce.hello")
    expect(page.get_by_test_id("gap")).to_contain_text("You were away")
    assert call_id(opened) == id
    assert on_the_page(page)[: len(before)] == before
    say_typed(opened, ROOM)
    end_call(page)
    assert lines(page, "user") == [SORRY, ROOM]
    page.reload()
    page.get_by_test_id("start-call").wait_for()
    assert page.get_by_test_id("waiting-call").count() == 0, "what is over is not offered"


def test_the_menu_offers_a_call_that_was_left(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    first = call_id(opened)
    page.go_back()
    card = page.get_by_test_id(f"scenario-card-{SCENARIO}")
    expect(card).to_contain_text("Continue, left")
    card.click()
    page.get_by_test_id("start-anew").click()
    page.get_by_test_id("type-instead").click()
    opened.wait_for("vivavoce.hello", after=1)
    assert call_id(opened) != first
    opened.wait_for("response.done", after=1)
    press_end(page)


def test_another_tab_takes_the_call_and_gives_it_back(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    say_typed(opened, SORRY)
    other = page.context.new_page()
    other.goto(f"{typed_server.url}/call/{SCENARIO}")
    other.get_by_test_id("continue-call").click()
    expect(page.get_by_test_id("failure")).to_have_attribute("data-code", "taken-over")
    expect(other.get_by_test_id("bubble").nth(1)).to_contain_text(SORRY)
    page.get_by_test_id("failure-continue-here").click()
    expect(other.get_by_test_id("failure")).to_have_attribute("data-code", "taken-over")
    expect(page.get_by_test_id("bubble").nth(1)).to_contain_text(SORRY)
    opened.wait_for("vivavoce.hello", after=1)
    say_typed(opened, ROOM)
    assert lines(page, "user") == [SORRY, ROOM]


def test_a_call_that_another_page_ended_cannot_be_continued(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    kept = page.evaluate("() => Object.entries(localStorage).find(([key]) => key.includes('call/'))")
    press_end(page)
    opened.wait_for("vivavoce.ended")
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [kept[0], json.dumps(stale(kept[1]))])
    page.goto(f"{typed_server.url}/call/{SCENARIO}")
    page.get_by_test_id("continue-call").click()
    expect(page.get_by_test_id("failure")).to_have_attribute("data-code", "call-over")
    page.get_by_test_id("failure-start-again").click()
    page.get_by_test_id("text-entry").wait_for()


def stale(kept: str) -> dict[str, object]:
    """What another browser may still have: a token that has been given out long since."""
    return {**json.loads(kept), "token": "A" * 22}
