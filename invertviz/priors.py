"""Where real codes lie, so that generated ones can be kept there."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from invertviz import datasets
from invertviz._arrays import ArrayLike
from invertviz._noise import normal_noise
from invertviz._short_repr import short_repr
from invertviz.images import as_images
from invertviz.network import InvertibleNetwork

KINDS = ("gaussian", "class", "diverse")
"""The kinds of priors, by name."""

SPREAD = 0.75
"""Of what "diverse" draws, in σ: the rare codes further out make unclear pictures."""


class Pull(NamedTuple):
    """A Gaussian prior on each of N rows, in the form that a descent needs.

    With a loss L(z), descending along `direction` minimizes

        L(z) + ½·weight·(z - mean)ᵀ metric⁻¹ (z - mean)

    by gradient descent in the metric: directions in which real rows vary much are gone along
    quickly, those in which they do not vary hardly at all, and nothing need be inverted.

    Attributes:
        mean: float `[N, units]`.
        metric: covariances in units of their mean variance, float `[N, units, units]`, or
            `[1, units, units]` for all.
        weight: of the prior, 0 or more.
    """

    mean: Tensor
    metric: Tensor
    weight: float

    def direction(self, gradient: Tensor, rows: Tensor) -> Tensor:
        """What to subtract from rows `[N, units]` for a loss whose gradient is `[N, units]`."""
        if len(self.metric) == 1:
            natural = gradient @ self.metric[0]
        else:
            natural = (self.metric @ gradient[:, :, None])[:, :, 0]
        return natural + self.weight * (rows - self.mean)


@dataclass(frozen=True)
class CodePrior:
    """A Gaussian prior on codes, from the codes of samples that the network is sure of.

    Mahalanobis' distance from the mean is penalized, and the descent starts there.

    Attributes:
        kind: "gaussian": one mean and covariance for all classes; "class": those of the class
            that is asked for; "diverse": like "class", but each code has a mean of its own,
            drawn from the Gaussian of its class with three quarters of its spread.
        means: float `[classes, D]`, of codes flattened to D numbers.
        covariances: float `[classes, D, D]`.
        weight: of the penalty, relative to the loss that is descended on.
    """

    kind: str
    means: Tensor
    covariances: Tensor
    weight: float

    __repr__ = short_repr

    @classmethod
    @torch.no_grad()
    def fit(
        cls,
        network: InvertibleNetwork,
        images: ArrayLike | None = None,
        kind: str = "gaussian",
        *,
        confidence: float = 0.8,
        weight: float = 0.01,
    ) -> CodePrior:
        """Fit means and covariances.

        Args:
            network: the network.
            images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255; the
                bundled digits if None, for a network that its record says was trained on such.
            kind: "gaussian", "class" or "diverse".
            confidence: samples count that the network is more confident of, in [0, 1).
            weight: of the penalty, positive.

        Raises:
            TypeError: not an array of numbers.
            ValueError: an unknown kind, settings out of range, images that do not fit, none for
                a network of something else, or fewer than two samples of a class it is sure of.
        """
        if kind not in KINDS:
            raise ValueError(f"prior {kind!r} is not known; choose one of {list(KINDS)}.")
        if not 0 <= confidence < 1 or not 0 < weight < float("inf"):
            raise ValueError(
                f"confidence is {confidence}, weight {weight}; give a confidence in [0, 1), a "
                "positive weight."
            )
        codes, classes = confident_codes(network, images, confidence)
        count = len(network.class_names)
        if kind == "gaussian":
            _check_samples(len(codes), "any class", confidence)
            mean, covariance = gaussian(codes)
            size = len(mean)
            return cls(kind, mean.expand(count, size), covariance.expand(count, size, size), weight)
        found = []
        for number, name in enumerate(network.class_names):
            mine = codes[classes == number]
            _check_samples(len(mine), f"class {name}", confidence)
            found.append(gaussian(mine))
        means, covariances = (torch.stack(parts) for parts in zip(*found, strict=True))
        return cls(kind, means, covariances, weight)

    def pull(self, classes: list[int], *, seed: int = 0) -> Pull:
        """The prior on one code for each of these classes.

        Args:
            classes: class numbers.
            seed: of what "diverse" draws, 0 or more.

        Raises:
            TypeError: a seed that is no integer.
        """
        shares = torch.eye(len(self.means)).to(self.means)[classes]
        return self.pull_towards(shares, seed=seed)

    def pull_towards(self, shares: Tensor, *, seed: int = 0) -> Pull:
        """The prior on one code for each row of shares; of a mixture, the mean of its classes'.

        Args:
            shares: of the classes, float `[N, classes]`, rows sum to 1.
            seed: of what "diverse" draws, 0 or more.

        Raises:
            TypeError: a seed that is no integer.
        """
        means = shares @ self.means
        if self.kind == "gaussian":
            return Pull(means, metric(self.covariances[:1]), self.weight)
        if self.kind == "diverse":
            noise = normal_noise(_seed(seed), tuple(means.shape))
            roots = torch.tensordot(shares, self.roots, 1)
            drawn = roots @ torch.from_numpy(noise).to(means)[:, :, None]
            means = means + SPREAD * drawn[:, :, 0]
        return Pull(means, metric(torch.tensordot(shares, self.covariances, 1)), self.weight)

    @cached_property
    def roots(self) -> Tensor:
        """Symmetric roots R of the covariances, R R = Σ; float `[classes, D, D]`.

        A covariance has one such root alone: what "diverse" draws is the same on every device, and
        in a page.
        """
        variances, axes = torch.linalg.eigh(self.covariances)
        return (axes * variances.clamp_min(0).sqrt()[:, None, :]) @ axes.mT


def check_prior(network: InvertibleNetwork, prior: CodePrior, learning_rate: float) -> None:
    """See that a prior can be descended with.

    Raises:
        TypeError: no prior.
        ValueError: one for other classes or codes of another size, or with which steps of that
            rate go further and further off.
    """
    if not isinstance(prior, CodePrior):
        raise TypeError(
            f"prior is {prior!r}; give None, one of {', '.join(KINDS)}, or CodePrior.fit(network)."
        )
    size = math.prod(network.code_shape)
    needed, fitted = (len(network.class_names), size), tuple(prior.means.shape)
    if fitted != needed:
        raise ValueError(
            f"the prior is for {fitted[0]} classes and codes of {fitted[1]} units, but the network "
            f"has {needed[0]} and {needed[1]}; fit one for it: CodePrior.fit(network, images)."
        )
    if learning_rate * prior.weight >= 2:
        raise ValueError(
            f"learning_rate {learning_rate} times the prior's weight {prior.weight} is 2 or "
            "more, with which each step goes further off; lower one of them."
        )


def confident_codes(
    network: InvertibleNetwork, images: ArrayLike | None, confidence: float
) -> tuple[Tensor, Tensor]:
    """Codes `[N, D]` of what the network is sure of, flattened, and what it takes each for.

    Args:
        network: the network.
        images: as for `CodePrior.fit`.
        confidence: what it must exceed.
    """
    with torch.no_grad():
        codes = network.encoder(real_images(network, images))
        sure, classes = network.head(codes).softmax(-1).max(-1)
    return codes[sure > confidence].flatten(1), classes[sure > confidence]


def real_images(network: InvertibleNetwork, images: ArrayLike | None) -> Tensor:
    """Checked images `[N, *image_shape]`; if None, bundled ones of the kind it was trained on.

    Raises:
        ValueError: images that do not fit, or none where no bundled ones are of that kind.
    """
    if images is None:
        bundled = bundled_digits(network)
        if bundled is None:
            raise ValueError(
                "images are needed to know what real ones are like: the network's training_record "
                "does not say that it was trained on the bundled digits' kind. Pass some, such as "
                "images=datasets.load(…).train.images."
            )
        images = bundled.train.images
    return as_images(images, network.images, device=network.device, dtype=network.dtype)


def bundled_digits(network: InvertibleNetwork) -> datasets.Dataset | None:
    """The bundled digits, for a network whose record says that it was trained on such.

    Never guessed: digits of another hand, size or brightness are another kind of image, and a
    network's class names and image shape do not tell them apart.
    """
    trained_on_digits = network.training_record.get("data") in ("mnist", "mnist-sample")
    return datasets.load("mnist-sample") if trained_on_digits else None


def gaussian(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Mean `[units]` and covariance `[units, units]` of rows `[N, units]`."""
    mean = rows.mean(0)
    return mean, (rows - mean).T @ (rows - mean) / len(rows)


def metric(covariances: Tensor) -> Tensor:
    """Covariances `[…, units, units]` in units of their mean variance."""
    scale = covariances.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    return covariances / scale.clamp_min(torch.finfo(covariances.dtype).tiny)


def _seed(seed: int) -> int:
    try:
        return operator.index(seed) % 2**32
    except TypeError as error:
        raise TypeError(f"seed is {seed!r}; give an integer.") from error


def _check_samples(count: int, what: str, confidence: float) -> None:
    if count < 2:
        raise ValueError(
            f"the network is more than {confidence:.0%} confident of {count} images of {what}, and "
            "a prior needs two or more: give more images, or lower confidence."
        )
