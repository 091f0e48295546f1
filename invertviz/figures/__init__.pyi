from ._axes import ONE_COLUMN, TWO_COLUMNS
from ._files import save_figure
from .changes import code_change
from .inverses import inverse_comparison, trade_off_curve
from .layers import layer_comparison
from .mistakes import confusion_matrix, misclassified_pairs
from .samples import generated_samples, reconstruction_pairs, sample_grid
from .trajectories import confidence_curves, latent_trajectory
from .units import unit_portraits, unit_projections, unit_sweeps

__all__ = [
    "ONE_COLUMN",
    "TWO_COLUMNS",
    "code_change",
    "confidence_curves",
    "confusion_matrix",
    "generated_samples",
    "inverse_comparison",
    "latent_trajectory",
    "layer_comparison",
    "misclassified_pairs",
    "reconstruction_pairs",
    "sample_grid",
    "save_figure",
    "trade_off_curve",
    "unit_portraits",
    "unit_projections",
    "unit_sweeps",
]
