"""Data in the IDX format, as MNIST is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array: Any, kind: str = "u1") -> bytes:
    """An array of any shape as an IDX file's bytes."""
    sizes = np.array(array.shape, ">u4").tobytes()
    head = bytes([0, 0, _CODES[kind], array.ndim])
    return head + sizes + array.astype(f">{kind}").tobytes()


def write_set(
    folder: Path, prefix: str = "", test: str = "t10k", *, classes: int = 3, first: int = 0
) -> dict[str, np.ndarray]:
    """The four files of a small data set; what is in them, by their names."""
    rng = np.random.default_rng(0)
    made = {}
    for split, count in (("train", 12), (test, 6)):
        images = rng.integers(0, 256, (count, 4, 3))
        images[0, 0, 0] = 255
        made[f"{prefix}{split}-images-idx3-ubyte"] = images
        made[f"{prefix}{split}-labels-idx1-ubyte"] = first + np.arange(count) % classes
    for name, array in made.items():
        (folder / name).write_bytes(idx(array))
    return made
