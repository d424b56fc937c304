"""A spoken call is looked at again: each moment leads to its second of the sound, and to its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from browser.audio import Samples, find, from_pcm, read_wav, resample, segments
from browser.chromium import chromium
from browser.instruments import Instruments, OpenPage
from browser.learner import SCENARIO, call_id, end_call, say, start_call, wait_for_state
from browser.speech import utterance
from kit.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.speech]

Figure = Callable[[str, object], None]
RATE = 24_000
WAV_HEADER = 44
SAID = ("sorry", "room")


@dataclass(frozen=True, slots=True)
class FinishedCall:
    id: str
    review: dict[str, Any]
    learner: Samples
    persona: Samples

    def slice(self, at: float, seconds: float) -> Samples:
        """Both lanes together from second `at` of the call on."""
        begin, end = round(at * RATE), round((at + seconds) * RATE)
        return _padded(self.learner, begin, end) + _padded(self.persona, begin, end)


@pytest.fixture(scope="module")
def finished(server: Server, playwright: Playwright) -> Iterator[FinishedCall]:
    """One call with consent, spoken with the embedded engine."""
    with chromium(playwright) as browser:
        context = browser.new_context(bypass_csp=True)
        Instruments.install(context, virtual_microphone=True)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(server.url)
        opened = Instruments(page)
        page.get_by_test_id(f"scenario-card-{SCENARIO}").click()
        consent = page.get_by_test_id("consent")
        assert not consent.is_checked(), "nobody agrees by doing nothing"
        consent.check()
        page.go_back()
        page.get_by_test_id(f"scenario-card-{SCENARIO}").click()
        assert not page.get_by_test_id("consent").is_checked(), "each call is asked for anew"
        page.get_by_test_id("consent").check()
        page.get_by_test_id("start-call").click()
        opened.wait_for("vivavoce.consent")
        for number, name in enumerate(SAID):
            say(opened, name)
            opened.wait_for("conversation.item.input_audio_transcription.completed", after=number)
            opened.wait_for("response.done", after=number + 1)
        wait_for_state(page, "listening")
        end_call(page)
        id = call_id(opened)
        api = page.request
        review = api.get(f"{server.url}/api/calls/{id}").json()
        lanes = [api.get(f"{server.url}/api/calls/{id}/audio/{lane}").body() for lane in ("learner", "persona")]
        yield FinishedCall(id, review, *(from_pcm(lane[WAV_HEADER:]) for lane in lanes))


def _padded(lane: Samples, begin: int, end: int) -> Samples:
    part = lane[begin:end]
    return np.pad(part, (0, end - begin - len(part)))


def heard_after(opened: Instruments, press: Locator, seconds: float) -> Samples:
    """What the page puts out after something was pressed, from its first sound on."""
    press.click()
    opened.page.locator('[data-testid="play"][data-state="playing"]').wait_for()
    opened.page.wait_for_timeout(1000 * (seconds + 1))
    heard = opened.heard()
    assert heard.rate == RATE, "the review plays at the rate of the record"
    return heard.samples


def check_heard(heard: Samples, finished: FinishedCall, at: float, seconds: float) -> float:
    """The page played both lanes from second `at` on, and nothing before; how like the record it was."""
    expected = finished.slice(at, seconds)
    place, likeness = find(expected, heard)
    # Rounded twice, to 16 bits each time, and otherwise the same samples.
    assert likeness > 0.99, f"what was heard is not second {at} of the call ({likeness:.3f})"
    before = heard[max(0, place - RATE) : place]
    assert not segments(before, RATE), "something was played before that second"
    return likeness


def test_the_record_has_what_was_said_in_its_second(finished: FinishedCall) -> None:
    lines = [line for line in finished.review["lines"] if line["role"] == "user"]
    assert len(lines) == len(SAID)
    for line, name in zip(lines, SAID, strict=True):
        samples, rate = read_wav(utterance(name))
        spoken = resample(samples, rate, RATE)
        place, likeness = find(spoken, finished.learner)
        assert likeness > 0.8
        voice = segments(spoken, RATE)[0].start
        assert -0.2 < (place + voice) / RATE - line["at"] < 0.8, "the line begins where its words begin"


def test_a_quote_leads_to_its_second_of_the_sound(
    server: Server, open_page: OpenPage, finished: FinishedCall, record_property: Figure
) -> None:
    opened = open_page(f"{server.url}/calls/{finished.id}")
    quote = opened.page.get_by_test_id("evidence").first
    at = float(quote.get_attribute("data-at") or "nan")
    # Into the answer, so that both lanes are heard, and heard together.
    answer = next(line for line in finished.review["lines"] if line["role"] == "assistant" and line["at"] > at)
    seconds = answer["at"] + 1 - at
    both = [finished.learner, finished.persona]
    assert all(segments(lane[round(at * RATE) : round((at + seconds) * RATE)], RATE) for lane in both)
    heard = heard_after(opened, quote, seconds)
    record_property("likeness", f"{check_heard(heard, finished, at, seconds):.4f}")
    # And these are the quoted words: the sentence that they are from was spoken there.
    item = quote.get_attribute("data-item-id")
    line = next(line for line in finished.review["lines"] if line["item_id"] == item)
    assert line["at"] <= at + 0.01 <= line["until"] + 0.01
    expect(opened.page.locator(f'[data-testid="bubble"][data-item-id="{item}"]')).to_be_visible()


def test_each_kind_of_jump_plays_its_own_second(server: Server, open_page: OpenPage, finished: FinishedCall) -> None:
    page_of: Callable[[], Instruments] = lambda: open_page(f"{server.url}/calls/{finished.id}")  # noqa: E731
    opened = page_of()
    marker = opened.page.get_by_test_id("marker-evidence").last
    at = float(marker.get_attribute("data-at") or "nan")
    check_heard(heard_after(opened, marker, 2), finished, at, 2)

    opened = page_of()
    persona = next(line for line in finished.review["lines"][1:] if line["role"] == "assistant")
    hear = opened.page.locator(f'[data-item-id="{persona["item_id"]}"]').get_by_test_id("hear-line")
    check_heard(heard_after(opened, hear, 2), finished, persona["at"], 2)


def test_markers_are_reached_and_played_with_the_keyboard(
    server: Server, open_page: OpenPage, finished: FinishedCall
) -> None:
    opened = open_page(f"{server.url}/calls/{finished.id}")
    page = opened.page
    strip = page.get_by_role("toolbar", name="Moments of the call")
    buttons = strip.get_by_role("button")
    expect(buttons).to_have_count(len(finished.review["markers"]))
    assert strip.locator('button[tabindex="0"]').count() == 1, "one stop for the Tab key"
    strip.locator('button[tabindex="0"]').focus()
    times = []
    for number in range(buttons.count()):
        focused = page.locator("button:focus")
        name = focused.get_attribute("aria-label") or ""
        assert any(marker["label"] in name for marker in finished.review["markers"]), name
        times.append(float(focused.get_attribute("data-at") or "nan"))
        if number < buttons.count() - 1:
            page.keyboard.press("ArrowRight")
    assert times == sorted(marker["at"] for marker in finished.review["markers"])
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.locator('[data-testid="play"][data-state="playing"]').wait_for()
    expect(page.locator("button:focus")).to_have_attribute("aria-pressed", "true")
    page.get_by_test_id("play").press("Enter")
    expect(page.get_by_test_id("play")).to_have_attribute("data-state", "stopped")


def test_without_consent_there_is_no_sound_and_the_moments_lead_to_the_words(
    server: Server, open_page: OpenPage
) -> None:
    opened = open_page(server.url, virtual_microphone=True)
    page = start_call(opened)
    say(opened, "sorry")
    opened.wait_for("response.done", after=1)
    wait_for_state(page, "listening")
    end_call(page)
    id = call_id(opened)
    page.get_by_test_id("to-review").click()
    page.get_by_test_id("no-audio").wait_for()
    assert page.get_by_test_id("play").count() == 0
    assert page.get_by_test_id("hear-line").count() == 0
    assert page.request.get(f"{server.url}/api/calls/{id}/audio/learner").status == 404
    page.get_by_test_id("marker-evidence").first.click()
    expect(page.locator('[data-testid="bubble"]:focus')).to_have_attribute("data-role", "user")


def test_a_call_is_exported_graded_again_and_deleted(server: Server, open_page: OpenPage) -> None:
    opened = open_page(server.url, virtual_microphone=True)
    page = start_call(opened, microphone=False)
    opened.wait_for("response.done")
    page.get_by_test_id("text-entry").fill("Good evening, I am very sorry about the noise.")
    page.keyboard.press("Enter")
    opened.wait_for("response.done", after=1)
    end_call(page)
    id = call_id(opened)
    page.get_by_test_id("to-review").click()
    page.get_by_test_id("review").wait_for()

    for format in ("json", "csv", "xapi"):
        page.get_by_test_id("exports").click()
        with page.expect_download() as download:
            page.get_by_test_id(f"export-{format}").click()
        assert len(download.value.path().read_bytes()) > 100
        page.keyboard.press("Escape")

    page.get_by_test_id("grade-again").click()
    expect(page.get_by_test_id("grade-history").get_by_role("listitem").first).to_contain_text("Graded again")

    page.get_by_test_id("delete-call").click()
    page.get_by_test_id("confirm-delete").click()
    page.get_by_role("heading", name="Your calls").wait_for()
    assert page.get_by_test_id("attempt").count() == 0
    assert page.request.get(f"{server.url}/api/calls/{id}").status == 404
    page.goto(f"{server.url}/calls/{id}")
    expect(page.get_by_role("alert")).to_contain_text("not here")


def printed(page: Page) -> str:
    page.emulate_media(media="print")
    return str(page.evaluate("() => document.body.innerText"))


def test_the_printed_page_has_the_result_and_the_words(
    server: Server, open_page: OpenPage, finished: FinishedCall
) -> None:
    opened = open_page(f"{server.url}/calls/{finished.id}")
    opened.page.get_by_test_id("review").wait_for()
    text = printed(opened.page)
    for line in finished.review["lines"]:
        assert line["text"][:30] in text
    for criterion in finished.review["grade"]["criteria"]:
        assert criterion["name"] in text
    assert "Retry from here" not in text
