"""What a network makes of a data set, and how good its way back is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from invertviz._arrays import Array, ArrayLike, as_labels, like
from invertviz._short_repr import short_repr
from invertviz._sources import images_and_labels
from invertviz.images import CHUNK, as_stack, displayable, in_chunks
from invertviz.network import InvertibleNetwork


@dataclass(frozen=True)
class Evaluation:
    """Predictions over a data set; arrays are numpy or torch as the images were.

    Attributes:
        accuracy: share of samples classified rightly, in [0, 1].
        predictions: int64 `[N]`.
        probabilities: float32 `[N, classes]`.
        confidences: probability of the predicted class, float32 `[N]`.
        labels: int64 `[N]`.
        misclassified: indices of the samples classified wrongly, ascending, int64.
        confusion_matrix: counts, int64 `[true class, predicted class]`.
    """

    accuracy: float
    predictions: Array
    probabilities: Array
    confidences: Array
    labels: Array
    misclassified: Array
    confusion_matrix: Array

    __repr__ = short_repr


@dataclass(frozen=True)
class InverseQuality:
    """How good the way back is, over a data set.

    Attributes:
        mae: mean absolute pixel error of the reconstructions.
        mse: mean squared pixel error.
        class_consistency: share of samples whose reconstruction the network classifies as it did
            the original, in [0, 1].
        class_consistency_misclassified: the same over the misclassified samples only; NaN if
            there are none.
    """

    mae: float
    mse: float
    class_consistency: float
    class_consistency_misclassified: float


@torch.no_grad()
def evaluate(
    network: InvertibleNetwork, images: ArrayLike, labels: ArrayLike | None = None
) -> Evaluation:
    """Classify a data set and compare with its labels.

    Args:
        network: the network.
        images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255; or images
            and labels together: a pair, a torch Dataset or DataLoader, `datasets.load(…).test`.
        labels: class numbers, int `[N]`; None where they come with the images.

    Raises:
        TypeError: not arrays of numbers, labels that are missing or not integers.
        ValueError: empty, of another shape, not finite, out of range, labels beyond the classes.
    """
    images, labels = images_and_labels(images, labels)
    rows, truth = _checked(network, images, labels)
    probabilities = torch.cat(
        [network.head(network.encoder(pixels)).softmax(-1) for pixels in _chunks(network, rows)]
    )
    confidences, predictions = probabilities.max(-1)
    classes = len(network.class_names)
    wrong = predictions != truth
    return Evaluation(
        accuracy=1 - float(wrong.double().mean()),
        predictions=like(images, predictions),
        probabilities=like(images, probabilities),
        confidences=like(images, confidences),
        labels=like(images, truth.clone()),  # the caller's own stay as they are
        misclassified=like(images, wrong.nonzero()[:, 0]),
        confusion_matrix=like(
            images,
            torch.bincount(truth * classes + predictions, minlength=classes**2).reshape(
                classes, classes
            ),
        ),
    )


@torch.no_grad()
def evaluate_inverse(
    network: InvertibleNetwork, images: ArrayLike, labels: ArrayLike | None = None
) -> InverseQuality:
    """Reconstruct a data set; measure pixels, and what the network says of the results.

    All of it on the pictures that a screen or a file can show: what an inverse overshot is clipped.

    Args and errors are those of `evaluate`.
    """
    rows, truth = _checked(network, *images_and_labels(images, labels))
    absolute = squared = 0.0
    same, wrong = [], []
    for pixels, expected in zip(_chunks(network, rows), truth.split(CHUNK), strict=True):
        codes = network.encoder(pixels)
        predicted = network.head(codes).argmax(-1)
        estimates = displayable(network.inverted(codes))
        error = estimates - pixels
        absolute += float(error.abs().sum())
        squared += float(error.square().sum())
        same.append(network.head(network.encoder(estimates)).argmax(-1) == predicted)
        wrong.append(predicted != expected)
    consistent = torch.cat(same).double()
    return InverseQuality(
        mae=absolute / rows.numel(),
        mse=squared / rows.numel(),
        class_consistency=float(consistent.mean()),
        class_consistency_misclassified=float(consistent[torch.cat(wrong)].mean()),
    )


def _checked(
    network: InvertibleNetwork, images: ArrayLike, labels: ArrayLike
) -> tuple[Tensor, Tensor]:
    rows = as_stack(images, network.images)
    classes = len(network.class_names)
    return rows, as_labels(labels, count=len(rows), classes=classes, device=network.device)


def _chunks(network: InvertibleNetwork, rows: Tensor) -> Iterator[Tensor]:
    return in_chunks(rows, device=network.device, dtype=network.dtype)
