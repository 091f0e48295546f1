"""Draw a digit; see what the network makes of it."""

from invertviz.widgets.drawing_canvas.widget import DrawingCanvas

__all__ = ["DrawingCanvas"]
