"""A notebook as a page: nbconvert's own, closed to the network."""

from __future__ import annotations

import logging
import uuid
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jinja2 import FileSystemLoader, pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import from_dict
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from ._cleaning import Cleaner
from ._formulas import Formulas
from ._libraries import CDN
from ._state import escaped

# What the page may do. Its own scripts stand in it and know the nonce, which those of a notebook
# cannot; a widget's own module becomes a blob: address; html-manager compiles the schema that it
# checks states with, and templates: hence unsafe-eval.
_POLICY = {
    "default-src": "'none'",
    "script-src": "{scripts} 'unsafe-eval' blob:",
    "style-src": "'unsafe-inline' blob: data:",
    "img-src": "blob: data:",
    "font-src": "data:",
    "media-src": "blob: data:",
    "connect-src": "blob: data:",
    "worker-src": "blob:",
    "base-uri": "'none'",
    "form-action": "'none'",
}
_DARK_WHEN = {"auto": "(prefers-color-scheme: dark)", "light": "not all", "dark": "all"}
_SCHEMES = {"auto": "light dark", "light": "light", "dark": "dark"}
THEMES = tuple(_SCHEMES)


class _Renderer(IPythonRenderer):
    """nbconvert's renderer; formulas need no script, and no address is read."""

    def __init__(self, source: str, formulas: Formulas, **options: Any) -> None:
        super().__init__(**options)
        self._source = source
        self._mathml = formulas.mathml

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if url not in self._source:  # as it was written, not as mistune encodes it
            url = unquote(url)
        return super(IPythonRenderer, self).image(text, url, title)

    def inline_math(self, body: str) -> str:
        return self._mathml(body)

    def block_math(self, body: str) -> str:
        return self._mathml(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return self._mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)

    def block_mermaidjs(self, code: str) -> str:
        return f"<pre>{escape(code)}</pre>"


class _PageExporter(HTMLExporter):
    """nbconvert's exporter with `page.html.j2`, formulas without scripts and HTML cleaned."""

    def __init__(self, cleaner: Cleaner, formulas: Formulas, **options: Any) -> None:
        self.cleaner = cleaner
        self.formulas = formulas
        super().__init__(**options)  # type: ignore[no-untyped-call]

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        renderer = _Renderer(source, self.formulas, escape=False, exclude_anchor_links=True)
        html = MarkdownWithMath(renderer=renderer).render(source)
        return self.cleaner.html(html, context.get("cell", {}).get("attachments", {}))


def render(
    notebook: Any,
    *,
    title: str,
    cleaner: Cleaner,
    formulas: Formulas,
    nonce: str,
    scripts: tuple[str, str],
    cdn: bool,
    theme: str,
    with_input: bool,
) -> str:
    """The page.

    Args:
        notebook: with the state of the widgets to embed; its metadata is cut to what pages heed.
        title: the page's.
        cleaner: of what the notebook holds.
        formulas: a new page's.
        nonce: which the page's own scripts carry.
        scripts: for the page's head and for its end.
        cdn: the scripts come from there.
        theme: one of `THEMES`.
        with_input: show the code, and the numbers of the cells.
    """
    log = logging.getLogger("invertviz.exporting")
    log.setLevel(logging.ERROR)  # nbconvert warns of each figure without alternative text
    exporter = _PageExporter(
        cleaner,
        formulas,
        extra_loaders=[FileSystemLoader(Path(__file__).parent)],
        extra_template_basedirs=[],  # else a folder "lab" where one happens to be is a template
        template_file="page.html.j2",
        exclude_input=not with_input,
        exclude_output_prompt=not with_input,
        filters={
            "cleaned": cleaner.html,
            "escape_html_script": escaped,
            "formula": formulas.output,
            "picture": cleaner.picture,
            "script": cleaner.script,
        },
        log=log,
    )
    _cut_metadata(notebook, title)
    # Where scripts and style go, once the rest is parsed.
    places = (uuid.uuid4().hex, uuid.uuid4().hex, uuid.uuid4().hex)
    html, _ = exporter.from_notebook_node(
        notebook,
        {
            "metadata": {"name": title},
            "policy": _policy(nonce, cdn=cdn, trust=cleaner.trust),
            "nonce": nonce,
            "places": places,
            "dark_when": _DARK_WHEN[theme],
            "schemes": _SCHEMES[theme],
        },
    )
    html = formulas.finished(html)
    for place, part in zip(places, (*scripts, formulas.style()), strict=True):
        html = html.replace(place, part, 1)
    return html


def _policy(nonce: str, *, cdn: bool, trust: bool) -> str:
    scripts = "'unsafe-inline' data:" if trust else f"'nonce-{nonce}'"
    loaded = ("script-src", "font-src") if cdn else ()
    return "; ".join(
        f"{kind} {allowed.format(scripts=scripts)}" + (f" {CDN}" if kind in loaded else "")
        for kind, allowed in _POLICY.items()
    )


def _cut_metadata(notebook: Any, title: str) -> None:
    """Leave what a page shows: nbconvert heeds more, and trusts it to be of the right types."""
    language = {"name": "python", "pygments_lexer": _lexer(notebook)}
    widgets = {key: notebook.metadata[key] for key in ("widgets",) if key in notebook.metadata}
    notebook.metadata = from_dict({"title": title, "language_info": language} | widgets)
    for cell in notebook.cells:
        kind = cell.metadata.get("raw_mimetype", "")
        cell.metadata = from_dict({"raw_mimetype": kind} if cell.cell_type == "raw" else {})


def _lexer(notebook: Any) -> str:
    """The name of the highlighter for the notebook's code."""
    language = notebook.metadata.get("language_info", {})
    name = language.get("pygments_lexer") or language.get("name") or "ipython3"
    try:
        get_lexer_by_name(name)
    except (ClassNotFound, TypeError, AttributeError):  # none has the name, or it is no name
        return "text"
    return str(name)
