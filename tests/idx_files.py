"""Data in the IDX format, as MNIST is published."""

from __future__ import annotations

from typing import Any

import numpy as np


def idx(array: Any) -> bytes:
    """An array of whole numbers from 0 to 255, of any shape, as an IDX file's bytes."""
    sizes = np.array(array.shape, ">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()
