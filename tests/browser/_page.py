"""An exported page, opened as a reader would: from a file, with the network off."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from _common import ARTEFACTS, SECONDS
from playwright.sync_api import Browser, Page, Route

from invertviz.exporting._libraries import HTML_MANAGER, REQUIRE, VENDOR, find_module


class Reader:
    """A reader's browser with one file open.

    `page` is Playwright's; `console_errors` collects what the page logs as errors or throws, and
    dialogs; `requests` the addresses that it asked for, beside itself and what it made itself.
    """

    def __init__(
        self,
        browser: Browser,
        path: Path,
        *,
        scheme: str = "light",
        width: int = 1100,
        online: bool = False,
    ) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=not online
        )
        self.context.set_default_timeout(SECONDS * 1000)
        self.page: Page = self.context.new_page()
        self.console_errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("dialog", self._dismiss)
        self.page.on("request", lambda request: self._ask(request.url))
        if online:
            self.context.route(re.compile("^https://"), play_cdn)
        self.address = path.as_uri()
        self.page.goto(self.address)

    def screenshot(self, name: str) -> None:
        """Keep a picture of the whole page as tests/artefacts/<name>.png."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)

    def _note(self, message: Any) -> None:
        if message.type == "error":
            self.console_errors.append(message.text)

    def _dismiss(self, dialog: Any) -> None:
        self.console_errors.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _ask(self, url: str) -> None:
        if url != self.address and not url.startswith(("data:", "blob:")):
            self.requests.append(url)


def write_notebook(path: Path, cells: list[Any]) -> Path:
    """Write a notebook of these cells, and return its path."""
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def play_cdn(route: Route) -> None:
    """Answer for the public CDNs with the files that are installed here."""
    url = route.request.url
    free = {"Access-Control-Allow-Origin": "*"}
    name = url.rsplit("/", 1)[-1]
    if "MathJax" in url or "mathjax" in url:
        route.fulfill(body="", content_type="text/javascript", headers=free)
    elif name.startswith("require"):
        route.fulfill(body=REQUIRE.source, content_type="text/javascript", headers=free)
    elif name == Path(HTML_MANAGER.file).name:
        route.fulfill(body=HTML_MANAGER.source, content_type="text/javascript", headers=free)
    elif name.endswith(".woff2"):
        route.fulfill(body=(VENDOR / name).read_bytes(), content_type="font/woff2", headers=free)
    else:
        path = find_module(url.split("/npm/")[1].split("@")[0])
        route.fulfill(path=path, content_type="text/javascript", headers=free)
