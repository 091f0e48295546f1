"""What single units do: the values they take on real images, and their effect on a class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from invertviz._arrays import ArrayLike, as_codes, as_rows, in_chunks, to_numpy
from invertviz._brief import brief
from invertviz.codes import Classes, class_indices
from invertviz.network import InvertibleNetwork


@dataclass(frozen=True)
class UnitSurvey:
    """The codes of many images, unit by unit.

    Attributes:
        ranges: the smallest and largest value of each unit, float32 `[code_size, 2]`.
        histograms: how many images fall into each of equal parts of that range, int64
            `[code_size, bins]`.
        mean_code: float32 `[code_size]`.
        class_codes: the mean code of the images that the network takes for each class, float32
            `[classes, code_size]`; NaN where there are none.
    """

    ranges: NDArray[np.float32]
    histograms: NDArray[np.int64]
    mean_code: NDArray[np.float32]
    class_codes: NDArray[np.float32]

    __repr__ = brief


@torch.no_grad()
def survey_units(network: InvertibleNetwork, images: ArrayLike, *, bins: int = 32) -> UnitSurvey:
    """Observe every unit on real images.

    Args:
        network: the network.
        images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255.
        bins: parts of each histogram.

    Raises:
        TypeError: not an array of numbers.
        ValueError: empty, of another shape, not finite or out of range; fewer than one bin.
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}; give 1 or more.")
    rows = as_rows(images, network.image_shape)
    chunks = in_chunks(rows, device=network.device, dtype=network.dtype)
    codes = torch.cat([network.encode_pixels(pixels) for pixels in chunks])
    low, high = codes.aminmax(dim=0)
    span = (high - low).clamp_min(torch.finfo(codes.dtype).tiny)
    parts = ((codes - low) / span * bins).long().clamp_(0, bins - 1)
    places = torch.arange(network.code_size, device=codes.device) * bins
    counts = torch.bincount((parts + places).ravel(), minlength=network.code_size * bins)
    predictions = network.logits(codes).argmax(-1)
    members = torch.nn.functional.one_hot(predictions, len(network.class_names)).to(codes.dtype)
    return UnitSurvey(
        ranges=to_numpy(torch.stack([low, high], dim=1)),
        histograms=to_numpy(counts.reshape(network.code_size, bins)),
        mean_code=to_numpy(codes.mean(0)),
        class_codes=to_numpy(members.T @ codes / members.sum(0)[:, None]),
    )


@torch.no_grad()
def unit_effects(
    network: InvertibleNetwork, code: ArrayLike, target: Classes, ranges: ArrayLike
) -> NDArray[np.float32]:
    """How much each unit alone can move a class's probability.

    The probability with the unit at the upper end of its range, less that at the lower end, all
    other units as in `code`. Worked out in double precision, so that every engine ranks alike.

    Args:
        network: the network.
        code: the code to start from, `[code_size]`.
        target: one class, as a number or a name.
        ranges: lower and upper end for each unit, `[code_size, 2]`, such as a survey's.

    Returns:
        Effects in [-1, 1], float32 `[code_size]`.

    Raises:
        TypeError: a class that is neither number nor name; not arrays of numbers.
        ValueError: an unknown class, more than one class or code, ranges of another shape.
    """
    chosen = class_indices(network, target)
    start = as_codes(code, network.code_size, device=network.device, dtype=torch.float64)
    if len(chosen) != 1 or len(start) != 1:
        raise ValueError(f"{len(chosen)} classes and {len(start)} codes were given; give one each.")
    ends = as_codes(ranges, 2, device=network.device, dtype=torch.float64, name="ranges")
    if len(ends) != network.code_size:
        raise ValueError(
            f"ranges holds {len(ends)} ends for {network.code_size} units; give a lower and an "
            f"upper end for each, [{network.code_size}, 2]."
        )
    W, b = network.weights[-1].double(), network.biases[-1].double()
    activations = network.activation.forward(start[0])
    logits = activations @ W + b
    low, high = (
        (logits + (network.activation.forward(end) - activations)[:, None] * W).softmax(-1)
        for end in ends.T
    )
    return to_numpy((high - low)[:, chosen[0]].float())


def ranked(effects: ArrayLike) -> list[int]:
    """Units by the size of their effect, the largest first; equal ones by number."""
    return np.argsort(-np.abs(np.asarray(effects)), kind="stable").tolist()
