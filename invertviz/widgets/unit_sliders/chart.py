"""The bqplot charts inside widgets: Python makes them, the page sets their data."""

from __future__ import annotations

import bqplot
import numpy as np


def unit_histogram() -> bqplot.Figure:
    """A histogram over a slider, its edges where the slider's thumb comes to lie, two lines in it.

    Marks, in this order: the histogram as steps, the base's value, the present value; the lines go
    from 0 to 1, the histogram's highest bar.
    """
    scales = {"x": bqplot.LinearScale(min=0, max=1), "y": bqplot.LinearScale(min=0, max=1.05)}
    nothing = np.zeros(1)

    def line(**style: object) -> bqplot.Lines:
        return bqplot.Lines(x=nothing, y=nothing, scales=scales, stroke_width=2, **style)

    marks = [
        bqplot.Lines(
            x=nothing,
            y=nothing,
            scales=scales,
            interpolation="step-after",
            fill="bottom",
            colors=["#8a94a6"],
            fill_colors=["#8a94a6"],
            fill_opacities=[0.45],
            stroke_width=1,
        ),
        line(colors=["#8a94a6"], line_style="dashed"),
        line(colors=["#2f87dd"]),
    ]
    return bqplot.Figure(
        marks=marks,
        animation_duration=0,
        background_style={"fill": "none"},
        fig_margin={"top": 2, "bottom": 0, "left": 8, "right": 8},  # half a thumb at the sides
        min_aspect_ratio=0.01,
        max_aspect_ratio=100,
        layout={"width": "100%", "height": "72px", "min_width": "0", "margin": "0"},
    )
