"""What the page does for a frame of audio: it sends it, or plays it, and draws no more than a level."""

from __future__ import annotations

import numpy as np
import pytest

from browser.audio import chirp
from browser.instruments import OpenPage
from browser.learner import start_call, wait_for_state
from kit.server import Server

pytestmark = pytest.mark.browser

RATE = 48_000
FRAMES = 100


def test_no_frame_of_audio_lays_anything_out(typed_server: Server, open_page: OpenPage) -> None:
    opened = open_page(typed_server.url, virtual_microphone=True)
    page = start_call(opened)
    wait_for_state(page, "listening")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def layouts() -> float:
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return float(metrics["LayoutCount"])

    sound = chirp(6, RATE)
    swelling = sound * np.abs(np.sin(np.arange(len(sound)) * 8 / RATE)).astype(np.float32)
    opened.say(swelling, RATE)
    sent, before = len(opened.notes("input_audio_buffer.append")), layouts()
    opened.wait_for("input_audio_buffer.append", after=sent + FRAMES)
    level = page.locator('.meter-bar[data-level="input"]')
    assert level.evaluate("bar => Number(getComputedStyle(bar).getPropertyValue('--level'))") > 0.01  # it was drawn
    # The clock counts down once a second, and a turn begins; a meter that is laid out comes to one for two frames.
    assert layouts() - before < FRAMES / 4
