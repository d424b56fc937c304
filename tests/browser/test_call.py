"""The whole way, as a learner goes it: the page in Chromium, the real server, the embedded engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.audio import microphone_wav, read_wav, segments
from browser.instruments import OpenPage
from browser.learner import ANSWER_MS, end_call, lines, say, start_call, type_message, voiced_s, wait_for_state
from browser.speech import UTTERANCES, utterance, word_error_rate
from kit.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.speech]

Figure = Callable[[str, object], None]
PERSONA_S = 12
"""What the persona says in one go, with time for a slow machine."""


def test_a_spoken_call_ends_with_a_grade_and_a_quiz(
    server: Server, open_page: OpenPage, tmp_path: Path, record_property: Figure
) -> None:
    said = ["sorry", "room"]
    spoken = microphone_wav(
        tmp_path / "microphone.wav", [PERSONA_S, utterance(said[0]), PERSONA_S, utterance(said[1])], tail_s=120
    )
    opened = open_page(server.url, microphone=spoken)
    page = start_call(opened)
    for number in range(len(said)):
        opened.wait_for("conversation.item.input_audio_transcription.completed", after=number)
        opened.wait_for("response.done", after=number + 1)
    wait_for_state(page, "listening")

    errors = word_error_rate(" ".join(UTTERANCES[name] for name in said), " ".join(lines(page, "user")))
    record_property("word error rate", f"{errors:.1%}")
    assert errors <= 0.15

    record_property("persona heard", f"{voiced_s(opened):.1f} s")
    assert voiced_s(opened) > 3
    assert len(lines(page, "assistant")) == 3

    end_call(page)
    check_evidence(page)
    answer_quiz(page)
    check_record(server, lines(page, "user"))


def check_evidence(page: Page) -> None:
    """Each quotation stands word for word in the line that it is said to be from."""
    quotes = page.get_by_test_id("evidence")
    assert quotes.count() > 0
    for quote in quotes.all():
        item = quote.get_attribute("data-item-id")
        line = page.locator(f'[data-testid="bubble"][data-item-id="{item}"] > p:last-child')
        assert quote.inner_text().strip() in line.inner_text()


def answer_quiz(page: Page) -> None:
    items = page.locator('form[data-testid^="quiz-item-"]')
    assert items.count() > 0
    for form in items.all():
        option = form.get_by_role("radio")
        if option.count():
            option.first.check()
        else:
            form.get_by_role("textbox").fill("I do not know")
        form.locator('[data-testid^="quiz-check-"]').click()
        expect(form.locator('[data-testid^="quiz-result-"]')).to_be_visible()


def check_record(server: Server, shown: list[str]) -> None:
    """What the page showed is in the database."""
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as database:
        dump = "\n".join(database.iterdump())
    for line in shown:
        assert line.replace("'", "''") in dump


def test_a_barge_in_silences_the_persona(server: Server, open_page: OpenPage, record_property: Figure) -> None:
    opened = open_page(server.url, virtual_microphone=True)
    page = start_call(opened)
    wait_for_state(page, "speaking")
    for _ in range(400):
        if voiced_s(opened) >= 1.7:  # in the opening line's third sentence, which has no pause
            break
        page.wait_for_timeout(50)
    opened.say(*read_wav(utterance("interrupt")))
    started = opened.wait_for("input_audio_buffer.speech_started")
    truncated = opened.wait_for("conversation.item.truncate")
    page.wait_for_timeout(600)
    heard = opened.heard()
    voice = segments(heard.samples, heard.rate)
    silent_after_ms = heard.wall_ms(voice[-1].end) - started.at_ms
    heard_ms = (voice[-1].end - voice[0].start) * 1000 / heard.rate
    record_property("silent after speech_started", f"{silent_after_ms:.0f} ms")
    record_property("heard, and as reported", f"{heard_ms:.0f} ms, {truncated.event['audio_end_ms']} ms")
    assert -100 < silent_after_ms < 1000
    # The reply's first samples are silence: played, and counted, but not heard.
    assert -50 < truncated.event["audio_end_ms"] - heard_ms < 500
    opened.wait_for("response.done", after=1)
    expect(page.locator('[data-testid="bubble"][data-role="assistant"]').first.locator("del")).to_be_visible()


def test_a_goodbye_ends_the_call_with_a_grade(server: Server, open_page: OpenPage, record_property: Figure) -> None:
    said = ["apology", "room-number", "when-started", "quiet-room", "compensation", "goodbye"]
    opened = open_page(server.url, virtual_microphone=True)
    page = start_call(opened)
    for number, name in enumerate(said):
        say(opened, name)
        opened.wait_for("conversation.item.input_audio_transcription.completed", after=number)
        opened.wait_for("response.done", after=number + 1)
    ended = opened.wait_for("vivavoce.ended")
    assert ended.event["reason"] == "lesson_graded"
    expect(page.get_by_test_id("grade")).to_be_visible(timeout=ANSWER_MS)
    score = int(page.get_by_test_id("grade").get_attribute("data-score") or 0)
    record_property("score", score)
    errors = word_error_rate(" ".join(UTTERANCES[name] for name in said), " ".join(lines(page, "user")))
    record_property("word error rate", f"{errors:.1%}")
    assert errors <= 0.15
    assert score > 50
    check_evidence(page)
    answer_quiz(page)


def test_typing_is_answered_without_a_microphone(server: Server, open_page: OpenPage) -> None:
    opened = open_page(server.url, allow_microphone=False)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    type_message(page, UTTERANCES["sorry"])
    opened.wait_for("response.done", after=1)
    assert lines(page, "user") == [UTTERANCES["sorry"]]
    assert len(lines(page, "assistant")) == 2
