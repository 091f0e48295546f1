"""The widgets, a folder each, named as its twin in js/src/widgets/."""

from invertviz.widgets.class_picker import ClassPicker
from invertviz.widgets.drawing_canvas import DrawingCanvas
from invertviz.widgets.explorer import Explorer
from invertviz.widgets.misclassified_grid import MisclassifiedGrid
from invertviz.widgets.unit_sliders import UnitSliders

__all__ = ["ClassPicker", "DrawingCanvas", "Explorer", "MisclassifiedGrid", "UnitSliders"]
