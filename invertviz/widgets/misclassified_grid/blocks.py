"""Rows of samples as the bytes that travel to the page; blocks.ts reads them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from invertviz.widgets.misclassified_grid.samples import Indices, SampleTable, as_levels


class Place(NamedTuple):
    """Where rows stand: in which order, from which position on, and its length."""

    version: int
    start: int
    length: int


def pack(table: SampleTable, indices: Indices, place: Place, *, reconstruct: bool) -> bytes:
    """Rows as one buffer, little-endian, one column after the other.

    Five int32 (version, start, length, rows, pictures a row), then for n rows int32 indices,
    float32 confidences, losses and margins, uint16 true and predicted classes, then uint8
    pictures: the samples, and where asked for their reconstructions.
    """
    head = np.array([*place, len(indices), 1 + reconstruct], dtype="<i4")
    numbers = [
        (indices, "<i4"),
        *((table.columns[name][indices], "<f4") for name in ("confidence", "loss", "margin")),
        *((table.columns[name][indices], "<u2") for name in ("true", "predicted")),
    ]
    pictures: list[NDArray[np.uint8]] = [table.levels(indices)]
    if reconstruct:
        pictures.append(as_levels(table.reconstructions(indices)))
    return b"".join(
        [
            head.tobytes(),
            *(values.astype(kind).tobytes() for values, kind in numbers),
            *(each.tobytes() for each in pictures),
        ]
    )


def choose(table: SampleTable, order: Indices, limit: int) -> Indices:
    """The samples that a page carries along, ascending: first those of an order, wrong ones ahead.

    What room is left goes to the other misclassified samples, surest first, then to the rest.
    """
    if limit >= len(table):
        return np.arange(len(table))
    wrong = table.wrong
    rest = table.sorted(wrong.nonzero()[0], "confidence", descending=True)
    chosen: dict[int, None] = {}
    for some in (order[wrong[order]], order[~wrong[order]], rest, np.arange(len(table))):
        for index in some[: 2 * limit].tolist():  # at most half of them are chosen already
            if len(chosen) == limit:
                break
            chosen[index] = None
    return np.array(sorted(chosen), dtype=np.int64)
