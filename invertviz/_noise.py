"""Normal noise that Python and the browser draw alike; the twin of js/src/engine/noise.ts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_STEP = 0x6D2B79F5


def normal_noise(seed: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal numbers, the same in both engines: mulberry32 and Box-Muller.

    NumPy's and torch's generators have no twin in the browser.

    Args:
        seed: 0 to 2³²-1.
        shape: of the result.

    Returns:
        float32 of that shape.
    """
    count = math.prod(shape)
    uniform = _uniform(seed, 2 * ((count + 1) // 2)).reshape(-1, 2)
    radius = np.sqrt(-2 * np.log(uniform[:, 0]))
    angle = 2 * np.pi * uniform[:, 1]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return pairs.ravel()[:count].reshape(shape).astype(np.float32)


def _uniform(seed: int, count: int) -> NDArray[np.float64]:
    """Numbers in (0, 1), by Tommy Ettinger's mulberry32 (public domain)."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_STEP)
    t = ((np.uint64(seed) + steps) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    t = (t ^ (t >> 15)) * (t | 1)
    t ^= t + (t ^ (t >> 7)) * (t | 61)
    return ((t ^ (t >> 14)).astype(np.float64) + 0.5) / 2**32
