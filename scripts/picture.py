"""Takes the README's picture: a real call with the embedded engine, a few turns in. `make picture` runs it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from browser.chromium import chromium
from browser.instruments import Instruments
from browser.learner import say, start_call, wait_for_state
from kit.server import Server, with_speech

PICTURE = Path(__file__).resolve().parent.parent / "docs/images/call.png"
SAID = ("sorry", "room", "move")


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder), **with_speech()) as server,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        context = browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 800}, color_scheme="light")
        Instruments.install(context, virtual_microphone=True)
        opened = Instruments(context.new_page())
        opened.page.goto(server.url)
        start_call(opened)
        for turn, name in enumerate(SAID):
            opened.wait_for("response.done", after=turn)
            say(opened, name)
        opened.wait_for("response.output_audio_transcript.done", after=len(SAID))
        wait_for_state(opened.page, "speaking")
        opened.page.screenshot(path=PICTURE)


if __name__ == "__main__":
    main()
