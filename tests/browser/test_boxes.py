"""Widgets in the boxes that people lay them out in."""

from _drawing import Canvas

SETUP = """
from ipywidgets import Box, GridBox, HBox, Layout, Tab, VBox
import invertviz
from invertviz.widgets import DrawingCanvas, UnitSliders
network = invertviz.load_pretrained()
canvas, sliders = DrawingCanvas(network), UnitSliders(network)
"""
ALONE = ["canvas", "HBox([canvas])", "Box([canvas])", "VBox([canvas])", "Tab([canvas])"]
SIDE_BY_SIDE = [
    "HBox([canvas, sliders])",
    "Box([canvas, sliders])",
    "HBox([VBox([canvas]), VBox([sliders])])",
    "GridBox([canvas, sliders], layout=Layout(grid_template_columns='1fr 1fr'))",
]
ROOTS = "[data-invertviz]"


def outputs(lab, boxes):
    """Of each box, the places of its widgets and that of the output that it is shown in."""
    lab.run_notebook([SETUP, f"display({', '.join(boxes)})"])
    Canvas(lab).settle()
    found = lab.page.locator(".jp-OutputArea-output", has=lab.page.locator(ROOTS))
    assert found.count() == len(boxes)
    for box, output in zip(boxes, found.all(), strict=True):
        yield box, [root.bounding_box() for root in output.locator(ROOTS).all()], output
    assert lab.console_errors == []


def test_side_by_side_each_has_its_share(lab):
    for box, (left, right), output in outputs(lab, SIDE_BY_SIDE):
        room = output.bounding_box()
        assert left["x"] + left["width"] <= right["x"], box
        assert right["x"] + right["width"] <= room["x"] + room["width"] + 1, box
        assert min(left["width"], right["width"]) >= 300, box
        if "VBox" not in box:
            assert left["width"] + right["width"] >= 0.95 * room["width"], box
    lab.screenshot("boxes")


def test_alone_it_has_all_of_the_width(lab):
    for box, (place,), output in outputs(lab, ALONE):
        assert place["width"] >= 0.9 * output.bounding_box()["width"], box
