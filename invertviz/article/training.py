"""Fit the article's classifier, then the way back through it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from invertviz._arrays import ArrayLike, as_labels, as_tensor, generator_of, resolve_device
from invertviz._sources import images_and_labels
from invertviz.dense import DenseClassifier
from invertviz.images import ImageSpec, as_images
from invertviz.network import InvertibleNetwork

from .gradients import ClassifierGradient
from .inverses import LearnedInverse, dense_of, initial_matrices, truncated_normal
from .steps import Gradient, by_autograd, check_confidence, check_settings, take_steps


@torch.inference_mode(False)
def untrained(
    layer_sizes: Sequence[int] = (784, 100, 100, 10),
    *,
    activation: str = "sigmoid",
    image_shape: Sequence[int] = (28, 28),
    class_names: Sequence[str] | None = None,
    seed: int = 0,
    device: str | torch.device = "auto",
) -> InvertibleNetwork:
    """A network with the article's initial weights, its inverse's included, to be trained.

    Weights are drawn from a truncated normal, σ = 0.1; biases are 0.1 (Pitis, "Inverting a Neural
    Net").

    Args:
        layer_sizes: pixels, one or more hidden widths, classes.
        activation: of the hidden layers: "sigmoid", "tanh", "relu", "leaky_relu", "softplus",
            "identity".
        image_shape: the shape of one image; its product is `layer_sizes[0]`.
        class_names: one name a class; the class numbers if None.
        seed: of the weights.
        device: "auto" (CUDA when present, else CPU), or a torch device.

    Raises:
        ValueError: sizes, shape, names or activation that do not fit together.
    """
    where = resolve_device(device)
    sizes = tuple(int(size) for size in layer_sizes)
    if len(sizes) < 3 or min(sizes) < 1 or sizes[-1] < 2:
        raise ValueError(
            f"layer_sizes is {list(layer_sizes)}; give pixels, at least one hidden width, and the "
            "number of classes, 2 or more: such as (784, 100, 100, 10)."
        )
    # Drawn on the CPU, so that a seed gives the same network on every device.
    generator = generator_of(seed)
    layers = [
        (truncated_normal(shape, generator), torch.full((shape[1],), 0.1))
        for shape in pairwise(sizes)
    ]
    classifier = DenseClassifier(layers, activation, ImageSpec(image_shape))
    network = InvertibleNetwork(classifier, class_names=class_names)
    inverse = LearnedInverse.through(network, initial_matrices(network, generator))
    return network.with_inverse(inverse).to(where)


@torch.inference_mode(False)
def train(
    images: ArrayLike,
    labels: ArrayLike | None = None,
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
        images: `[N, *image_shape]`, floats in [0, 1] or integers 0…255; or images and labels
            together: a pair, a torch Dataset or DataLoader, `datasets.load(…).train`.
        labels: class numbers, int `[N]`; None where they come with the images.
        hidden: widths of the hidden layers; the last is the size of the code.
        activation: of the hidden layers.
        image_shape: shape of one image; if None, that of `images`, a channel axis of one left out.
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
    check_settings(steps, batch_size, learning_rate)
    check_settings(inverse_steps, batch_size, learning_rate, "inverse_steps")
    check_confidence(confidence)
    images, labels = images_and_labels(images, labels)
    spec = ImageSpec(_shape_of_one(images) if image_shape is None else image_shape)
    shown = as_images(images, spec, device=torch.device("cpu"))
    classes = _count_classes(labels, len(shown)) if class_names is None else len(class_names)
    network = untrained(
        (spec.pixels, *hidden, classes),
        activation=activation,
        image_shape=spec.shape,
        class_names=class_names,
        seed=seed,
        device=device,
    )
    fit_classifier(
        network,
        shown,
        labels,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        progress=progress,
    )
    fit_inverse(
        network,
        shown,
        steps=inverse_steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        confidence=confidence,
        seed=seed,
        progress=progress,
    )
    network.training_record = {
        "images": len(shown),
        "steps": steps,
        "inverse_steps": inverse_steps,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "confidence": confidence,
        "seed": seed,
    }
    return network


@torch.inference_mode(False)
def fit_classifier(
    network: InvertibleNetwork,
    images: ArrayLike,
    labels: ArrayLike | None = None,
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
        ValueError: data or settings that do not fit the network, or one that is not fully
            connected.
    """
    check_settings(steps, batch_size, learning_rate)
    classifier = dense_of(network)
    images, labels = images_and_labels(images, labels)
    shown = as_images(images, network.images, device=network.device, dtype=network.dtype)
    truth = as_labels(labels, count=len(shown), classes=classifier.classes, device=network.device)
    parameters = [*classifier.weights, *classifier.biases]
    gradient: Gradient
    if classifier.activation.name == "sigmoid":
        size = min(batch_size, len(shown))
        gradient = ClassifierGradient(classifier, shown.flatten(1), truth, size)
    else:
        gradient = by_autograd(
            lambda batch: classifier_loss(network, shown[batch], truth[batch]), parameters
        )
    take_steps(
        gradient,
        parameters,
        count=len(shown),
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        device=network.device,
        what="classifier",
        progress=progress,
    )


@torch.inference_mode(False)
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

    Only the inverse matrices move (Pitis, "Inverting a Neural Net"); see `inverse_loss`. A network
    without an inverse gets one.

    Args: as for `train`.

    Raises:
        TypeError: not an array of numbers.
        ValueError: data or settings that do not fit the network, no image for which the
            classifier's confidence exceeds `confidence`, or an inverse of another kind.
    """
    inverse = network.inverse
    if inverse is None:
        drawn = initial_matrices(network, generator_of(seed))
        inverse = LearnedInverse.through(network, drawn)
    if not isinstance(inverse, LearnedInverse):
        raise ValueError(
            f"the network's inverse is of the kind {inverse.kind!r}, and this fits the article's "
            f"only; use {type(inverse).__name__}.fit(network, images)."
        )
    inverse.learn(
        network,
        images,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        confidence=confidence,
        seed=seed,
        progress=progress,
    )
    network.inverse = inverse


def classifier_loss(network: InvertibleNetwork, images: Tensor, labels: Tensor) -> Tensor:
    """Sum of the cross-entropies over a batch of images, labels int64 `[N]`."""
    return nn.functional.cross_entropy(network(images), labels, reduction="sum")


def _shape_of_one(images: ArrayLike) -> tuple[int, ...]:
    """Of one of many images; a channel axis of one, first or last, makes no colour."""
    shape = tuple(as_tensor(images, "images").shape)[1:]
    if len(shape) == 3 and shape[0] == 1:
        return shape[1:]
    if len(shape) == 3 and shape[2] in (1, 3) and shape[0] not in (1, 3):
        return shape[:2] if shape[2] == 1 else (3, *shape[:2])
    if len(shape) not in (2, 3):
        raise ValueError(
            f"images has shape {list(as_tensor(images, 'images').shape)}; give [N, H, W] or "
            "[N, C, H, W], or pass image_shape for another layout."
        )
    return shape


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
