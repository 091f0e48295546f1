"""What moving units changed in a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from invertviz._arrays import ArrayLike

from ._axes import INK, check_width, place_axes
from ._drawing import GRAY, alt_text, as_pictures, check_count, differences, fill, head
from ._shown import ShownFigure


def code_change(
    base: ArrayLike,
    image: ArrayLike,
    *,
    titles: Sequence[str] = ("base", "moved"),
    limit: float | None = None,
    title: str | None = None,
    width: float | None = None,
) -> Figure:
    """A base image, the image of a moved code, and the difference with its scale.

    Args:
        base: the image before, `[H, W]`.
        image: the image after, of the same shape.
        titles: of the two.
        limit: the difference that gets the strongest colour; the largest there is if None.
        title: of the whole figure.
        width: of the figure, in inches, such as `ONE_COLUMN`; as the images need if None.

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
    high, broad = difference.shape
    gap, scale_width = 0.1, 0.6
    if width is None:
        across = broad * 1.5 / max(high, broad / 2)
    else:
        across = (check_width(width) - scale_width) / 3 - gap
        if across < 0.1:
            raise ValueError(f"three images do not fit in {width} inches; make it wider.")
    down = high * across / broad
    names = (*titles, "difference")
    lines = 1 + max(name.count("\n") for name in names)
    above = 0.12 + 0.15 * lines + (0.3 if title else 0)
    wide, tall = 3 * (across + gap) + scale_width, down + above + gap
    alt = f"{titles[0]} and {titles[1]}, and the difference between them, up to {furthest:.2g}"
    alt = alt_text(title, alt).replace("\n", " ")
    figure = ShownFigure(figsize=(wide, tall), facecolor="white", alt=alt)
    places = [
        place_axes(figure, gap / 2 + column * (across + gap), gap / 2, across, down)
        for column in range(3)
    ]
    longest = max(len(line) for name in names for line in name.split("\n"))
    font = min(8, max(5, 72 * across / (0.58 * longest)))
    fill(places[:2], np.concatenate([before, after]), style=GRAY, titles=names[:2], font=font)
    signed = differences(furthest)
    fill(places[2:], difference[None], style=signed, titles=names[2:], font=font)
    bar = place_axes(figure, gap / 2 + 3 * (across + gap), gap / 2, 0.09, down)
    ticks = [-furthest, 0, furthest]
    scale = figure.colorbar(places[2].images[0], cax=bar, ticks=ticks)
    scale.set_ticklabels([f"{tick:+.2g}" if tick else "0" for tick in ticks], fontsize=7, color=INK)
    head(figure, title)
    return figure
