"""Images in a grid: samples, reconstructions, generated images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from invertviz._arrays import ArrayLike

from ._drawing import as_numbers, as_pictures, check_count, tiles


def sample_grid(
    images: ArrayLike,
    *,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    title: str | None = None,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
) -> Figure:
    """Images side by side.

    Args:
        images: `[N, H, W]`.
        columns: images a row; about a square of them if None.
        titles: one small title an image.
        title: of the whole figure.
        width: of the figure, in inches, such as `ONE_COLUMN`; as the images need if None.
        axes: matplotlib's axes to draw into instead, one an image.
    """
    pictures = as_pictures(images)
    return tiles(
        pictures,
        columns=columns,
        titles=titles,
        title=title,
        width=width,
        axes=axes,
        alt=f"A grid of {len(pictures)} images",
    )


def reconstruction_pairs(
    images: ArrayLike,
    reconstructions: ArrayLike,
    *,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    title: str | None = None,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
) -> Figure:
    """Originals, each with its reconstruction on its right.

    Args:
        images: `[N, H, W]`.
        reconstructions: of the same shape.
        columns: pairs a row; about a square of images if None.
        titles: one small title a pair.
        title: of the whole figure.
        width: of the figure, in inches, such as `ONE_COLUMN`; as the images need if None.
        axes: matplotlib's axes to draw into instead, one a pair.
    """
    originals, found = as_pictures(images), as_pictures(reconstructions, "reconstructions")
    if found.shape != originals.shape:
        raise ValueError(
            f"reconstructions has shape {list(found.shape)} and images {list(originals.shape)}; "
            "give one reconstruction an image, of the same shape."
        )
    count, height, across = originals.shape
    gap = np.full((count, height, max(1, across // 28)), np.nan, originals.dtype)
    pairs = np.concatenate([originals, gap, found], axis=2)
    return tiles(
        pairs,
        columns=columns,
        titles=titles,
        title=title,
        apart=0.16,
        width=width,
        axes=axes,
        alt="An image with its reconstruction on its right"
        if count == 1
        else f"{count} images, each with its reconstruction on its right",
    )


def generated_samples(
    images: ArrayLike,
    confidences: ArrayLike,
    names: Sequence[str],
    *,
    columns: int | None = None,
    title: str | None = None,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
) -> Figure:
    """Generated images, each with its class and the network's confidence: "7 · 99.7 %".

    Args:
        images: `[N, H, W]`, such as those of `optimize_codes`.
        confidences: probability of the class that was asked for, `[N]`, in [0, 1].
        names: that class's name, N of them.
        columns: images a row; about a square of them if None.
        title: of the whole figure.
        width: of the figure, in inches, such as `ONE_COLUMN`; as the images need if None.
        axes: matplotlib's axes to draw into instead, one an image.
    """
    pictures = as_pictures(images)
    sure = as_numbers(confidences)
    if sure.shape != (len(pictures),) or not ((sure >= 0) & (sure <= 1 + 1e-6)).all():
        raise ValueError(
            f"confidences must be probabilities, 0 to 1, one for each of the {len(pictures)} "
            f"images, not {sure.tolist()}."
        )
    check_count(names, len(pictures), "names")
    titles = [f"{name} · {100 * p:.1f} %" for name, p in zip(names, sure, strict=True)]
    return tiles(
        pictures,
        columns=columns,
        titles=titles,
        title=title,
        width=width,
        axes=axes,
        alt=f"{len(pictures)} generated images with class and confidence",
    )
