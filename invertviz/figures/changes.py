"""What moving units changed in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from invertviz._arrays import ArrayLike

from ._axes import INK, bare, place_axes
from ._drawing import DIFFERENCE_STOPS, GRAY, as_pictures, check_count
from ._shown import ShownFigure


def code_change(
    base: ArrayLike,
    image: ArrayLike,
    *,
    titles: Sequence[str] = ("base", "moved"),
    limit: float | None = None,
) -> Figure:
    """A base image, the image of a moved code, and the difference with its scale.

    Args:
        base: the image before, `[H, W]`.
        image: the image after, of the same shape.
        titles: of the two.
        limit: the difference that gets the strongest colour; the largest there is if None.

    Raises:
        ValueError: more than one image, or two shapes; a limit that is not positive.
    """
    before, after = as_pictures(base, "base"), as_pictures(image, "image")
    if len(before) != 1 or before.shape != after.shape:
        raise ValueError(
            f"base has shape {list(before.shape)} and image {list(after.shape)}; give one image "
            "each, of the same shape."
        )
    check_count(titles, 2, "titles")
    difference = after[0] - before[0]
    furthest = float(np.abs(difference).max()) or 1.0 if limit is None else limit
    if not furthest > 0:
        raise ValueError(f"limit is {limit}; give a positive number.")
    height, width = difference.shape
    inch = 1.5 / max(height, width / 2)
    across, down, gap, above = width * inch, height * inch, 0.1, 0.42
    wide, tall = 3 * across + 3 * gap + 0.6, down + above + gap
    alt = f"{titles[0]} and {titles[1]}, and the difference between them".replace("\n", " ")
    figure = ShownFigure(figsize=(wide, tall), facecolor="white", alt=alt)
    colours = LinearSegmentedColormap.from_list("difference", DIFFERENCE_STOPS)
    signed: dict[str, Any] = {"vmin": -furthest, "vmax": furthest, "cmap": colours}
    pictures, styles = (before[0], after[0], difference), (GRAY, GRAY, signed)
    names = (*titles, "difference")
    for column, (picture, style, name) in enumerate(zip(pictures, styles, names, strict=True)):
        axes = place_axes(figure, gap / 2 + column * (across + gap), gap / 2, across, down)
        axes.imshow(picture, interpolation="nearest", **style)
        axes.set_title(name, fontsize=8, color=INK, pad=3, parse_math=False)
        bare(axes)
    bar = place_axes(figure, gap / 2 + 3 * (across + gap), gap / 2, 0.09, down)
    ticks = [-furthest, 0, furthest]
    scale = figure.colorbar(axes.images[0], cax=bar, ticks=ticks)
    scale.set_ticklabels([f"{tick:+.2g}" if tick else "0" for tick in ticks], fontsize=7, color=INK)
    return figure
