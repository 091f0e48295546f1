from . import datasets, figures, widgets
from .article import (
    LearnedInverse,
    PseudoInverse,
    fit_classifier,
    fit_inverse,
    load_pretrained,
    train,
    untrained,
)
from .checkpoints import CheckpointError, load
from .codes import CodeOptimization, optimize_codes, project_units, sweep_unit
from .comparison import compare_inverses, fit_inverses, trade_off
from .evaluation import Evaluation, InverseQuality, evaluate, evaluate_inverse
from .exporting import ExportedPage, export, export_notebook
from .generation import compare_priors
from .images import ImageSpec
from .inverses import DecoderInverse, GradientInverse, ModularInverse, RidgeInverse
from .layers import compare_layers
from .network import InvertibleNetwork, Reconstruction
from .parts import Inverse
from .priors import CodePrior
from .survey import UnitSurvey, survey_units, unit_effects
from .units import (
    DrivingSamples,
    compare_unit_pictures,
    driving_samples,
    maximize_units,
    readability,
    unit_differences,
)
from .widgets import ClassPicker, DrawingCanvas, Explorer, MisclassifiedGrid, UnitSliders

__version__: str

__all__ = [
    "CheckpointError",
    "ClassPicker",
    "CodeOptimization",
    "CodePrior",
    "DecoderInverse",
    "DrawingCanvas",
    "DrivingSamples",
    "Evaluation",
    "Explorer",
    "ExportedPage",
    "GradientInverse",
    "ImageSpec",
    "Inverse",
    "InverseQuality",
    "InvertibleNetwork",
    "LearnedInverse",
    "MisclassifiedGrid",
    "ModularInverse",
    "PseudoInverse",
    "Reconstruction",
    "RidgeInverse",
    "UnitSliders",
    "UnitSurvey",
    "compare_inverses",
    "compare_layers",
    "compare_priors",
    "compare_unit_pictures",
    "datasets",
    "driving_samples",
    "evaluate",
    "evaluate_inverse",
    "export",
    "export_notebook",
    "figures",
    "fit_classifier",
    "fit_inverse",
    "fit_inverses",
    "load",
    "load_pretrained",
    "maximize_units",
    "optimize_codes",
    "project_units",
    "readability",
    "survey_units",
    "sweep_unit",
    "trade_off",
    "train",
    "unit_differences",
    "unit_effects",
    "untrained",
    "widgets",
]
