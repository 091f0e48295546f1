"""The best linear way back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from invertviz._arrays import ArrayLike, generator_of
from invertviz.images import as_floats, as_stack, check_scale
from invertviz.parts import Network

from .base import LayeredInverse, codes_and_images

if TYPE_CHECKING:
    from typing_extensions import Self

_PENALTIES = tuple(10.0**power for power in range(-9, 2))
_MOST_NUMBERS = 4096  # of a code whose numbers are all regressed on
_MOST_IMAGES, _MOST_AXES = 2048, 1024  # that larger codes' axes are found from, and how many
_MEMORY = 2**27  # numbers held at a time: half a GB
_CODES = 2**23  # numbers of codes worked on at a time


class RidgeInverse(LayeredInverse):
    """Ridge regression from the code to the pixels: x̂ = z M + c.

    In closed form M = (ZᵀZ/N + λ·I)⁻¹ ZᵀX/N, with Z and X the centred codes and images
    (Hoerl & Kennard, 1970); c makes the mean code the mean image.

    Codes of more than 4,096 numbers are regressed on their principal axes, up to 1,024 of them, as
    found from up to 2,048 images: M is then of that rank, so that it fits in memory, and z in the
    equations above is the code along those axes.

    Args:
        matrix: M, float `[units, pixels]`, or `[axes, pixels]`; codes that are no vectors are
            flattened.
        bias: c, float `[pixels]`.
        image_shape: of the images that it gives.
        code_shape: of the codes that it takes; `[units]` if None.
        penalty: the λ that it was fitted with; kept for the record.
        axes: of large codes, float `[units, axes]`.
        origin: where the mean code is along them, with its sign reversed, float `[axes]`.
    """

    kind = "ridge"

    def __init__(
        self,
        matrix: Tensor,
        bias: Tensor,
        image_shape: Sequence[int],
        code_shape: Sequence[int] | None = None,
        *,
        penalty: float | None = None,
        axes: Tensor | None = None,
        origin: Tensor | None = None,
    ) -> None:
        matrices, biases = [matrix], [bias]
        if axes is not None:
            matrices.insert(0, axes)
            biases.insert(0, matrix.new_zeros(len(matrix)) if origin is None else origin)
        super().__init__(matrices, biases, image_shape, code_shape)
        self.penalty = penalty

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes `[N, *code_shape]` to images `[N, *image_shape]`, unbounded floats."""
        rows = codes.flatten(1)
        for matrix, bias in zip(self.matrices, self.biases, strict=True):
            rows = torch.addmm(bias, rows, matrix)
        return rows.reshape(-1, *self.image_shape)

    @property
    def settings(self) -> dict[str, Any]:
        """The penalty, and how many axes large codes have."""
        rank = {"rank": len(self.matrices[1])} if len(self.matrices) > 1 else {}
        return {"penalty": self.penalty, **rank}

    @classmethod
    def unfitted(cls, network: Network, settings: Mapping[str, Any]) -> Self:
        """One of zeros."""
        pixels, code_shape = network.images.pixels, network.layer.code_shape
        numbers, rank = math.prod(code_shape), settings.get("rank")
        axes = None if rank is None else torch.zeros(numbers, rank)
        matrix = torch.zeros(numbers if rank is None else rank, pixels)
        shapes = network.images.shape, code_shape
        return cls(matrix, torch.zeros(pixels), *shapes, penalty=settings["penalty"], axes=axes)

    @classmethod
    @torch.no_grad()
    def fit(
        cls,
        network: Network,
        images: ArrayLike,
        *,
        penalties: Sequence[float] = _PENALTIES,
        seed: int = 0,
        progress: bool = True,  # noqa: ARG003  (there is nothing to wait for)
    ) -> Self:
        """Fit by ridge regression, with the penalty that does best on held-out images.

        Of several penalties, each is tried on a random fifth of the images after fitting on the
        rest; the one with the smallest squared error there is fitted again on all of them.

        Args:
            network: the network; it stays as it is.
            images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255.
            penalties: the λ to choose from, positive, in units of the codes' mean variance.
            seed: of the choice of the held-out fifth.
            progress: without effect here.

        Raises:
            TypeError: not an array of numbers.
            ValueError: fewer than two images, of another shape, not finite, out of range; no
                penalty, or one that is not positive.
        """
        penalties = [float(penalty) for penalty in penalties]
        if not penalties or not all(0 < penalty < float("inf") for penalty in penalties):
            raise ValueError(f"penalties is {penalties}; give at least one, all positive.")
        axes = origin = None
        if math.prod(network.layer.code_shape) > _MOST_NUMBERS:
            codes, pixels, axes, origin = _along_axes(network, images, seed)
        else:
            codes, pixels = (t.flatten(1) for t in codes_and_images(network, images))
        if len(codes) < 2:
            raise ValueError("ridge regression needs two images or more; one was given.")
        codes, pixels = codes.double(), pixels.double()
        best = penalties[0]
        if len(penalties) > 1:
            generator = generator_of(seed)
            order = torch.randperm(len(codes), generator=generator).to(codes.device)
            held_out, rest = order[: max(1, len(order) // 5)], order[max(1, len(order) // 5) :]
            fits = _ridge(codes[rest], pixels[rest], penalties)
            errors = [
                float((codes[held_out] @ matrix + bias - pixels[held_out]).square().mean())
                for matrix, bias in fits
            ]
            best = penalties[errors.index(min(errors))]
        ((matrix, bias),) = _ridge(codes, pixels, [best])
        shapes = network.images.shape, network.layer.code_shape
        matrix, bias = matrix.to(network.dtype), bias.to(network.dtype)
        inverse = cls(matrix, bias, *shapes, penalty=best, axes=axes, origin=origin)
        inverse.layer = network.layer.name
        return inverse


def _ridge(
    codes: Tensor, pixels: Tensor, penalties: Sequence[float]
) -> list[tuple[Tensor, Tensor]]:
    """Matrix and bias for each penalty, from one eigendecomposition; float64 in and out."""
    center, mean = codes.mean(0), pixels.mean(0)
    codes = codes - center
    variances, axes = torch.linalg.eigh(codes.T @ codes / len(codes))
    targets = axes.T @ (codes.T @ (pixels - mean)) / len(codes)
    unit = variances.mean().clamp_min(torch.finfo(codes.dtype).tiny)
    found = []
    for penalty in penalties:
        matrix = axes @ (targets / (variances.clamp_min(0) + penalty * unit)[:, None])
        found.append((matrix, mean - center @ matrix))
    return found


def _along_axes(
    network: Network, images: ArrayLike, seed: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Large codes along their principal axes, the images `[N, pixels]`, the axes, the origin.

    The axes are those of some of the images, from the products of their codes with one another
    (Turk & Pentland, 1991).
    """
    stack = as_stack(images, network.images)
    check_scale(stack)
    numbers, pixels = math.prod(network.layer.code_shape), network.images.pixels
    at_once = max(1, _CODES // max(numbers, pixels))

    def shown(index: Tensor) -> Iterator[Tensor]:
        for some in index.split(at_once):
            yield as_floats(
                stack[some.to(stack.device)], device=network.device, dtype=network.dtype
            )

    everything = torch.arange(len(stack))
    # Pixels in double precision, and the answers of every penalty, are held, too.
    count = max(2, min(len(stack), _MOST_IMAGES, _MEMORY // numbers, _MEMORY // pixels))
    few = torch.randperm(len(stack), generator=generator_of(seed))[:count]
    known = torch.cat([network.encoder(some).flatten(1) for some in shown(few)])
    center = known.mean(0)
    known -= center
    values, vectors = torch.linalg.eigh((known @ known.T).double())
    rank = max(1, min(len(few) - 1, _MOST_AXES, _MEMORY // (numbers + pixels)))
    values, vectors = values.flip(0)[:rank], vectors.flip(1)[:, :rank]
    told = values > 1e-6 * values[:1].clamp_min(torch.finfo(values.dtype).tiny)
    told[:1] = True  # codes that are all the same have one, too
    lengths = values[told].clamp_min(torch.finfo(values.dtype).eps).sqrt()
    axes = known.T @ (vectors[:, told] / lengths).to(known.dtype)
    del known
    if len(stack) * pixels > _MEMORY:
        everything = few
    codes, flat = [], []
    for some in shown(everything):
        codes.append((network.encoder(some).flatten(1) - center) @ axes)
        flat.append(some.flatten(1))
    return torch.cat(codes), torch.cat(flat), axes, -(center @ axes)
