"""Ways back compared: the same samples through each, and what faithfulness costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from invertviz._arrays import ArrayLike

from ._axes import chart, check_width, describe, own_axes
from ._drawing import as_pictures, gallery


def inverse_comparison(
    images: ArrayLike,
    reconstructions: Mapping[str, ArrayLike],
    *,
    title: str | None = None,
    width: float | None = None,
    axes: Axes | Iterable[Axes] | None = None,
) -> Figure:
    """The same samples through every inverse: originals on top, a row for each below.

    Args:
        images: `[N, H, W]`.
        reconstructions: for each inverse's name, its images, of the same shape.
        title: of the whole figure.
        width: of the figure, in inches, such as `TWO_COLUMNS`; as the images need if None.
        axes: matplotlib's axes to draw into instead, one an image, row by row.
    """
    rows = {"original": as_pictures(images)}
    for name, found in reconstructions.items():
        rows[name] = as_pictures(found, f"reconstructions of {name}")
    alt = f"{len(rows['original'])} samples and what becomes of them through: " + ", ".join(
        reconstructions
    )
    return gallery(rows, title=title, width=width, axes=axes, alt=alt)


def trade_off_curve(
    table: pd.DataFrame,
    others: pd.DataFrame | None = None,
    *,
    title: str | None = None,
    width: float = 5.2,
    ax: Axes | None = None,
) -> Figure:
    """Pixel error against representation distance: nearer to the origin is better.

    Args:
        table: from `trade_off`: one decoder for each weight, drawn as a line: "weight 0.05".
        others: from `compare_inverses`: drawn as single points, with their names.
        title: of the figure.
        width: of the figure, in inches, such as `ONE_COLUMN`.
        ax: matplotlib's axes to draw into instead.
    """
    for name, given in (("table", table), ("others", others)):
        if given is not None and not {"mse", "representation_distance"} <= set(given.columns):
            raise ValueError(
                f"{name} needs the columns mse and representation_distance, as trade_off and "
                f"compare_inverses give them, not {list(given.columns)}."
            )
    size = (check_width(width), 0.5 + 0.64 * width)
    axes = own_axes(ax, size, (0.8, 0.55, 0.2, 0.35))
    x, y = table["representation_distance"].to_numpy(), table["mse"].to_numpy()
    axes.plot(x, y, color="#2b6cb0", marker="o", markersize=4, linewidth=1.4)
    points = [(f"weight {weight:g}", x[i], y[i], "#2b6cb0") for i, weight in enumerate(table.index)]
    if others is not None:
        x = others["representation_distance"].to_numpy()
        y = others["mse"].to_numpy()
        axes.plot(x, y, "s", color="#c05621", markersize=4)
        points += [(str(name), x[i], y[i], "#c05621") for i, name in enumerate(others.index)]
    for text, across, up, color in points:
        axes.annotate(
            text,
            (across, up),
            xytext=(5, 4),
            textcoords="offset points",
            fontsize=7.5,
            color=color,
            parse_math=False,
        )
    for axis, scale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
        scale("log")
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_locator(NullLocator())
    axes.margins(x=0.22, y=0.12)  # room for the names
    chart(axes, "representation distance  ‖f(x̂) - f(x)‖/‖f(x)‖", "mean squared pixel error", title)
    told = "; ".join(f"{name}: {across:.3f}, {up:.4f}" for name, across, up, _ in points)
    return describe(axes, f"Representation distance and mean squared error of each inverse: {told}")
