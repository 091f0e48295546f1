"""Latent optimizations: the pictures on the way, and how sure the network gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from invertviz._arrays import ArrayLike

from ._axes import FAINT, INK, chart, check_width, describe, own_axes, place_axes
from ._drawing import as_numbers, as_pictures, fill, head
from ._shown import ShownFigure

_RIVALS = 3  # other classes that are drawn


def confidence_curves(
    probabilities: ArrayLike,
    target: int,
    *,
    steps: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    title: str | None = None,
    width: float = 5.2,
    ax: Axes | None = None,
) -> Figure:
    """How sure the network is of a class along a latent optimization, and of its nearest rivals.

    Steps are drawn on a logarithmic axis: most happens in the first few.

    Args:
        probabilities: of the recorded codes, `[records, classes]`.
        target: the class that is optimized for.
        steps: the step of each record, ascending; 0…records-1 if None.
        class_names: one name a class; the class numbers if None.
        title: of the figure.
        width: of the figure, in inches, such as `ONE_COLUMN`.
        ax: matplotlib's axes to draw into instead.
    """
    told, taken = _records(probabilities, target, steps)
    names = [*map(str, range(told.shape[1]))] if class_names is None else class_names
    axes = own_axes(ax, (check_width(width), 0.5 + 0.5 * width), (0.6, 0.5, 0.6, 0.35))
    rivals = [k for k in np.argsort(-told.max(0), kind="stable") if k != target][:_RIVALS]
    for k, dashes in zip(rivals, ((3, 1), (1, 1), (3, 1, 1, 1)), strict=False):
        (line,) = axes.plot(taken, told[:, k], color=FAINT, linewidth=1, dashes=dashes)
        line.set_label(f" {names[k]}")  # a name that starts with _ would be left out
    axes.plot(taken, told[:, target], color="#1f4e96", linewidth=2)
    end = f" {names[target]} · {100 * told[-1, target]:.1f} %"
    axes.annotate(
        end, (taken[-1], told[-1, target]), fontsize=8, color="#1f4e96", va="center",
        annotation_clip=False, parse_math=False,
    )  # fmt: skip
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    axes.set_xlim(0, max(taken[-1], 1))
    axes.set_ylim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:.0f}"))
    if rivals:
        legend = axes.legend(loc="center left", frameon=False, fontsize=7.5, labelcolor=FAINT)
        for text in legend.get_texts():
            text.set_parse_math(False)
    chart(axes, "step of the descent", "probability", title)
    return describe(
        axes,
        f"Probability of class {names[target]} along a latent optimization of {taken[-1]:g} steps: "
        f"from {100 * told[0, target]:.1f} % to {100 * told[-1, target]:.1f} %",
    )


def latent_trajectory(
    images: ArrayLike,
    probabilities: ArrayLike,
    target: int,
    *,
    steps: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    frames: int = 8,
    title: str | None = None,
    width: float = 7.16,
) -> Figure:
    """A latent optimization: pictures on the way, above the confidences.

    Args:
        images: the recorded codes inverted, `[records, H, W]`.
        probabilities: of the recorded codes, `[records, classes]`.
        target: the class that is optimized for.
        steps: the step of each record, ascending; 0…records-1 if None.
        class_names: one name a class; the class numbers if None.
        frames: pictures to show at most; they are nearer to one another at the start.
        title: of the figure.
        width: of the figure, in inches, such as `ONE_COLUMN`.
    """
    pictures = as_pictures(images)
    told, taken = _records(probabilities, target, steps)
    if len(pictures) != len(told) or frames < 1:
        raise ValueError(
            f"{len(pictures)} images were given for {len(told)} records, and frames is {frames}; "
            "give one image a record, and 1 frame or more."
        )
    wanted = np.geomspace(1, taken[-1] + 1, frames) - 1
    shown = np.unique(np.abs(taken[:, None] - wanted).argmin(0))
    side = (check_width(width) - 0.7) / len(shown) - 0.06
    if min(side, width - 1.3) < 0.05:
        raise ValueError(f"{len(shown)} pictures do not fit in {width} inches; give fewer frames.")
    high = side * pictures.shape[1] / pictures.shape[2]
    above = 0.3 if title else 0.05
    low, chart_high = 0.5, 0.3 * width
    tall = low + chart_high + 0.35 + high + 0.2 + above
    figure = ShownFigure(figsize=(width, tall), facecolor="white")
    places = [
        place_axes(figure, 0.6 + j * (side + 0.06), low + chart_high + 0.3, side, high)
        for j in range(len(shown))
    ]
    at = [f"step {taken[i]:g}" for i in shown]
    font = min(7.5, 110 * side / max(map(len, at)))
    fill(places, pictures[shown], titles=at, color=INK, font=font)
    axes = place_axes(figure, 0.6, low, width - 1.3, chart_high)
    confidence_curves(told, target, steps=taken, class_names=class_names, ax=axes)
    figure.alt += f"; pictures at {', '.join(at)}"
    head(figure, title)
    return figure


def _records(
    probabilities: ArrayLike, target: int, steps: ArrayLike | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    told = as_numbers(probabilities)
    if told.ndim != 2 or 0 in told.shape or not ((told >= 0) & (told <= 1 + 1e-6)).all():
        raise ValueError(
            f"probabilities has shape {list(told.shape)}; give [records, classes], all 0 to 1."
        )
    if not 0 <= target < told.shape[1]:
        raise ValueError(f"target is {target}; give a class, 0 to {told.shape[1] - 1}.")
    taken = np.arange(len(told)) if steps is None else as_numbers(steps).astype(float)
    if taken.shape != (len(told),) or (np.diff(taken) <= 0).any() or taken[0] < 0:
        raise ValueError(
            f"steps has shape {list(taken.shape)} for {len(told)} records; give one a record, "
            "ascending from 0 or more."
        )
    return told, taken
