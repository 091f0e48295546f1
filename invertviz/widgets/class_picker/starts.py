"""Codes to start a latent optimization from: of digits, and their mean; starts.ts is its twin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from invertviz._arrays import ArrayLike, to_numpy
from invertviz._noise import normal_noise
from invertviz.datasets import Split
from invertviz.descent import moves_from_zeros
from invertviz.images import as_floats, as_stack, in_chunks
from invertviz.network import InvertibleNetwork
from invertviz.priors import bundled_digits

_MOST_OFFERED = 100
_OF_EACH_DIGIT = 3

FloatArray = NDArray[np.float32]


class StartingPoints(NamedTuple):
    """What images offer to start from.

    Attributes:
        digits: the images offered one by one, uint8 `[n, H, W]`, none at all if n is 0.
        mean_code: mean code of all images, float32 `[code_size]`.
    """

    digits: NDArray[np.uint8]
    mean_code: FloatArray


def starting_points(network: InvertibleNetwork, examples: ArrayLike | None) -> StartingPoints:
    """The first 100 examples and the mean code of all; without examples, bundled digits.

    Raises:
        TypeError: not an array of numbers.
        ValueError: images that do not fit the network, or out of range.
    """
    offered = np.arange(_MOST_OFFERED)
    if examples is None:
        bundled = bundled_digits(network)
        if bundled is None:
            nothing = np.zeros((0, *network.image_shape), dtype=np.uint8)
            return StartingPoints(nothing, np.zeros(network.units, dtype=np.float32))
        examples, offered = bundled.test.images, _firsts(bundled.test)
    rows = as_stack(examples, network.images, name="examples")
    chunks = in_chunks(rows, device=network.device, dtype=network.dtype)
    with torch.no_grad():
        codes = torch.cat([network.encoder(some) for some in chunks])
    shown = as_floats(rows[offered[offered < len(rows)]], device=network.device)
    digits = to_numpy(shown.clamp(0, 1).mul(255).round())
    return StartingPoints(
        digits.astype(np.uint8).reshape(-1, *network.image_shape), to_numpy(codes.mean(0))
    )


def _firsts(split: Split) -> NDArray[np.intp]:
    """The first samples of each class, class by class."""
    firsts = [np.flatnonzero(split.labels == k)[:_OF_EACH_DIGIT] for k in np.unique(split.labels)]
    return np.concatenate(firsts)


def usual_start(network: InvertibleNetwork, offered: StartingPoints) -> str:
    """The article's zeros; what is at hand where these never move, as relu'(0) is 0."""
    if moves_from_zeros(network):
        return "zeros"
    return "mean" if len(offered.digits) else "random"


def first_codes(
    network: InvertibleNetwork,
    offered: StartingPoints,
    *,
    start: str,
    digit: int,
    count: int,
    samples: int,
    seed: int,
) -> FloatArray:
    """Codes to start from, `[count, code_size]`.

    Of the `samples` of a class the first starts at the starting point itself, the others with
    noise added; all "random" ones are noise.

    Raises:
        ValueError: a starting point that is not there.
    """
    noise = normal_noise(seed, (count, network.units))
    if start == "random":
        return noise
    return _apart(noise, samples) + _starting_code(network, offered, start, digit)


def codes_about(means: FloatArray, *, samples: int, seed: int) -> FloatArray:
    """Codes to start from, about where a prior expects them, `[N, code_size]`, as `means` are.

    Of the `samples` of a class the first starts there, the others with noise added.
    """
    return means + _apart(normal_noise(seed, means.shape), samples)


def _apart(noise: FloatArray, samples: int) -> FloatArray:
    noise[::samples] = 0
    return noise


def _starting_code(
    network: InvertibleNetwork, offered: StartingPoints, start: str, digit: int
) -> FloatArray:
    if start == "zeros":
        return np.zeros(network.units, dtype=np.float32)
    if not len(offered.digits):
        raise ValueError(
            f"start is {start!r}, but there are no images to take it from; make the picker with "
            "ClassPicker(network, examples=…), or start from zeros or random."
        )
    if start == "mean":
        return offered.mean_code
    if digit >= len(offered.digits):
        raise ValueError(f"digit is {digit}; give 0 to {len(offered.digits) - 1}.")
    return to_numpy(network.encode(torch.from_numpy(offered.digits[digit]).float() / 255)[0])
