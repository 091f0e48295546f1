"""A Chromium for what is measured in a page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
from chromium import MEND, find_chromium


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless one without a GPU; ends the script with advice where none starts."""
    executable = find_chromium() or sys.exit(MEND)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            browser.close()
