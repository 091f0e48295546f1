"""All four widgets on one panel, linked."""

from invertviz.widgets.explorer.widget import Explorer

__all__ = ["Explorer"]
