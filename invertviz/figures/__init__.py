"""Matplotlib figures of what the rest finds: samples, reconstructions, units, mistakes.

Every function returns a `matplotlib.figure.Figure` of its own that no pyplot state holds on to: a
notebook shows it, `save_figure` writes it. Images are `[N, H, W]` or one `[H, W]`, floats drawn
from 0 (black) to 1 (white) and clipped there, or integers 0…255; numpy or torch. All of the
functions raise TypeError for what is no array of numbers, and ValueError for no image or too many,
another shape, values that are not finite, and for what is not given once for each image.
"""

from ._files import save_figure
from .inverses import inverse_comparison, trade_off_curve
from .mistakes import confusion_matrix, misclassified_pairs
from .samples import generated_samples, reconstruction_pairs, sample_grid, unit_projections
from .units import unit_portraits

__all__ = [
    "confusion_matrix",
    "generated_samples",
    "inverse_comparison",
    "misclassified_pairs",
    "reconstruction_pairs",
    "sample_grid",
    "save_figure",
    "trade_off_curve",
    "unit_portraits",
    "unit_projections",
]
