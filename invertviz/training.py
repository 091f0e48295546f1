"""Fit a classifier, then the way back through it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn
from tqdm.auto import trange

from invertviz._arrays import (
    ArrayLike,
    as_images,
    as_labels,
    check_brightness,
    generator_of,
)
from invertviz._cuda import Step, recorded
from invertviz._fast import ClassifierGradient, InverseGradient
from invertviz.inverses import LearnedInverse, batches_of
from invertviz.network import InvertibleNetwork

Gradient: TypeAlias = Callable[[Tensor], Sequence[Tensor]]  # of a batch of sample numbers


def train(
    images: ArrayLike,
    labels: ArrayLike,
    *,
    hidden: Sequence[int] = (100, 100),
    activation: str = "sigmoid",
    image_shape: Sequence[int] | None = None,
    class_names: Sequence[str] | None = None,
    steps: int = 2000,
    inverse_steps: int = 1000,
    batch_size: int = 1000,
    learning_rate: float = 0.01,
    confidence: float = 0.8,
    seed: int = 0,
    device: str | torch.device = "auto",
    progress: bool = True,
) -> InvertibleNetwork:
    """Train a classifier and then its inverse; the defaults are the article's settings.

    Args:
        images: `[N, *image_shape]`, floats in [0, 1] or integers 0…255.
        labels: class numbers, int `[N]`.
        hidden: widths of the hidden layers; the last is the size of the code.
        activation: of the hidden layers.
        image_shape: shape of one image; taken from `images` if None.
        class_names: one name a class; if None, as many classes as the largest label says.
        steps: optimizer steps of the classifier.
        inverse_steps: optimizer steps of the inverse.
        batch_size: images a step (all of them if there are fewer).
        learning_rate: of Adagrad.
        confidence: the inverse learns only from images that the classifier is more confident of,
            in [0, 1).
        seed: of the initial weights and the batches.
        device: "auto" (CUDA when present, else CPU), or a torch device.
        progress: show progress bars.

    Raises:
        TypeError: not arrays of numbers, labels that are not integers.
        ValueError: data or settings that do not fit together; no image is confident enough for
            the inverse.
    """
    if image_shape is None:
        image_shape = tuple(getattr(images, "shape", ()))[1:]
        if not image_shape:
            raise ValueError(
                "images must be an array [N, *image_shape]; pass image_shape for another layout."
            )
    _check_settings(inverse_steps, batch_size, learning_rate, "inverse_steps")
    _check_confidence(confidence)
    pixels = as_images(images, image_shape, device=torch.device("cpu"))
    classes = len(class_names) if class_names is not None else _count_classes(labels, len(pixels))
    network = InvertibleNetwork(
        (pixels.shape[1], *hidden, classes),
        activation=activation,
        image_shape=image_shape,
        class_names=class_names,
        seed=seed,
        device=device,
    )
    fit_classifier(
        network,
        pixels,
        labels,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        progress=progress,
    )
    fit_inverse(
        network,
        pixels,
        steps=inverse_steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        confidence=confidence,
        seed=seed,
        progress=progress,
    )
    network.training_record = {
        "images": len(pixels),
        "steps": steps,
        "inverse_steps": inverse_steps,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "confidence": confidence,
        "seed": seed,
    }
    return network


def fit_classifier(
    network: InvertibleNetwork,
    images: ArrayLike,
    labels: ArrayLike,
    *,
    steps: int = 2000,
    batch_size: int = 1000,
    learning_rate: float = 0.01,
    seed: int = 0,
    progress: bool = True,
) -> None:
    """Train the classifier in place; its inverse then no longer fits.

    Adagrad (Duchi et al. 2011; accumulator from 0.1, eps 0) on the *sum* of the cross-entropies
    over a batch, as in Pitis, "Inverting a Neural Net".

    Args: as for `train`.

    Raises:
        TypeError: not arrays of numbers, labels that are not integers.
        ValueError: data or settings that do not fit the network.
    """
    _check_settings(steps, batch_size, learning_rate)
    pixels = as_images(images, network.image_shape, device=network.device, dtype=network.dtype)
    check_brightness(pixels)
    truth = as_labels(
        labels, count=len(pixels), classes=network.layer_sizes[-1], device=network.device
    )
    parameters = [*network.weights, *network.biases]
    generator = generator_of(seed)
    batches = batches_of(len(pixels), batch_size, generator, network.device)
    gradient: Gradient
    if network.activation.name == "sigmoid":
        gradient = ClassifierGradient(network, pixels, truth, min(batch_size, len(pixels)))
    else:
        gradient = by_autograd(
            lambda batch: classifier_loss(network, pixels[batch], truth[batch]), parameters
        )
    step = step_along(gradient, Adagrad(parameters, learning_rate), network.device)
    for _ in trange(steps, desc="classifier", unit="step", disable=not progress):
        step(next(batches))


def fit_inverse(
    network: InvertibleNetwork,
    images: ArrayLike,
    *,
    steps: int = 1000,
    batch_size: int = 1000,
    learning_rate: float = 0.01,
    confidence: float = 0.8,
    seed: int = 0,
    progress: bool = True,
) -> None:
    """Train the inverse of a fitted classifier in place, on the images it is confident of.

    Only the inverse matrices move (Pitis, "Inverting a Neural Net"); see `inverse_loss`.

    Args: as for `train`.

    Raises:
        TypeError: not an array of numbers.
        ValueError: data or settings that do not fit the network, no image for which the
            classifier's confidence exceeds `confidence`, or an inverse of another kind.
    """
    inverse = network.inverse
    if not isinstance(inverse, LearnedInverse):
        raise ValueError(
            f"the network's inverse is of the kind {inverse.kind!r}, and this fits the article's "
            f"only; use {type(inverse).__name__}.fit(network, images)."
        )
    _check_settings(steps, batch_size, learning_rate)
    _check_confidence(confidence)
    pixels = as_images(images, network.image_shape, device=network.device, dtype=network.dtype)
    check_brightness(pixels)
    codes = network.encode_pixels(pixels)
    sure = network.logits(codes).softmax(-1).amax(-1) > confidence
    if not bool(sure.any()):
        raise ValueError(
            f"the classifier is not more than {confidence:.0%} confident of any of the "
            f"{len(pixels)} images, so the inverse has nothing to learn from: train the "
            "classifier longer, or lower confidence."
        )
    pixels, codes = pixels[sure], codes[sure]
    generator = generator_of(seed)
    batches = batches_of(len(pixels), batch_size, generator, network.device)
    parameters = [*inverse.matrices]
    gradient: Gradient
    if inverse.activation.name == "sigmoid":
        gradient = InverseGradient(inverse, codes, pixels, min(batch_size, len(pixels)))
    else:
        gradient = by_autograd(
            lambda batch: inverse_loss(inverse, codes[batch], pixels[batch]), parameters
        )
    step = step_along(gradient, Adagrad(parameters, learning_rate), network.device)
    for _ in trange(steps, desc="inverse", unit="step", disable=not progress):
        step(next(batches))


def classifier_loss(network: InvertibleNetwork, pixels: Tensor, labels: Tensor) -> Tensor:
    """Sum of the cross-entropies over a batch; pixels float `[N, pixels]`, labels int64 `[N]`."""
    logits = network.logits(network.encode_pixels(pixels))
    return nn.functional.cross_entropy(logits, labels, reduction="sum")


def inverse_loss(inverse: LearnedInverse, codes: Tensor, pixels: Tensor) -> Tensor:
    """The article's loss of an inverse over a batch.

    Σ|x - x̂| + ½·min(ã)² + ½·max(ã - 1)² for each hidden ã on the way, with min and max over
    the whole batch; 0 and 1 are the ends of the sigmoid's range, and other activations use theirs.

    Args:
        inverse: the inverse to fit.
        codes: float `[N, units]`.
        pixels: the images of those codes, float `[N, pixels]`.
    """
    *hidden, estimate = inverse.estimates(codes)
    loss = (pixels - estimate).abs().sum()
    low, high = inverse.activation.low, inverse.activation.high
    for activations in hidden:
        if low is not None:
            loss = loss + (activations.min() - low).square() / 2
        if high is not None:
            loss = loss + (activations.max() - high).square() / 2
    return loss


def by_autograd(loss: Callable[[Tensor], Tensor], parameters: Sequence[nn.Parameter]) -> Gradient:
    """The gradient of a batch's loss with respect to parameters, thawed for that only."""

    def gradient(batch: Tensor) -> Sequence[Tensor]:
        try:
            for parameter in parameters:
                parameter.requires_grad_(True)
            return torch.autograd.grad(loss(batch), parameters)
        finally:
            for parameter in parameters:
                parameter.requires_grad_(False)

    return gradient


class Adagrad:
    """Adagrad as TensorFlow 1 has it: s ← s + g², parameter ← parameter - rate · g / √s.

    Without an epsilon, and with s = 0.1 at first.
    """

    def __init__(self, parameters: Sequence[Tensor], learning_rate: float) -> None:
        self.parameters, self.learning_rate = parameters, learning_rate
        self.buffers: list[tuple[Tensor, Tensor]] = []  # of each, s and √s, laid out as g

    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the parameters along their gradients, given in the same order."""
        if not self.buffers:
            self.buffers = [(torch.full_like(g, 0.1), torch.empty_like(g)) for g in gradients]
        for parameter, g, (s, root) in zip(self.parameters, gradients, self.buffers, strict=True):
            s.addcmul_(g, g)
            parameter.addcdiv_(g, torch.sqrt(s, out=root), value=-self.learning_rate)


def step_along(gradient: Gradient, optimizer: Adagrad, device: torch.device) -> Step:
    """A step of the optimizer along the gradient of the batch that it is given."""
    return recorded(lambda batch: optimizer.step(gradient(batch)), device)


def _count_classes(labels: ArrayLike, images: int) -> int:
    """As many as the largest label says, where that is likely: a layer of that width is made."""
    given = as_labels(labels, count=images, classes=None, device=torch.device("cpu"))
    classes = max(int(given.max()) + 1, 2)
    if classes > max(images, 1000):
        raise ValueError(
            f"the largest label is {classes - 1}, which makes {classes} classes of {images} "
            "images; number the classes from 0 on, or pass class_names if there are so many."
        )
    return classes


def _check_settings(steps: int, batch_size: int, learning_rate: float, name: str = "steps") -> None:
    if steps < 0:
        raise ValueError(f"{name} is {steps}; give 0 or more.")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; give 1 or more.")
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate is {learning_rate}; give a positive number.")


def _check_confidence(confidence: float) -> None:
    if not 0 <= confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must be in [0, 1).")
