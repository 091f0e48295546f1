"""Ways back from a code to an image, for networks of any kind.

`inverse = RidgeInverse.fit(network, images)`, then `network.with_inverse(inverse)`.
"""

from .base import LayeredInverse, batches_of, codes_and_images
from .decoder import DecoderInverse
from .gradient import GradientInverse, total_variation
from .modular import ModularInverse
from .ridge import RidgeInverse

__all__ = [
    "DecoderInverse",
    "GradientInverse",
    "LayeredInverse",
    "ModularInverse",
    "RidgeInverse",
    "batches_of",
    "codes_and_images",
    "total_variation",
]
