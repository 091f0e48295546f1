"""The confusion matrix as a bqplot chart whose cells the page listens to."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import bqplot
import numpy as np
from numpy.typing import NDArray

# Right in the middle of the light and the dark theme; the ground shines through rare mistakes.
RIGHT, NEVER, OFTEN = "#7895aa66", "#d948010d", "#d94801ff"

SIDE, FONT, LETTER = 240, 11, 5.4  # px: of the chart, and of its letters how high and how wide
# Names of columns read upwards: right below their column, where they lay across it 9 px lower.
TURNED = "rotate(-90deg) translate(-6px, calc(-9px - 0.36em))"


def confusion_chart(counts: NDArray[np.int64], class_names: Sequence[str]) -> bqplot.Figure:
    """Rows are true classes, columns what they are taken for.

    Mistakes are coloured by the logarithm of their number, so that rare ones show beside frequent
    ones; the diagonal is pale.
    """
    size = len(class_names)
    mistakes = np.log1p(np.where(np.eye(size, dtype=bool), 0, counts))
    shades = np.where(mistakes > 0, 0.12 + 0.88 * mistakes / max(mistakes.max(), 1), 0)
    np.fill_diagonal(shades, -1)
    scales = {
        "row": bqplot.OrdinalScale(reverse=True),
        "column": bqplot.OrdinalScale(),
        "color": bqplot.ColorScale(colors=[RIGHT, NEVER, OFTEN], min=-1.0, mid=0.0, max=1.0),
    }
    numbers = np.arange(size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bqplot warns of its own traits' defaults
        cells = bqplot.GridHeatMap(
            color=shades,
            row=numbers,
            column=numbers,
            scales=scales,
            stroke=None,  # the page's style sheet has it
        )
        names = [_short(name) for name in class_names]
        widest = LETTER * max(map(len, names))
        room = {"left": 34 + widest, "bottom": 38.0}
        cell = (SIDE - 6 - room["left"]) / size
        every = math.ceil(FONT / cell)  # of many classes only some have room for their names
        ticks = {str(i): "" if i % every else name for i, name in enumerate(names)}
        across = below = {"font-size": f"{FONT}px"}
        if widest > every * cell:
            room["bottom"] = 28 + widest
            below = {**across, "text-anchor": "end", "transform": TURNED}
        axes = [
            bqplot.Axis(
                scale=scales[side],
                orientation=orientation,
                label=label,
                label_offset=f"{room[place] - 10}px",
                side=place,
                grid_lines="none",
                num_ticks=size,
                tick_labels=ticks,
                tick_style=style,
            )
            for side, orientation, label, place, style in (
                ("row", "vertical", "true class", "left", across),
                ("column", "horizontal", "taken for", "bottom", below),
            )
        ]
        return bqplot.Figure(
            marks=[cells],
            axes=axes,
            padding_x=0,
            padding_y=0,
            fig_margin={"top": 6, "right": 6, **room},
            background_style={"fill": "transparent"},
            # In an exported page bqplot's own style sheet comes last, and would make it 480 high.
            layout={"width": "100%", "height": "100%", "min_width": "0", "margin": "0"},
        )


def _short(name: str) -> str:
    return name if len(name) <= 12 else f"{name[:11]}…"
