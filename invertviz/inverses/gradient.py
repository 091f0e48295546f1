"""Inversion image by image: search for an image that has the code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from tqdm.auto import trange

from invertviz._arrays import ArrayLike
from invertviz.parts import Encoder, Inverse, Network

from .ridge import RidgeInverse

if TYPE_CHECKING:
    from typing_extensions import Self


class GradientInverse(Inverse):
    """Gradient descent on the pixels of each image (Mahendran & Vedaldi, 2015).

    Each image x in [0, 1] descends by itself, all of a batch at once, on

        ‖f(x) - z‖²/‖z‖² + total_variation·TV(x)/pixels + norm·‖x‖_α^α/pixels

    with f the encoder and TV the length of the brightness gradient, summed over the image. It
    starts at what ridge regression makes of the code, without which hundreds of dimensions that
    the code says nothing of stay as they were, and takes Adam steps of a rate that falls to 0.

    The result is a constant: no gradients flow from it to the codes.

    Args:
        start: where to start; owned by this inverse.
        encoder: f; shared with the network.
        steps: to take, 0 or more.
        learning_rate: of the first step.
        total_variation: weight of the total variation, 0 or more.
        norm: weight of the α-norm, 0 or more.
        alpha: its exponent, 1 or more; 1 favours black, 6 (the paper's) only bounds.

    Raises:
        ValueError: settings out of range.
    """

    kind = "gradient"

    def __init__(
        self,
        start: RidgeInverse,
        encoder: Encoder,
        *,
        steps: int = 100,
        learning_rate: float = 0.02,
        total_variation: float = 0.01,
        norm: float = 0.01,
        alpha: float = 1.0,
    ) -> None:
        super().__init__()
        if steps < 0 or not 0 < learning_rate < math.inf:
            raise ValueError(
                f"steps is {steps}, learning_rate {learning_rate}; give steps of 0 or more, a "
                "positive learning_rate."
            )
        if not (total_variation >= 0 and norm >= 0 and alpha >= 1):
            raise ValueError(
                f"total_variation is {total_variation}, norm {norm}, alpha {alpha}; give weights "
                "of 0 or more, an alpha of 1 or more."
            )
        self.start = start
        self.encoder = encoder
        self.code_shape, self.image_shape = start.code_shape, start.image_shape
        self.layer = start.layer
        self.steps = steps
        self.learning_rate = learning_rate
        self.total_variation = total_variation
        self.norm = norm
        self.alpha = alpha

    def forward(self, codes: Tensor) -> Tensor:
        """Search for images of codes `[N, *code_shape]`; gives `[N, *image_shape]` in [0, 1]."""
        return self.search(codes)

    def search(self, codes: Tensor, *, progress: bool = False) -> Tensor:
        """`forward`, with a progress bar if wanted."""
        codes = codes.detach()
        images = self.start(codes).detach().clamp_(0, 1).requires_grad_(True)
        optimizer = torch.optim.Adam([images], lr=self.learning_rate)
        for step in trange(self.steps, desc="pixels", unit="step", disable=not progress):
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate * (1 + math.cos(math.pi * step / self.steps)) / 2
            with torch.enable_grad():
                loss = self.losses(images, codes).sum()
            (images.grad,) = torch.autograd.grad(loss, images)
            optimizer.step()
            images.data.clamp_(0, 1)
        return images.detach()

    def losses(self, images: Tensor, codes: Tensor) -> Tensor:
        """What each image of a batch descends on, `[N]`."""
        apart, size = (self.encoder(images) - codes).flatten(1), codes.flatten(1)
        loss = apart.square().sum(-1) / size.square().sum(-1).clamp_min(1e-6)
        pixels = math.prod(self.image_shape)
        if self.total_variation:
            loss = loss + self.total_variation / pixels * total_variation(images)
        if self.norm:
            loss = loss + self.norm / pixels * images.flatten(1).abs().pow(self.alpha).sum(-1)
        return loss

    @property
    def settings(self) -> dict[str, Any]:
        """Those of the descent, and the penalty of the ridge regression it starts from."""
        return {
            "steps": self.steps,
            "learning_rate": self.learning_rate,
            "total_variation": self.total_variation,
            "norm": self.norm,
            "alpha": self.alpha,
            "start": self.start.settings,
        }

    def named_tensors(self) -> dict[str, nn.Parameter]:
        """inverse1 and inverse_b1: the ridge regression to start from."""
        return self.start.named_tensors()

    @classmethod
    def unfitted(cls, network: Network, settings: Mapping[str, Any]) -> Self:
        """One that starts at black images."""
        rest = {name: value for name, value in settings.items() if name != "start"}
        return cls(RidgeInverse.unfitted(network, settings["start"]), network.encoder, **rest)

    @classmethod
    def fit(
        cls,
        network: Network,
        images: ArrayLike,
        *,
        seed: int = 0,
        progress: bool = True,
        **settings: Any,
    ) -> Self:
        """Fit the ridge regression that the descent starts from.

        Args:
            network: the network; it stays as it is, and is shared.
            images: as for `RidgeInverse.fit`.
            seed: likewise.
            progress: without effect here.
            settings: steps, learning_rate, total_variation, norm, alpha; see the class.

        Raises:
            TypeError: not an array of numbers, unknown settings.
            ValueError: as for `RidgeInverse.fit`, or settings out of range.
        """
        start = RidgeInverse.fit(network, images, seed=seed, progress=progress)
        return cls(start, network.encoder, **settings)


def total_variation(images: Tensor) -> Tensor:
    """Sum of the lengths of the brightness gradients over the last two axes of each image, `[N]`.

    Lengths are rounded off below 0.001, so that they can be descended on.

    Args:
        images: float `[N, …, H, W]`.
    """
    squares = torch.zeros_like(images)
    for axis in (-2, -1):
        last = images.narrow(axis, -1, 1)
        squares = squares + images.diff(dim=axis, append=last).square()
    return (squares + 1e-6).sqrt().flatten(1).sum(-1)
