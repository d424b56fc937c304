"""A page with instruments in it; Chromium and Playwright's loop live only as long as a test needs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

from browser.chromium import chromium
from browser.instruments import Instruments, OpenPage
from browser.learner import OPERATOR_KEY
from kit.server import Server, with_speech
from kit.watch import WATCH

PAGE_TIMEOUT_MS = 20_000


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # Not for the whole session: while it is open, an event loop counts as running and no other test can start one.
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def open_page(playwright: Playwright) -> Iterator[OpenPage]:
    """Opens `url` in a new Chromium. The rest (viewport, color_scheme, …) goes to Playwright's new_context."""
    with ExitStack() as stack:

        def open_page(
            url: str,
            *,
            microphone: Path | None = None,
            virtual_microphone: bool = False,
            allow_microphone: bool = True,
            **context: Any,
        ) -> Instruments:
            browser = stack.enter_context(
                chromium(playwright, microphone=microphone, allow_microphone=allow_microphone)
            )
            # The recorder is a blob: worklet, which the page's own policy forbids.
            opened = browser.new_context(bypass_csp=True, **context)
            Instruments.install(opened, virtual_microphone=virtual_microphone)
            page = opened.new_page()
            page.set_default_timeout(PAGE_TIMEOUT_MS)
            page.goto(url)
            stack.callback(_look_at, page)
            return Instruments(page)

        yield open_page


def _look_at(page: Page) -> None:
    """What it holds at the end of a test must not be a secret of the lesson's."""
    if not page.is_closed():
        WATCH.shown(page.content())
        if page.url.startswith("http"):  # not the browser's own page that says that nobody is there
            WATCH.shown(json.dumps(page.evaluate("() => Object.entries(localStorage)")))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`vivavoce serve` as a user starts it, with its embedded engine."""
    with Server(tmp_path_factory.mktemp("server"), **with_speech()) as server:
        yield server


@pytest.fixture(scope="module")
def typed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same without speech models, for what is typed: it starts at once and answers without waiting for a voice."""
    with Server(tmp_path_factory.mktemp("server"), VIVAVOCE_OPERATOR_KEY=OPERATOR_KEY) as server:
        yield server
