"""Axes: given ones or own ones, at a place, and how they look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._shown import ShownFigure

INK, FAINT = "#222222", "#707070"
ONE_COLUMN, TWO_COLUMNS = 3.5, 7.16


def place_axes(figure: Figure, left: float, low: float, wide: float, tall: float) -> Axes:
    """Axes at a place of the figure, in inches."""
    size = figure.get_size_inches()
    return figure.add_axes(tuple(np.divide((left, low, wide, tall), (*size, *size))))


def own_axes(
    axes: Axes | None, size: tuple[float, float], margins: tuple[float, float, float, float]
) -> Axes:
    """The axes given, or those of a figure of that size with margins left, below, right, above."""
    if axes is not None:
        return axes
    figure = ShownFigure(figsize=size, facecolor="white")
    left, low, right, high = margins
    if size[0] - left - right < 0.1:
        raise ValueError(f"a chart does not fit in {size[0]} inches; make it wider.")
    return place_axes(figure, left, low, size[0] - left - right, size[1] - low - high)


def given_axes(axes: Axes | Iterable[Axes], count: int) -> list[Axes]:
    """The first `count` of the axes given; those left over are switched off."""
    places: list[Any] = [*np.ravel(np.asarray(axes, dtype=object))]
    if len(places) < count or not all(isinstance(place, Axes) for place in places):
        raise ValueError(
            f"axes holds {len(places)} for {count} images; give matplotlib Axes, one an image."
        )
    for spare in places[count:]:
        spare.set_axis_off()
    return places[:count]


def describe(axes: Axes, alt: str) -> Figure:
    """The axes' figure, told what it shows if it can keep that."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    if isinstance(figure, ShownFigure):
        figure.alt = alt
    return figure


def chart(axes: Axes, across: str, up: str, title: str | None = None) -> None:
    """Labels and lines as all charts have them."""
    axes.set_xlabel(across, fontsize=8.5, color=INK, parse_math=False)
    axes.set_ylabel(up, fontsize=8.5, color=INK, parse_math=False)
    axes.tick_params(labelsize=8, colors=FAINT, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.set_title(title or "", fontsize=10, color=INK, parse_math=False)


def check_width(width: float) -> float:
    """The width of a figure, in inches."""
    if not 0.5 <= width <= 100:
        raise ValueError(
            f"width is {width}; give inches, such as figures.ONE_COLUMN ({ONE_COLUMN}) or "
            f"figures.TWO_COLUMNS ({TWO_COLUMNS})."
        )
    return width


def bare(axes: Axes) -> None:
    """No ticks, no frame."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
