"""A Chromium for what is measured in a page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "browser")]
from chromium import MEND, find_chromium  # noqa: E402

ARGUMENTS = ["--no-sandbox", "--disable-gpu"]


def executable() -> str:
    """Where it lies; ends the script with advice where none starts."""
    return find_chromium() or sys.exit(MEND)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless one without a GPU, driven by Playwright."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
