"""Widgets in the boxes that people lay them out in."""

import pytest
from _drawing import Canvas

WIDGETS = """
from ipywidgets import Box, GridBox, HBox, Layout, Tab, VBox
import invertviz
from invertviz.widgets import DrawingCanvas, MisclassifiedGrid, UnitSliders
network = invertviz.load_pretrained()
canvas, sliders = DrawingCanvas(network), UnitSliders(network)
"""

PLACES = """all => all.map((element) => {
    const { left, right, top, bottom, width } = element.getBoundingClientRect();
    return { left, right, top, bottom, width };
})"""


@pytest.mark.parametrize(
    "box",
    [
        "HBox([canvas, sliders])",
        "Box([canvas, sliders])",
        "HBox([VBox([canvas]), VBox([sliders])])",
        "GridBox([canvas, sliders], layout=Layout(grid_template_columns='1fr 1fr'))",
    ],
)
def test_side_by_side_each_has_its_share(lab, box):
    lab.run_notebook([WIDGETS, box])
    Canvas(lab).settle()
    output = lab.page.locator(".jp-OutputArea-output").last.bounding_box()
    left, right = lab.page.locator("[data-invertviz]").evaluate_all(PLACES)
    assert left["right"] <= right["left"]
    assert right["right"] <= output["x"] + output["width"] + 1
    assert min(left["width"], right["width"]) >= 300
    if "VBox" not in box:
        assert left["width"] + right["width"] >= 0.95 * output["width"]
    assert not lab.console_errors


@pytest.mark.parametrize(
    "box", ["VBox([canvas])", "Tab([canvas])", "HBox([canvas])", "canvas", "Box([canvas])"]
)
def test_alone_it_has_all_of_the_width(lab, box):
    lab.run_notebook([WIDGETS, box])
    Canvas(lab).settle()
    output = lab.page.locator(".jp-OutputArea-output").last.bounding_box()
    (place,) = lab.page.locator("[data-invertviz]").evaluate_all(PLACES)
    assert place["width"] >= 0.9 * output["width"]
