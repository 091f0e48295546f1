"""Drawing on a DrawingCanvas, wherever it is shown."""

from __future__ import annotations

import numpy as np
from _widget import Widget

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
    def prediction(self) -> str:
        """What the page says it takes the drawing for."""
        return self.root.locator("output").inner_text()
