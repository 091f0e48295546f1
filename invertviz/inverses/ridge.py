"""The best linear way back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from invertviz._arrays import ArrayLike, generator_of
from invertviz.parts import Network

from .base import LayeredInverse, codes_and_images

if TYPE_CHECKING:
    from typing_extensions import Self

_PENALTIES = tuple(10.0**power for power in range(-9, 2))


class RidgeInverse(LayeredInverse):
    """Ridge regression from the code to the pixels: x̂ = z M + c.

    In closed form M = (ZᵀZ/N + λ·I)⁻¹ ZᵀX/N, with Z and X the centred codes and images
    (Hoerl & Kennard, 1970); c makes the mean code the mean image.

    Args:
        matrix: M, float `[units, pixels]`; codes that are no vectors are flattened.
        bias: c, float `[pixels]`.
        image_shape: of the images that it gives.
        code_shape: of the codes that it takes; `[units]` if None.
        penalty: the λ that it was fitted with; kept for the record.
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
    ) -> None:
        super().__init__([matrix], [bias], image_shape, code_shape)
        self.penalty = penalty

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes `[N, *code_shape]` to images `[N, *image_shape]`, unbounded floats."""
        rows = torch.addmm(self.biases[0], codes.flatten(1), self.matrices[0])
        return rows.reshape(-1, *self.image_shape)

    @property
    def settings(self) -> dict[str, Any]:
        """The penalty."""
        return {"penalty": self.penalty}

    @classmethod
    def unfitted(cls, network: Network, settings: Mapping[str, Any]) -> Self:
        """One of zeros."""
        pixels, code_shape = network.images.pixels, network.layer.code_shape
        matrix, bias = torch.zeros(math.prod(code_shape), pixels), torch.zeros(pixels)
        return cls(matrix, bias, network.images.shape, code_shape, penalty=settings["penalty"])

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
        codes, pixels = (t.flatten(1).double() for t in codes_and_images(network, images))
        if len(codes) < 2:
            raise ValueError("ridge regression needs two images or more; one was given.")
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
        inverse = cls(matrix.to(network.dtype), bias.to(network.dtype), *shapes, penalty=best)
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
