"""The widgets, one file each, named as their TypeScript twins."""

from invertviz.widgets.drawing_canvas import DrawingCanvas

__all__ = ["DrawingCanvas"]
