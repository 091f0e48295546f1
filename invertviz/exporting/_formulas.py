"""Formulas as MathML, which browsers draw by themselves: no MathJax, no network."""

from __future__ import annotations

import re
from html import escape

_DELIMITED = re.compile(
    r"\s*(?:\$\$(?P<a>.+)\$\$|\$(?P<b>.+)\$|\\\[(?P<c>.+)\\\]|\\\((?P<d>.+)\\\))\s*", re.DOTALL
)


def mathml(tex: str, *, block: bool = False) -> str:
    """A formula as HTML: MathML, or its TeX, readable, where that cannot be translated.

    Args:
        tex: without delimiters.
        block: it stands on lines of its own.
    """
    from latex2mathml.converter import convert

    inner = re.sub(r"\\(begin|end)\{(?:aligned|split)\}", r"\\\1{align*}", tex.strip())
    try:
        html = convert(inner, display="block" if block else "inline")
    except Exception:  # its errors have no common base, and odd input raises others
        html = ""
    # What the translator does not know it copies: a command, or the & of an environment.
    if not html or re.search(r">\s*(?:\\|&<)", html):
        return f'<code class="iv-tex">{escape(tex.strip())}</code>'
    return html


def output_formula(text: str) -> str:
    """What a text/latex output says, as HTML: one formula in its delimiters, or text as it is."""
    found = _DELIMITED.fullmatch(text)
    if not found:
        environment = text.lstrip().startswith(r"\begin")
        return mathml(text, block=True) if environment else f"<p>{escape(text)}</p>"
    tex = next(filter(None, found.groups())).replace(r"\displaystyle", "")
    return mathml(tex, block=found["b"] is None and found["d"] is None)
