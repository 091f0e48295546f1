"""Networks from safetensors files; `InvertibleNetwork.save` writes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from invertviz._arrays import resolve_device
from invertviz._checkpoint_file import CheckpointError, CheckpointFile
from invertviz.dense import DenseClassifier
from invertviz.images import ImageSpec
from invertviz.network import InvertibleNetwork
from invertviz.parts import Classifier, Inverse, inverse_of_kind
from invertviz.splitting import ModuleClassifier

__all__ = ["CheckpointError", "load"]

Made = TypeVar("Made")


@torch.inference_mode(False)
def load(
    path: str | os.PathLike[str],
    *,
    module: nn.Module | None = None,
    device: str | torch.device = "auto",
) -> InvertibleNetwork:
    """Read a network that `save` wrote.

    What the file says of itself is compared with what it holds before anything is made of it.

    Args:
        path: the file.
        module: for a network of a torch module: one of the same architecture, which gets the
            file's tensors; code comes from you, never from a file. If anything is wrong, it stays
            as it was.
        device: "auto" (CUDA when present, else CPU), or a torch device; a module stays where it
            is.

    Raises:
        CheckpointError: not a checkpoint, one of another format, or tensors that do not fit the
            architecture that the file describes, or the module.
        FileNotFoundError: no such file.
        TypeError: the file is of a torch module, and none is given, or the other way round.
        ValueError: the device is not available; the module is none that can be cut.
    """
    where = resolve_device(device)
    with CheckpointFile(path) as file:
        if ("module" in file.description) != (module is not None):
            raise TypeError(_which(file))
        if module is None:
            return _network(file, _dense(file)).to(where)
        with _restored_on_error(module):
            return _network(file, _module(file, module))


def _network(file: CheckpointFile, classifier: Classifier) -> InvertibleNetwork:
    described = file.description

    def made() -> tuple[InvertibleNetwork, Inverse | None]:
        network = InvertibleNetwork(
            classifier, described.get("layer"), class_names=described["class_names"]
        )
        network.training_record = dict(described.get("training", {}))
        return network, _unfitted(network, described)

    network, inverse = _sensible(file, made)
    if inverse is None:
        return network
    _fill(inverse, file.read(inverse.named_tensors()))
    return network.with_inverse(inverse)


def _dense(file: CheckpointFile) -> DenseClassifier:
    """The fully connected classifier that is described."""
    described = file.description

    def wanted() -> dict[str, Tensor]:
        sizes = [int(size) for size in described["layer_sizes"]]
        pairs = [*enumerate(pairwise(sizes), start=1)]
        weights = {f"W{i}": torch.empty(shape, device="meta") for i, shape in pairs}
        return weights | {f"b{i}": torch.empty(out, device="meta") for i, (_, out) in pairs}

    tensors = file.read(_sensible(file, wanted))
    layers = [(tensors[f"W{i}"], tensors[f"b{i}"]) for i in range(1, 1 + len(tensors) // 2)]
    return _sensible(
        file,
        lambda: DenseClassifier(
            layers, described["activation"], ImageSpec(described["image_shape"])
        ),
    )


def _module(file: CheckpointFile, module: nn.Module) -> ModuleClassifier:
    """The user's module with the file's tensors in it."""
    described = file.description
    state = {f"module.{name}": tensor for name, tensor in module.state_dict().items()}
    more = [n for n in file.shapes if n.startswith("module.") and n not in state]
    if more:
        raise CheckpointError(
            f"{file.path} is of another architecture: the module has no {', '.join(more[:20])}."
        )
    found = file.read(state)
    module.load_state_dict({name.removeprefix("module."): t for name, t in found.items()})
    own = ("image_shape", "mean", "std")
    spec = _sensible(file, lambda: ImageSpec(*(described[key] for key in own)))
    member, outputs = described.get("member"), described.get("outputs", "auto")
    return ModuleClassifier(module, spec, outputs=outputs, member=member)


def _sensible(file: CheckpointFile, make: Callable[[], Made]) -> Made:
    """What is made of a description, where it makes sense.

    Raises:
        CheckpointError: it makes none.
    """
    try:
        return make()
    except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise CheckpointError(f"{file.path} describes no network: {error}") from error


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
        id(parameter): (part, key)
        for part in inverse.modules()
        for key, parameter in part.named_parameters(recurse=False)
    }
    for name, parameter in inverse.named_tensors().items():
        part, key = places[id(parameter)]
        part.register_parameter(key, nn.Parameter(tensors[name], requires_grad=False))


@contextmanager
def _restored_on_error(module: nn.Module) -> Iterator[None]:
    """Give a module its tensors back if anything goes wrong."""
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    try:
        yield
    except BaseException:
        module.load_state_dict(before)
        raise


def _which(file: CheckpointFile) -> str:
    name = file.description.get("module")
    if name is None:
        return f"{file.path} is no file of a torch module: load it without module=…."
    return (
        f"{file.path} holds the tensors of a torch module, {name}, and no code: make one of the "
        f"same architecture and pass it, load(path, module=…)."
    )
