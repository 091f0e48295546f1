"""Formulas as MathML: browsers draw it by themselves, without MathJax and without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils.nodes import SkipNode

from invertviz.exporting._formulas import mathml, style
from invertviz.exporting._libraries import MATH_FONT


def setup(app: Any) -> dict[str, bool]:
    """Offer the renderer as "mathml"."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.add_css_file("formulas.css")
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True}


def _write(app: Any) -> None:
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MATH_FONT.kept).write_bytes(MATH_FONT.data)
    (folder / "formulas.css").write_text(style(MATH_FONT.kept), encoding="utf-8")


def _inline(visitor: Any, node: Any) -> None:
    visitor.body.append(_translated(node.astext(), block=False))
    raise SkipNode


def _block(visitor: Any, node: Any) -> None:
    visitor.body.append(f'<div class="math">{_translated(node.astext(), block=True)}</div>')
    raise SkipNode


def _translated(tex: str, *, block: bool) -> str:
    html = mathml(tex, block=block)
    if not html.startswith("<math"):
        raise ValueError(f"this formula cannot be translated to MathML: {tex}")
    return html
