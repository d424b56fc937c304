"""How much script a browser loads for a call, from opening the page to the result; what looks back comes later."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Playwright

from browser.chromium import chromium
from browser.learner import SCENARIO, end_call, type_message, wait_for_state
from kit.server import Server

pytestmark = pytest.mark.browser

MOST_BYTES = 150_000
SAID = "Good evening. I am so sorry about the noise."
NOTE_WORKLETS = """
    window.worklets = []
    const { addModule } = Worklet.prototype
    Worklet.prototype.addModule = function (url, ...rest) {
      worklets.push(new URL(url, location).href)
      return addModule.call(this, url, ...rest)
    }
"""
"""Their scripts are seen by no listener for responses."""


def test_a_call_loads_little_script(
    playwright: Playwright, typed_server: Server, record_property: Callable[[str, object], None]
) -> None:
    with chromium(playwright) as browser:
        page = browser.new_context().new_page()
        page.add_init_script(NOTE_WORKLETS)
        urls: set[str] = set()
        page.on("response", lambda response: urls.add(response.url))
        page.goto(typed_server.url)
        page.get_by_test_id(f"scenario-card-{SCENARIO}").click()
        page.get_by_test_id("start-call").click()  # with a microphone: capture and playback are script, too
        wait_for_state(page, "listening")
        type_message(page, SAID)
        page.locator('[data-testid="bubble"][data-role="user"][data-partial="false"]').wait_for()
        end_call(page)
        worklets = set(page.evaluate("() => worklets"))
        assert len(worklets) == 2
        scripts = {url for url in urls if url.endswith(".js")} | worklets
        sizes = {url.rpartition("/")[2]: len(gzip.compress(page.request.get(url).body())) for url in scripts}
    record_property("script, gzip", f"{sum(sizes.values()) / 1000:.1f} kB")
    assert not any(name.startswith("Review") for name in sizes)
    assert sum(sizes.values()) <= MOST_BYTES, sizes
