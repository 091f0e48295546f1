"""The chart of a class picker; the page sets what it shows, in chart.ts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import bqplot

MARGIN = {"top": 8, "bottom": 24, "left": 42, "right": 20}


def confidence_chart() -> bqplot.Figure:
    """Confidence against steps: all codes faintly, the chosen one, and where the scrubber is."""
    import bqplot  # it brings pandas along: only when it is used

    steps, confidence = bqplot.LinearScale(min=0, max=1000), bqplot.LinearScale(min=0, max=1)
    scales = {"x": steps, "y": confidence}
    nothing = {"x": [0.0, 0.0], "y": [0.0, 0.0], "scales": scales}
    grey = "#8a8a8a"
    others = bqplot.Lines(**nothing, colors=[grey], opacities=[0.55], stroke_width=1)
    chosen = bqplot.Lines(**nothing, stroke_width=2.4)
    position = bqplot.Lines(**nothing, colors=[grey], line_style="dashed", stroke_width=1)
    axes = [
        bqplot.Axis(
            scale=steps,
            tick_format=",.0f",
            tick_values=[0, 250, 500, 750, 1000],  # bqplot's own run together on a phone
            grid_lines="none",
        ),
        bqplot.Axis(
            scale=confidence,
            orientation="vertical",
            tick_format=".0%",
            tick_values=[0, 0.5, 1],
            grid_lines="solid",
            grid_color="#8884",
        ),
    ]
    return bqplot.Figure(
        marks=[others, chosen, position],
        axes=axes,
        fig_margin=MARGIN,
        padding_x=0,
        padding_y=0.02,
        animation_duration=0,
        display_toolbar=False,
        background_style={"fill": "none"},
        layout={"height": "180px", "width": "100%", "min_width": "0", "margin": "0"},
    )
