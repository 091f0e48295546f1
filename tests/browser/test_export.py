"""Exported pages, opened from files with the network off, and used."""

from __future__ import annotations

import re
import subprocess
import sys

import ipywidgets
import nbformat
import numpy as np
import pytest
from _common import wait_until
from _drawing import ONE, SEVEN, CanvasView
from _page import write_notebook
from _widget import levels

import invertviz
from invertviz.widgets import DrawingCanvas

EVIL = "</script><script>alert(1)</script><!--<script><img src=x onerror=alert(1)>"
CODE, TEXT = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
CELLS = [
    TEXT(
        "# A lesson\n\nThe way back: $\\tilde a_1 = (z_2 - b_2)\\,W_2^{-1}$, and\n\n"
        "$$p = \\frac{e^{o_k}}{\\sum_j e^{o_j}}$$\n\n"
        "and `code`, a [link](https://example.org), and what no translator knows: $\\foo{x}$."
    ),
    CODE(
        "import bqplot, ipywidgets as w, numpy as np, pandas as pd, invertviz\n"
        "from invertviz.widgets import DrawingCanvas\n"
        "network = invertviz.load_pretrained()\n"
        'digits = invertviz.datasets.load("mnist-sample").test\n'
        "canvas = DrawingCanvas(network, image=digits.images[7])\n"
        "canvas"
    ),
    CODE(
        "follower = DrawingCanvas(network)\n"
        'link = w.jsdlink((canvas, "image"), (follower, "image"))\n'
        "follower"
    ),
    CODE(
        "x, y = bqplot.LinearScale(), bqplot.LinearScale()\n"
        'line = bqplot.Lines(x=np.arange(5), y=np.arange(5) ** 2, scales={"x": x, "y": y})\n'
        "axes = [bqplot.Axis(scale=x), bqplot.Axis(scale=y, orientation='vertical')]\n"
        "width = w.IntSlider(value=2, min=1, max=9, description='Width')\n"
        'kept = w.jslink((width, "value"), (line, "stroke_width"))\n'
        'w.VBox([bqplot.Figure(marks=[line], axes=axes, title="Squares"), width,\n'
        "        w.Button(icon='check', description='Fine')])"
    ),
    CODE('pd.DataFrame({"digit": [3, 7], "share": [0.5, 0.25]})'),
    CODE("invertviz.figures.sample_grid(digits.images[:4])"),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The lesson, run and saved with its widgets' state."""
    path = write_notebook(tmp_path_factory.mktemp("lesson") / "lesson.ipynb", CELLS)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    subprocess.run([*command, str(path)], check=True, capture_output=True)
    return path


@pytest.fixture
def lesson(read, saved):
    page = invertviz.export_notebook(saved, saved.with_suffix(".html"))
    assert page.left_out == []
    return read(page.path)


def assert_shows_what_pytorch_computes(canvas, network):
    """The reconstruction painted is PyTorch's own of the input painted (which has 8 bits)."""
    result = network.reconstruct(canvas.pixels("input") / 255)
    off = canvas.pixels("reconstruction") - levels(result.images[0])
    assert np.abs(off).max() <= 1
    np.testing.assert_allclose(canvas.probabilities(), result.probabilities[0], atol=1e-4)


def test_the_canvas_is_alive_and_answers_as_pytorch_does(lesson, pretrained):
    canvas = CanvasView(lesson.page)
    canvas.settle("browser")
    assert_shows_what_pytorch_computes(canvas, pretrained)
    before = canvas.pixels("reconstruction")
    canvas.part("clear").click()
    canvas.draw(SEVEN, engine="browser")
    assert canvas.prediction == "7"
    assert (canvas.pixels("reconstruction") != before).any()
    assert_shows_what_pytorch_computes(canvas, pretrained)
    canvas.part("undo").click()
    canvas.settle("browser")
    canvas.draw(ONE, engine="browser")
    assert canvas.prediction == "1"
    lesson.screenshot("exported")


def test_what_is_linked_stays_linked(lesson, pretrained):
    canvas, follower = CanvasView(lesson.page, 0), CanvasView(lesson.page, 1)
    follower.settle("browser")
    assert canvas.prediction == follower.prediction == "3"  # set by the link as the page began
    assert_shows_what_pytorch_computes(follower, pretrained)
    CanvasView(lesson.page, 0).part("clear").click()
    CanvasView(lesson.page, 0).draw(SEVEN, engine="browser")
    wait_until(
        lambda: np.array_equal(canvas.pixels("input"), follower.pixels("input")),
        "the second canvas to follow",
    )
    follower.settle("browser")
    assert_shows_what_pytorch_computes(follower, pretrained)
    assert follower.prediction == "7"


def test_charts_and_controls_of_other_libraries_work(lesson):
    page = lesson.page
    chart = page.locator(".bqplot").first
    chart.scroll_into_view_if_needed()
    line = chart.locator("path.line").first
    line.wait_for(state="attached")
    assert line.evaluate("path => path.getAttribute('d').length") > 20
    assert chart.get_by_text("Squares").is_visible()
    assert line.evaluate("path => getComputedStyle(path).strokeWidth") == "2px"
    handle = page.locator(".noUi-handle").first
    handle.focus()
    handle.press("ArrowRight")
    page.wait_for_function(
        "path => getComputedStyle(path).strokeWidth === '3px'", arg=line.element_handle()
    )
    button = page.get_by_role("button", name="Fine")
    assert button.is_visible()
    page.wait_for_function("document.fonts.check('16px FontAwesome')")


def test_text_code_formulas_tables_and_figures_are_shown(lesson):
    page = lesson.page
    assert page.title() == "lesson"
    assert page.get_by_role("heading", name="A lesson").is_visible()
    assert page.locator("math").count() == 2
    assert page.locator("math[display=block] mfrac").is_visible()
    assert page.get_by_text(r"\foo{x}").is_visible()
    assert "$" not in page.locator(".jp-MarkdownOutput").first.inner_text()
    assert page.get_by_text('digits = invertviz.datasets.load("mnist-sample").test').is_visible()
    assert page.locator("table").get_by_text("0.25").is_visible()
    figure = page.locator(".jp-OutputArea-output img").last
    assert figure.evaluate("image => image.naturalWidth") > 100


def test_formulas_are_drawn_as_in_print(read, tmp_path):
    cells = [
        TEXT("$$\\hat z = \\arg\\min_z f(z)$$"),
        TEXT("$$f = \\begin{cases} x & \\text{if } p < q \\\\ 0 & \\text{else} \\end{cases}$$"),
        TEXT("$$e \\label{eq:e} \\tag{A}$$ and $\\eqref{eq:e}$"),
    ]
    path = write_notebook(tmp_path / "formulas.ipynb", cells)
    reader = read(invertviz.export_notebook(path, tmp_path / "formulas.html").path)
    page = reader.page
    page.evaluate("document.fonts.ready")
    assert page.evaluate(
        "[...document.fonts].some(f => f.family == 'STIX2' && f.status == 'loaded')"
    )

    def box(selector, text):
        return page.locator(
            f"math {selector}", has_text=re.compile(f"^{text}$")
        ).first.bounding_box()

    sign, below = box("mi", "min"), box("munder > mi:last-child", "z")
    assert below["y"] > sign["y"] + sign["height"] / 2
    assert sign["x"] <= below["x"] + below["width"] / 2 <= sign["x"] + sign["width"]
    assert box("mo", r"\{")["height"] > 1.5 * box("mi", "x")["height"]  # brackets and braces grow
    page.get_by_role("link", name="(A)").click()
    assert page.url.endswith("#eqe")
    reader.screenshot("exported-formulas")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_light_and_dark_are_readable(read, saved, tmp_path, scheme, theme):
    page = invertviz.export_notebook(saved, tmp_path / "page.html", theme=theme)
    reader = read(page.path, scheme=scheme)
    canvas = CanvasView(reader.page)
    canvas.settle("browser")
    dark = (scheme if theme == "auto" else theme) == "dark"
    ground = brightness(reader.page.locator("body"), "backgroundColor")
    assert ground < 60 if dark else ground > 240
    shown = [
        reader.page.get_by_role("heading", name="A lesson"),
        reader.page.locator(".jp-MarkdownOutput p").first,
        reader.page.locator(".jp-InputArea-editor pre").first,
        reader.page.locator("math").first,
        reader.page.locator("table td").first,
        reader.page.locator(".widget-label").first,
        canvas.root,
        canvas.root.locator("output"),
    ]
    for text in shown:
        assert abs(brightness(text, "color") - ground) > 125, text
    reader.page.locator(".bqplot").first.locator("path.line").first.wait_for(state="attached")
    reader.screenshot(f"exported-{theme}-{scheme}")


def brightness(locator, name):
    """0 to 255: how bright a computed colour is."""
    colour = locator.evaluate(f"element => getComputedStyle(element).{name}")
    red, green, blue = (float(level) for level in re.findall(r"[\d.]+", colour)[:3])
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_it_fits_a_phone(read, saved, tmp_path):
    page = invertviz.export_notebook(saved, tmp_path / "page.html")
    reader = read(page.path, width=400)
    canvas = CanvasView(reader.page)
    canvas.settle("browser")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 400
    canvas.part("clear").click()
    canvas.draw(SEVEN, engine="browser")
    assert canvas.prediction == "7"
    reader.screenshot("exported-phone")


def test_a_notebook_without_widgets(read, tmp_path):
    path = write_notebook(tmp_path / "plain.ipynb", [TEXT("# Only text"), CODE("1 + 1")])
    reader = read(invertviz.export_notebook(path, tmp_path / "plain.html").path)
    assert reader.page.get_by_role("heading", name="Only text").is_visible()
    assert reader.page.get_by_text("1 + 1").is_visible()


def test_the_tour_is_one_file_of_less_than_8_mb_and_alive(read, tmp_path, pretrained):
    tour = nbformat.read("notebooks/tour.ipynb", as_version=4)
    nbformat.write(tour, tmp_path / "tour.ipynb")
    page = invertviz.export_notebook(tmp_path / "tour.ipynb", tmp_path / "tour.html", execute=True)
    assert page.path.stat().st_size < 8_000_000
    canvas = CanvasView(read(page.path).page)
    canvas.settle("browser")
    assert_shows_what_pytorch_computes(canvas, pretrained)


def test_widgets_exported_from_python(read, tmp_path, pretrained, sample):
    canvas = DrawingCanvas(pretrained, image=sample.test.images[7])
    slider = ipywidgets.IntSlider(value=3)
    other = ipywidgets.IntProgress(value=3)
    kept = ipywidgets.jslink((slider, "value"), (other, "value"))
    page = invertviz.export([canvas, slider, other], tmp_path / "page.html", title="Look inside")
    assert kept.model_id in page.path.read_text()
    reader = read(page.path)
    assert reader.page.title() == "Look inside"
    shown = CanvasView(reader.page)
    shown.settle("browser")
    assert np.abs(shown.pixels("reconstruction") - levels(canvas.reconstruction)).max() <= 1
    shown.part("clear").click()
    shown.draw(SEVEN, engine="browser")
    assert shown.prediction == "7"
    assert_shows_what_pytorch_computes(shown, pretrained)
    assert reader.page.locator(".jp-InputArea").count() == 0


def test_names_are_shown_as_text(read, tmp_path, pretrained, sample):
    pretrained.class_names = tuple(f"{EVIL}{k}" for k in range(10))
    canvas = DrawingCanvas(pretrained, image=sample.test.images[7])
    page = invertviz.export(canvas, tmp_path / "<img src=x onerror=alert(1)>.html", title=EVIL)
    reader = read(page.path)
    assert reader.page.title() == EVIL
    shown = CanvasView(reader.page)
    shown.settle("browser")
    assert shown.prediction == f"{EVIL}{canvas.prediction}"
    assert shown.root.get_by_text(f"{EVIL}3", exact=True).first.is_visible()
    assert reader.page.locator("img").count() == 0
    shown.part("clear").click()
    shown.draw(SEVEN, engine="browser")
    reader.screenshot("exported-names")


def test_with_the_cdn_the_page_loads_from_there_and_nowhere_else(read, saved, tmp_path, pretrained):
    page = invertviz.export_notebook(saved, tmp_path / "page.html", cdn=True)
    assert page.path.stat().st_size < 2_500_000
    reader = read(page.path, online=True)
    canvas = CanvasView(reader.page)
    canvas.settle("browser")
    canvas.part("clear").click()
    canvas.draw(SEVEN, engine="browser")
    assert_shows_what_pytorch_computes(canvas, pretrained)
    reader.page.locator(".bqplot path.line").first.wait_for(state="attached")
    assert all(url.startswith("https://cdn.jsdelivr.net/npm/") for url in reader.requests)
    loaded = {url.split("/npm/")[1].rsplit("@", 1)[0] for url in reader.requests}
    assert {"requirejs", "@jupyter-widgets/html-manager", "anywidget", "bqplot"} <= loaded


def test_plain_nbconvert_keeps_widgets_alive_for_readers_who_are_online(read, saved, pretrained):
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output", "plain.html"]
    subprocess.run([*command, str(saved)], check=True, capture_output=True)
    reader = read(saved.parent / "plain.html", online=True)
    canvas = CanvasView(reader.page)
    canvas.settle("browser")
    canvas.part("clear").click()
    canvas.draw(SEVEN, engine="browser")
    assert canvas.prediction == "7"
    assert_shows_what_pytorch_computes(canvas, pretrained)
    reader.page.locator(".bqplot path.line").first.wait_for(state="attached")
    # nbconvert's own page lets html-manager look for its icon fonts beside the page.
    missing = [text for text in reader.console_errors if "ERR_FILE_NOT_FOUND" in text]
    assert reader.console_errors == missing
    reader.console_errors.clear()


def test_a_notebook_saved_by_jupyterlab(open_lab, read, tmp_path, pretrained):
    lab = open_lab()
    name = lab.run_notebook([cell.source for cell in CELLS if cell.cell_type == "code"])
    canvas = CanvasView(lab.page)
    canvas.part("clear").click()
    canvas.draw(SEVEN)
    drawn = canvas.pixels("input")
    lab.save()
    lab.close()
    page = invertviz.export_notebook(lab.server.notebooks / name, tmp_path / "page.html")
    shown = CanvasView(read(page.path).page)
    shown.settle("browser")
    np.testing.assert_array_equal(shown.pixels("input"), drawn)
    assert_shows_what_pytorch_computes(shown, pretrained)
    shown.part("clear").click()
    shown.draw(ONE, engine="browser")
    assert shown.prediction == "1"
