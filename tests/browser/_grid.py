"""Choosing samples in a MisclassifiedGrid, wherever it is shown."""

from __future__ import annotations

import base64

import nbformat
import numpy as np
from _common import wait_until
from _lab import Lab
from _page import Reader
from _widget import Widget, levels
from grid_blocks import unpack

DATA = (
    "import invertviz, numpy as np\n"
    "from invertviz.widgets import DrawingCanvas, MisclassifiedGrid\n"
    "network = invertviz.load_pretrained()\n"
    'digits = invertviz.datasets.load("{name}").{split}\n'
    "found = invertviz.evaluate(network, digits.images, digits.labels)\n"
    "wrong = found.misclassified\n"
)
SMALL = DATA.format(name="mnist-sample", split="test")
SHOW = "grid = MisclassifiedGrid(network, digits.images, digits.labels)\ngrid"
ORDERED = "grid.rows()['index'].tolist()"


class Grid(Widget):
    """One view of a MisclassifiedGrid."""

    name = "misclassified-grid"

    def __init__(self, lab: Lab | Reader, number: int = 0) -> None:
        super().__init__(lab.page, number)
        self.lab = lab

    def tile(self, index):
        return self.root.locator(f'[data-part="tile"][data-index="{index}"]')

    def shown(self):
        """Indices of the tiles, in the order of their positions."""
        return self.part("tile").evaluate_all(
            """all => all.filter(t => t.dataset.index)
                .sort((a, b) => a.dataset.position - b.dataset.position)
                .map(t => +t.dataset.index)"""
        )

    @property
    def count(self):
        return int(self.part("count").get_attribute("data-value"))

    def wait_count(self, count):
        wait_until(lambda: self.count == count, f"{count} samples, not {self.count}")

    def wait_shown(self, *beginning):
        wait_until(
            lambda: self.shown()[: len(beginning)] == [*beginning],
            f"the tiles {beginning}, not {self.shown()[: len(beginning)]}",
        )

    def cell(self, true, predicted):
        rows = self.part("matrix").locator(".heatmaprow")
        return rows.nth(true).locator(".heatmapcell").nth(predicted)

    def slide(self, part, value):
        self.part(part).evaluate(
            """(slider, value) => {
                slider.value = value;
                slider.dispatchEvent(new Event('input', { bubbles: true }));
            }""",
            str(value),
        )

    def selected(self):
        return sorted(
            int(index)
            for index in self.root.locator('[data-part="tile"][aria-selected="true"]').evaluate_all(
                "all => all.map(t => t.dataset.index)"
            )
        )

    def focused(self):
        return self.page.evaluate("document.activeElement?.dataset.index ?? null")


def ready(grid):
    grid.root.locator('[data-part="tile"][data-index]').first.wait_for()
    return grid


def carried(lab, notebook):
    """Indices of the samples that the page carries: what the notebook holds that it saves now."""
    lab.save()
    saved = nbformat.read(lab.server.notebooks / notebook, as_version=4)
    models = saved.metadata.widgets["application/vnd.jupyter.widget-state+json"].state.values()
    buffers = [each for model in models for each in model.get("buffers", ())]
    (samples,) = [each.data for each in buffers if each.path == ["_carried"]]
    _, columns, _ = unpack(base64.b64decode(samples))
    return columns["index"].tolist()


def assert_pixels(grid, index):
    """A tile's pictures are the sample's and PyTorch's reconstruction of it."""
    lab, tile = grid.lab, grid.tile(index)
    sample = np.array(lab.python(f"digits.images[{index}].tolist()"))
    own = np.array(lab.python(f"network.reconstruct(digits.images[{index}]).images[0].tolist()"))
    painted = grid.pixels(tile.locator('[data-part="sample"]')).astype(int)
    assert np.abs(painted - levels(sample)).max() == 0
    painted = grid.pixels(tile.locator('[data-part="reconstruction"]')).astype(int)
    assert np.abs(painted - levels(own)).max() <= 1
