"""The system's Chromium, with a microphone that is a file, a script or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright

QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
)
"""No traffic of the browser's own, no graphics card."""


def find_chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise AssertionError("The browser tests need Chromium: `make test` installs it, or apt-get install chromium.")


def flags(*, microphone: Path | None = None, allow_microphone: bool = True, again: bool = False) -> list[str]:
    """`microphone` is a WAV that is spoken from the page's first getUserMedia on, once or `again` and again."""
    flags = [*QUIET, "--use-fake-device-for-media-stream"]
    if allow_microphone:
        flags.append("--use-fake-ui-for-media-stream")
    if microphone:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}{'' if again else '%noloop'}")
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    return flags


@contextmanager
def chromium(
    playwright: Playwright, *, microphone: Path | None = None, allow_microphone: bool = True
) -> Iterator[Browser]:
    """A browser of its own."""
    args = flags(microphone=microphone, allow_microphone=allow_microphone)
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=args)
    try:
        yield browser
    finally:
        browser.close()
