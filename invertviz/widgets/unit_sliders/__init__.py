"""Move single hidden units; see what the picture and the probabilities do."""

from invertviz.widgets.unit_sliders.widget import UnitSliders

__all__ = ["UnitSliders"]
