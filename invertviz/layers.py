"""What each layer keeps: the same images back from every layer of a network."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd
import torch

from invertviz._arrays import ArrayLike, as_labels
from invertviz.images import as_floats, as_stack, check_scale, displayable
from invertviz.network import InvertibleNetwork

COLUMNS = (
    "code_shape",
    "numbers",
    "psnr",
    "image_error",
    "representation_distance",
    "class_consistency",
    "class_consistency_misclassified",
)
"""The columns of `compare_layers`."""

_CODES = 2**24  # numbers of codes and images worked on at a time


@torch.no_grad()
def compare_layers(
    network: InvertibleNetwork,
    images: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    layers: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Measure what comes back from each layer of a network.

        network = network.with_inverse(ModularInverse.fit(network, training_images))
        table = compare_layers(network, test_images, test_labels)
        figures.layer_comparison(table, …)

    Args:
        network: with a way back from the layers, such as `ModularInverse` is; it stays as it is.
        images: to measure on, not those of the fit: `[N, *image_shape]` or `[N, pixels]`, floats
            in [0, 1] or integers 0…255; two or more.
        labels: class numbers, int `[N]`, to tell the misclassified apart.
        layers: names of layers; all that there is a way back from if None.

    Returns:
        One row a layer, in the order of the computation, the index its name; all of it on the
        pictures that a screen can show: what an inverse overshot is clipped.

        - `code_shape`, and `numbers`, how many numbers a code has;
        - `psnr`: -10 log₁₀ of the mean squared pixel error, in dB;
        - `image_error`: Σ‖x̂ - x‖²/Σ‖x - mean image‖²: 0 is perfect, 1 as good as the mean image;
        - `representation_distance`: mean of ‖f(x̂) - f(x)‖/‖f(x)‖, f giving the code at that layer
          (Mahendran & Vedaldi, 2015);
        - `class_consistency`: share of samples whose reconstruction the network classifies as it
          did the original; `class_consistency_misclassified`: the same over the samples that it
          misclassifies, NaN without labels or if there are none.

    Raises:
        TypeError: not arrays of numbers, labels that are not integers.
        ValueError: data that does not fit the network, fewer than two images, a layer that there
            is no way back from, or none at all.
    """
    names = _names(network, layers)
    stack = as_stack(images, network.images)
    check_scale(stack)
    if len(stack) < 2:
        raise ValueError("layers are compared on two images or more; one was given.")
    classes = len(network.class_names)
    truth = (
        None
        if labels is None
        else as_labels(labels, count=len(stack), classes=classes, device=network.device)
    )
    rows = {name: _measured(network.at(name), stack, truth) for name in names}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).rename_axis("layer")


def _names(network: InvertibleNetwork, layers: Iterable[str] | None) -> list[str]:
    if isinstance(layers, str):
        raise TypeError(f"layers is {layers!r}; give several names, in a list.")
    if layers is not None:
        names = [*layers]
        for name in names:
            if network.at(name).inverse is None:
                raise ValueError(f"there is no way back from {name}; {_ADVICE}")
        if not names:
            raise ValueError("layers is empty; give at least one name.")
        return names
    names = [a.name for a in network.layers if a.usable and network.at(a.name).inverse is not None]
    if not names:
        raise ValueError(f"there is no way back from any layer of this network; {_ADVICE}")
    return names


_ADVICE = "fit one for all of them: network.with_inverse(ModularInverse.fit(network, images))."


def _measured(
    network: InvertibleNetwork, stack: torch.Tensor, truth: torch.Tensor | None
) -> dict[str, object]:
    numbers, pixels = math.prod(network.code_shape), network.images.pixels
    errors, distances, same, wrong = [], [], [], []
    total = squares = torch.zeros(())
    at_once = max(1, _CODES // max(numbers, pixels))
    for start in range(0, len(stack), at_once):
        some = as_floats(stack[start : start + at_once], device=network.device, dtype=network.dtype)
        codes = network.encoder(some)
        found = displayable(network.inverted(codes))
        again = network.encoder(found)
        errors.append((found - some).flatten(1).double().square().mean(1))
        apart = (again - codes).flatten(1).norm(dim=1)
        distances.append(apart / codes.flatten(1).norm(dim=1).clamp_min(1e-12))
        predicted = network.head(codes).argmax(-1)
        same.append(network.head(again).argmax(-1) == predicted)
        if truth is not None:
            wrong.append(predicted != truth[start : start + at_once])
        double = some.flatten(1).double()
        total, squares = total + double.sum(0), squares + double.square().sum(0)
    error = float(torch.cat(errors).mean())
    variance = float((squares / len(stack) - (total / len(stack)).square()).mean())
    kept = torch.cat(same).double()
    misclassified = torch.cat(wrong) if wrong else torch.zeros(len(kept), dtype=torch.bool)
    return {
        "code_shape": tuple(network.code_shape),
        "numbers": numbers,
        "psnr": -10 * math.log10(error) if error else math.inf,
        "image_error": error / variance if variance > 0 else math.nan,
        "representation_distance": float(torch.cat(distances).mean()),
        "class_consistency": float(kept.mean()),
        "class_consistency_misclassified": float(kept[misclassified.to(kept.device)].mean()),
    }
