"""Pictures of hidden units that a person can read, and how readable they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from invertviz._arrays import ArrayLike, one_code, to_numpy
from invertviz._border import border_mask
from invertviz._short_repr import short_repr
from invertviz.codes import project_units, unit_numbers
from invertviz.images import as_stack, in_chunks
from invertviz.network import InvertibleNetwork
from invertviz.priors import Pull, gaussian, metric, real_images


class DrivingSamples(NamedTuple):
    """Which samples drive each of U units.

    Attributes:
        most: indices of the samples with the highest values of the unit, the highest first,
            int64 `[U, count]`.
        least: those with the lowest, the lowest first, int64 `[U, count]`.
    """

    most: NDArray[np.int64]
    least: NDArray[np.int64]

    def __repr__(self) -> str:
        """Dtypes and shapes."""
        return short_repr(self)


@torch.no_grad()
def unit_differences(
    network: InvertibleNetwork,
    units: Sequence[int] | None = None,
    *,
    images: ArrayLike | None = None,
    around: ArrayLike | None = None,
    sigmas: float = 2.0,
    together: bool = True,
) -> NDArray[np.float32]:
    """What units change in the picture: inverted at +kσ of the unit, minus at -kσ.

    Args:
        network: the network.
        units: which units; all of them if None.
        images: real ones, `[N, *image_shape]` or `[N, pixels]`, to take means and deviations
            from; the bundled digits if None, for a network of digits.
        around: the code to start from, such as a digit's, `[*code_shape]`; the mean code if None.
        sigmas: k, positive.
        together: let the other units go along as they do in real codes (their mean given that
            the unit is at ±kσ, as linear regression tells it). If False, the unit moves alone:
            the code leaves those that real images have, and what the inverse makes of it is
            mostly noise.

    Returns:
        Differences, signed, float32 `[units, *image_shape]`.

    Raises:
        TypeError: not arrays of numbers.
        ValueError: no or unknown units, images or code that do not fit, more than one code, k
            not positive.
    """
    chosen = unit_numbers(network, units)
    if not 0 < sigmas < math.inf:
        raise ValueError(f"sigmas is {sigmas}; give a positive number.")
    codes = network.encoder(real_images(network, images))
    values = network.layer.values(codes)[:, chosen]
    deviations = values.std(0, correction=0).clamp_min(1e-6)
    center = codes.mean(0)
    if together:
        apart, moving = (codes - center).flatten(1), (values - values.mean(0)) / deviations
        moved = (moving.T @ apart / len(codes)).reshape(-1, *network.code_shape)
    else:
        shifts = deviations.new_zeros(len(chosen), network.units)
        shifts[range(len(chosen)), chosen] = deviations
        moved = network.layer.shifted(torch.zeros_like(center)[None], shifts)
    if around is not None:
        center = one_code(
            around, network.code_shape, device=network.device, dtype=network.dtype, name="around"
        )
    higher, lower = center + sigmas * moved, center - sigmas * moved
    return to_numpy(network.inverted(higher) - network.inverted(lower))


@torch.no_grad()
def driving_samples(
    network: InvertibleNetwork,
    images: ArrayLike,
    units: Sequence[int] | None = None,
    *,
    count: int = 8,
) -> DrivingSamples:
    """The samples that drive units most and least.

    Args:
        network: the network.
        images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255.
        units: which units; all of them if None.
        count: how many samples, 1…N.

    Raises:
        TypeError: not an array of numbers.
        ValueError: no or unknown units, images that do not fit, a count out of range.
    """
    chosen = unit_numbers(network, units)
    stack = as_stack(images, network.images)
    if not 1 <= count <= len(stack):
        raise ValueError(f"count is {count}; give 1 to {len(stack)}, the number of images.")
    chunks = in_chunks(stack, device=network.device, dtype=network.dtype)
    values = torch.cat([network.layer.values(network.encoder(some)) for some in chunks])
    order = values[:, chosen].sort(dim=0, stable=True).indices.T
    return DrivingSamples(to_numpy(order.flip(1)[:, :count]), to_numpy(order[:, :count]))


def maximize_units(
    network: InvertibleNetwork,
    units: Sequence[int] | None = None,
    *,
    images: ArrayLike | None = None,
    prior: str | None = "gaussian",
    weight: float = 1.0,
    steps: int = 100,
    learning_rate: float = 0.1,
) -> NDArray[np.float32]:
    """Activation maximization: pictures that drive units as high as they can (Erhan et al., 2009).

    Each picture starts as the mean image, and its pixels ascend the unit's value (in its standard
    deviations) in [0, 1]. The Gaussian prior is that of `CodePrior`, on pixels: it keeps to
    pictures that vary as real ones do.

    Args:
        network: the network.
        units: which units; all of them if None.
        images: as for `unit_differences`.
        prior: "gaussian", or None for bare gradient ascent.
        weight: of the prior, 0 or more.
        steps: to take.
        learning_rate: of the ascent, positive.

    Returns:
        Pictures in [0, 1], float32 `[units, *image_shape]`.

    Raises:
        TypeError: not an array of numbers.
        ValueError: no or unknown units, images that do not fit, an unknown prior, settings out of
            range.
    """
    chosen = unit_numbers(network, units)
    if prior not in ("gaussian", None):
        raise ValueError(f'prior {prior!r} is not known; choose "gaussian" or None.')
    if not 0 <= weight < math.inf or steps < 0 or not 0 < learning_rate < math.inf:
        raise ValueError(
            f"weight is {weight}, steps {steps}, learning_rate {learning_rate}; give a weight and "
            "steps of 0 or more, a positive learning_rate."
        )
    real = real_images(network, images)
    with torch.no_grad():
        values = network.layer.values(network.encoder(real))
    scale = values.std(0, correction=0).clamp_min(1e-6)[chosen]
    mean, covariance = gaussian(real.flatten(1))
    pictures = mean.expand(len(chosen), -1)
    pull = Pull(pictures, metric(covariance)[None], weight)
    for _ in range(steps):
        with torch.enable_grad():
            pictures = pictures.detach().requires_grad_(True)
            codes = network.encoder(pictures.reshape(-1, *network.image_shape))
            values = network.layer.values(codes)[range(len(chosen)), chosen]
            (gradient,) = torch.autograd.grad(-(values / scale).sum(), pictures)
        pictures = pictures.detach()
        if prior is not None:
            gradient = pull.direction(gradient, pictures)
        pictures = (pictures - learning_rate * gradient).clamp(0, 1)
    return to_numpy(pictures.reshape(-1, *network.image_shape))


def readability(pictures: ArrayLike) -> NDArray[np.float64]:
    """Signal against noise in pictures of units.

    RMS of the middle (the central 20x20 of 28x28) over RMS of the four-pixel border, where real
    digits are 0, both as deviations from the border's mean: 1 is noise all over.

    Args:
        pictures: `[N, H, W]`, of any scale.

    Returns:
        Ratios, float64 `[N]`.

    Raises:
        ValueError: pictures without a height and a width of 9 or more.
    """
    return np.divide(*_signal_and_noise(pictures))


def compare_unit_pictures(
    network: InvertibleNetwork,
    units: Sequence[int] | None = None,
    *,
    images: ArrayLike | None = None,
) -> pd.DataFrame:
    """How readable each way to picture units is, and what it gains over the article's.

    Args:
        network: the network.
        units: which units; all of them if None.
        images: as for `unit_differences`.

    Returns:
        Rows "projection" (the article's), "difference alone", "difference together", "maximized
        bare", "maximized"; columns `signal`, `noise` (RMS of middle and border, medians over the
        units), `readability` (median of their ratios) and `gain` (over the article's).

    Raises:
        TypeError, ValueError: as for `unit_differences` and `readability`.
    """
    border_mask(network.image_shape)  # refuses before any work
    real = real_images(network, images)
    pictures = {
        "projection": project_units(network, units),
        "difference alone": unit_differences(network, units, images=real, together=False),
        "difference together": unit_differences(network, units, images=real),
        "maximized bare": maximize_units(network, units, images=real, prior=None),
        "maximized": maximize_units(network, units, images=real),
    }
    table = pd.DataFrame(index=list(pictures), columns=["signal", "noise", "readability"])
    for name, found in pictures.items():
        parts = _signal_and_noise(found)
        table.loc[name] = [*map(np.median, parts), np.median(readability(found))]
    table = table.astype(float)
    return table.assign(gain=table.readability / table.readability["projection"])


def _signal_and_noise(pictures: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    given = to_numpy(pictures) if isinstance(pictures, Tensor) else np.asarray(pictures)
    border = border_mask(given.shape[1:]).numpy()
    rows = given.reshape(len(given), -1).astype(np.float64)
    rows = rows - rows[:, border].mean(1, keepdims=True)
    signal, noise = (np.sqrt(np.square(rows[:, part]).mean(1)) for part in (~border, border))
    return signal, np.maximum(noise, 1e-12)
