"""The article as one family: its network, its training, its learned inverse (Pitis)."""

from .inverses import ChainedInverse, LearnedInverse, PseudoInverse
from .pretrained import load_pretrained
from .training import fit_classifier, fit_inverse, train, untrained

__all__ = [
    "ChainedInverse",
    "LearnedInverse",
    "PseudoInverse",
    "fit_classifier",
    "fit_inverse",
    "load_pretrained",
    "train",
    "untrained",
]
