"""What a network gets wrong: the samples, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from invertviz._arrays import ArrayLike, as_labels

from ._axes import FAINT, INK, bare, check_width, describe, own_axes
from ._drawing import as_numbers, as_pictures, check_count
from .samples import reconstruction_pairs


def misclassified_pairs(
    images: ArrayLike,
    reconstructions: ArrayLike,
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    confidences: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
) -> Figure:
    """Misclassified samples beside their reconstructions: "9 taken for 4".

    A sample that is taken for what it is has its class alone as its title.

    Args:
        images: `[N, H, W]`.
        reconstructions: of the same shape.
        labels: what the images are, int `[N]`.
        predictions: what the network takes them for, int `[N]`.
        confidences: how sure it is, `[N]` in [0, 1], told as "9 taken for 4 · 93 %".
        class_names: one name a class; the class numbers if None.
        columns: pairs a row; about a square of images if None.
        title: of the whole figure.
        width: of the figure, in inches, such as `ONE_COLUMN`; as the images need if None.
        axes: matplotlib's axes to draw into instead, one a pair.
    """
    count, cpu = len(as_pictures(images)), torch.device("cpu")
    names = range(2**31) if class_names is None else class_names
    told = [
        [
            str(names[k])
            for k in as_labels(given, count=count, classes=len(names), device=cpu).tolist()
        ]
        for given in (labels, predictions)
    ]
    titles = [
        label if label == taken else f"{label} taken for {taken}"
        for label, taken in zip(*told, strict=True)
    ]
    if confidences is not None:
        sure = as_numbers(confidences)
        check_count(sure.tolist(), count, "confidences")
        titles = [f"{name} · {100 * p:.0f} %" for name, p in zip(titles, sure, strict=True)]
    return reconstruction_pairs(
        images,
        reconstructions,
        columns=columns,
        titles=titles,
        title=title,
        width=width,
        axes=axes,
    )


def confusion_matrix(
    counts: ArrayLike,
    class_names: Sequence[str],
    *,
    title: str | None = None,
    width: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """How often each class is taken for each other.

    The diagonal is pale; mistakes are coloured by the logarithm of their number, so that rare ones
    show beside frequent ones.

    Args:
        counts: int `[true class, predicted class]`, such as `evaluate` gives.
        class_names: one name a class.
        title: of the figure.
        width: of the figure, in inches, such as `ONE_COLUMN`; as the numbers need if None.
        ax: matplotlib's axes to draw into instead.
    """
    table, size = as_numbers(counts), len(class_names)
    if size == 0 or table.shape != (size, size):
        raise ValueError(
            f"counts has shape {list(table.shape)} for {size} class_names; give "
            "[true class, predicted class], and one name a class."
        )
    if table.dtype.kind not in "ui" or table.min() < 0:
        raise ValueError("counts must be integers, 0 or more.")
    table = table.astype(np.int64)
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
    above += 0.3 if title else 0
    side = 0.42 * size if width is None else check_width(width) - left - right
    if side < 0.1 * size:
        raise ValueError(f"{size} classes do not fit in {width} inches; make it wider.")
    axes = own_axes(ax, (left + side + right, above + side + 0.1), (left, 0.1, right, above))
    axes.pcolormesh(colors, edgecolors="white", linewidth=0.8)
    axes.set(aspect="equal", xlim=(0, size), ylim=(size, 0))
    for i, j in np.argwhere((table > 0) | np.eye(size, dtype=bool)):
        text, ink = str(table[i, j]), "white" if shade[i, j] > 0.6 else INK
        font = min(8, 76 * side / size / len(text))
        axes.text(j + 0.5, i + 0.52, text, fontsize=font, color=ink, ha="center", va="center")
    bare(axes)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(np.arange(size) + 0.5, class_names, parse_math=False, **turned)
    axes.set_yticks(np.arange(size) + 0.5, class_names, parse_math=False)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)
    axes.set_xlabel("taken for", fontsize=8, color=FAINT, labelpad=6)
    axes.set_ylabel("true class", fontsize=8, color=FAINT, labelpad=6)
    axes.set_title(title or "", fontsize=10, color=INK, pad=8, parse_math=False)
    wrong = table * ~np.eye(size, dtype=bool)
    worst = [divmod(int(i), size) for i in np.argsort(-wrong, axis=None, kind="stable")[:5]]
    told = ", ".join(
        f"{class_names[i]} taken for {class_names[j]} {wrong[i, j]} times"
        for i, j in worst
        if wrong[i, j]
    )
    return describe(
        axes,
        f"Confusion matrix of {table.sum()} samples, {wrong.sum()} of them mistakes"
        + (f"; most often {told}" if told else ""),
    )
