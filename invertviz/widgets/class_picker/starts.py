"""Codes to start a latent optimization from: of digits, and their mean."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from invertviz import datasets
from invertviz._arrays import ArrayLike, to_numpy
from invertviz._noise import normal_noise
from invertviz.images import as_floats, as_stack, in_chunks
from invertviz.network import InvertibleNetwork
from invertviz.priors import bundled_digits

_MOST_OFFERED = 100
_OF_EACH_DIGIT = 3


class StartingPoints(NamedTuple):
    """What images offer to start from.

    Attributes:
        digits: the images offered one by one, uint8 `[n, H, W]`, none at all if n is 0.
        mean_code: mean code of all images, float32 `[code_size]`.
    """

    digits: NDArray[np.uint8]
    mean_code: NDArray[np.float32]


def starting_points(network: InvertibleNetwork, images: ArrayLike | None) -> StartingPoints:
    """The first 100 images and the mean code of all; without images, bundled digits.

    Raises:
        TypeError: not an array of numbers.
        ValueError: images that do not fit the network, or out of range.
    """
    offered = np.arange(_MOST_OFFERED)
    if images is None:
        if bundled_digits(network) is None:
            nothing = np.zeros((0, *network.image_shape), dtype=np.uint8)
            return StartingPoints(nothing, np.zeros(network.units, dtype=np.float32))
        images, offered = _bundled()
    rows = as_stack(images, network.images)
    chunks = in_chunks(rows, device=network.device, dtype=network.dtype)
    with torch.no_grad():
        codes = torch.cat([network.encoder(some) for some in chunks])
    shown = as_floats(rows[offered[offered < len(rows)]], device=network.device)
    digits = to_numpy(shown.clamp(0, 1).mul(255).round())
    return StartingPoints(
        digits.astype(np.uint8).reshape(-1, *network.image_shape), to_numpy(codes.mean(0))
    )


@lru_cache(maxsize=1)
def _bundled() -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """The bundled digits that the network has not seen, and which of them are offered."""
    sample = datasets.load("mnist-sample").test
    firsts = [np.flatnonzero(sample.labels == k)[:_OF_EACH_DIGIT] for k in range(10)]
    return sample.images, np.concatenate(firsts)


def first_codes(
    network: InvertibleNetwork,
    offered: StartingPoints,
    *,
    start: str,
    digit: int,
    count: int,
    samples: int,
    seed: int,
) -> NDArray[np.float32]:
    """Codes to start from, `[count, code_size]`.

    Of the `samples` of a class the first starts at the starting point itself, the others with
    noise added; all "random" ones are noise.

    Raises:
        ValueError: a starting point that is not there.
    """
    noise = normal_noise(seed, (count, network.units))
    if start == "random":
        return noise
    noise[::samples] = 0
    return noise + _starting_code(network, offered, start, digit)


def _starting_code(
    network: InvertibleNetwork, offered: StartingPoints, start: str, digit: int
) -> NDArray[np.float32]:
    if start == "zeros":
        return np.zeros(network.units, dtype=np.float32)
    if not len(offered.digits):
        raise ValueError(
            f"start is {start!r}, but there are no images to take it from; make the picker with "
            "ClassPicker(network, images=…), or start from zeros or random."
        )
    if start == "mean":
        return offered.mean_code
    if digit >= len(offered.digits):
        raise ValueError(f"digit is {digit}; give 0 to {len(offered.digits) - 1}.")
    return to_numpy(network.encode(torch.from_numpy(offered.digits[digit]).float() / 255)[0])
