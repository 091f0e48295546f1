"""Figures to files."""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from invertviz._files import check_writable, written_whole

# Nothing that depends on the moment goes into a file: the same figure gives the same bytes.
_LEFT_OUT = {"png": "Software", "svg": "Date", "pdf": "CreationDate"}


def save_figure(figure: Figure, path: str | os.PathLike[str], *, dpi: int = 200) -> Path:
    """Write a figure, wholly or not at all, and give back its path.

    Args:
        figure: from one of the functions above, or any other.
        path: ends in .png, .svg or .pdf.
        dpi: pixels an inch of a PNG, and of the images inside an SVG or PDF.

    Raises:
        OSError: the path cannot be written.
        ValueError: another suffix, or a dpi that is not positive.
    """
    target = Path(path).expanduser()
    kind = target.suffix.lower().removeprefix(".")
    if kind not in _LEFT_OUT:
        raise ValueError(f"{target.name} must end in .png, .svg or .pdf.")
    if not dpi > 0:
        raise ValueError(f"dpi is {dpi}; give a positive number.")
    settings = mpl.rc_context({"svg.hashsalt": "invertviz", "pdf.fonttype": 42})
    with settings, written_whole(check_writable(target)) as part:
        figure.savefig(part, format=kind, dpi=dpi, metadata={_LEFT_OUT[kind]: None})
    return target
