"""Networks from safetensors files; `InvertibleNetwork.save` writes them."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor, nn

from invertviz._arrays import resolve_device
from invertviz._checkpoint_file import CheckpointError, CheckpointFile
from invertviz.dense import DenseClassifier
from invertviz.images import ImageSpec
from invertviz.network import InvertibleNetwork
from invertviz.parts import Inverse, inverse_of_kind

__all__ = ["CheckpointError", "load"]

_SENSELESS = (KeyError, TypeError, ValueError, OverflowError, RuntimeError)


@torch.inference_mode(False)
def load(path: str | os.PathLike[str], *, device: str | torch.device = "auto") -> InvertibleNetwork:
    """Read a network that `save` wrote.

    What the file says of itself is compared with what it holds before anything is made of it.

    Raises:
        CheckpointError: not a checkpoint, one of another format, or tensors that do not fit the
            architecture that the file itself describes.
        FileNotFoundError: no such file.
        ValueError: the device is not available.
    """
    where = resolve_device(device)
    with CheckpointFile(path) as file:
        described = file.description
        try:
            sizes = [int(size) for size in described["layer_sizes"]]
            shapes = _dense_shapes(sizes)
        except _SENSELESS as error:
            raise CheckpointError(f"{file.path} describes no network: {error}") from error
        tensors = file.read(shapes)
        try:
            layers = [(tensors[f"W{i}"], tensors[f"b{i}"]) for i in range(1, len(sizes))]
            spec = ImageSpec(described["image_shape"])
            network = InvertibleNetwork(
                DenseClassifier(layers, described["activation"], spec),
                described.get("layer"),
                class_names=described["class_names"],
            )
            network.training_record = dict(described.get("training", {}))
            inverse = _unfitted(network, described)
        except _SENSELESS as error:
            raise CheckpointError(f"{file.path} describes no network: {error}") from error
        if inverse is not None:
            wanted = {name: tuple(t.shape) for name, t in inverse.named_tensors().items()}
            _fill(inverse, file.read(wanted))
            network = network.with_inverse(inverse)
    return network.to(where)


def _dense_shapes(sizes: list[int]) -> dict[str, tuple[int, ...]]:
    """Of the tensors of a fully connected classifier with layers of these sizes."""
    if len(sizes) < 3:
        raise ValueError(f"layer_sizes is {sizes}, which makes no network with a hidden layer.")
    weights = {f"W{i}": (sizes[i - 1], sizes[i]) for i in range(1, len(sizes))}
    return weights | {f"b{i}": (sizes[i],) for i in range(1, len(sizes))}


def _unfitted(network: InvertibleNetwork, described: dict[str, Any]) -> Inverse | None:
    """The inverse that is described, without memory for what the file is yet to be asked for."""
    kind = described.get("inverse", "learned")
    if kind is None:
        return None
    with torch.device("meta"):
        return inverse_of_kind(kind).unfitted(network, described.get("inverse_settings", {}))


def _fill(inverse: Inverse, tensors: dict[str, Tensor]) -> None:
    """Put tensors in the places of those that have no memory."""
    places = {
        id(parameter): (module, key)
        for module in inverse.modules()
        for key, parameter in module.named_parameters(recurse=False)
    }
    for name, parameter in inverse.named_tensors().items():
        module, key = places[id(parameter)]
        module.register_parameter(key, nn.Parameter(tensors[name], requires_grad=False))
