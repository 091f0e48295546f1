"""Turn a neural network around: from a hidden representation back to the picture."""

from invertviz.checkpoints import CheckpointError, load, load_pretrained
from invertviz.codes import CodeOptimization, optimize_codes, project_units, sweep_unit
from invertviz.evaluation import Evaluation, InverseQuality, evaluate, evaluate_inverse
from invertviz.network import InvertibleNetwork, Reconstruction
from invertviz.training import fit_classifier, fit_inverse, train

__version__ = "0.1.0"

__all__ = [
    "CheckpointError",
    "CodeOptimization",
    "Evaluation",
    "InverseQuality",
    "InvertibleNetwork",
    "Reconstruction",
    "evaluate",
    "evaluate_inverse",
    "fit_classifier",
    "fit_inverse",
    "load",
    "load_pretrained",
    "optimize_codes",
    "project_units",
    "sweep_unit",
    "train",
]
