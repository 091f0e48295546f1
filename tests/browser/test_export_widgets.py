"""All four widgets in one exported page, opened from a file with the network off, and used."""

from __future__ import annotations

import base64

import nbformat
import numpy as np
import pytest
from _common import wait_until
from _drawing import SEVEN, CanvasView
from _grid import Grid, ready
from _page import Reader, write_notebook
from _picker import Picker
from _sliders import Sliders
from _widget import levels

import invertviz
from invertviz.widgets import ClassPicker, DrawingCanvas, Explorer, MisclassifiedGrid, UnitSliders

EVIL = "</script><img src=x onerror=alert(1)>"
CODE, TEXT = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
CELLS = [
    TEXT("# Four ways to look inside"),
    CODE(
        "import invertviz, ipywidgets\n"
        "from invertviz.widgets import ClassPicker, DrawingCanvas, MisclassifiedGrid, UnitSliders\n"
        "network = invertviz.load_pretrained()\n"
        'digits = invertviz.datasets.load("mnist-sample").test\n'
        "grid = MisclassifiedGrid(network, digits.images, digits.labels)\n"
        "grid"
    ),
    CODE(
        "canvas = DrawingCanvas(network)\n"
        "ipywidgets.jsdlink((grid, 'image'), (canvas, 'image'))\n"
        "canvas"
    ),
    CODE(
        "sliders = UnitSliders(network, unit=17)\n"
        "ipywidgets.jsdlink((canvas, 'code'), (sliders, 'base'))\n"
        "sliders"
    ),
    CODE("ClassPicker(network)"),
]


class Shown:
    """A page with the four widgets."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.page = reader, reader.page
        self.grid = ready(Grid(reader))
        self.canvas, self.sliders = CanvasView(reader.page), Sliders(reader)
        self.picker = Picker(reader)
        for widget in (self.grid, self.canvas, self.sliders, self.picker):
            widget.settle("browser")

    def look(self, name: str) -> None:
        """Bring every widget into view, so that all charts are drawn, and keep a picture."""
        for widget in (self.grid, self.canvas, self.sliders, self.picker):
            widget.root.scroll_into_view_if_needed()
        for chart in self.page.locator(".iv-root .bqplot").all():
            chart.scroll_into_view_if_needed()
            chart.locator("path.line, .heatmapcell").first.wait_for(state="attached")
        self.page.mouse.move(0, 0)
        self.reader.screenshot(name)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A notebook with the four widgets, linked, run and exported."""
    path = write_notebook(tmp_path_factory.mktemp("four") / "four.ipynb", CELLS)
    page = invertviz.export_notebook(path, path.with_suffix(".html"), execute=True)
    print(f"\n{page!r}")
    return page


@pytest.fixture
def shown(read, exported):
    return Shown(read(exported.path))


@pytest.fixture(scope="module")
def found(sample):
    """What numpy has to count in: the network's own answers for the grid's samples."""
    return invertviz.evaluate(invertviz.load_pretrained(), sample.test.images, sample.test.labels)


def assert_paints(widget, part, expected):
    """A canvas shows that picture, to one grey level."""
    off = np.abs(widget.pixels(part).astype(int) - levels(expected))
    assert off.max() <= 1


def test_drawing(shown, pretrained):
    canvas = shown.canvas
    canvas.root.scroll_into_view_if_needed()
    canvas.draw(SEVEN, engine="browser")
    assert canvas.prediction == "7"
    own = pretrained.reconstruct(canvas.pixels("input") / 255)
    assert_paints(canvas, "reconstruction", own.images[0])
    np.testing.assert_allclose(canvas.probabilities(), own.probabilities[0], atol=1e-4)


def test_sliding_units(shown, pretrained):
    sliders = shown.sliders
    code = pretrained.encode(np.zeros((1, 28, 28)))  # that of the blank canvas, by the link
    assert_paints(sliders, "base", pretrained.invert(code)[0])
    sliders.move(2.5, engine="browser")
    sliders.choose(3, engine="browser")
    sliders.move(-3.0, engine="browser")
    assert sliders.chips() == {3: -3.0, 17: 2.5}
    code[0, [17, 3]] = 2.5, -3.0
    assert_paints(sliders, "projection", pretrained.invert(code)[0])
    assert (sliders.pixels("projection") != sliders.pixels("base")).any()
    np.testing.assert_allclose(sliders.probabilities(), pretrained.classify(code)[0], atol=1e-4)
    assert_drawn_over(sliders, sliders.part("histogram"))


def test_optimizing_classes(shown, pretrained):
    picker = shown.picker
    picker.pick(7, 2)
    picker.run("browser")
    assert picker.part("step").inner_text() == "step 1,000 of 1,000"
    own = invertviz.optimize_codes(pretrained, [7, 2], progress=False)
    for index, image in enumerate(own.images):
        assert_paints(picker, picker.part("generated").nth(index), image)
    for index, probabilities in enumerate(own.probabilities):
        picker.part("sample").nth(index).click()
        picker.settle("browser")
        np.testing.assert_allclose(picker.probabilities(), probabilities, atol=1e-3)
    wait_until(lambda: len(picker.curve()) > 100, "the whole curve")
    assert_drawn_over(picker, picker.part("chart"))


def test_filtering_the_grid(shown, pretrained, sample, found):
    grid, wrong = shown.grid, found.misclassified
    test = sample.test
    grid.wait_count(len(wrong))
    grid.wait_shown(*wrong[np.argsort(-found.confidences[wrong], kind="stable")][:6])
    true, predicted = int(test.labels[wrong[0]]), int(found.predictions[wrong[0]])
    grid.cell(true, predicted).click()
    grid.wait_count(int(found.confusion_matrix[true, predicted]))
    grid.part("reset").click()
    assert grid.part("reset").is_disabled()
    assert grid.part("reset").evaluate("button => button === document.activeElement")
    grid.part("all").click()
    grid.wait_count(len(test.labels))
    grid.part("true-class").select_option("4")
    grid.part("predicted-class").select_option("9")
    grid.wait_count(int(((test.labels == 4) & (found.predictions == 9)).sum()))
    grid.part("predicted-class").select_option("4")
    grid.wait_count(int(((test.labels == 4) & (found.predictions == 4)).sum()))
    for index in grid.shown()[:4]:
        tile = grid.tile(index)
        painted = grid.pixels(tile.locator('[data-part="sample"]'))
        np.testing.assert_array_equal(painted, levels(test.images[index]))
        own = pretrained.reconstruct(test.images[index]).images[0]
        assert_paints(grid, tile.locator('[data-part="reconstruction"]'), own)
    assert_drawn_over(grid, grid.part("matrix"))


def test_links_carry_a_tile_to_the_canvas_and_its_code_to_the_sliders(shown, pretrained, sample):
    index = shown.grid.shown()[2]
    shown.grid.tile(index).click()
    digit = sample.test.images[index]
    wait_until(
        lambda: np.array_equal(shown.canvas.pixels("input"), levels(digit)),
        "the tile on the canvas",
    )
    shown.canvas.settle("browser")
    own = pretrained.reconstruct(digit)
    assert_paints(shown.canvas, "reconstruction", own.images[0])
    wait_until(
        lambda: np.abs(shown.sliders.pixels("base") - levels(own.images[0])).max() <= 1,
        "the sliders to start from there",
    )
    # Moved units stay moved while the base goes on to what is drawn.
    shown.sliders.move(2.5, engine="browser")
    shown.canvas.part("clear").click()
    shown.canvas.draw(SEVEN, engine="browser")
    code = pretrained.encode(shown.canvas.pixels("input") / 255)
    code[0, 17] = 2.5
    expected = levels(pretrained.invert(code)[0])
    wait_until(
        lambda: np.abs(shown.sliders.pixels("projection") - expected).max() <= 1,
        "the sliders to follow the drawing",
    )


def test_the_weights_travel_once_and_the_parts_add_up(exported, pretrained):
    page = exported.path.read_bytes()
    weights = sum(value.numel() * value.element_size() for value in pretrained.parameters())
    # A stretch of a matrix, as base64 has it, whatever comes before.
    stretch = pretrained.classifier.weights[0].numpy().tobytes()[3000:6000]
    needles = {base64.b64encode(stretch[shift:])[4:-4] for shift in range(3)}
    assert sum(page.count(needle) for needle in needles) == 1
    encoded = 4 / 3 * weights
    assert encoded <= exported.sizes["weights"] < encoded + 3000
    samples = 1000 * 28 * 28
    assert exported.sizes["data"] < 4 / 3 * 2.2 * samples  # the grid's, one buffer of bytes
    assert exported.size == len(page) < 8_000_000


def test_dark_and_on_a_phone(read, exported):
    dark = Shown(read(exported.path, scheme="dark"))
    use(dark)
    dark.look("exported-four-dark")
    phone = Shown(read(exported.path, width=400))
    use(phone)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 400
    phone.look("exported-four-phone")
    light = Shown(read(exported.path))
    use(light)
    light.look("exported-four")


def use(shown):
    """Have something in every widget to look at."""
    shown.grid.tile(shown.grid.shown()[1]).click()
    shown.canvas.settle("browser")
    shown.sliders.move(2.5, engine="browser")
    shown.picker.pick(3, 8)
    shown.picker.run("browser")


def four(network, data):
    """The four widgets, of hostile names if the network has such."""
    grid = MisclassifiedGrid(network, data.images, data.labels)
    picker = ClassPicker(network, classes=[7])
    return [grid, DrawingCanvas(network), UnitSliders(network, unit=17), picker]


def test_four_widgets_exported_from_python(read, tmp_path, pretrained, sample):
    grid, canvas, sliders, picker = four(pretrained, sample.test)
    canvas.image = sample.test.images[7]
    sliders.value = 2.5
    page = invertviz.export([grid, canvas, sliders, picker], tmp_path / "page.html")
    assert page.size < 8_000_000
    shown = Shown(read(page.path))
    assert_paints(shown.canvas, "reconstruction", canvas.reconstruction)
    assert_paints(shown.sliders, "projection", sliders.image)
    assert shown.sliders.chips() == {17: 2.5}
    shown.picker.run("browser")
    own = invertviz.optimize_codes(pretrained, [7], progress=False)
    assert_paints(shown.picker, "generated", own.images[0])
    shown.grid.part("all").click()
    shown.grid.wait_count(len(sample.test.labels))


def test_an_explorer_exported_from_python(read, tmp_path, pretrained, sample):
    explorer = Explorer(pretrained, sample)
    page = invertviz.export(explorer, tmp_path / "page.html")
    print(f"\n{page!r}")
    assert page.size < 8_000_000
    shown = Shown(read(page.path))
    index = shown.grid.shown()[1]
    shown.grid.tile(index).click()
    digit = sample.test.images[index]
    seen = levels(pretrained.reconstruct(digit).images[0])
    wait_until(
        lambda: np.abs(shown.sliders.pixels("base") - seen).max() <= 1,
        "the sliders to start from the tile",
    )
    assert_paints(shown.canvas, "reconstruction", pretrained.reconstruct(digit).images[0])
    shown.picker.pick(3)
    shown.picker.run("browser")
    own = invertviz.optimize_codes(pretrained, [3], progress=False).images[0]
    assert_paints(shown.picker, "generated", own)
    wait_until(
        lambda: np.abs(shown.sliders.pixels("base") - levels(own)).max() <= 1,
        "the sliders to start from what was generated",
    )
    shown.look("exported-explorer")


def test_names_are_shown_as_text_by_all(read, tmp_path, pretrained, sample):
    pretrained.class_names = tuple(f"{EVIL}{k}" for k in range(10))
    page = invertviz.export(four(pretrained, sample.test), tmp_path / "page.html", title=EVIL)
    shown = Shown(read(page.path))
    shown.grid.cell(3, 3).click()
    wait_until(
        lambda: shown.grid.part("tile").first.inner_text().startswith(EVIL), "the names on tiles"
    )
    shown.grid.cell(4, 4).hover()
    shown.grid.part("matrix-readout").filter(has_text=EVIL).wait_for()
    shown.canvas.draw(SEVEN, engine="browser")
    assert shown.canvas.prediction == f"{EVIL}7"
    shown.sliders.move(2.5, engine="browser")
    assert shown.picker.part("class").first.bounding_box()["width"] > 200
    shown.picker.run("browser")
    assert EVIL in shown.picker.part("probability-sentence").inner_text()
    for widget in (shown.canvas, shown.sliders, shown.picker):
        assert widget.root.get_by_text(f"{EVIL}3", exact=True).first.is_visible()
    wait_until(lambda: len(shown.picker.curve()) > 100, "the curve and its label")
    shown.look("exported-four-names")
    assert shown.page.locator("img").count() == 0


NAMES = ("cat", "T-shirt/top", "Trouser", "Pullover", "Dress", "an overcoat worn in winter") * 2
BOXES = "all => all.map(each => each.getBoundingClientRect())"


@pytest.mark.parametrize("width", [320, 1100])
def test_bars_can_be_compared_whatever_the_names(read, tmp_path, pretrained, sample, width):
    pretrained.class_names = NAMES[:10]
    canvas = DrawingCanvas(pretrained)
    picker = ClassPicker(pretrained, classes=[5], steps=50)
    sliders = UnitSliders(pretrained)
    canvas.image = sample.test.images[np.argmax(sample.test.labels == 5)]
    page = invertviz.export([canvas, picker, sliders], tmp_path / "page.html")
    reader = read(page.path, width=width)
    shown = [CanvasView(reader.page), Picker(reader), Sliders(reader)]
    shown[1].run("browser")
    for part in ("probability", "fed-back"):
        for rows in (widget.part(part) for widget in shown):
            bars = rows.locator(".iv-bar").evaluate_all(BOXES)
            assert len({(round(bar["left"], 1), round(bar["right"], 1)) for bar in bars}) <= 1
            assert all(bar["width"] >= 40 for bar in bars)
    answer = shown[0].root.locator(".iv-answer").bounding_box()
    said = shown[0].root.locator(".iv-prediction, .iv-confidence, .iv-figure").evaluate_all(BOXES)
    assert max(box["right"] for box in said) <= answer["x"] + answer["width"] + 0.5
    reader.screenshot(f"exported-long-names-{width}")


def assert_drawn_over(widget, host):
    """The chart fills the width of its place, nothing beside it, and something is drawn."""
    host.scroll_into_view_if_needed()  # bqplot draws only what is seen
    drawn = host.locator("path.line[d], .heatmapcell")
    wait_until(lambda: drawn.count() > 0, "the chart to be drawn")

    def fills():
        chart, place = host.locator(".bqplot").bounding_box(), host.bounding_box()
        return abs(chart["x"] - place["x"]) < 2 and abs(chart["width"] - place["width"]) < 4

    wait_until(fills, f"the chart of {widget.name} to fill its place")
