"""Drawing on a DrawingCanvas, wherever it is shown."""

from __future__ import annotations

import numpy as np
from _common import wait_until
from _lab import Lab
from _widget import Widget, levels

CELLS = [
    "import invertviz, numpy as np\n"
    "from invertviz.widgets import DrawingCanvas\n"
    "network = invertviz.load_pretrained()\n"
    'digits = invertviz.datasets.load("mnist-sample").test\n'
    "canvas = DrawingCanvas(network)\n"
    "canvas",
]

# Strokes as shares of the surface's width and height.
SEVEN = [[(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]]
ONE = [[(0.5, 0.2), (0.5, 0.8)]]
THREE = [
    [
        *((0.34, 0.27), (0.42, 0.2), (0.52, 0.19), (0.61, 0.24), (0.63, 0.33), (0.57, 0.41)),
        *((0.47, 0.46), (0.58, 0.49), (0.66, 0.57), (0.66, 0.68), (0.58, 0.77), (0.46, 0.8)),
        *((0.36, 0.77), (0.31, 0.7)),
    ]
]


class CanvasView(Widget):
    """One view of a DrawingCanvas."""

    name = "drawing-canvas"

    def draw(self, strokes: list[list[tuple[float, float]]], engine: str = "kernel") -> None:
        """Draw with the mouse and wait for that engine's answer."""
        box = self.part("surface").bounding_box()
        for (x, y), *more in strokes:
            self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            self.page.mouse.down()
            for x, y in more:
                self.page.mouse.move(
                    box["x"] + x * box["width"], box["y"] + y * box["height"], steps=12
                )
            self.page.mouse.up()
        self.settle(engine)

    def ink(self) -> np.ndarray:
        """The drawn strokes' opacity, `[rows, columns]`, 0 to 255."""
        return self.rgba("surface")[..., 3].astype(int)

    @property
    def ring(self) -> np.ndarray:
        """Row and column of the pen's ring, in pixels of the network's input."""
        cells = self.rgba("ring")[..., 3]
        return np.argwhere(cells).mean(axis=0) * 28 / len(cells)

    @property
    def prediction(self) -> str:
        """What the page says it takes the drawing for."""
        return self.root.locator("output").inner_text()


class Canvas(CanvasView):
    """The canvas of a notebook in JupyterLab."""

    def __init__(self, lab: Lab, number: int = 0) -> None:
        super().__init__(lab.page, number)
        self.lab = lab


def assert_shows_what_python_has(canvas):
    """Pixels and bars on the page are the kernel's arrays, and those the network's own answer."""
    lab = canvas.lab
    image = np.array(lab.python("canvas.image.tolist()"))
    reconstruction = np.array(lab.python("canvas.reconstruction.tolist()"))
    own = np.array(lab.python("network.reconstruct(canvas.image).images[0].tolist()"))
    np.testing.assert_allclose(reconstruction, own, atol=1e-5)
    wait_until(
        lambda: np.abs(canvas.pixels("reconstruction") - levels(reconstruction)).max() <= 1,
        "the reconstruction to be painted",
    )
    assert np.abs(canvas.pixels("input").astype(int) - levels(image)).max() <= 1
    np.testing.assert_allclose(
        canvas.probabilities(), lab.python("canvas.probabilities.tolist()"), atol=1e-6
    )
    assert reconstruction.shape == (28, 28)
