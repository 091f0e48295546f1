"""The figure itself: what it says to those who cannot see it, and pixels that stay crisp."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text

_REPEAT = 8  # in vector files each pixel becomes so many squared
_SMALL = 256  # larger images go in as they are


class ShownFigure(Figure):
    """A figure that a notebook shows by itself, before anything has set pyplot up.

    In PDF and SVG the pixels of small images are repeated, so that viewers, which smooth what they
    enlarge, leave them crisp. It compresses to next to nothing.

    Attributes:
        alt: what the figure shows, in words: the alternative text of the page that shows it, and
            the description in the files that it is saved as.
    """

    def __init__(self, *args: Any, alt: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._alt = alt

    @property
    def alt(self) -> str:
        """The text given, or else all that is written in the figure."""
        written = dict.fromkeys(text.get_text() for text in self.findobj(Text))
        return self._alt or "Figure: " + ", ".join(filter(None, written))

    @alt.setter
    def alt(self, text: str) -> None:
        self._alt = text

    def draw(self, renderer: Any) -> None:
        """As matplotlib does, with crisp pixels where they are not resampled."""
        if not renderer.option_scale_image():
            super().draw(renderer)
            return
        with _enlarged(self):
            super().draw(renderer)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=192)  # two pixels for one: sharp on fine screens
        width, height = (round(96 * inches) for inches in self.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}

    def _repr_html_(self) -> str:
        # JupyterLab gives a bare PNG no alternative text.
        png, size = self._repr_png_()
        data = base64.b64encode(png).decode()
        return (
            f'<img alt="{escape(self.alt)}" width="{size["width"]}" '
            f'style="max-width: 100%; height: auto" src="data:image/png;base64,{data}">'
        )


@contextmanager
def _enlarged(figure: Figure) -> Iterator[None]:
    """Small images with each pixel repeated, as long as the block lasts."""
    images = [
        image
        for image in figure.findobj(AxesImage)
        if isinstance(image, AxesImage) and max(image.get_size()) <= _SMALL
    ]
    kept = [(image.get_array(), image.get_interpolation()) for image in images]
    try:
        for image, (values, _) in zip(images, kept, strict=True):
            assert values is not None
            image.set_data(values.repeat(_REPEAT, 0).repeat(_REPEAT, 1))
            image.set_interpolation("none")  # as it is, at no resolution of the figure's
        yield
    finally:
        for image, (values, interpolation) in zip(images, kept, strict=True):
            assert values is not None
            image.set_data(values)
            image.set_interpolation(interpolation)
