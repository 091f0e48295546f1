"""A network as the bytes of a safetensors file, and such a file read with suspicion."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from invertviz.parts import INVERSES, Network

if TYPE_CHECKING:
    from typing_extensions import Self

_FORMAT = 1


class CheckpointError(ValueError):
    """A file that is not an invertviz checkpoint, or one that does not hold together."""


def to_bytes(network: Network, *, record: bool = True) -> bytes:
    """A network as the bytes of a safetensors file. Same network, same bytes.

    The tensors of the classifier (`W1, b1, …` of fully connected layers, float32, W `[in, out]`;
    `module.…` of a torch module, as it has them) and of the inverse (float32, `inverse1, …` from
    the code to the pixels, with `inverse_b1, …` where it has biases of its own). The description
    is JSON in the metadata entry "invertviz".

    Args:
        network: what is to be written.
        record: with how it came about.

    Raises:
        TypeError: its training record holds what JSON cannot.
        ValueError: values that are not finite; parts that its tensors do not describe.
    """
    _refuse_undescribed(network)
    classifier, inverse = network.classifier, network.inverse
    description = {
        "format": _FORMAT,
        **classifier.description(),
        "image_shape": network.images.shape,
        "class_names": network.class_names,
    }
    if network.layer != classifier.split().layer:
        description["layer"] = network.layer.name
    description["inverse"] = None if inverse is None else inverse.kind
    if record:
        description["training"] = network.training_record
    if inverse is not None and inverse.settings:
        description["inverse_settings"] = inverse.settings
    fitted = {} if inverse is None else inverse.named_tensors()
    tensors = classifier.named_tensors() | {name: t.float() for name, t in fitted.items()}
    return tensors_to_bytes(
        {name: _writable(name, tensor) for name, tensor in tensors.items()},
        metadata={"invertviz": _json(description)},
    )


class CheckpointFile:
    """A file that `to_bytes` made: what it says of itself is read before any tensor is.

    Args:
        path: where it lies.

    Attributes:
        path: likewise.
        description: its metadata entry "invertviz".
        shapes: of its tensors, by name.

    Raises:
        CheckpointError: no safetensors file, no description in it, or one of another format.
        FileNotFoundError: no such file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).expanduser()
        if not self.path.is_file():
            raise FileNotFoundError(f"there is no checkpoint {self.path}.")
        try:
            self._file = safe_open(self.path, framework="pt")
            self.shapes = {
                name: tuple(self._file.get_slice(name).get_shape())
                for name in self._file.keys()  # noqa: SIM118
            }
        except (SafetensorError, OverflowError) as error:
            raise CheckpointError(
                f"{self.path} is not a readable safetensors file ({error}); write one with "
                "network.save()."
            ) from error
        self.description = self._described(self._file.metadata() or {})

    def __enter__(self) -> Self:
        """Keep it open."""
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self._file.__exit__(*error)

    def read(self, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors of these names, once all of them are found to have these shapes.

        Args:
            wanted: tensors of the shapes and types that are needed; their values do not matter.

        Raises:
            CheckpointError: tensors that are missing, of another shape, or not finite.
        """
        off = [
            f"{name} is missing"
            if name not in self.shapes
            else f"{name} has shape {list(self.shapes[name])}, and {list(tensor.shape)} is needed"
            for name, tensor in wanted.items()
            if self.shapes.get(name) != tuple(tensor.shape)
        ]
        if off:
            raise CheckpointError(
                f"{self.path} is of another architecture than what is to be made of it: "
                + "; ".join(off[:20])
                + (f"; and {len(off) - 20} more." if len(off) > 20 else ".")
            )
        found = {name: self._file.get_tensor(name) for name in wanted}
        for name, tensor in found.items():
            if tensor.is_floating_point() != wanted[name].is_floating_point():
                raise CheckpointError(
                    f"{self.path} holds {tensor.dtype} in {name}, and {wanted[name].dtype} is "
                    "needed."
                )
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                raise CheckpointError(f"{self.path} holds NaN or infinite values in {name}.")
        return {name: tensor.to(wanted[name].dtype) for name, tensor in found.items()}

    def _described(self, metadata: Mapping[str, str]) -> dict[str, Any]:
        try:
            description = json.loads(metadata["invertviz"])
        except (KeyError, ValueError, RecursionError) as error:
            raise CheckpointError(
                f"{self.path} is a safetensors file, but no invertviz checkpoint; for other "
                "weights use InvertibleNetwork.from_arrays."
            ) from error
        if not isinstance(description, dict) or description.get("format") != _FORMAT:
            raise CheckpointError(
                f"{self.path} is in another version of the checkpoint format; this invertviz reads "
                f"version {_FORMAT}. Update invertviz, or save the network again."
            )
        return description


def _refuse_undescribed(network: Network) -> None:
    """Refuse parts whose tensors do not tell what they answer: they would come back as others."""
    plain = network.classifier.split(network.layer.name)
    for name, part, kind in (
        ("encoder", network.encoder, type(plain.encoder)),
        ("head", network.head, type(plain.head)),
        ("inverse", network.inverse, INVERSES.get(getattr(network.inverse, "kind", ""))),
    ):
        if part is None:
            continue
        if type(part) is not kind:
            raise ValueError(
                f"the network's {name} is a {type(part).__name__}, of which a file could not say "
                "how it answers: the network would come back as another. Save what made it instead."
            )
        if any(m._forward_hooks or m._forward_pre_hooks for m in part.modules()):
            raise ValueError(
                f"the network's {name} has hooks, which may change its answers and which a file "
                "cannot hold; remove them first."
            )
    own = {id(t) for part in (plain.encoder, plain.head) for t in part.parameters()}
    if own != {id(t) for part in (network.encoder, network.head) for t in part.parameters()}:
        raise ValueError(
            "the network's encoder or head was replaced: its classifier's tensors no longer tell "
            "what it answers. Make a network of the new parts, and save that."
        )


def _writable(name: str, tensor: Tensor) -> Tensor:
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise ValueError(
            f"{name} holds NaN or infinite values, as after training at too high a rate; such a "
            "network could not be loaded."
        )
    return tensor.detach().cpu().contiguous()


def _json(description: dict[str, Any]) -> str:
    try:
        return json.dumps(description, default=_plain, allow_nan=False)
    except ValueError as error:
        raise ValueError(
            f"training_record is {description['training']}, which a file cannot hold: {error}"
        ) from None


def _plain(value: Any) -> Any:
    """A number of numpy's or torch's, such as a setting that someone computed, as JSON has it."""
    if isinstance(value, np.generic) or (isinstance(value, Tensor) and value.ndim == 0):
        return value.item()
    raise TypeError(f"{value!r} cannot be written to a checkpoint.")
