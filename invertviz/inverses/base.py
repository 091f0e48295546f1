"""What every way back from a code has in common."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from invertviz._arrays import ArrayLike, as_images, check_brightness

if TYPE_CHECKING:
    from typing_extensions import Self

    from invertviz.network import InvertibleNetwork


class Inverse(nn.Module):
    """A way back from codes to pixels, for `InvertibleNetwork.with_inverse`.

    A subclass names its `kind`, fits itself in `fit`, inverts in `forward`, and says in
    `named_tensors` and `settings` what a checkpoint must hold of it for `unfitted` to make it
    again. Parameters that are not among `named_tensors` are the network's own, shared with it.

    Attributes:
        kind: the name of the method.
        code_size: units of a code.
        pixels: pixels of an image.
        fit_seconds: what fitting took, where `fit_inverses` did it; NaN elsewhere.
    """

    kind: ClassVar[str]
    code_size: int
    pixels: int
    fit_seconds: float = math.nan

    @classmethod
    def fit(
        cls, network: InvertibleNetwork, images: ArrayLike, *, seed: int = 0, progress: bool = True
    ) -> Self:
        """Fit a way back through a trained network.

        Args:
            network: the network; it stays as it is.
            images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255.
            seed: of everything random.
            progress: show a progress bar.

        Raises:
            TypeError: not an array of numbers.
            ValueError: empty, of another shape, not finite, or out of range.
        """
        raise NotImplementedError

    @classmethod
    def unfitted(cls, network: InvertibleNetwork, settings: Mapping[str, Any]) -> Self:
        """One with these `settings` whose `named_tensors` have their shapes, but no values yet.

        Raises:
            KeyError, TypeError, ValueError: settings that are missing or make no sense.
        """
        raise NotImplementedError

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes, float `[N, units]`, to pixels, float `[N, pixels]`; no checks."""
        raise NotImplementedError

    @property
    def settings(self) -> dict[str, Any]:
        """What `unfitted` needs to make one of the same shape; JSON."""
        return {}

    def named_tensors(self) -> dict[str, nn.Parameter]:
        """The fitted tensors under their names in a checkpoint: inverse1, …, inverse_b1, …."""
        return {}

    def check_fits(self, network: InvertibleNetwork) -> None:
        """Refuse a network that this is no way back through.

        Raises:
            ValueError: other sizes, or an inverse that works through another network's layers.
        """
        if (self.code_size, self.pixels) != (network.code_size, network.pixels):
            raise ValueError(
                f"this {self.kind} inverse takes {self.code_size} units to {self.pixels} pixels, "
                f"but the network has {network.code_size} units and {network.pixels} pixels; fit "
                f"one for it: {type(self).__name__}.fit(network, images)."
            )
        own = {id(tensor) for tensor in self.named_tensors().values()}
        theirs = {id(tensor) for tensor in [*network.weights, *network.biases]}
        if not {id(tensor) for tensor in self.parameters()} <= own | theirs:
            raise ValueError(
                f"this {self.kind} inverse works through the layers of another network; fit one "
                f"for this network: {type(self).__name__}.fit(network, images)."
            )


class LayeredInverse(Inverse):
    """An inverse of fully connected layers that are its own: a matrix and a bias each.

    Args:
        matrices: from the code to the pixels, each float `[in, out]`.
        biases: one for each matrix, float `[out]`.

    Raises:
        ValueError: shapes that do not follow from one another.
    """

    def __init__(self, matrices: Sequence[Tensor], biases: Sequence[Tensor]) -> None:
        super().__init__()
        ends = [len(matrices[0]), *(len(bias) for bias in biases)] if matrices else []
        wanted = [*pairwise(ends)]
        if not matrices or [tuple(matrix.shape) for matrix in matrices] != wanted:
            raise ValueError(
                f"matrices of shapes {[list(matrix.shape) for matrix in matrices]} and biases of "
                f"{[list(bias.shape) for bias in biases]} do not follow from one another; give "
                "[in, out] and [out] for each layer, from the code to the pixels."
            )
        self.matrices = nn.ParameterList(nn.Parameter(m, requires_grad=False) for m in matrices)
        self.biases = nn.ParameterList(nn.Parameter(b, requires_grad=False) for b in biases)
        self.code_size, *_, self.pixels = ends

    def named_tensors(self) -> dict[str, nn.Parameter]:
        """inverse1, … and inverse_b1, …: one of each a layer."""
        groups = {"inverse": self.matrices, "inverse_b": self.biases}
        return {
            f"{name}{i}": tensor
            for name, group in groups.items()
            for i, tensor in enumerate(group, start=1)
        }


def codes_and_pixels(network: InvertibleNetwork, images: ArrayLike) -> tuple[Tensor, Tensor]:
    """What an inverse is fitted on: codes `[N, units]` and pixels `[N, pixels]`, checked."""
    pixels = as_images(images, network.image_shape, device=network.device, dtype=network.dtype)
    check_brightness(pixels)
    return network.encode_pixels(pixels), pixels


def batches_of(
    count: int, batch_size: int, generator: torch.Generator, device: torch.device
) -> Iterator[Tensor]:
    """Endless index batches, each pass over the data in a new order drawn on the CPU."""
    size = min(batch_size, count)
    while True:
        order = torch.randperm(count, generator=generator).to(device)
        yield from order[: count - count % size].split(size)
