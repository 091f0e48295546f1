"""The font that formulas need: brackets that grow, large signs and letters of all kinds."""

from __future__ import annotations

import base64
import io
import logging

from ._libraries import MATH_FONT

# Browsers draw single letters with these, and roots with a sign that stands in no text.
_LETTERS = (*range(0x1D434, 0x1D468), 0x210E, *range(0x1D6E2, 0x1D71C), 0x1D6A4, 0x1D6A5)
_ALWAYS = {*_LETTERS, ord("√"), ord("ħ"), *map(ord, "0123456789()[]{}|+−=,. ")}


def math_font(text: str) -> str:
    """STIX Two Math, cut down to what a text needs, as a data: address.

    Args:
        text: all that is drawn with it.
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)
    font = TTFont(io.BytesIO(MATH_FONT.data))
    options = subset.Options(layout_features=["*"], hinting=False, notdef_outline=True)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=_ALWAYS | {ord(letter) for letter in text})
    cut.subset(font)
    font.flavor = "woff"
    written = io.BytesIO()
    font.save(written)
    return f"data:font/woff;base64,{base64.b64encode(written.getvalue()).decode()}"
