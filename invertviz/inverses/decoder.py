"""A decoder network, fitted on pixels and on what the classifier makes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from tqdm.auto import trange

from invertviz._arrays import ArrayLike, generator_of
from invertviz.activations import activation_named, through_layers
from invertviz.parts import Network

from .base import LayeredInverse, batches_of, codes_and_images

if TYPE_CHECKING:
    from typing_extensions import Self


_RISE = 0.1 + 1e-9  # share of the steps in which the rate rises; of 10 it is not quite one step


class DecoderInverse(LayeredInverse):
    """A fully connected network from the code to the pixels (Dosovitskiy & Brox, 2016).

    Hidden layers compute activation(h W + b), the last one σ(h W + b): what it shows is what is
    measured, with no pixel outside [0, 1] for a screen to clip.

    Args:
        matrices: from the code to the pixels, each float `[in, out]`.
        biases: one for each matrix, float `[out]`.
        image_shape: of the images that it gives.
        code_shape: of the codes that it takes; `[units]` if None.
        activation: of the hidden layers, a name from `activations.ACTIVATIONS`.
        output: of the last layer, likewise; "identity" in files from before pictures were bounded.

    Raises:
        ValueError: an unknown activation, or shapes that do not follow from one another.
    """

    kind = "decoder"

    def __init__(
        self,
        matrices: Sequence[Tensor],
        biases: Sequence[Tensor],
        image_shape: Sequence[int],
        code_shape: Sequence[int] | None = None,
        *,
        activation: str = "relu",
        output: str = "sigmoid",
    ) -> None:
        super().__init__(matrices, biases, image_shape, code_shape)
        self.activation = activation_named(activation)
        self.output = activation_named(output)

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes `[N, *code_shape]` to images `[N, *image_shape]` in [0, 1]."""
        return self.output.forward(self.scores(codes)).reshape(-1, *self.image_shape)

    def scores(self, codes: Tensor) -> Tensor:
        """What the last layer gives before its activation, `[N, pixels]`."""
        return through_layers(codes.flatten(1), self.matrices, self.biases, self.activation)

    @property
    def settings(self) -> dict[str, Any]:
        """Widths of the hidden layers, and activations."""
        return {
            "hidden": [len(bias) for bias in [*self.biases][:-1]],
            "activation": self.activation.name,
            "output": self.output.name,
        }

    @classmethod
    def unfitted(cls, network: Network, settings: Mapping[str, Any]) -> Self:
        """One of zeros."""
        sizes = _sizes(network, settings["hidden"])
        return cls(
            [torch.zeros(shape) for shape in pairwise(sizes)],
            [torch.zeros(out) for out in sizes[1:]],
            network.images.shape,
            network.layer.code_shape,
            activation=settings["activation"],
            output=settings.get("output", "identity"),
        )

    @classmethod
    def fit(
        cls,
        network: Network,
        images: ArrayLike,
        *,
        hidden: Sequence[int] = (1024,),
        activation: str = "relu",
        representation: float = 0.05,
        classes: float = 0.08,
        steps: int = 4000,
        batch_size: int = 250,
        learning_rate: float = 3e-3,
        seed: int = 0,
        progress: bool = True,
    ) -> Self:
        """Train a decoder on images and their codes; see `decoder_loss`.

        Adam (Kingma & Ba, 2015), its rate rising and falling once (Smith & Topin, 2019).

        Args:
            network: the network; it stays as it is.
            images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255.
            hidden: widths of the hidden layers.
            activation: of the hidden layers.
            representation: weight of the result's code, 0 or more; with 0 and no `classes`, the
                decoder is fitted on pixels only.
            classes: weight of the result's class probabilities, 0 or more.
            steps: optimizer steps.
            batch_size: images a step (all of them if there are fewer).
            learning_rate: the highest.
            seed: of the initial weights and the batches.
            progress: show a progress bar.

        Raises:
            TypeError: not an array of numbers.
            ValueError: empty, of another shape, not finite, out of range; settings out of range.
        """
        if representation < 0 or classes < 0:
            raise ValueError(
                f"representation is {representation} and classes {classes}; give 0 or more."
            )
        if steps < 1 or batch_size < 1 or not 0 < learning_rate < math.inf:
            raise ValueError(
                f"steps is {steps}, batch_size {batch_size}, learning_rate {learning_rate}; "
                "give positive numbers."
            )
        sizes = _sizes(network, hidden)
        activation_named(activation)
        codes, shown = codes_and_images(network, images)
        codes = codes.flatten(1)
        center, scale = codes.mean(0), codes.std(0, correction=0).clamp_min(1e-6)
        generator = generator_of(seed)
        # Drawn on the CPU, so that a seed gives the same on every device.
        weights = [
            torch.empty(shape).uniform_(-1, 1, generator=generator) / shape[0] ** 0.5
            for shape in pairwise(sizes)
        ]
        zeros = [torch.zeros(out) for out in sizes[1:]]
        shapes = network.images.shape, network.layer.code_shape
        decoder = cls(weights, zeros, *shapes, activation=activation)
        decoder.to(network.device, network.dtype).requires_grad_(True)

        parameters = [*decoder.parameters()]
        batches = batches_of(len(shown), batch_size, generator, network.device)
        optimizer = torch.optim.Adam(parameters, lr=learning_rate, eps=1e-11, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, learning_rate, total_steps=steps, pct_start=_RISE
        )
        for _ in trange(steps, desc="decoder", unit="step", disable=not progress):
            batch = next(batches)
            seen = codes[batch]
            with torch.enable_grad():
                found = decoder((seen - center) / scale)
                loss = decoder_loss(
                    network, found, shown[batch], seen, scale, representation, classes
                )
            # Of the decoder's alone: the network may be somebody's in training.
            gradients = torch.autograd.grad(loss, parameters)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            optimizer.step()
            schedule.step()
        decoder.requires_grad_(False)
        for parameter in parameters:
            parameter.grad = None
        # It learned from standardized codes; from now on the first layer does that.
        first, bias = decoder.matrices[0], decoder.biases[0]
        first.data /= scale[:, None]
        bias.data -= center @ first
        decoder.layer = network.layer.name
        return decoder


def decoder_loss(
    network: Network,
    found: Tensor,
    shown: Tensor,
    codes: Tensor,
    scale: Tensor,
    representation: float,
    classes: float,
) -> Tensor:
    """What a decoder is fitted to make small, over a batch.

    Mean squared error of the pixels, plus `representation` times that of the code which the
    network gives the result (each number in its `scale`, float `[numbers of a code]`), plus
    `classes` times the Kullback-Leibler divergence of its class probabilities from the original's.
    """
    loss = (found - shown).square().mean()
    if representation or classes:
        again = network.encoder(found)
        apart = (again.flatten(1) - codes) / scale
        loss = loss + representation * apart.square().mean()
        loss = loss + classes * nn.functional.kl_div(
            network.head(again).log_softmax(-1),
            network.head(codes.reshape(again.shape)).log_softmax(-1),
            reduction="batchmean",
            log_target=True,
        )
    return loss


def _sizes(network: Network, hidden: Sequence[int]) -> tuple[int, ...]:
    if not all(width > 0 for width in hidden):
        raise ValueError(f"hidden is {list(hidden)}; give positive widths, such as (1024,).")
    return (math.prod(network.layer.code_shape), *hidden, network.images.pixels)
