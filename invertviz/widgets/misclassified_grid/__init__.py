"""Walk through everything that the network gets wrong."""

from invertviz.widgets.misclassified_grid.widget import MisclassifiedGrid

__all__ = ["MisclassifiedGrid"]
