"""Turn a neural network around: from a hidden representation back to the picture."""

from . import datasets, figures
from .checkpoints import CheckpointError, load, load_pretrained
from .codes import CodeOptimization, optimize_codes, project_units, sweep_unit
from .evaluation import Evaluation, InverseQuality, evaluate, evaluate_inverse
from .inverses import DecoderInverse, Inverse, LearnedInverse, PseudoInverse, RidgeInverse
from .network import InvertibleNetwork, Reconstruction
from .training import fit_classifier, fit_inverse, train

__version__ = "0.1.0"

__all__ = [
    "CheckpointError",
    "CodeOptimization",
    "DecoderInverse",
    "Evaluation",
    "Inverse",
    "InverseQuality",
    "InvertibleNetwork",
    "LearnedInverse",
    "PseudoInverse",
    "Reconstruction",
    "RidgeInverse",
    "datasets",
    "evaluate",
    "evaluate_inverse",
    "figures",
    "fit_classifier",
    "fit_inverse",
    "load",
    "load_pretrained",
    "optimize_codes",
    "project_units",
    "sweep_unit",
    "train",
]
