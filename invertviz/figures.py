"""Matplotlib figures of what the rest finds: samples, reconstructions, units, mistakes.

Every function returns a `matplotlib.figure.Figure` of its own that no pyplot state holds on to: a
notebook shows it, `save_figure` writes it. Images are `[N, H, W]` or one `[H, W]`, floats drawn
from 0 (black) to 1 (white) and clipped there, or integers 0…255; numpy or torch. All of the
functions raise TypeError for what is no array of numbers, and ValueError for no image or too many,
another shape, values that are not finite, and for what is not given once for each image.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from invertviz._arrays import ArrayLike, as_images, as_labels, to_numpy
from invertviz._files import check_writable, written_whole

_MOST = 1024  # images in a figure; beyond them nobody sees anything, and drawing takes minutes
_INK, _FAINT = "#222222", "#8a8a8a"

# Nothing that depends on the moment goes into a file: the same figure gives the same bytes.
_LEFT_OUT = {"png": "Software", "svg": "Date", "pdf": "CreationDate"}


class _Figure(Figure):
    """A figure that a notebook shows by itself, before anything has set pyplot up."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=192)  # two pixels for one: sharp on fine screens
        width, height = (round(96 * inches) for inches in self.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}


def sample_grid(
    images: ArrayLike,
    *,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Images side by side.

    Args:
        images: `[N, H, W]`.
        columns: images a row; about a square of them if None.
        titles: one small title an image.
        title: of the whole figure.
    """
    return _tiles(_pictures(images), columns=columns, titles=titles, title=title)


def reconstruction_pairs(
    images: ArrayLike,
    reconstructions: ArrayLike,
    *,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Originals, each with its reconstruction on its right.

    Args:
        images: `[N, H, W]`.
        reconstructions: of the same shape.
        columns: pairs a row; about a square of images if None.
        titles: one small title a pair.
        title: of the whole figure.
    """
    originals, found = _pictures(images), _pictures(reconstructions, "reconstructions")
    if found.shape != originals.shape:
        raise ValueError(
            f"reconstructions has shape {list(found.shape)} and images {list(originals.shape)}; "
            "give one reconstruction an image, of the same shape."
        )
    count, height, width = originals.shape
    gap = np.full((count, height, max(1, width // 28)), np.nan, originals.dtype)
    pairs = np.concatenate([originals, gap, found], axis=2)
    return _tiles(pairs, columns=columns, titles=titles, title=title, apart=0.16)


def generated_samples(images: ArrayLike, confidences: ArrayLike, names: Sequence[str]) -> Figure:
    """Generated images, each with its class and the network's confidence: "7 · 99.7 %".

    Args:
        images: `[N, H, W]`, such as those of `optimize_codes`.
        confidences: probability of the class that was asked for, `[N]`, in [0, 1].
        names: that class's name, N of them.
    """
    pictures = _pictures(images)
    sure = _numpy(confidences)
    if sure.shape != (len(pictures),) or not ((sure >= 0) & (sure <= 1 + 1e-6)).all():
        raise ValueError(
            f"confidences must be probabilities, 0 to 1, one for each of the {len(pictures)} "
            f"images, not {sure.tolist()}."
        )
    _check_count(names, len(pictures), "names")
    titles = [f"{name} · {100 * p:.1f} %" for name, p in zip(names, sure, strict=True)]
    return _tiles(pictures, titles=titles)


def unit_projections(images: ArrayLike, *, units: Sequence[int] | None = None) -> Figure:
    """Pictures of hidden units, with the units' numbers.

    Their scale means nothing, so each is drawn from its own smallest value (black) to its own
    largest (white).

    Args:
        images: floats `[N, H, W]` of any scale, such as `project_units` gives.
        units: which units they are; 0…N-1 if None.
    """
    pictures = _pictures(images).astype(np.float64)
    low = pictures.min(axis=(1, 2), keepdims=True)
    span = pictures.max(axis=(1, 2), keepdims=True) - low
    scaled = np.divide(pictures - low, span, out=np.full_like(pictures, 0.5), where=span > 0)
    numbers = range(len(pictures)) if units is None else units
    _check_count(numbers, len(pictures), "units")
    return _tiles(scaled, titles=[*map(str, numbers)], color=_FAINT)


def misclassified_pairs(
    images: ArrayLike,
    reconstructions: ArrayLike,
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    class_names: Sequence[str] | None = None,
) -> Figure:
    """Misclassified samples beside their reconstructions: "9 taken for 4".

    Args:
        images: `[N, H, W]`.
        reconstructions: of the same shape.
        labels: what the images are, int `[N]`.
        predictions: what the network takes them for, int `[N]`.
        class_names: one name a class; the class numbers if None.
    """
    count, cpu = len(_pictures(images)), torch.device("cpu")
    names = range(2**31) if class_names is None else class_names
    told = [
        [names[k] for k in as_labels(given, count=count, classes=len(names), device=cpu).tolist()]
        for given in (labels, predictions)
    ]
    titles = [f"{label} taken for {taken}" for label, taken in zip(*told, strict=True)]
    return reconstruction_pairs(images, reconstructions, titles=titles)


def confusion_matrix(counts: ArrayLike, class_names: Sequence[str]) -> Figure:
    """How often each class is taken for each other.

    The diagonal is pale; mistakes are coloured by the logarithm of their number, so that rare ones
    show beside frequent ones.

    Args:
        counts: int `[true class, predicted class]`, such as `evaluate` gives.
        class_names: one name a class.
    """
    table, size = _numpy(counts), len(class_names)
    if size == 0 or table.shape != (size, size):
        raise ValueError(
            f"counts has shape {list(table.shape)} for {size} class_names; give "
            "[true class, predicted class], and one name a class."
        )
    if table.dtype.kind not in "ui" or table.min() < 0:
        raise ValueError("counts must be integers, 0 or more.")
    mistakes = np.log1p(table * ~np.eye(size, dtype=bool))
    shade = 0.85 * mistakes / max(mistakes.max(), 1)
    colors = mpl.colormaps["OrRd"](shade)
    colors[mistakes == 0] = 1
    np.einsum("iik->ik", colors)[:] = mpl.colors.to_rgba("#e9eef3")

    longest = max(map(len, class_names))
    left, above, right = 0.42 + 0.08 * longest, 0.6, 0.1
    turned: dict[str, Any] = {}
    if longest > 4:
        above, right = 0.35 + 0.06 * longest, 0.06 * longest
        turned = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    side = 0.42 * size
    wide, tall = left + side + right, above + side + 0.1
    figure = _Figure(figsize=(wide, tall), facecolor="white")
    axes = figure.add_axes((left / wide, 0.1 / tall, side / wide, side / tall))
    axes.pcolormesh(colors, edgecolors="white", linewidth=0.8)
    axes.set(aspect="equal", xlim=(0, size), ylim=(size, 0))
    for i, j in np.argwhere((table > 0) | np.eye(size, dtype=bool)):
        text, ink = str(table[i, j]), "white" if shade[i, j] > 0.6 else _INK
        font = min(8, 32 / len(text))
        axes.text(j + 0.5, i + 0.52, text, fontsize=font, color=ink, ha="center", va="center")
    _bare(axes)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(np.arange(size) + 0.5, class_names, parse_math=False, **turned)
    axes.set_yticks(np.arange(size) + 0.5, class_names, parse_math=False)
    axes.tick_params(length=0, labelsize=9, labelcolor=_INK)
    axes.set_xlabel("taken for", fontsize=8, color=_FAINT, labelpad=6)
    axes.set_ylabel("true class", fontsize=8, color=_FAINT, labelpad=6)
    return figure


def save_figure(figure: Figure, path: str | os.PathLike[str], *, dpi: int = 200) -> Path:
    """Write a figure, wholly or not at all, and give back its path.

    Args:
        figure: from one of the functions above, or any other.
        path: ends in .png, .svg or .pdf.
        dpi: pixels an inch of a PNG, and of the images inside an SVG or PDF.

    Raises:
        OSError: the path cannot be written.
        ValueError: another suffix, or a dpi that is not positive.
    """
    target = Path(path).expanduser()
    kind = target.suffix.lower().removeprefix(".")
    if kind not in _LEFT_OUT:
        raise ValueError(f"{target.name} must end in .png, .svg or .pdf.")
    if not dpi > 0:
        raise ValueError(f"dpi is {dpi}; give a positive number.")
    settings = mpl.rc_context({"svg.hashsalt": "invertviz", "pdf.fonttype": 42})
    with settings, written_whole(check_writable(target)) as part:
        figure.savefig(part, format=kind, dpi=dpi, metadata={_LEFT_OUT[kind]: None})
    return target


class _ShownFigure(Figure):
    """A figure that a notebook shows by itself, whether or not pyplot is in use."""

    def _repr_png_(self) -> bytes:
        data = io.BytesIO()
        self.savefig(data, format="png", dpi=110)
        return data.getvalue()


def _tiles(
    pictures: NDArray[Any],
    *,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    title: str | None = None,
    color: str = _INK,
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
        _check_count(titles, count, "titles")
        across = max(across, max(map(len, titles)) * 0.58 * font / 72)
        above = 1.3 * font / 72
    wide = columns * (across + apart)
    tall = rows * (above + down + 0.08) + (0.3 if title else 0)
    figure = _Figure(figsize=(wide, tall), facecolor="white")
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
        _bare(axes)
        if titles is not None:
            axes.set_title(titles[index], fontsize=font, color=color, pad=2, parse_math=False)
    if title:
        figure.suptitle(title, y=1 - 0.17 / tall, va="center", fontsize=10, parse_math=False)
    return figure


def _square(count: int, tall: float) -> int:
    """Columns for about a square of `count` images, whole rows of them where that is near."""
    wanted = 1.1 * math.sqrt(count * tall)
    near = range(max(1, math.floor(0.7 * wanted)), math.ceil(1.5 * wanted) + 1)
    return min(near, key=lambda columns: (-count % columns, abs(math.log(columns / wanted))))


def _bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _pictures(images: ArrayLike, name: str = "images") -> NDArray[np.float32]:
    shape = tuple(np.shape(images))
    shape = (1, *shape) if len(shape) == 2 else shape
    if len(shape) != 3 or 0 in shape[1:]:
        raise ValueError(
            f"{name} has shape {list(shape)}; give images with a height and a width, [N, H, W]."
        )
    rows = as_images(images, shape[1:], device=torch.device("cpu"), name=name)
    return to_numpy(rows).reshape(shape)


def _numpy(values: ArrayLike) -> NDArray[Any]:
    return to_numpy(values) if isinstance(values, torch.Tensor) else np.asarray(values)


def _check_count(things: Sequence[Any], count: int, name: str) -> None:
    if len(things) != count:
        raise ValueError(f"{len(things)} {name} were given for {count} images; give one for each.")
