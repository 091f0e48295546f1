"""One view of a widget, as a person sees it: the hooks that all widgets share."""

from __future__ import annotations

from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page

from invertviz.datasets._catalogue import SOURCES

PIXELS = """canvas => [canvas.height, canvas.width, Array.from(
    canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)]"""

FASHION = SOURCES["fashion-mnist"].class_names  # long ones

SETTLED = """([root, engine]) => root.dataset.state === 'idle' && root.dataset.engine === engine
    && !root.querySelector('[aria-busy="true"]')"""


class Widget:
    """The view `number` of a widget on a page, scrolled to; `name` is its `data-invertviz`."""

    name: str

    def __init__(self, page: Page, number: int = 0) -> None:
        self.page = page
        self.root = page.locator(f'[data-invertviz="{self.name}"]').nth(number)
        self.root.wait_for()
        self.root.scroll_into_view_if_needed()

    def part(self, name: str) -> Locator:
        """The elements with that `data-part`."""
        return self.root.locator(f'[data-part="{name}"]')

    def settle(self, engine: str = "kernel") -> None:
        """Wait until that engine has answered all that was asked, and the answer is shown."""
        self.page.wait_for_function(SETTLED, arg=[self.root.element_handle(), engine])

    def rgba(self, part: str | Locator) -> np.ndarray:
        """A canvas' pixels, uint8 `[rows, columns, 4]`."""
        canvas = self.part(part) if isinstance(part, str) else part
        rows, columns, values = canvas.evaluate(PIXELS)
        return np.array(values, dtype=np.uint8).reshape(rows, columns, 4)

    def pixels(self, part: str | Locator) -> np.ndarray:
        """A canvas' grey levels, uint8 `[rows, columns]`."""
        rgba = self.rgba(part)
        np.testing.assert_array_equal(rgba[..., 0], rgba[..., 1])
        return rgba[..., 0]

    def probabilities(self) -> np.ndarray:
        """What the bars say, `[classes]`."""
        values = self.part("probability").evaluate_all("all => all.map(e => +e.dataset.value)")
        return np.array(values)

    @property
    def state(self) -> dict[str, Any]:
        """The root's data attributes: engine, state, frame, …"""
        return dict(self.root.evaluate("root => ({...root.dataset})"))

    @property
    def frame(self) -> int:
        """How many results were painted."""
        return int(self.state["frame"])


def levels(values: np.ndarray) -> np.ndarray:
    """8-bit grey levels as the page paints them (halves go up)."""
    return np.floor(255 * np.clip(values, 0, 1) + 0.5).astype(int)
