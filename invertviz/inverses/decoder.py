"""A decoder that looks at what the classifier sees in its pictures, and corrects them."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from tqdm.auto import trange

from invertviz._arrays import ArrayLike, generator_of
from invertviz.activations import activation_named, through_layers
from invertviz.parts import Encoder, Network

from .base import LayeredInverse, batches_of, codes_and_images

if TYPE_CHECKING:
    from typing_extensions import Self


_RISE = 0.1 + 1e-9  # share of the steps in which the rate rises; of 10 it is not quite one step


class DecoderInverse(LayeredInverse):
    """A fully connected network from the code to the pixels, which corrects itself.

    Hidden layers compute activation(h W + b), the last one scores s and x̂ = σ(s), so that what is
    shown is what is measured: no pixel lies outside [0, 1] for a screen to clip (Dosovitskiy &
    Brox, 2016, for the decoder). Then it looks at what the network sees in x̂, and feeds back what
    is missing, as an observer in control theory does (Luenberger, 1964), so many times:

        s ← s + (z - f(x̂)) K,  x̂ ← σ(s)

    with f the encoder and K the gain, which is learned along with the layers.

    Args:
        matrices: from the code to the pixels, each float `[in, out]`.
        biases: one for each matrix, float `[out]`.
        image_shape: of the images that it gives.
        code_shape: of the codes that it takes; `[units]` if None.
        activation: of the hidden layers, a name from `activations.ACTIVATIONS`.
        output: of the last layer, likewise; "identity" in files from before pictures were bounded.
        encoder: f; shared with the network.
        gain: K, float `[numbers of a code, pixels]`; without one there are no corrections.
        corrections: how many, 0 or more.

    Raises:
        TypeError: corrections that are no integer.
        ValueError: an unknown activation, shapes that do not follow from one another, or
            corrections without what they need.
    """

    kind = "decoder"
    encoder: Encoder
    gain: nn.Parameter

    def __init__(
        self,
        matrices: Sequence[Tensor],
        biases: Sequence[Tensor],
        image_shape: Sequence[int],
        code_shape: Sequence[int] | None = None,
        *,
        activation: str = "relu",
        output: str = "sigmoid",
        encoder: Encoder | None = None,
        gain: Tensor | None = None,
        corrections: int = 0,
    ) -> None:
        super().__init__(matrices, biases, image_shape, code_shape)
        self.activation = activation_named(activation)
        self.output = activation_named(output)
        self.corrections = operator.index(corrections)
        if self.corrections < 0:
            raise ValueError(f"corrections is {corrections}; give 0 or more.")
        if self.corrections:
            wanted = [len(self.matrices[0]), len(self.biases[-1])]
            if encoder is None or gain is None or [*gain.shape] != wanted:
                raise ValueError(
                    f"a decoder that corrects itself needs the network's encoder and a gain of "
                    f"shape {wanted}; encoder is {type(encoder).__name__}, gain "
                    f"{None if gain is None else [*gain.shape]}."
                )
            self.encoder, self.gain = encoder, nn.Parameter(gain, requires_grad=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes `[N, *code_shape]` to images `[N, *image_shape]` in [0, 1]."""
        scores = through_layers(codes.flatten(1), self.matrices, self.biases, self.activation)
        images = self._shown(scores)
        for _ in range(self.corrections):
            missing = (codes - self.encoder(images)).flatten(1)
            scores = torch.addmm(scores, missing, self.gain)
            images = self._shown(scores)
        return images

    def _shown(self, scores: Tensor) -> Tensor:
        return self.output.forward(scores).reshape(-1, *self.image_shape)

    @property
    def settings(self) -> dict[str, Any]:
        """Widths of the hidden layers, activations, and the number of corrections."""
        return {
            "hidden": [len(bias) for bias in [*self.biases][:-1]],
            "activation": self.activation.name,
            "output": self.output.name,
            "corrections": self.corrections,
        }

    def named_tensors(self) -> dict[str, nn.Parameter]:
        """inverse1, … and inverse_b1, …: one of each a layer; inverse_gain, if there is one."""
        return super().named_tensors() | ({"inverse_gain": self.gain} if self.corrections else {})

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
            encoder=network.encoder,
            gain=torch.zeros(sizes[0], sizes[-1]),
            corrections=settings.get("corrections", 0),
        )

    @classmethod
    def fit(
        cls,
        network: Network,
        images: ArrayLike,
        *,
        hidden: Sequence[int] = (256, 256),
        activation: str = "relu",
        corrections: int = 2,
        representation: float = 0.05,
        classes: float = 0.3,
        steps: int = 3000,
        batch_size: int = 125,
        learning_rate: float = 1.2e-2,
        seed: int = 0,
        progress: bool = True,
    ) -> Self:
        """Train a decoder on images and their codes; see `decoder_loss`.

        Adam (Kingma & Ba, 2015), its rate rising and falling once (Smith & Topin, 2019).

        Args:
            network: the network; it stays as it is, and is shared if there are corrections.
            images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255.
            hidden: widths of the hidden layers.
            activation: of the hidden layers.
            corrections: how often the decoder looks at what the network sees in its picture, and
                corrects it; 0 or more.
            representation: weight of the result's code, 0 or more; with 0 and no `classes`, the
                decoder is fitted on pixels only.
            classes: weight of the result's class probabilities, 0 or more.
            steps: optimizer steps.
            batch_size: images a step (all of them if there are fewer).
            learning_rate: the highest.
            seed: of the initial weights and the batches.
            progress: show a progress bar.

        Raises:
            TypeError: not an array of numbers; corrections that are no integer.
            ValueError: empty, of another shape, not finite, out of range; settings out of range.
        """
        if not (0 <= representation < math.inf and 0 <= classes < math.inf):
            raise ValueError(
                f"representation is {representation} and classes {classes}; give 0 or more."
            )
        if steps < 1 or batch_size < 1 or not 0 < learning_rate < math.inf:
            raise ValueError(
                f"steps is {steps}, batch_size {batch_size}, learning_rate {learning_rate}; "
                "give positive numbers."
            )
        settings = {
            "hidden": [*hidden],
            "activation": activation,
            "output": "sigmoid",
            "corrections": corrections,
        }
        decoder = cls.unfitted(network, settings)  # refuses what makes no sense
        codes, shown = codes_and_images(network, images)
        codes = codes.flatten(1)
        seen = _StandardizedEncoder(network.encoder, codes)
        standardized = (codes - seen.center) / seen.scale
        generator = generator_of(seed)
        for matrix in decoder.matrices:
            # Drawn on the CPU, so that a seed gives the same on every device.
            matrix.data.uniform_(-1, 1, generator=generator).div_(len(matrix) ** 0.5)
        decoder.to(network.device, network.dtype)
        if decoder.corrections:
            decoder.encoder = seen

        parameters = [*decoder.named_tensors().values()]
        for parameter in parameters:
            parameter.requires_grad_(True)
        batches = batches_of(len(shown), batch_size, generator, network.device)
        optimizer = torch.optim.Adam(parameters, lr=learning_rate, eps=1e-11, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, learning_rate, total_steps=steps, pct_start=_RISE
        )
        for _ in trange(steps, desc="decoder", unit="step", disable=not progress):
            batch = next(batches)
            with torch.enable_grad():
                found = decoder(standardized[batch])
                loss = decoder_loss(
                    network, found, shown[batch], codes[batch], seen.scale, representation, classes
                )
            # Of the decoder's alone: the network may be somebody's in training.
            gradients = torch.autograd.grad(loss, parameters)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            optimizer.step()
            schedule.step()
        for parameter in parameters:
            parameter.requires_grad_(False).grad = None
        # It learned from standardized codes; from now on its first layer and its gain do that.
        first, bias = decoder.matrices[0], decoder.biases[0]
        first.data /= seen.scale[:, None]
        bias.data -= seen.center @ first
        if decoder.corrections:
            decoder.gain.data /= seen.scale[:, None]
            decoder.encoder = network.encoder
        decoder.layer = network.layer.name
        return decoder


class _StandardizedEncoder(Encoder):
    """An encoder whose codes have mean 0 and variance 1 over some codes, `[N, numbers]`."""

    def __init__(self, encoder: Encoder, codes: Tensor) -> None:
        super().__init__()
        self.encoder = encoder
        self.code_shape = tuple(codes.shape[1:])
        self.center, scale = codes.mean(0), codes.std(0, correction=0)
        # What hardly varies is not magnified: pictures on the way are unlike those of the codes.
        self.scale = scale.clamp_min(max(0.01 * float(scale.square().mean().sqrt()), 1e-6))

    def forward(self, images: Tensor) -> Tensor:
        return (self.encoder(images).flatten(1) - self.center) / self.scale


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
        raise ValueError(f"hidden is {list(hidden)}; give positive widths, such as (256, 256).")
    return (math.prod(network.layer.code_shape), *hidden, network.images.pixels)
