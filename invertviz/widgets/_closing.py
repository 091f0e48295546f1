"""Closing what a widget is made of: ipywidgets keeps each widget until it is closed itself."""

from __future__ import annotations

from typing import Any

from ipywidgets import Widget


def close_all(*widgets: Widget | None, whole: type[Widget] | tuple[()] = ()) -> None:
    """Close widgets, and those that they are made of, such as a chart's marks and axes.

    Args:
        widgets: which; None is passed over.
        whole: those of this type close what they are made of by themselves.
    """
    parts: dict[str, Widget] = {}
    unseen: list[Any] = [*widgets]
    while unseen:
        value = unseen.pop()
        if isinstance(value, Widget) and value.comm is not None and value.model_id not in parts:
            parts[value.model_id] = value
            if not isinstance(value, whole):
                unseen += [getattr(value, name) for name in value.keys]
        elif isinstance(value, (list, tuple)):
            unseen += value
        elif isinstance(value, dict):
            unseen += value.values()
    for widget in parts.values():
        widget.close()
