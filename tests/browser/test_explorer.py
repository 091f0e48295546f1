"""All four widgets on one panel, linked, driven as a person would."""

from __future__ import annotations

import numpy as np
import pytest
from _common import ARTEFACTS, wait_until
from _drawing import SEVEN, CanvasView
from _grid import Grid
from _picker import Picker
from _sliders import Sliders
from _widget import levels

CELLS = [
    "import invertviz\n"
    "from invertviz.widgets import Explorer\n"
    "network = invertviz.load_pretrained()\n"
    'digits = invertviz.datasets.load("mnist-sample").test\n'
    "explorer = Explorer(network, digits)\n"
    "explorer",
]


@pytest.fixture(params=["lab", "notebook"])
def lab(request, open_lab):
    lab = open_lab(application=request.param)
    lab.run_notebook(CELLS)
    return lab


def assert_base_is(lab, code):
    """The sliders' base, in Python and as painted, is that code."""
    expected = np.array(lab.python(f"network.invert({code}).tolist()"))[0]
    wait_until(
        lambda: np.abs(Sliders(lab).pixels("base") - levels(expected)).max() <= 1,
        "the sliders to start from the code",
    )
    assert lab.python(f"bool(abs(explorer.code - {code}).max() < 1e-4)")


def test_what_is_looked_at_in_one_is_the_others_starting_point(lab):
    page = lab.page
    page.set_viewport_size({"width": 1600, "height": 1400})
    grid, canvas, picker = Grid(lab), CanvasView(page), Picker(lab)

    tile = grid.part("tile").nth(5)
    index = int(tile.get_attribute("data-index"))
    tile.click()
    assert lab.wait_python(f"explorer.grid.current == {index}")
    digit = np.array(lab.python(f"digits.images[{index}].tolist()"))
    wait_until(
        lambda: np.array_equal(canvas.pixels("input"), levels(digit)), "the tile on the canvas"
    )
    assert_base_is(lab, f"network.encode(digits.images[{index}])[0]")

    canvas.part("clear").click()
    canvas.draw(SEVEN)
    assert canvas.prediction == "7"
    assert_base_is(lab, "explorer.canvas.code")

    picker.root.locator('[data-part="class"][data-class="3"]').click()
    picker.part("run").click()
    assert lab.wait_python("explorer.picker.step == 1000 and not explorer.picker.running")
    assert_base_is(lab, "explorer.picker.code")
    assert lab.python("int(explorer.sliders.base_probabilities.argmax())") == 3
    page.set_viewport_size({"width": 1600, "height": 2600})  # all of it is in the picture
    page.locator(".jp-OutputArea-output").last.screenshot(
        path=ARTEFACTS / f"explorer-{lab.application}.png"
    )
    assert lab.console_errors == []


def test_the_links_hold_without_a_kernel(open_lab):
    lab = open_lab()
    lab.run_notebook(CELLS)
    page = lab.page
    grid, canvas, sliders = Grid(lab), CanvasView(page), Sliders(lab)
    lab.kill_kernel()
    lab.close_dialog()
    canvas.settle("browser")
    before = sliders.pixels("base")
    grid.part("tile").nth(3).click()
    wait_until(lambda: (canvas.pixels("input") > 0).any(), "the tile on the canvas")
    canvas.settle("browser")
    wait_until(
        lambda: (
            np.abs(sliders.pixels("base") - canvas.pixels("reconstruction").astype(int)).max() <= 1
        ),
        "the sliders to start from the drawing",
    )
    assert (sliders.pixels("base") != before).any()
