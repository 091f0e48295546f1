"""What the ways back have in common beyond `parts.Inverse`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from invertviz._arrays import ArrayLike
from invertviz.images import as_stack, in_chunks
from invertviz.parts import Inverse, Network


class LayeredInverse(Inverse):
    """An inverse of fully connected layers that are its own: a matrix and a bias each.

    Args:
        matrices: from the code to the pixels, each float `[in, out]`.
        biases: one for each matrix, float `[out]`.
        image_shape: of the images that it gives.
        code_shape: of the codes that it takes; `[units]` if None.

    Raises:
        ValueError: shapes that do not follow from one another.
    """

    def __init__(
        self,
        matrices: Sequence[Tensor],
        biases: Sequence[Tensor],
        image_shape: Sequence[int],
        code_shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        first = len(matrices[0]) if matrices else 0
        ends = [first, *(len(bias) for bias in biases)]
        self.image_shape = tuple(image_shape)
        self.code_shape = (first,) if code_shape is None else tuple(code_shape)
        wanted = [math.prod(self.code_shape), *ends[1:-1], math.prod(self.image_shape)]
        if not matrices or [tuple(matrix.shape) for matrix in matrices] != [*pairwise(wanted)]:
            raise ValueError(
                f"matrices of shapes {[list(matrix.shape) for matrix in matrices]} and biases of "
                f"{[list(bias.shape) for bias in biases]} do not follow from one another, from "
                f"codes of {list(self.code_shape)} and images of {list(self.image_shape)}; give "
                "[in, out] and [out] for each layer, from the code to the pixels."
            )
        self.matrices = nn.ParameterList(nn.Parameter(m, requires_grad=False) for m in matrices)
        self.biases = nn.ParameterList(nn.Parameter(b, requires_grad=False) for b in biases)

    def named_tensors(self) -> dict[str, nn.Parameter]:
        """inverse1, … and inverse_b1, …: one of each a layer."""
        groups = {"inverse": self.matrices, "inverse_b": self.biases}
        return {
            f"{name}{i}": tensor
            for name, group in groups.items()
            for i, tensor in enumerate(group, start=1)
        }


@torch.no_grad()
def codes_and_images(network: Network, images: ArrayLike) -> tuple[Tensor, Tensor]:
    """What an inverse is fitted on: codes `[N, *code_shape]`, images `[N, *image_shape]`; checked.

    Raises:
        TypeError: not an array of numbers.
        ValueError: empty, of another shape, not finite, or on another scale.
    """
    stack = as_stack(images, network.images)
    shown = [*in_chunks(stack, device=network.device, dtype=network.dtype)]
    return torch.cat([network.encoder(some) for some in shown]), torch.cat(shown)


def batches_of(
    count: int, batch_size: int, generator: torch.Generator, device: torch.device
) -> Iterator[Tensor]:
    """Endless index batches, each pass over the data in a new order drawn on the CPU."""
    size = min(batch_size, count)
    while True:
        order = torch.randperm(count, generator=generator).to(device)
        yield from order[: count - count % size].split(size)
