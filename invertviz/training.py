"""Fit a classifier, then the way back through it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from tqdm.auto import trange

from invertviz._arrays import ArrayLike, as_images, as_labels, check_brightness
from invertviz.inverses import LearnedInverse, batches_of
from invertviz.network import InvertibleNetwork


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
    pixels = as_images(images, image_shape, device=torch.device("cpu"))
    classes = len(class_names) if class_names is not None else _count_classes(labels)
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
    generator = torch.Generator().manual_seed(seed)
    batches = batches_of(len(pixels), batch_size, generator, network.device)
    with _Fit(parameters, learning_rate) as fit:
        for _ in trange(steps, desc="classifier", unit="step", disable=not progress):
            batch = next(batches)
            fit.step(classifier_loss(network, pixels[batch], truth[batch]))


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
    if not 0 <= confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must be in [0, 1).")
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
    generator = torch.Generator().manual_seed(seed)
    batches = batches_of(len(pixels), batch_size, generator, network.device)
    with _Fit(list(inverse.matrices), learning_rate) as fit:
        for _ in trange(steps, desc="inverse", unit="step", disable=not progress):
            batch = next(batches)
            fit.step(inverse_loss(inverse, codes[batch], pixels[batch]))


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


class _Fit:
    """Adagrad as TensorFlow 1 has it, on parameters that are thawed inside the block only."""

    def __init__(self, parameters: list[nn.Parameter], learning_rate: float) -> None:
        self.parameters = parameters
        self.optimizer = torch.optim.Adagrad(
            parameters, lr=learning_rate, initial_accumulator_value=0.1, eps=0
        )

    def __enter__(self) -> _Fit:
        for parameter in self.parameters:
            parameter.requires_grad_(True)
        return self

    def __exit__(self, *_: object) -> None:
        for parameter in self.parameters:
            parameter.requires_grad_(False)
            parameter.grad = None

    def step(self, loss: Tensor) -> None:
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


def _count_classes(labels: ArrayLike) -> int:
    given = torch.as_tensor(labels)
    return max(int(given.max()) + 1, 2) if given.numel() else 2


def _check_settings(steps: int, batch_size: int, learning_rate: float) -> None:
    if steps < 0:
        raise ValueError(f"steps is {steps}; give 0 or more.")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; give 1 or more.")
    if not learning_rate > 0:
        raise ValueError(f"learning_rate is {learning_rate}; give a positive number.")
