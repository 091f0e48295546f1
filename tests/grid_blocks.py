"""Rows of samples as they travel to a grid's page, read in Python: see the grid's blocks.py."""

from __future__ import annotations

from typing import Any

import numpy as np

HEAD = 5


def unpack(data: bytes, pixels: int = 784) -> tuple[tuple[int, ...], dict[str, Any], Any]:
    """A buffer's rows, read as its documentation says."""
    version, start, length, n, pictures = np.frombuffer(data, "<i4", HEAD).tolist()
    at = 4 * HEAD
    columns = {}
    for name, kind in (
        ("index", "<i4"),
        *((name, "<f4") for name in ("confidence", "loss", "margin")),
        *((name, "<u2") for name in ("true", "predicted")),
    ):
        columns[name] = np.frombuffer(data, kind, n, at)
        at += columns[name].nbytes
    levels = np.frombuffer(data, "u1", offset=at).reshape(pictures, n, pixels)
    return (version, start, length), columns, levels
