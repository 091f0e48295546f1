"""Networks in and out of safetensors files, and the pretrained one."""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as tensors_to_bytes

from invertviz._arrays import resolve_device
from invertviz._files import written_whole
from invertviz.inverses import INVERSES, Inverse
from invertviz.network import InvertibleNetwork

_FORMAT = 1


class CheckpointError(ValueError):
    """A file that is not an invertviz checkpoint, or one that does not hold together."""


def save(network: InvertibleNetwork, path: str | os.PathLike[str]) -> None:
    """Write a network to a safetensors file, wholly or not at all.

    Raises:
        OSError: the path cannot be written.
        ValueError: the network holds what is not finite.
    """
    for name, parameter in _named_parameters(network).items():
        if not bool(torch.isfinite(parameter).all()):
            raise ValueError(
                f"{name} holds NaN or infinite values, as after training at too high a rate; such "
                "a network could not be loaded."
            )
    with written_whole(path) as part:
        part.write_bytes(to_bytes(network))


def to_bytes(network: InvertibleNetwork) -> bytes:
    """A network as the bytes of a safetensors file. Same network, same bytes.

    Tensors `W1, b1, …` (float32, W `[in, out]`) and `inverse1, …` (from the code to the pixels),
    with `inverse_b1, …` where the inverse has biases of its own; the description, with the kind
    of the inverse and its settings, is JSON in the metadata entry "invertviz".
    """
    description = {
        "format": _FORMAT,
        "layer_sizes": network.layer_sizes,
        "activation": network.activation.name,
        "image_shape": network.image_shape,
        "class_names": network.class_names,
        "inverse": network.inverse.kind,
        "training": network.training_record,
    }
    if network.inverse.settings:
        description["inverse_settings"] = network.inverse.settings
    tensors = {
        name: parameter.detach().float().cpu().contiguous()
        for name, parameter in _named_parameters(network).items()
    }
    return tensors_to_bytes(
        tensors, metadata={"invertviz": json.dumps(description, default=_plain)}
    )


def _plain(value: Any) -> Any:
    """A number of numpy's, such as a setting that someone computed, as JSON can hold it."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be written to a checkpoint.")


def load(path: str | os.PathLike[str], *, device: str | torch.device = "auto") -> InvertibleNetwork:
    """Read a network that `save` wrote.

    Raises:
        CheckpointError: not a checkpoint, one of another format, or tensors that do not fit the
            architecture that the file itself describes.
        FileNotFoundError: no such file.
        ValueError: the device is not available.
    """
    source = Path(path).expanduser()
    if not source.is_file():
        raise FileNotFoundError(f"there is no checkpoint {source}.")
    where = resolve_device(device)
    try:
        with safe_open(source, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(
            f"{source} is not a readable safetensors file ({error}); write one with network.save()."
        ) from error
    description = _description(metadata, source)
    try:
        network = InvertibleNetwork(
            description["layer_sizes"],
            activation=description["activation"],
            image_shape=description["image_shape"],
            class_names=description["class_names"],
            seed=None,
            device="cpu",
        )
        network.training_record = dict(description["training"])
        network = network.with_inverse(_unfitted_inverse(network, description))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{source} describes no network: {error}") from error
    parameters = _named_parameters(network)
    for name, parameter in parameters.items():
        if name not in tensors:
            raise CheckpointError(
                f"{source} lacks the tensor {name}; its {len(description['layer_sizes']) - 1} "
                f"layers need {', '.join(parameters)}."
            )
        found = tensors[name]
        if found.shape != parameter.shape:
            raise CheckpointError(
                f"{source} is of another architecture: {name} has shape {list(found.shape)}, "
                f"but its layers {description['layer_sizes']} need {list(parameter.shape)}."
            )
        if not bool(torch.isfinite(found).all()):
            raise CheckpointError(f"{source} holds NaN or infinite values in {name}.")
        parameter.data.copy_(found)
    return network.to(where)


def load_pretrained(*, device: str | torch.device = "auto") -> InvertibleNetwork:
    """The article's network, trained on MNIST without its first 5,848 training images.

    The digits of the bundled "mnist-sample" are among those 5,848, so the network never saw them.

    Raises:
        ValueError: the device is not available.
    """
    asset = resources.files("invertviz") / "assets" / "pretrained.safetensors"
    with resources.as_file(asset) as path:
        return load(path, device=device)


def _named_parameters(network: InvertibleNetwork) -> dict[str, torch.nn.Parameter]:
    groups = {"W": network.weights, "b": network.biases}
    classifier = {
        f"{name}{i}": parameter
        for name, group in groups.items()
        for i, parameter in enumerate(group, start=1)
    }
    return classifier | network.inverse.named_tensors()


def _unfitted_inverse(network: InvertibleNetwork, description: dict[str, Any]) -> Inverse:
    kind = description.get("inverse", "learned")
    if kind not in INVERSES:
        raise ValueError(
            f"its inverse is of the kind {kind!r}; this invertviz knows {sorted(INVERSES)}."
        )
    return INVERSES[kind].unfitted(network, description.get("inverse_settings", {}))


def _description(metadata: dict[str, str], source: Path) -> dict[str, Any]:
    try:
        description = json.loads(metadata["invertviz"])
    except (KeyError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"{source} is a safetensors file, but no invertviz checkpoint; for other weights use "
            "InvertibleNetwork.from_arrays."
        ) from error
    if not isinstance(description, dict) or description.get("format") != _FORMAT:
        raise CheckpointError(
            f"{source} is in another version of the checkpoint format; this invertviz reads "
            f"version {_FORMAT}. Update invertviz, or save the network again."
        )
    return description
