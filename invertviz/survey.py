"""What single units do: the values they take on real images, and their effect on a class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from invertviz._arrays import ArrayLike, as_codes, one_code, to_numpy
from invertviz._classes import Classes, class_indices
from invertviz._short_repr import short_repr
from invertviz.images import as_stack, in_chunks
from invertviz.network import InvertibleNetwork
from invertviz.parts import Layer


@dataclass(frozen=True)
class UnitSurvey:
    """The codes of many images, unit by unit.

    Attributes:
        ranges: the smallest and largest value of each unit, float32 `[units, 2]`.
        histograms: how many images fall into each of equal parts of that range, int64
            `[units, bins]`.
        mean_code: float32 `[*code_shape]`.
        class_codes: the mean code of the images that the network takes for each class, float32
            `[classes, *code_shape]`; NaN where there are none.
    """

    ranges: NDArray[np.float32]
    histograms: NDArray[np.int64]
    mean_code: NDArray[np.float32]
    class_codes: NDArray[np.float32]

    __repr__ = short_repr


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
    stack = as_stack(images, network.images)
    chunks = in_chunks(stack, device=network.device, dtype=network.dtype)
    codes = torch.cat([network.encoder(some) for some in chunks])
    values, size = network.layer.values(codes), network.units
    low, high = values.aminmax(dim=0)
    span = (high - low).clamp_min(torch.finfo(values.dtype).tiny)
    parts = ((values - low) / span * bins).long().clamp_(0, bins - 1)
    places = torch.arange(size, device=codes.device) * bins
    counts = torch.bincount((parts + places).ravel(), minlength=size * bins)
    predictions = network.head(codes).argmax(-1)
    members = torch.nn.functional.one_hot(predictions, len(network.class_names)).to(codes.dtype)
    sums = (members.T @ codes.flatten(1)) / members.sum(0)[:, None]
    return UnitSurvey(
        ranges=to_numpy(torch.stack([low, high], dim=1)),
        histograms=to_numpy(counts.reshape(size, bins)),
        mean_code=to_numpy(codes.mean(0)),
        class_codes=to_numpy(sums.reshape(-1, *network.code_shape)),
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
        code: the code to start from, `[*code_shape]`.
        target: one class, as a number or a name.
        ranges: lower and upper end for each unit, `[units, 2]`, such as a survey's.

    Returns:
        Effects in [-1, 1], float32 `[units]`.

    Raises:
        TypeError: a class that is neither number nor name; not arrays of numbers.
        ValueError: an unknown class, more than one class or code, ranges of another shape.
    """
    chosen = class_indices(network, target)
    if len(chosen) != 1:
        raise ValueError(f"{len(chosen)} classes were given; give one.")
    device, double = network.device, torch.float64
    start = one_code(code, network.code_shape, device=device, dtype=double)
    ends = as_codes(ranges, (2,), device=device, dtype=double, name="ranges")
    if len(ends) != network.units:
        raise ValueError(
            f"ranges holds {len(ends)} ends for {network.units} units; give a lower and an "
            f"upper end for each, [{network.units}, 2]."
        )
    low, high = (
        network.head.exactly(moved).softmax(-1)
        for moved in _each_unit_at(network.layer, start, ends)
    )
    return to_numpy((high - low)[:, chosen[0]].float())


def _each_unit_at(layer: Layer, code: Tensor, ends: Tensor) -> Iterator[Tensor]:
    """The code with each unit at its lower end, then at its upper: `[units, *code_shape]`."""
    now = layer.values(code[None])[0]
    for end in ends.T:
        yield layer.shifted(code[None], torch.diag(end - now))


def ranked(effects: ArrayLike) -> list[int]:
    """Units by the size of their effect, the largest first; equal ones by number."""
    return np.argsort(-np.abs(np.asarray(effects)), kind="stable").tolist()
