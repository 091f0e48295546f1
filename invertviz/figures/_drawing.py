"""What all figures share: the figure itself, a grid of images, and checks."""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from invertviz._arrays import ArrayLike, as_images, to_numpy

_MOST = 1024  # images in a figure; beyond them nobody sees anything, and drawing takes minutes
INK, FAINT = "#222222", "#8a8a8a"


class ShownFigure(Figure):
    """A figure that a notebook shows by itself, before anything has set pyplot up."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=192)  # two pixels for one: sharp on fine screens
        width, height = (round(96 * inches) for inches in self.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}


def tiles(
    pictures: NDArray[Any],
    *,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    title: str | None = None,
    color: str = INK,
    apart: float = 0.08,
) -> Figure:
    """A grid of gray images `[N, H, W]`, `apart` inches from one another; NaN is left white."""
    count, height, width = pictures.shape
    if count > _MOST:
        raise ValueError(f"{count} images are too many for one figure; choose up to {_MOST}.")
    columns = _square(count, height / width) if columns is None else columns
    if columns < 1:
        raise ValueError(f"columns is {columns}; give 1 or more.")
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    # Few images are drawn larger than many: 0.72 to 1.2 inches.
    size = min(max(6.5 / max(columns * width / height, rows), 0.72), 1.2)
    inch, font = size / max(height, width / 2), 7.6 * math.sqrt(size)
    across, down, above = width * inch, height * inch, 0.0
    if titles is not None:
        check_count(titles, count, "titles")
        across = max(across, max(map(len, titles)) * 0.58 * font / 72)
        above = 1.3 * font / 72
    wide = columns * (across + apart)
    tall = rows * (above + down + 0.08) + (0.3 if title else 0)
    figure = ShownFigure(figsize=(wide, tall), facecolor="white")
    # Laid out by hand: matplotlib's layout engines move a little with each time of drawing.
    grid = figure.add_gridspec(
        rows,
        columns,
        left=apart / 2 / wide,
        right=1 - apart / 2 / wide,
        bottom=0.04 / tall,
        top=(rows * (above + down + 0.08) - above - 0.04) / tall,
        wspace=apart / across,
        hspace=(above + 0.08) / down,
    )
    for index, picture in enumerate(pictures):
        axes = figure.add_subplot(grid[divmod(index, columns)])
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        bare(axes)
        if titles is not None:
            axes.set_title(titles[index], fontsize=font, color=color, pad=2, parse_math=False)
    if title:
        figure.suptitle(title, y=1 - 0.17 / tall, va="center", fontsize=10, parse_math=False)
    return figure


def gallery(
    rows: Mapping[str, NDArray[Any]],
    *,
    titles: Sequence[str] | None = None,
    title: str | None = None,
    signed: Collection[str] = (),
) -> Figure:
    """Named rows of images `[N, H, W]`, drawn as `tiles` draws them.

    The rows named in `signed` show differences: blue below 0, white at 0, red above, on one scale.
    """
    shapes = {pictures.shape for pictures in rows.values()}
    if len(shapes) != 1:
        told = {name: list(pictures.shape) for name, pictures in rows.items()}
        raise ValueError(f"the rows have shapes {told}; give as many images, as large, in each.")
    ((count, height, width),) = shapes
    if count * len(rows) > _MOST:
        raise ValueError(
            f"{len(rows)} rows of {count} images are too many for one figure; up to {_MOST} fit."
        )
    if titles is not None:
        check_count(titles, count, "titles")
    inch, gap = 0.62 / max(height, width / 2), 0.06
    across, down = width * inch + gap, height * inch + gap
    beside = 0.2 + 0.075 * max(map(len, rows))
    above = 0.05 + (0.18 if titles else 0) + (0.3 if title else 0)
    wide, tall = beside + count * across, above + len(rows) * down
    furthest = max((float(np.abs(rows[name]).max()) for name in signed), default=1) or 1
    figure = ShownFigure(figsize=(wide, tall), facecolor="white")
    for i, (name, pictures) in enumerate(rows.items()):
        up = tall - above - (i + 1) * down + gap
        middle = (up + (down - gap) / 2) / tall
        figure.text(
            (beside - 0.1) / wide, middle, name, ha="right", va="center", fontsize=8, color=INK
        ).set_parse_math(False)
        for j, picture in enumerate(pictures):
            place = (beside + j * across, up, across - gap, down - gap)
            axes = figure.add_axes(tuple(np.divide(place, (wide, tall, wide, tall))))
            style: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1}
            if name in signed:
                style = {"cmap": "RdBu_r", "vmin": -furthest, "vmax": furthest}
            axes.imshow(picture, interpolation="nearest", **style)
            bare(axes)
            if titles is not None and i == 0:
                axes.set_title(titles[j], fontsize=7.5, color=FAINT, pad=2, parse_math=False)
    if title:
        figure.suptitle(title, y=1 - 0.17 / tall, va="center", fontsize=10, parse_math=False)
    return figure


def _square(count: int, tall: float) -> int:
    """Columns for about a square of `count` images, whole rows of them where that is near."""
    wanted = 1.1 * math.sqrt(count * tall)
    near = range(max(1, math.floor(0.7 * wanted)), math.ceil(1.5 * wanted) + 1)
    return min(near, key=lambda columns: (-count % columns, abs(math.log(columns / wanted))))


def bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def as_pictures(images: ArrayLike, name: str = "images") -> NDArray[np.float32]:
    shape = tuple(np.shape(images))
    shape = (1, *shape) if len(shape) == 2 else shape
    if len(shape) != 3 or 0 in shape[1:]:
        raise ValueError(
            f"{name} has shape {list(shape)}; give images with a height and a width, [N, H, W]."
        )
    rows = as_images(images, shape[1:], device=torch.device("cpu"), name=name)
    return to_numpy(rows).reshape(shape)


def own_scale(pictures: NDArray[Any]) -> NDArray[np.float32]:
    """Each picture `[N, H, W]` from its own smallest value, 0, to its own largest, 1."""
    exact = pictures.astype(np.float64)
    low = exact.min(axis=(1, 2), keepdims=True)
    span = exact.max(axis=(1, 2), keepdims=True) - low
    middle = np.full_like(exact, 0.5)
    return np.divide(exact - low, span, out=middle, where=span > 0).astype(np.float32)


def as_numbers(values: ArrayLike) -> NDArray[Any]:
    return to_numpy(values) if isinstance(values, torch.Tensor) else np.asarray(values)


def check_count(things: Sequence[Any], count: int, name: str) -> None:
    if len(things) != count:
        raise ValueError(f"{len(things)} {name} were given for {count} images; give one for each.")
