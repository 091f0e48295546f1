"""Ways back from a code to an image, behind one interface.

`inverse = RidgeInverse.fit(network, images)`, then `network.with_inverse(inverse)`.
"""

from .base import Inverse
from .decoder import DecoderInverse
from .learned import LearnedInverse, PseudoInverse, initial_matrices, truncated_normal
from .ridge import RidgeInverse

INVERSES: dict[str, type[Inverse]] = {
    inverse.kind: inverse
    for inverse in (LearnedInverse, RidgeInverse, PseudoInverse, DecoderInverse)
}
"""The kinds of inverses, by name."""

__all__ = [
    "INVERSES",
    "DecoderInverse",
    "Inverse",
    "LearnedInverse",
    "PseudoInverse",
    "RidgeInverse",
    "initial_matrices",
    "truncated_normal",
]
