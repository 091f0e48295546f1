"""Ways back compared: what each keeps of the pixels, and of what the network made of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from tqdm.auto import tqdm

from invertviz._arrays import ArrayLike, as_labels, generator_of
from invertviz._sources import images_and_labels
from invertviz.images import as_images, displayable
from invertviz.inverses import DecoderInverse
from invertviz.network import InvertibleNetwork
from invertviz.parts import Inverse, inverse_of_kind

COLUMNS = (
    "mae",
    "mse",
    "psnr",
    "representation_distance",
    "class_consistency",
    "class_consistency_misclassified",
    "fit_seconds",
    "seconds_per_10k",
)
"""The columns of `compare_inverses`."""

KINDS = ("learned", "ridge", "pseudo", "decoder", "gradient")
"""The kinds of inverses that are compared unless others are asked for."""

Inverses = Iterable[str] | Mapping[str, Inverse]


def fit_inverses(
    network: InvertibleNetwork,
    images: ArrayLike,
    kinds: Iterable[str] | Mapping[str, Mapping[str, Any]] | None = None,
    *,
    seed: int = 0,
    progress: bool = True,
) -> dict[str, Inverse]:
    """Fit several ways back on the same images; each notes its `fit_seconds`.

    Args:
        network: the network; it stays as it is.
        images: to fit on: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers
            0…255.
        kinds: names of `KINDS`, or what to fit each with, by name, such as
            `{"ridge": {}, "decoder": {"steps": 1000}}`; if None, all that suit the network.
        seed: of everything random.
        progress: show progress bars.

    Returns:
        The inverses by their kinds, for `network.with_inverse`.

    Raises:
        TypeError: not an array of numbers.
        ValueError: images that do not fit the network, no or unknown kinds.
    """
    names = _names(network, tuple(kinds) if isinstance(kinds, Mapping) else kinds)
    found = {}
    with tqdm(names, unit="inverse", disable=not progress) as bar:
        for kind in bar:
            bar.set_description(kind)
            settings = kinds[kind] if isinstance(kinds, Mapping) else {}
            fit = partial(inverse_of_kind(kind).fit, seed=seed, progress=progress, **settings)
            found[kind], seconds = _timed(partial(fit, network, images), network.device)
            found[kind].fit_seconds = seconds
    return found


def compare_inverses(
    network: InvertibleNetwork,
    images: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    fit_images: ArrayLike | None = None,
    inverses: Inverses | None = None,
    seed: int = 0,
    progress: bool = True,
) -> pd.DataFrame:
    """Fit several ways back through one classifier, and measure them on the same images.

    Args:
        network: the network; it stays as it is.
        images: to measure on: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers
            0…255.
        labels: class numbers, int `[N]`; None where they come with the images, as in a pair or a
            torch Dataset.
        fit_images: to fit on, such as the training set. If None, `images` is split at random:
            fitted on one half, measured on the other, never on what was fitted.
        inverses: the kinds to fit, as for `fit_inverses`; or ready ones by the name of their row,
            such as `{"article": network.inverse}`.
        seed: of everything random.
        progress: show progress bars.

    Returns:
        One row an inverse, and the bounds beside them ("mean image", which knows nothing of the
        code, and "PCA of rank k", the best that any linear way through k numbers could do); the
        columns

        All of it on the pictures that a screen or a file can show: what an inverse overshot is
        clipped.

        - `mae`, `mse`: mean absolute and squared pixel error; `psnr`: -10 log₁₀ mse, in dB;
        - `representation_distance`: mean of ‖f(x̂) - f(x)‖/‖f(x)‖, f giving the code (Mahendran
          & Vedaldi, 2015);
        - `class_consistency`: share of samples whose reconstruction the network classifies as
          it did the original; `class_consistency_misclassified`: the same over the samples that
          it misclassifies, NaN if there are none;
        - `fit_seconds`: what fitting took, NaN where `fit_inverses` did not do it;
          `seconds_per_10k`: what inverting 10,000 codes takes.

    Raises:
        TypeError: not arrays of numbers, labels that are not integers, inverses that are none.
        ValueError: data or inverses that do not fit the network, unknown kinds, fewer than four
            images to split.
    """
    names = _names(network, inverses)
    if isinstance(inverses, Mapping):
        for inverse in inverses.values():
            network.with_inverse(inverse)  # refuses what does not fit
    pixels, truth, known = _data(network, images, labels, fit_images, seed)
    ready = (
        inverses
        if isinstance(inverses, Mapping)
        else fit_inverses(network, known, names, seed=seed, progress=progress)
    )
    measured = _Measure(network, pixels, truth)
    rows = {name: measured.through(inverse) for name, inverse in ready.items()}
    for name, bound in _bounds(known, math.prod(network.code_shape)).items():
        rows[name] = measured.of(*_timed(partial(bound, pixels), network.device))
    return _table(rows)


def trade_off(
    network: InvertibleNetwork,
    images: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    fit_images: ArrayLike | None = None,
    weights: Sequence[float] = (0, 0.01, 0.05, 0.2, 1),
    steps: int = 1200,
    seed: int = 0,
    progress: bool = True,
) -> pd.DataFrame:
    """How much pixel error being faithful to the network costs: one decoder for each weight.

    Args:
        network: the network; it stays as it is.
        images: as for `compare_inverses`.
        labels: likewise.
        fit_images: likewise.
        weights: of the representation and of the classes in `decoder_loss`, 0 or more.
        steps: of each decoder's fit.
        seed: of everything random.
        progress: show a progress bar.

    Returns:
        Columns of `compare_inverses`, one row a weight; the index is the weight.

    Raises:
        TypeError, ValueError: as for `compare_inverses`; no weights, or negative ones.
    """
    weights = [float(weight) for weight in weights]
    if not weights or not all(0 <= weight < math.inf for weight in weights):
        raise ValueError(f"weights is {weights}; give at least one, all 0 or more.")
    pixels, truth, known = _data(network, images, labels, fit_images, seed)
    measured = _Measure(network, pixels, truth)
    rows = {}
    for weight in tqdm(weights, desc="trade-off", unit="decoder", disable=not progress):
        fit = partial(DecoderInverse.fit, representation=weight, classes=weight, steps=steps)
        inverse, seconds = _timed(
            partial(fit, network, known, seed=seed, progress=False), network.device
        )
        inverse.fit_seconds = seconds
        rows[weight] = measured.through(inverse)
    return _table(rows).rename_axis("weight")


class _Measure:
    """The originals, and what the network makes of them."""

    def __init__(self, network: InvertibleNetwork, pixels: Tensor, labels: Tensor) -> None:
        self.network = network
        self.pixels = pixels
        with torch.no_grad():
            self.codes = network.encoder(pixels)
            self.predictions = network.head(self.codes).argmax(-1)
        self.wrong = self.predictions != labels

    def through(self, inverse: Inverse) -> dict[str, float]:
        with torch.no_grad():
            inverse(self.codes[:10])  # the first call pays for what later ones find ready
            found, seconds = _timed(partial(inverse, self.codes), self.network.device)
        return self.of(found, seconds) | {"fit_seconds": inverse.fit_seconds}

    @torch.no_grad()
    def of(self, found: Tensor, seconds: float) -> dict[str, float]:
        found = displayable(found)
        error = (found - self.pixels).double()
        codes = self.network.encoder(found)
        size = self.codes.flatten(1).norm(dim=-1).clamp_min(1e-12)
        distance = (codes - self.codes).flatten(1).norm(dim=-1) / size
        same = (self.network.head(codes).argmax(-1) == self.predictions).double()
        mse = float(error.square().mean())
        return {
            "mae": float(error.abs().mean()),
            "mse": mse,
            "psnr": -10 * math.log10(mse) if mse else math.inf,
            "representation_distance": float(distance.mean()),
            "class_consistency": float(same.mean()),
            "class_consistency_misclassified": float(same[self.wrong].mean()),
            "seconds_per_10k": seconds * 10_000 / len(found),
        }


def _table(rows: Mapping[Any, dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS), dtype=float)


def _bounds(known: Tensor, rank: int) -> dict[str, Callable[[Tensor], Tensor]]:
    known, shape = known.flatten(1), known.shape[1:]
    mean = known.mean(0)
    centred = (known - mean).double()
    _, axes = torch.linalg.eigh(centred.T @ centred)
    basis = axes[:, -rank:].to(known.dtype)
    return {
        "mean image": lambda images: mean.reshape(shape).expand_as(images),
        f"PCA of rank {basis.shape[1]}": lambda images: (
            (images.flatten(1) - mean) @ basis @ basis.T + mean
        ).reshape(images.shape),
    }


def _data(
    network: InvertibleNetwork,
    images: ArrayLike,
    labels: ArrayLike | None,
    fit_images: ArrayLike | None,
    seed: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Pixels and labels to measure on, and pixels to fit on."""
    place: dict[str, Any] = {"device": network.device, "dtype": network.dtype}
    images, labels = images_and_labels(images, labels)
    pixels = as_images(images, network.images, **place)
    classes = len(network.class_names)
    truth = as_labels(labels, count=len(pixels), classes=classes, device=network.device)
    if fit_images is not None:
        known = as_images(fit_images, network.images, name="fit_images", **place)
        return pixels, truth, known
    if len(pixels) < 4:
        raise ValueError(
            f"{len(pixels)} images cannot be split into some to fit on and some to measure on; "
            "give four or more, or pass fit_images."
        )
    generator = generator_of(seed)
    order = torch.randperm(len(pixels), generator=generator).to(network.device)
    fitted, measured = order.tensor_split(2)
    return pixels[measured], truth[measured], pixels[fitted]


def _names(network: InvertibleNetwork, inverses: Inverses | None) -> list[str]:
    if inverses is None:
        return [kind for kind in KINDS if inverse_of_kind(kind).suits(network)]
    if isinstance(inverses, str) or not isinstance(inverses, Iterable):
        raise TypeError(f"inverses is {inverses!r}; give several kinds, or ready ones by name.")
    names = list(inverses)
    if not names:
        raise ValueError(
            f"inverses is {names}; give at least one, from {list(KINDS)}, or ready inverses by "
            "name: {name: inverse}."
        )
    if not isinstance(inverses, Mapping):
        for name in names:
            inverse_of_kind(name)  # refuses what is not known
    return names


def _timed(work: Callable[[], Any], device: torch.device) -> tuple[Any, float]:
    started = time.perf_counter()
    result = work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return result, time.perf_counter() - started
