"""The exercises of the notebooks, by name."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from invertviz._arrays import to_numpy
from invertviz.article.inverses import dense_of
from invertviz.codes import sweep_unit
from invertviz.evaluation import evaluate
from invertviz.network import InvertibleNetwork

from ._exercise import Exercise

Network = InvertibleNetwork
Images = NDArray[np.float32]


def _arrays(parameters: Any) -> list[NDArray[Any]]:
    return [to_numpy(parameter) for parameter in parameters]


def _index(answer: Any) -> int:
    """A choice by its number; one from the end is none."""
    chosen = operator.index(answer)
    if chosen < 0:
        raise IndexError(answer)
    return chosen


def _sigmoid(z: NDArray[Any]) -> NDArray[Any]:
    return 1 / (1 + np.exp(-z))


def _code(network: Network, image: Images) -> NDArray[Any]:
    return np.asarray(network.encode(image))[0]


def _code_without_bias(network: Network, image: Images) -> NDArray[Any]:
    return _code(network, image) - to_numpy(dense_of(network).biases[1])


def _code_without_sigmoid(network: Network, image: Images) -> NDArray[Any]:
    (W1, W2, _), (b1, b2, _) = (
        _arrays(dense_of(network).weights),
        _arrays(dense_of(network).biases),
    )
    return (np.reshape(image, -1) @ W1 + b1) @ W2 + b2


def _hidden_estimate(network: Network, code: NDArray[Any]) -> NDArray[Any]:
    assert network.inverse is not None, "the exercise is about one"
    W2inv = to_numpy(next(iter(network.inverse.named_tensors().values())))
    return (np.reshape(code, -1) - to_numpy(dense_of(network).biases[1])) @ W2inv


def _squashed(network: Network, code: NDArray[Any]) -> NDArray[Any]:
    return _min_max(network, code) * 0.99 + 0.005


def _min_max(network: Network, code: NDArray[Any]) -> NDArray[Any]:
    estimate = _hidden_estimate(network, code)
    return (estimate - estimate.min()) / np.ptp(estimate)


def _gains(network: Network, code: NDArray[Any], to: int, values: Any) -> NDArray[Any]:
    """How far the probability of a class moves as each unit goes through the values."""
    low, high = min(values), max(values)
    codes = np.repeat(np.reshape(code, (1, -1)), 2 * network.units, 0)
    units = np.arange(network.units)
    codes[units, units], codes[units + network.units, units] = low, high
    told = np.asarray(network.classify(codes))[:, to]
    return told[network.units :] - told[: network.units]


def _changes(network: Network, code: Any, values: Any) -> NDArray[Any]:
    return np.array(
        [
            np.ptp(np.asarray(sweep_unit(network, code, unit, values)), axis=0).mean()
            for unit in range(network.units)
        ]
    )


def _true_and_predicted(counts: NDArray[Any]) -> tuple[int, int]:
    wrong = counts * ~np.eye(len(counts), dtype=bool)
    i, j = np.unravel_index(wrong.argmax(), wrong.shape)
    return int(i), int(j)


def _consistency(network: Network, images: Images, labels: Any, *, on: str, against: str) -> float:
    result = evaluate(network, images, labels)
    chosen = result.misclassified if on == "wrong" else np.arange(len(labels))
    seen = np.asarray(network.reconstruct(images[chosen]).images).clip(0, 1)  # as it is shown
    taken = np.asarray(network.classify(network.encode(seen))).argmax(1)
    asked = result.predictions if against == "predictions" else np.asarray(labels)
    return float((taken == asked[chosen]).mean())


def _pca_errors(fit_images: Images, images: Images) -> NDArray[Any]:
    """Mean squared error with 0, 1, 2, … principal components."""
    known = torch.as_tensor(fit_images, dtype=torch.float64).flatten(1)
    rest = torch.as_tensor(images, dtype=torch.float64).flatten(1) - known.mean(0)
    _, axes = torch.linalg.eigh(torch.cov(known.T))
    kept = (rest @ axes.flip(1)).square().mean(0).cumsum(0)
    total = rest.square().sum(1).mean()
    return to_numpy((total - torch.cat([torch.zeros(1), kept])) / rest.shape[1])


def _components_needed(fit_images: Images, images: Images, mse: float) -> int:
    return int((_pca_errors(fit_images, images) <= mse).argmax())


EXERCISES: Mapping[str, Exercise] = {
    "code-by-hand": Exercise(
        _code,
        [
            (lambda **given: _sigmoid(_code(**given)), "That is a2 = σ(z2): stop before the σ."),
            (_code_without_bias, "The bias b2 is missing."),
            (_code_without_sigmoid, "The first layer has a σ too: a1 = σ(x W1 + b1)."),
        ],
        "That is all that encode does.",
    ),
    "squash-by-hand": Exercise(
        _squashed,
        [
            (_min_max, "Nearly: 0 and 1 have infinite logits. Scale to 0.005 … 0.995."),
            (_hidden_estimate, "That is the estimate itself, before it is squashed."),
        ],
        "Now its logit is finite, and the first layer can be undone.",
    ),
    "unit-that-moves-class": Exercise(
        lambda **given: int(np.abs(_gains(**given)).argmax()),
        [
            (lambda **given: int(np.abs(_gains(**given)).argmin()), "That one moves it least."),
            (
                lambda **given: int(np.argsort(-np.abs(_gains(**given)))[1]),
                "That is the second: one unit moves it further, perhaps downwards.",
            ),
        ],
        "Compare its weight to that class in the last layer, `network.classifier.weights[2]`.",
        lambda answer, to, **given: (
            f"Unit {answer} moves the probability of {to} by "
            f"{abs(_gains(to=to, **given)[_index(answer)]):.2g}, and another moves it further."
        ),
    ),
    "unit-that-moves-picture": Exercise(
        lambda **given: int(_changes(**given).argmax()),
        [(lambda **given: int(_changes(**given).argmin()), "That one changes the picture least.")],
        "The unit that moves the picture most need not be the one that moves the class.",
        lambda answer, **given: (
            f"Unit {answer} changes a pixel by {_changes(**given)[_index(answer)]:.2g} on average, "
            "and another changes it more."
        ),
    ),
    "driving-samples": Exercise(
        lambda network, images, unit, count: set(
            np.argsort(-np.asarray(network.encode(images))[:, unit])[:count].tolist()
        ),
        [
            (
                lambda network, images, unit, count: set(
                    np.argsort(np.asarray(network.encode(images))[:, unit])[:count].tolist()
                ),
                "Those drive it least: sort the other way round.",
            )
        ],
    ),
    "accuracy-from-confusion": Exercise(
        lambda counts: float(np.trace(counts) / counts.sum()),
        [
            (
                lambda counts: float(1 - np.trace(counts) / counts.sum()),
                "That is the share of mistakes.",
            ),
            (
                lambda counts: int(np.trace(counts)),
                "That is how many are right; which share is it?",
            ),
            (
                lambda counts: float((np.diag(counts) / counts.sum(1)).mean()),
                "That is the mean over classes; here every sample counts the same.",
            ),
        ],
    ),
    "worst-confusion": Exercise(
        _true_and_predicted,
        [
            (
                lambda counts: _true_and_predicted(counts)[::-1],
                "The other way round: rows are true classes, columns what they are taken for.",
            ),
            (
                lambda counts: tuple(map(int, np.unravel_index(counts.argmax(), counts.shape))),
                "That one lies on the diagonal, where nothing is wrong.",
            ),
        ],
        measure=lambda answer, counts: (
            f"{answer[0]} is taken for {answer[1]} "
            f"{counts[_index(answer[0]), _index(answer[1])]} times, another mistake is made more "
            "often, or as often and stands before it."
        ),
    ),
    "consistency-of-mistakes": Exercise(
        lambda **given: _consistency(**given, on="wrong", against="predictions"),
        [
            (
                lambda **given: _consistency(**given, on="all", against="predictions"),
                "That is over all samples; take the misclassified ones.",
            ),
            (
                lambda **given: _consistency(**given, on="wrong", against="labels"),
                "You compared with the labels; compare with what the network said of the original.",
            ),
        ],
        "Most mistakes survive the way back: the picture shows what the network took it for.",
    ),
    "mean-image-error": Exercise(
        lambda fit_images, images: float(np.square(images - fit_images.mean(0)).mean()),
        [
            (
                lambda fit_images, images: float(np.abs(images - fit_images.mean(0)).mean()),
                "That is the mean absolute error; square it first.",
            ),
            (
                lambda images, **_: float(np.square(images - images.mean(0)).mean()),
                "That is the mean of the images you measure on; it must come from those fitted on.",
            ),
            (
                lambda fit_images, images: float(
                    np.square(images - fit_images.mean(0)).sum((1, 2)).mean()
                ),
                "That is the sum over the pixels; take their mean.",
            ),
        ],
        "Any way back that knows something of the code must do better than that.",
    ),
    "components-needed": Exercise(
        _components_needed,
        [
            (
                lambda **given: _components_needed(**given) - 1,
                "One more: with that many the error is still above that of the ridge regression. "
                "(The first error is the one without any component.)",
            ),
            (
                lambda fit_images, images, mse: _components_needed(
                    fit_images, images - images.mean(0) + fit_images.mean(0), mse
                ),
                "Subtract the mean of the images that you fit on, not of those you measure on.",
            ),
        ],
        "The network's 100 numbers are worth about that many linear ones.",
    ),
    "clearest-way": Exercise(
        lambda table: str(table["mse"].drop(["mean image"]).drop(_bounds(table)).idxmin()),
        [
            (
                lambda table: str(_bounds(table)[0]),
                "That is a bound, and no way back from the code.",
            ),
            (
                lambda table: str(table["class_consistency"].idxmax()),
                "That is the one most faithful to the network; which is to the pixels?",
            ),
        ],
        measure=lambda answer, table: (
            f"The mse of {answer} is {table.loc[answer, 'mse']:.4f}, and another's is smaller."
        ),
    ),
    "images-from-bytes": Exercise(
        lambda pixels: np.asarray(pixels, dtype=np.float64) / 255,
        [
            (
                lambda pixels: np.asarray(pixels, dtype=np.float64),
                "Scale them: 0 is black, 1 white.",
            ),
            (
                lambda pixels: 1 - np.asarray(pixels, dtype=np.float64) / 255,
                "That is the negative: the strokes are bright already.",
            ),
        ],
    ),
}


def _bounds(table: Any) -> list[Any]:
    return [name for name in table.index if str(name).startswith("PCA")]
