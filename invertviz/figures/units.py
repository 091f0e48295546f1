"""Hidden units: their projections, what moving them does, and portraits of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from invertviz._arrays import ArrayLike

from ._axes import FAINT
from ._drawing import (
    GRAY,
    as_numbers,
    as_pictures,
    check_count,
    colour_bar,
    differences,
    gallery,
    own_scale,
    tiles,
)


def unit_projections(
    images: ArrayLike,
    *,
    units: Sequence[int] | None = None,
    order: str = "strength",
    scale: str = "shared",
    columns: int | None = None,
    title: str | None = None,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
) -> Figure:
    """Pictures of hidden units, with the units' numbers.

    Args:
        images: floats `[N, H, W]` of any scale, such as `project_units` gives.
        units: which units they are; 0…N-1 if None.
        order: "strength" (the picture with the largest standard deviation first), or "given".
        scale: "shared": one for all, darker and blue below 0, lighter and orange above; or "own":
            each from its own smallest value (black) to its own largest (white), as in the article.
        columns: images a row; about a square of them if None.
        title: of the whole figure.
        width: of the figure, in inches, such as `ONE_COLUMN`; as the images need if None.
        axes: matplotlib's axes to draw into instead, one an image.
    """
    pictures = as_pictures(images)
    numbers = [*range(len(pictures))] if units is None else [*units]
    check_count(numbers, len(pictures), "units")
    for name, given, known in (
        ("order", order, ("strength", "given")),
        ("scale", scale, ("shared", "own")),
    ):
        if given not in known:
            raise ValueError(f'{name} is {given!r}; choose "{known[0]}" or "{known[1]}".')
    if order == "strength":
        strengths = pictures.std(axis=(1, 2), dtype=np.float64)
        strongest = np.argsort(-strengths, kind="stable")
        pictures, numbers = pictures[strongest], [numbers[i] for i in strongest]
    furthest = float(np.abs(pictures).max()) or 1.0
    shared = scale == "shared"
    figure = tiles(
        pictures if shared else own_scale(pictures),
        columns=columns,
        titles=[*map(str, numbers)],
        title=title,
        color=FAINT,
        foot=0.34 if shared else 0,
        width=width,
        axes=axes,
        style=differences(furthest) if shared else GRAY,
        alt=f"Projections of {len(pictures)} hidden units"
        + (", the strongest first" if order == "strength" else ""),
    )
    if shared and axes is None:
        colour_bar(figure, furthest)
    return figure


def unit_sweeps(
    images: ArrayLike,
    values: ArrayLike,
    *,
    names: Sequence[str],
    probabilities: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    title: str | None = None,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
) -> Figure:
    """Film strips: a code inverted with one unit set to several values, a strip for each unit.

    Args:
        images: `[strips, V, H, W]`, or one strip `[V, H, W]`, such as `sweep_unit` gives.
        values: what the unit was set to, `[V]`.
        names: one name a strip, such as "unit 7".
        probabilities: what the network says of the codes, `[strips, V, classes]` or
            `[V, classes]`: the class it takes each for, and how sure it is, is told below.
        class_names: one name a class; the class numbers if None.
        title: of the whole figure.
        width: of the figure, in inches, such as `TWO_COLUMNS`; as the images need if None.
        axes: matplotlib's axes to draw into instead, one an image, row by row.
    """
    settings, shape = as_numbers(values), np.shape(images)
    shape = (1, *shape) if len(shape) == 3 else shape
    if len(shape) != 4 or settings.shape != shape[1:2] or not np.isfinite(settings).all():
        raise ValueError(
            f"images has shape {list(np.shape(images))} and values {list(settings.shape)}; give "
            "[strips, V, H, W] or [V, H, W], and V finite values."
        )
    if len(names) != shape[0] or len(set(names)) != len(names):
        raise ValueError(
            f"names is {[*names]} for {shape[0]} strips; give one for each, all other."
        )
    pictures = as_pictures(as_numbers(images).reshape(-1, *shape[2:])).reshape(shape)
    captions = None
    if probabilities is not None:
        told = as_numbers(probabilities)
        told = told[None] if told.ndim == 2 else told
        if told.ndim != 3 or told.shape[:2] != shape[:2]:
            raise ValueError(
                f"probabilities has shape {list(told.shape)}; give {[*shape[:2]]} and the classes."
            )
        classes = range(told.shape[2]) if class_names is None else class_names
        captions = {
            name: [f"{classes[row.argmax()]} · {100 * row.max():.0f} %" for row in rows]
            for name, rows in zip(names, told, strict=True)
        }
    strips = ", ".join(names)
    return gallery(
        dict(zip(names, pictures, strict=True)),
        titles=[f"{value:+.3g}" if value else "0" for value in settings],
        title=title,
        captions=captions,
        width=width,
        axes=axes,
        alt=f"Film strips of {strips}: the picture as the value goes from "
        f"{settings[0]:g} to {settings[-1]:g} in {len(settings)} frames",
    )


def unit_portraits(
    pictures: Mapping[str, ArrayLike],
    units: Sequence[int],
    *,
    signed: Collection[str] = ("difference",),
    scaled: Collection[str] = ("projection",),
    title: str | None = None,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
) -> Figure:
    """Each unit in a column, each way to picture it in a row.

    Args:
        pictures: for each row's name, images `[units, H, W]`: the article's projection, the
            difference the unit makes, a picture that maximizes it, samples that drive it.
        units: the units' numbers.
        signed: rows of differences, all on one scale: darker and blue below 0, lighter and orange
            above.
        scaled: rows whose scale means nothing: each picture from its own smallest value (black)
            to its own largest (white). The others are drawn from 0 to 1.
        title: of the whole figure.
        width: of the figure, in inches, such as `TWO_COLUMNS`; as the images need if None.
        axes: matplotlib's axes to draw into instead, one an image, row by row.
    """
    rows = {name: as_pictures(found, name) for name, found in pictures.items()}
    unknown = (set(signed) | set(scaled)) - set(rows) - {"difference", "projection"}
    if not rows or unknown:
        raise ValueError(
            f"the rows are {list(rows)}; give at least one, and name in signed and scaled only "
            f"those, not {sorted(unknown)}."
        )
    for name in set(scaled) & set(rows):
        rows[name] = own_scale(rows[name])
    marked = [name for name in rows if name in signed]
    numbers = [*map(str, units)]
    alt = f"Hidden units {', '.join(numbers)}, each pictured by: {', '.join(rows)}"
    return gallery(
        rows, titles=numbers, title=title, signed=marked, width=width, axes=axes, alt=alt
    )
