"""The documentation: it builds without a warning, its links lead somewhere, its widgets live."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag

import numpy as np
import pytest
from _common import ARTEFACTS, ROOT, SECONDS, wait_until
from _drawing import SEVEN, CanvasView
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

import invertviz
from invertviz import widgets

WIDGETS = ("unit-sliders", "class-picker", "misclassified-grid")
PAGES = {
    *("index", "widgets", "mathematics", "api", "troubleshooting"),
    *("howto/lecture", "howto/export", "howto/own_network", "howto/traits", "howto/cuda"),
    *("howto/low_latency", "howto/figures", "howto/data", "internals/protocol"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("docs") / "html"
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-b", "html"]
    built = subprocess.run(
        [*command, "docs", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def parsed(site: Path) -> dict[Path, BeautifulSoup]:
    """Each page of the site."""
    return {
        path: BeautifulSoup(path.read_text(), "html.parser")
        for path in sorted(site.rglob("*.html"))
    }


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page without a network; fails on whatever it asks for or complains of."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000}, offline=True)
    context.set_default_timeout(SECONDS * 1000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(("file:", "data:", "blob:")) else wrong.append(asked.url)
        ),
    )
    yield page
    context.close()
    assert not wrong


def test_every_page_is_there(site, parsed):
    found = {str(path.relative_to(site).with_suffix("")) for path in parsed}
    assert found >= PAGES


def test_links_inside_lead_to_a_page_and_a_place_on_it(parsed):
    broken = []
    for path, soup in parsed.items():
        for tag in soup.find_all(["a", "img", "script", "link"]):
            target = tag.get("href") or tag.get("src") or ""
            if not target or target.startswith(("http:", "https:", "mailto:", "data:")):
                continue
            file, fragment = urldefrag(target.partition("?")[0] if "?" in target else target)
            where = path if not file else (path.parent / unquote(file)).resolve()
            if not where.exists():
                broken.append(f"{path.name}: {target}")
            elif fragment and where in parsed and not parsed[where].find(id=unquote(fragment)):
                broken.append(f"{path.name}: {target} (no such place)")
    assert not broken


def test_nothing_is_loaded_from_elsewhere(parsed):
    for path, soup in parsed.items():
        for tag in soup.find_all(["script", "img", "iframe"]):
            assert not str(tag.get("src", "")).startswith(("http", "//")), path
        for tag in soup.find_all("link", rel="stylesheet"):
            assert not tag["href"].startswith(("http", "//")), path


def test_every_public_name_is_in_the_reference(site, parsed):
    reference = parsed[site / "api.html"]
    places = {tag["id"].rpartition(".")[2] for tag in reference.find_all(id=True)}
    names = {*invertviz.__all__, *invertviz.figures.__all__, *widgets.__all__, "check"}
    constants = {"ONE_COLUMN", "TWO_COLUMNS"}
    assert names - constants - {"datasets", "figures", "widgets"} <= places


def test_formulas_need_no_script_and_figures_have_words(site, parsed):
    mathematics = parsed[site / "mathematics.html"]
    assert len(mathematics.find_all("math")) > 20
    images = parsed[site / "howto/figures.html"].select(".cell_output img")
    assert images
    assert all("hidden units" in image["alt"] for image in images)


def test_a_visitor_draws_on_the_first_page(site, page):
    page.goto((site / "index.html").as_uri())
    canvas = CanvasView(page)
    canvas.settle("browser")
    before = canvas.pixels("reconstruction")
    canvas.part("clear").click()
    canvas.draw(SEVEN, "browser")
    canvas.root.locator("output").filter(has_text="7").wait_for()
    wait_until(lambda: (canvas.pixels("reconstruction") != before).any(), "another reconstruction")
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "docs.png")


def test_a_linked_canvas_follows_in_the_page(site, page):
    page.goto((site / "howto/traits.html").as_uri())
    one, other = CanvasView(page), CanvasView(page, 1)
    one.settle("browser")
    one.part("clear").click()
    one.draw(SEVEN, "browser")
    for view in (one, other):
        view.root.locator("output").filter(has_text="7").wait_for()
    wait_until(
        lambda: np.allclose(one.probabilities(), other.probabilities(), atol=1e-4),
        "both canvases to say the same",
    )


def test_all_widgets_are_alive_on_their_page(site, page):
    page.goto((site / "widgets.html").as_uri())
    for name in WIDGETS:
        root = page.locator(f'[data-invertviz="{name}"]').first
        root.wait_for()
        page.wait_for_function(
            "root => root.dataset.engine === 'browser' && root.dataset.state === 'idle'",
            arg=root.element_handle(),
        )
    matrix = page.locator(".iv-matrix").first
    chart = matrix.locator(".bqplot")
    chart.wait_for()
    page.wait_for_function(
        "([chart, matrix]) => chart.clientHeight > 0 && chart.clientHeight <= matrix.clientHeight",
        arg=[chart.element_handle(), matrix.element_handle()],
    )
