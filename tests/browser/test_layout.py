"""How widgets lie on pages of any width; exported ones, which open at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from _common import wait_until
from _drawing import CanvasView
from _picker import Picker
from _sliders import Sliders

import invertviz
from invertviz.widgets import ClassPicker, DrawingCanvas, UnitSliders

FITS = "all => all.every(each => each.scrollWidth <= each.clientWidth)"
FIGURES = """all => all.map(figure => {
    const text = document.createRange();
    text.selectNodeContents(figure);
    const { left, right, height } = text.getBoundingClientRect();
    const column = figure.getBoundingClientRect();
    return { inside: left >= column.left - 0.5 && right <= column.right + 0.5, height };
})"""


@pytest.fixture
def shown(read, tmp_path):
    """Return a function that gives the page of an exported widget."""

    def show(widget, width):
        return read(invertviz.export([widget], tmp_path / "page.html").path, width=width)

    return show


def boxes(locator):
    return [each.bounding_box() for each in locator.all()]


@pytest.mark.parametrize("width", [360, 1100])
def test_a_bold_figure_stays_on_its_line(shown, pretrained, width):
    picker = ClassPicker(pretrained, classes=[7], learning_rate=100, steps=20_000)
    reader = shown(picker, width)
    view = Picker(reader)
    view.run("browser")
    bold = view.root.locator(".iv-first .iv-figure")
    assert bold.first.inner_text() == "> 99.9 %"
    figures = view.root.locator(".iv-figure").evaluate_all(FIGURES)
    assert all(figure["inside"] for figure in figures)
    assert max(figure["height"] for figure in figures) < 20
    reader.screenshot(f"layout-figures-{width}")


LONG = "Unabhängigkeitserklärungen"


def test_a_mixture_of_long_names_on_a_phone(shown, pretrained):
    pretrained.class_names = ["a T-shirt or another top", 2 * LONG, *"23456789"]
    reader = shown(ClassPicker(pretrained, classes={0: 0.333, 1: 0.667}), 360)
    view = Picker(reader)
    view.part("weight").first.wait_for()
    fields, ask = boxes(view.part("weight")), view.root.locator(".iv-ask").bounding_box()
    assert min(field["width"] for field in fields) >= 60
    assert max(field["x"] + field["width"] for field in fields) <= ask["x"] + ask["width"]
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 360
    reader.screenshot("layout-mixture-360")


@pytest.mark.parametrize("width", [360, 760])
def test_a_long_name_stays_in_its_sentence(shown, pretrained, width):
    pretrained.class_names = [2 * LONG, *"123456789"]
    reader = shown(ClassPicker(pretrained, classes=[0], steps=100), width)
    view = Picker(reader)
    view.run("browser")
    assert LONG in view.part("probability-sentence").inner_text()
    assert view.root.locator(".iv-sentence, .iv-legend").evaluate_all(FITS)
    reader.screenshot(f"layout-sentence-{width}")


def test_a_wide_digit_is_not_stretched(shown):
    network = invertviz.untrained((240, 20, 20, 10), image_shape=(8, 30), seed=0)
    images = np.linspace(0, 1, 480, dtype=np.float32).reshape(2, 8, 30)
    reader = shown(ClassPicker(network, examples=images, start="digit"), 700)
    fit = "canvas => getComputedStyle(canvas).objectFit"
    assert Picker(reader).part("digit-picture").evaluate(fit) == "contain"
    reader.screenshot("layout-digit")


def test_the_steps_are_read_apart_before_a_run(shown, pretrained):
    reader = shown(ClassPicker(pretrained), 360)
    chart = Picker(reader).part("chart")
    chart.scroll_into_view_if_needed()
    ticks = chart.locator(".axis").first.locator(".tick text:visible")
    wait_until(
        lambda: ticks.all_text_contents() == ["0", "250", "500", "750", "1,000"], "five ticks", 10
    )
    found = boxes(ticks)
    assert all(a["x"] + a["width"] + 4 < b["x"] for a, b in pairwise(found))
    reader.screenshot("layout-ticks-360")


@pytest.mark.parametrize("shape", [(30, 8), (28, 28), (8, 30)])
@pytest.mark.parametrize("width", [360, 1100])
def test_pictures_of_any_shape_fit_a_page(shown, shape, width):
    network = invertviz.untrained((np.prod(shape), 20, 20, 10), image_shape=shape, seed=0)
    reader = shown(DrawingCanvas(network), width)
    canvas = CanvasView(reader.page)
    canvas.settle("browser")
    name = f"layout-{shape[0]}x{shape[1]}-{width}"
    panel = canvas.root.locator(".iv-panel").first.bounding_box()["width"]
    assert_bounded(canvas, ("surface", "reconstruction"), shape, panel)
    reader.screenshot(name)


def assert_bounded(view, parts, shape, place):
    """Pictures have the image's shape, as wide as their place if they are not tall."""
    for part in parts:
        box = view.part(part).bounding_box()
        assert box["height"] / box["width"] == pytest.approx(shape[0] / shape[1], rel=0.02)
        assert box["height"] <= 365
        if shape[0] <= shape[1]:
            assert box["width"] == pytest.approx(place, abs=0.5)


@pytest.mark.parametrize("shape", [(30, 8), (8, 30)])
def test_sliders_of_any_shape_fit_a_page(shown, shape):
    network = invertviz.untrained((240, 20, 20, 10), image_shape=shape, seed=0)
    reader = shown(UnitSliders(network), 1100)
    sliders = Sliders(reader)
    sliders.settle("browser")
    place = sliders.root.locator(".iv-us-shot").first.bounding_box()["width"]
    assert_bounded(sliders, ("base", "projection", "difference"), shape, place)
    reader.screenshot(f"layout-sliders-{shape[0]}x{shape[1]}")
