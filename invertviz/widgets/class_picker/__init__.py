"""Ask for a class; watch a code being optimized until the network is sure of it."""

from invertviz.widgets.class_picker.widget import ClassPicker

__all__ = ["ClassPicker"]
