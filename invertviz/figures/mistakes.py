"""What a network gets wrong: the samples, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.figure import Figure

from invertviz._arrays import ArrayLike, as_labels

from ._drawing import FAINT, INK, ShownFigure, as_numbers, as_pictures, bare
from .samples import reconstruction_pairs


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
    count, cpu = len(as_pictures(images)), torch.device("cpu")
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
    table, size = as_numbers(counts), len(class_names)
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
    figure = ShownFigure(figsize=(wide, tall), facecolor="white")
    axes = figure.add_axes((left / wide, 0.1 / tall, side / wide, side / tall))
    axes.pcolormesh(colors, edgecolors="white", linewidth=0.8)
    axes.set(aspect="equal", xlim=(0, size), ylim=(size, 0))
    for i, j in np.argwhere((table > 0) | np.eye(size, dtype=bool)):
        text, ink = str(table[i, j]), "white" if shade[i, j] > 0.6 else INK
        font = min(8, 32 / len(text))
        axes.text(j + 0.5, i + 0.52, text, fontsize=font, color=ink, ha="center", va="center")
    bare(axes)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(np.arange(size) + 0.5, class_names, parse_math=False, **turned)
    axes.set_yticks(np.arange(size) + 0.5, class_names, parse_math=False)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)
    axes.set_xlabel("taken for", fontsize=8, color=FAINT, labelpad=6)
    axes.set_ylabel("true class", fontsize=8, color=FAINT, labelpad=6)
    return figure
