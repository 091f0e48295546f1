"""What each layer keeps: pictures from every layer, and curves below them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from invertviz._arrays import ArrayLike, as_tensor, finite, to_numpy
from invertviz.images import check_scale

from ._axes import FAINT, INK, TWO_COLUMNS, bare, check_width, place_axes
from ._drawing import alt_text, head
from ._shown import ShownFigure

_CURVES = {
    "psnr": ("PSNR (dB)", "#2b6cb0"),
    "image_error": ("image error", "#c05621"),
    "representation_distance": ("distance of the code", "#6b46c1"),
    "class_consistency": ("class consistency", "#2f855a"),
}
_MOST = 24  # layers that are told apart in one figure


def layer_comparison(
    table: pd.DataFrame,
    images: ArrayLike,
    reconstructions: Mapping[str, ArrayLike],
    *,
    title: str | None = None,
    width: float = TWO_COLUMNS,
) -> Figure:
    """Images and what comes back of them from each layer, over curves of what it keeps.

    From left to right: the images, then a column for each layer, from the pixels to the classes;
    the curves have a point below each column.

        few = {name: network.at(name).reconstruct(images[:4]).images for name in table.index}
        layer_comparison(table, images[:4], few)

    Args:
        table: from `compare_layers`; its layers are drawn, in its order, up to 24.
        images: the originals: grey `[N, H, W]` or `[N, 1, H, W]`, or colour `[N, 3, H, W]`; a few.
        reconstructions: by the names of the layers, images of the same shape.
        title: of the figure.
        width: of the figure, in inches.

    Raises:
        TypeError: not arrays of numbers.
        ValueError: a table that lacks columns, layers without reconstructions or too many of
            them, images of other shapes, a width that nothing fits into.
    """
    missing = [name for name in _CURVES if name not in table.columns]
    if missing or not len(table):
        raise ValueError(
            f"table needs a row a layer and the columns {[*_CURVES]}, as compare_layers gives "
            f"them; it has {len(table)} rows and lacks {missing}."
        )
    names = [str(name) for name in table.index]
    if len(names) > _MOST:
        raise ValueError(f"{len(names)} layers are too many for one figure; choose up to {_MOST}.")
    if without := [name for name in names if name not in reconstructions]:
        raise ValueError(f"reconstructions lacks the layers {without}.")
    columns = [_pictures(images, "images")]
    columns += [_pictures(reconstructions[name], f"reconstructions of {name}") for name in names]
    if len({column.shape for column in columns}) != 1:
        shapes = [list(column.shape) for column in columns]
        raise ValueError(f"images and reconstructions have shapes {shapes}; give them alike.")
    count, high, broad = columns[0].shape[:3]

    left, right, gap = 0.78, 0.08, 0.04
    across = (check_width(width) - left - right) / len(columns)
    if across < 0.15:
        raise ValueError(f"{len(columns)} columns do not fit in {width} inches; make it wider.")
    inch = (across - gap) / broad
    down = high * inch + gap
    strip, curve, above = 0.62, 0.62, 0.3 if title else 0.06
    named = 0.14 + 0.066 * max(map(len, ["image", *names]))
    tall = above + count * down + named + len(_CURVES) * strip * 1.12 + 0.1
    alt = (
        f"{count} images and what comes back of them from the layers {', '.join(names)}; below, "
        + "; ".join(
            f"{label}: {', '.join(f'{value:.3g}' for value in table[key])}"
            for key, (label, _) in _CURVES.items()
        )
    )
    figure = ShownFigure(figsize=(width, tall), facecolor="white", alt=alt_text(title, alt))
    for j, column in enumerate(columns):
        for i, picture in enumerate(column):
            up = tall - above - (i + 1) * down + gap
            place = place_axes(figure, left + j * across, up, across - gap, high * inch)
            place.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            bare(place)
    base = tall - above - count * down
    for j, name in enumerate(["image", *names]):
        figure.text(
            (left + (j + 0.5) * across - gap / 2) / width,
            (base - 0.02) / tall,
            name,
            rotation=90 if named > 0.2 else 0,
            ha="center",
            va="top",
            fontsize=min(7.5, 62 * across),
            color=INK,
        ).set_parse_math(False)
    places = np.arange(len(names)) + 1.0
    for i, (key, (label, colour)) in enumerate(_CURVES.items()):
        up = base - named - (i + 1) * strip * 1.12 + 0.08
        axes = place_axes(figure, left, up, len(columns) * across - gap, curve - 0.1)
        values = table[key].to_numpy(dtype=float)
        axes.plot(places, values, color=colour, marker="o", markersize=3, linewidth=1.3)
        axes.set_xlim(-0.5, len(names) + 0.5)
        if key == "class_consistency":
            axes.set_ylim(-0.05, 1.08)
        elif key != "psnr":
            axes.set_ylim(0, 1.15 * max(1e-6, float(np.nanmax(values))))
        axes.margins(y=0.2)
        axes.set_xticks([])
        axes.locator_params(axis="y", nbins=3)
        axes.tick_params(labelsize=6.5, colors=FAINT, length=2)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.spines["left"].set_color(FAINT)
        axes.grid(axis="y", color="#e6e6e6", linewidth=0.5)
        axes.set_axisbelow(True)
        # Where the curve is not: most is lost late.
        x, y = {"psnr": (0.996, 1.0), "class_consistency": (0.004, 0.1)}.get(key, (0.004, 1.0))
        axes.text(
            x,
            y,
            label,
            transform=axes.transAxes,
            fontsize=7,
            color=colour,
            ha="right" if x > 0.5 else "left",
            va="top" if y > 0.5 else "bottom",
            parse_math=False,
        )
    head(figure, title)
    return figure


def _pictures(images: ArrayLike, name: str) -> NDArray[np.float32]:
    """`[N, H, W]` or `[N, H, W, 3]`, floats in [0, 1]."""
    stack = as_tensor(images, name).detach().cpu()
    if stack.ndim == 4 and stack.shape[1] == 1:
        stack = stack[:, 0]
    if 0 in stack.shape or not (stack.ndim == 3 or (stack.ndim == 4 and stack.shape[1] == 3)):
        raise ValueError(
            f"{name} has shape {list(stack.shape)}; give [N, H, W], [N, 1, H, W] or [N, 3, H, W]."
        )
    check_scale(stack, name)
    whole = not (stack.is_floating_point() or stack.dtype == torch.bool)
    stack = finite(stack.float().div(255 if whole else 1), name).clamp(0, 1)
    return to_numpy(stack.movedim(1, -1) if stack.ndim == 4 else stack)
