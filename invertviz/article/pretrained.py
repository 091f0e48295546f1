"""The network that comes with the package."""

from __future__ import annotations

from importlib import resources

import torch

from invertviz.checkpoints import load
from invertviz.network import InvertibleNetwork


def load_pretrained(*, device: str | torch.device = "auto") -> InvertibleNetwork:
    """The article's network, trained on MNIST without its first 5,848 training images.

    The digits of the bundled "mnist-sample" are among those 5,848, so the network never saw them.

    Raises:
        ValueError: the device is not available.
    """
    asset = resources.files("invertviz") / "assets" / "pretrained.safetensors"
    with resources.as_file(asset) as path:
        return load(path, device=device)
