"""Figures to files."""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from invertviz._files import check_writable, written_whole

# Nothing that depends on the moment goes into a file: the same figure gives the same bytes.
_LEFT_OUT = {"png": "Software", "svg": "Date", "pdf": "CreationDate"}
_DESCRIBED = {"png": "Description", "svg": "Description", "pdf": "Subject"}


def save_figure(figure: Figure, path: str | os.PathLike[str], *, dpi: int = 200) -> Path:
    """Write a figure, wholly or not at all, and give back its path.

    What `figure.alt` says goes along: as the description of a PNG, the subject of a PDF, and in an
    SVG as the `<desc>` of an image, which screen readers read out.

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
    metadata: dict[str, str | None] = {_LEFT_OUT[kind]: None}
    alt = getattr(figure, "alt", "")
    if alt:
        metadata[_DESCRIBED[kind]] = alt
    with settings, written_whole(check_writable(target)) as part:
        figure.savefig(part, format=kind, dpi=dpi, metadata=metadata)
        if alt and kind == "svg":
            _describe(part, alt)
    return target


def _describe(path: Path, alt: str) -> None:
    """Make an SVG an image with a description."""
    svg = path.read_text(encoding="utf-8")
    start = re.search(r"<svg [^>]*>", svg)
    assert start is not None
    root = start[0].replace("<svg ", '<svg role="img" aria-describedby="desc" ', 1)
    text = f'{root}\n <desc id="desc">{escape(alt)}</desc>'
    path.write_text(svg[: start.start()] + text + svg[start.end() :], encoding="utf-8")
