"""All four widgets on one panel, linked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, GridBox, Layout, VBox, dlink, jsdlink

from invertviz._arrays import ArrayLike
from invertviz.datasets import Dataset, Split, load
from invertviz.network import InvertibleNetwork
from invertviz.parts import Inverse
from invertviz.widgets._base import NetworkWidget
from invertviz.widgets._closing import close_all
from invertviz.widgets._network_model import pretrained
from invertviz.widgets._traits import FloatArray
from invertviz.widgets.class_picker import ClassPicker
from invertviz.widgets.drawing_canvas import DrawingCanvas
from invertviz.widgets.misclassified_grid import MisclassifiedGrid
from invertviz.widgets.unit_sliders import UnitSliders

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Explorer(GridBox):
    """All four widgets on one panel, linked: what is looked at in one is where others start.

        explorer = Explorer(network, invertviz.datasets.load("mnist-sample"))
        explorer                                     # click a tile, draw, run, move a unit
        explorer.code, explorer.grid.selected, explorer.canvas.prediction

    A clicked tile becomes the drawing on the canvas. The code of what is on the canvas, or of the
    generated digit that was looked at last, becomes the base of the unit sliders. By hand, with
    widgets of your own (`jsdlink` does the same in the page, where there is no kernel):

        dlink((grid, "image"), (canvas, "image"))
        dlink((canvas, "code"), (sliders, "base"))
        dlink((picker, "code"), (sliders, "base"))

    Args:
        network: the network; the pretrained one if None.
        data: what the grid shows: a data set (its test images), one split of it, or images and
            labels. The bundled digits if None.
        inverse: another way back than the network's own, fitted for it.
        engine: who answers, for all four: "auto", "kernel" or "browser".

    Attributes:
        canvas: the `DrawingCanvas`.
        sliders: the `UnitSliders`.
        picker: the `ClassPicker`.
        grid: the `MisclassifiedGrid`.

    Raises:
        TypeError: not a network, data of another kind.
        ValueError: images or labels that do not fit the network.
    """

    def __init__(
        self,
        network: InvertibleNetwork | None = None,
        data: Dataset | Split | tuple[ArrayLike, ArrayLike] | None = None,
        *,
        inverse: Inverse | None = None,
        engine: str = "auto",
    ) -> None:
        images, labels = _images_and_labels(data)
        network = pretrained() if network is None else network
        if inverse is not None:
            network = network.with_inverse(inverse)
        shared: dict[str, Any] = {"engine": engine}
        self.grid = MisclassifiedGrid(network, images, labels, **shared)
        self.canvas = DrawingCanvas(network, **shared)
        self.picker = ClassPicker(network, examples=images, **shared)
        self.sliders = UnitSliders(network, examples=images, **shared)
        self.canvas.image = self.grid.image
        links = {
            (self.grid, "image"): (self.canvas, "image"),
            (self.canvas, "code"): (self.sliders, "base"),
            (self.picker, "code"): (self.sliders, "base"),
        }
        # In Python for those who script it, in the page for those who have no kernel.
        self._links = [
            made(source, target) for source, target in links.items() for made in (dlink, jsdlink)
        ]
        parts: dict[str, NetworkWidget] = {
            "What the network gets wrong": self.grid,
            "Draw, or click a digit": self.canvas,
            "Ask for a digit": self.picker,
            "Move the units of the code": self.sliders,
        }
        super().__init__(
            [VBox([HTML(f"<h3>{title}</h3>"), widget]) for title, widget in parts.items()],
            layout=Layout(
                grid_template_columns="repeat(auto-fit, minmax(min(100%, 560px), 1fr))",
                grid_gap="16px 24px",
                width="100%",
            ),
        )

    def close(self) -> None:
        """Close it with its widgets and their links."""
        parts = [] if self.comm is None else [*self.children, self.layout]
        super().close()
        if parts:
            for link in self._links:
                link.unlink()
            close_all(*parts, whole=NetworkWidget)

    @property
    def code(self) -> FloatArray:
        """The code that is explored, float32 `[code_size]`; assign to explore another."""
        return self.sliders.base

    @code.setter
    def code(self, code: ArrayLike) -> None:
        self.sliders.base = code

    def figure(self) -> Figure:
        """What the unit sliders show: the code explored, as it is moved, and the difference."""
        return self.sliders.figure()

    def save_figure(self, path: str | os.PathLike[str], *, dpi: int = 200) -> Path:
        """Write `figure()`; see `NetworkWidget.save_figure`."""
        return self.sliders.save_figure(path, dpi=dpi)


def _images_and_labels(
    data: Dataset | Split | tuple[ArrayLike, ArrayLike] | None,
) -> tuple[ArrayLike, ArrayLike]:
    if data is None:
        data = load("mnist-sample")
    if isinstance(data, Dataset):
        data = data.test
    if isinstance(data, Split):
        return data.images, data.labels
    try:
        images, labels = data
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"data is {type(data).__name__}; give what invertviz.datasets.load(…) returns, one of "
            "its splits, or a pair of images and labels."
        ) from error
    return images, labels
