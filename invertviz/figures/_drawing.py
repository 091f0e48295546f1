"""What all figures share: grids of images, colours, and checks."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from invertviz._arrays import ArrayLike, as_tensor, finite, to_numpy
from invertviz.images import check_scale

from ._axes import FAINT, INK, bare, check_width, describe, given_axes, place_axes
from ._shown import ShownFigure

_MOST = 1024  # images in a figure; beyond them nobody sees anything, and drawing takes minutes
GRAY: Mapping[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1}
# Darker and blue where something went, lighter and orange where something came; also in grey print.
DIFFERENCE_STOPS = ("#08235c", "#3469b5", "#858585", "#e8964a", "#ffe8c4")


def tiles(
    pictures: NDArray[Any],
    *,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    title: str | None = None,
    color: str = INK,
    apart: float = 0.08,
    foot: float = 0,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
    style: Mapping[str, Any] = GRAY,
    alt: str = "",
) -> Figure:
    """A grid of images `[N, H, W]`, `apart` inches from one another; NaN is left white.

    Drawn into `axes` if given, one an image, else into a figure of its own: `width` inches wide,
    or as wide as the images need, with `foot` inches left free at its bottom.
    """
    count, high, broad = pictures.shape
    if count > _MOST:
        raise ValueError(f"{count} images are too many for one figure; choose up to {_MOST}.")
    if titles is not None:
        titles = [str(each) for each in titles]
        check_count(titles, count, "titles")
    alt += _told(titles)
    if axes is not None:
        places = given_axes(axes, count)
        fill(places, pictures, style=style, titles=titles, color=color)
        return describe(places[0], alt)
    columns = _square(count, high / broad) if columns is None else columns
    if columns < 1:
        raise ValueError(f"columns is {columns}; give 1 or more.")
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    longest = max(map(len, titles)) if titles else 0
    if width is None:
        # Few images are drawn larger than many: 0.72 to 1.2 inches.
        size = min(max(6.5 / max(columns * broad / high, rows), 0.72), 1.2)
        inch, font = size / max(high, broad / 2), 7.6 * math.sqrt(size)
        across = max(broad * inch, longest * 0.58 * font / 72)
    else:
        across = check_width(width) / columns - apart
        if across < 0.1:
            raise ValueError(f"{columns} columns do not fit in {width} inches; give fewer.")
        inch = across / broad
        font = min(8, max(5, 72 * across / (0.58 * max(longest, 1))))
    across, down = max(across, broad * inch), high * inch
    above = 1.3 * font / 72 if titles is not None else 0.0
    wide = columns * (across + apart)
    tall = foot + rows * (above + down + 0.08) + (0.3 if title else 0)
    figure = ShownFigure(figsize=(wide, tall), facecolor="white", alt=alt_text(title, alt))
    # Laid out by hand: matplotlib's layout engines move a little with each time of drawing.
    grid = figure.add_gridspec(
        rows,
        columns,
        left=apart / 2 / wide,
        right=1 - apart / 2 / wide,
        bottom=(foot + 0.04) / tall,
        top=(foot + rows * (above + down + 0.08) - above - 0.04) / tall,
        wspace=apart / across,
        hspace=(above + 0.08) / down,
    )
    places = [figure.add_subplot(grid[divmod(index, columns)]) for index in range(count)]
    fill(places, pictures, style=style, titles=titles, color=color, font=font)
    head(figure, title)
    return figure


def fill(
    places: Sequence[Axes],
    pictures: NDArray[Any],
    *,
    style: Mapping[str, Any] = GRAY,
    titles: Sequence[str] | None = None,
    color: str = INK,
    font: float = 8,
) -> None:
    """Draw each picture `[N, H, W]` into its axes."""
    for index, (axes, picture) in enumerate(zip(places, pictures, strict=True)):
        axes.imshow(picture, interpolation="nearest", **style)
        bare(axes)
        if titles is not None:
            axes.set_title(titles[index], fontsize=font, color=color, pad=2, parse_math=False)


def gallery(
    rows: Mapping[str, NDArray[Any]],
    *,
    titles: Sequence[str] | None = None,
    title: str | None = None,
    signed: Collection[str] = (),
    captions: Mapping[str, Sequence[str]] | None = None,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
    alt: str = "",
) -> Figure:
    """Named rows of images `[N, H, W]`, drawn as `tiles` draws them, with captions below.

    The rows named in `signed` show differences, on one scale: darker and blue below 0, lighter and
    orange above. Drawn into `axes` if given, one an image, row by row.
    """
    shapes = {pictures.shape for pictures in rows.values()}
    if len(shapes) != 1:
        found = {name: list(pictures.shape) for name, pictures in rows.items()}
        raise ValueError(f"the rows have shapes {found}; give as many images, as large, in each.")
    ((count, high, broad),) = shapes
    if count * len(rows) > _MOST:
        raise ValueError(
            f"{len(rows)} rows of {count} images are too many for one figure; up to {_MOST} fit."
        )
    if titles is not None:
        titles = [str(each) for each in titles]
        check_count(titles, count, "titles")
    furthest = max((float(np.abs(rows[name]).max()) for name in signed), default=1) or 1
    styles = {name: differences(furthest) if name in signed else GRAY for name in rows}
    told = captions or {}
    if axes is not None:
        given = given_axes(axes, count * len(rows))
        for i, (name, pictures) in enumerate(rows.items()):
            places = given[i * count : (i + 1) * count]
            fill(places, pictures, style=styles[name], titles=None if i else titles)
            places[0].set_ylabel(
                name, rotation=0, ha="right", va="center", fontsize=8, color=INK, parse_math=False
            )
            caption(places, told.get(name, ()))
        return describe(given[0], alt)
    gap, beside = 0.06, 0.2 + 0.075 * max(map(len, rows))
    if width is None:
        across = broad * 0.62 / max(high, broad / 2) + gap
    else:
        across = (check_width(width) - beside) / count
        if across < 0.1 + gap:
            raise ValueError(f"{count} images a row do not fit in {width} inches; give fewer.")
    inch = (across - gap) / broad
    below = 0.13 if captions else 0
    down = high * inch + below + gap
    above = 0.05 + (0.18 if titles else 0) + (0.3 if title else 0)
    wide, tall = beside + count * across, above + len(rows) * down
    figure = ShownFigure(figsize=(wide, tall), facecolor="white", alt=alt_text(title, alt))
    for i, (name, pictures) in enumerate(rows.items()):
        up = tall - above - (i + 1) * down + gap + below
        middle = (up + high * inch / 2) / tall
        figure.text(
            (beside - 0.1) / wide, middle, name, ha="right", va="center", fontsize=8, color=INK
        ).set_parse_math(False)
        places = [
            place_axes(figure, beside + j * across, up, across - gap, high * inch)
            for j in range(count)
        ]
        small = min(7.5, 110 * across / max(map(len, titles or "-")))
        named = titles if i == 0 else None
        fill(places, pictures, style=styles[name], titles=named, color=FAINT, font=small)
        caption(places, told.get(name, ()))
    head(figure, title)
    return figure


def caption(places: Iterable[Axes], captions: Iterable[str]) -> None:
    """Write each caption below its axes."""
    for axes, text in zip(places, captions, strict=False):
        axes.set_xlabel(text, fontsize=6.5, color=FAINT, labelpad=2, parse_math=False)


def head(figure: Figure, title: str | None) -> None:
    """Write the figure's title, if it has one, into the 0.3 inches above all else."""
    if title:
        above = 1 - 0.17 / figure.get_figheight()
        figure.suptitle(title, y=above, va="center", fontsize=10, parse_math=False)


def alt_text(title: str | None, alt: str) -> str:
    """The alternative text of a figure with that title."""
    return f"{title}. {alt}" if title else alt


def _told(titles: Sequence[str] | None) -> str:
    """Titles for an alternative text, the first of many."""
    if not titles:
        return ""
    few = ", ".join(titles[:24])
    return f": {few}, …" if len(titles) > 24 else f": {few}"


def _square(count: int, tall: float) -> int:
    """Columns for about a square of `count` images, whole rows of them where that is near."""
    wanted = 1.1 * math.sqrt(count * tall)
    near = range(max(1, math.floor(0.7 * wanted)), math.ceil(1.5 * wanted) + 1)
    return min(near, key=lambda columns: (-count % columns, abs(math.log(columns / wanted))))


def as_pictures(images: ArrayLike, name: str = "images") -> NDArray[np.float32]:
    shape = tuple(np.shape(images))
    shape = (1, *shape) if len(shape) == 2 else shape
    if len(shape) == 3 and shape[0] == 0 < min(shape[1:]):
        raise ValueError(f"{name} is empty (shape {list(shape)}); give at least one image.")
    if len(shape) != 3 or 0 in shape[1:]:
        raise ValueError(
            f"{name} has shape {list(shape)}; give images with a height and a width, [N, H, W]."
        )
    stack = as_tensor(images, name).detach().cpu().reshape(shape)
    check_scale(stack, name)
    whole = not (stack.is_floating_point() or stack.dtype == torch.bool)
    return to_numpy(finite(stack.float().div(255 if whole else 1), name))


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


def differences(furthest: float) -> dict[str, Any]:
    """How to draw signed values, from -furthest to furthest."""
    colours = LinearSegmentedColormap.from_list("difference", DIFFERENCE_STOPS)
    return {"cmap": colours, "vmin": -furthest, "vmax": furthest}


def colour_bar(figure: Figure, furthest: float) -> None:
    """The scale of `differences`, in the foot of a figure."""
    wide = figure.get_size_inches()[0]
    bar = place_axes(figure, wide / 2 - 0.6, 0.2, 1.2, 0.07)
    ramp = np.linspace(-furthest, furthest, 255)[None]
    extent = (-furthest, furthest, 0, 1)
    bar.imshow(ramp, aspect="auto", extent=extent, **differences(furthest))
    ends = [f"{-furthest:.2g}", "0", f"+{furthest:.2g}"]
    bar.set(yticks=[], xticks=[-furthest, 0, furthest])
    bar.set_xticklabels(ends, fontsize=7, color=FAINT)
    bar.tick_params(length=2, color=FAINT, pad=1)
    bar.spines[:].set_visible(False)
