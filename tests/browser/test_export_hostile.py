"""Exported pages of hostile notebooks, opened online: nothing runs, asks or leaves."""

from __future__ import annotations

import ipywidgets
import nbformat
import pytest
from _drawing import SEVEN, CanvasView
from _page import write_notebook

import invertviz
from invertviz.widgets import DrawingCanvas

CODE, TEXT = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
ELSEWHERE = "https://elsewhere.example"
# Each sets window.ran, asks elsewhere for something, or goes there.
HOSTILE = [
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 2'>",
    "<svg onload='window.ran = 3'></svg>",
    "<svg><animate onbegin='window.ran = 4' attributeName=x dur=1s></svg>",
    "<details open ontoggle='window.ran = 5'>x</details>",
    '<iframe srcdoc="<script>parent.ran = 6</script>"></iframe>',
    "<math><mtext><style><img src=x title='</style><img src=y onerror=window.ran=7>'>",
    "<script src='data:text/javascript,window.ran=8'></script>",
    "<input autofocus onfocus='window.ran = 9'>",
    "<img name=currentScript><form name=body><a id=require></a><a id=define></a>",
    f"<meta http-equiv=refresh content='0;url={ELSEWHERE}/refresh'>",
    f"<iframe src={ELSEWHERE}/frame></iframe><object data={ELSEWHERE}/object></object>",
    f"<base href={ELSEWHERE}/base/><embed src={ELSEWHERE}/embed><img src={ELSEWHERE}/img>",
    f"<link rel=prefetch href={ELSEWHERE}/a><link rel=stylesheet href={ELSEWHERE}/b>",
    f"<style>@import '{ELSEWHERE}/c'; body {{ background: url({ELSEWHERE}/d) }}</style>",
    f"<p style='background: url({ELSEWHERE}/e)'>x</p><video poster={ELSEWHERE}/f></video>",
    f"<svg><image href={ELSEWHERE}/g></image><use href={ELSEWHERE}/h#i></use></svg>",
    f"<link rel=preconnect href={ELSEWHERE}><link rel=dns-prefetch href={ELSEWHERE}>",
]


def output(html):
    data = nbformat.v4.new_output("display_data", {"text/html": html})
    return CODE("show()", outputs=[data], execution_count=1)


def assert_quiet(reader):
    """Nothing ran, nothing was asked for, and the page is still the page."""
    reader.page.wait_for_load_state("networkidle")
    reader.page.wait_for_function("new Promise(done => setTimeout(() => done(true), 300))")
    assert reader.page.evaluate("window.ran") is None
    assert reader.page.url == reader.address
    assert len(reader.page.frames) == 1
    assert reader.requests == []


@pytest.mark.parametrize("cell", [TEXT, output], ids=["text", "output"])
def test_nothing_of_a_hostile_notebook_runs_asks_or_leaves(read, tmp_path, cell):
    path = write_notebook(tmp_path / "a.ipynb", [cell(html) for html in [*HOSTILE, "<b>Last</b>"]])
    page = invertviz.export_notebook(path, tmp_path / "a.html")
    assert len(page.left_out) > 20
    reader = read(page.path, online=True)
    assert_quiet(reader)
    assert reader.page.get_by_text("Last", exact=True).is_visible()


def test_nothing_in_the_state_of_widgets_runs_asks_or_leaves(read, tmp_path, pretrained):
    outputs = [nbformat.v4.new_output("display_data", {"text/html": html}) for html in HOSTILE] + [
        nbformat.v4.new_output("display_data", {"application/javascript": "window.ran = 1"})
    ]
    widgets = [
        ipywidgets.HTML("".join(HOSTILE)),
        ipywidgets.HTMLMath("".join(HOSTILE)),
        ipywidgets.Output(outputs=tuple(outputs)),
        ipywidgets.Label(HOSTILE[1]),
        ipywidgets.IntSlider(description=HOSTILE[4], description_allow_html=True),
        ipywidgets.HTML("<b>Last</b>"),
        DrawingCanvas(pretrained),
    ]
    reader = read(invertviz.export(widgets, tmp_path / "a.html").path, online=True)
    reader.page.get_by_text("Last", exact=True).wait_for()
    canvas = CanvasView(reader.page)
    canvas.draw(SEVEN, engine="browser")
    assert canvas.prediction == "7"
    assert_quiet(reader)


def test_what_slips_through_is_stopped_by_the_page_itself(read, tmp_path, monkeypatch):
    monkeypatch.setattr("invertviz.exporting._cleaning.Cleaner.html", lambda self, text, *_: text)
    cells = [output(html) for html in HOSTILE[:9] + HOSTILE[13:14] + HOSTILE[15:17]]
    page = invertviz.export_notebook(
        write_notebook(tmp_path / "a.ipynb", cells), tmp_path / "a.html"
    )
    reader = read(page.path, online=True)
    blocked = []
    reader.page.on("requestfailed", lambda request: blocked.append((request.url, request.failure)))
    reader.requests.clear()
    reader.page.reload(wait_until="networkidle")
    assert reader.page.evaluate("window.ran") is None
    assert sorted(url for url, _ in blocked) == sorted(reader.requests)
    assert {why for _, why in blocked} == {"csp", "origin"}
    assert len(blocked) > 3
    reader.requests.clear()
    reader.console_errors.clear()  # they tell of all that was blocked


def test_trusted_scripts_run_and_still_reach_nobody(read, tmp_path):
    cells = [
        output("<div id=plot></div><script>plot.textContent = `drawn ${1 < 2}`</script>"),
        output(f"<script>fetch('{ELSEWHERE}').catch(() => (window.refused = true))</script>"),
        output("<button onclick='this.textContent = \"pressed\"'>press</button>"),
        *(output(html) for html in HOSTILE[10:]),
    ]
    path = write_notebook(tmp_path / "a.ipynb", cells)
    reader = read(
        invertviz.export_notebook(path, tmp_path / "a.html", trust=True).path, online=True
    )
    assert reader.page.locator("#plot").inner_text() == "drawn true"
    reader.page.get_by_role("button", name="press").click()
    assert reader.page.get_by_role("button", name="pressed").is_visible()
    reader.page.wait_for_function("window.refused")
    assert_quiet(reader)
    assert all("Content Security Policy" in error for error in reader.console_errors)
    reader.console_errors.clear()
