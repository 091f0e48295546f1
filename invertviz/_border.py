"""Middle and border of an image: where a digit is, and where nothing should be."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_BORDER = 4  # MNIST's digits lie in the central 20x20 of 28x28


def border_mask(image_shape: Sequence[int]) -> Tensor:
    """Where the four-pixel border of an image `[H, W]` is: bool `[H·W]`.

    Raises:
        ValueError: an image without a height and a width of 9 or more.
    """
    if len(image_shape) != 2 or min(image_shape) <= 2 * _BORDER:
        raise ValueError(
            f"images of shape {list(image_shape)} have no border of {_BORDER} pixels around a "
            "middle; this needs a height and a width of 9 or more."
        )
    mask = torch.ones(tuple(image_shape), dtype=torch.bool)
    mask[_BORDER:-_BORDER, _BORDER:-_BORDER] = False
    return mask.flatten()
