"""Ways back from a code to an image, behind one interface.

`inverse = RidgeInverse.fit(network, images)`, then `network.with_inverse(inverse)`.
"""

from .base import Inverse, batches_of
from .decoder import DecoderInverse
from .gradient import GradientInverse, total_variation
from .learned import LearnedInverse, PseudoInverse, initial_matrices, truncated_normal
from .ridge import RidgeInverse

INVERSES: dict[str, type[Inverse]] = {
    inverse.kind: inverse
    for inverse in (LearnedInverse, RidgeInverse, PseudoInverse, DecoderInverse, GradientInverse)
}
"""The kinds of inverses, by name."""

__all__ = [
    "INVERSES",
    "DecoderInverse",
    "GradientInverse",
    "Inverse",
    "LearnedInverse",
    "PseudoInverse",
    "RidgeInverse",
    "batches_of",
    "initial_matrices",
    "total_variation",
    "truncated_normal",
]
