"""A notebook as a page: nbconvert's own, closed to the network."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup
from jinja2 import FileSystemLoader, pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from ._formulas import mathml, output_formula
from ._libraries import CDN
from ._pictures import Pictures
from ._state import escaped

# What the page may do. Its scripts stand in it; a widget's own module becomes a blob: address;
# html-manager compiles the schema that it checks states with, and templates: hence unsafe-eval.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'unsafe-inline' 'unsafe-eval' blob: data:",
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
_FETCHED = ("src", "srcset", "poster", "data", "background", "xlink:href")


class _Renderer(IPythonRenderer):
    """nbconvert's renderer; formulas need no script, and no address is read."""

    def __init__(self, source: str, **options: Any) -> None:
        super().__init__(**options)
        self._source = source

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if url not in self._source:  # as it was written, not as mistune encodes it
            url = unquote(url)
        return super(IPythonRenderer, self).image(text, url, title)

    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return mathml(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


class _PageExporter(HTMLExporter):
    """nbconvert's exporter with `page.html.j2`, formulas without scripts and pictures checked."""

    def __init__(self, pictures: Pictures, **options: Any) -> None:
        self.pictures = pictures
        super().__init__(**options)  # type: ignore[no-untyped-call]

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        renderer = _Renderer(
            source,
            escape=False,
            exclude_anchor_links=True,
        )
        html = MarkdownWithMath(renderer=renderer).render(source)
        attachments = context.get("cell", {}).get("attachments", {})
        return _with_pictures(html, self.pictures, attachments)


def render(
    notebook: Any,
    *,
    title: str,
    folder: Path,
    scripts: tuple[str, str],
    cdn: bool,
    theme: str,
    with_input: bool,
) -> tuple[str, list[str]]:
    """The page, and the addresses that it leaves out because a reader's browser would fetch them.

    Args:
        notebook: with the state of the widgets to embed.
        title: the page's.
        folder: where pictures that its text names are looked for.
        scripts: for the page's head and for its end.
        cdn: the scripts come from there.
        theme: one of `THEMES`.
        with_input: show the code, and the numbers of the cells.
    """
    log = logging.getLogger("invertviz.exporting")
    log.setLevel(logging.ERROR)  # nbconvert warns of each figure without alternative text
    pictures = Pictures(folder)
    exporter = _PageExporter(
        pictures,
        extra_loaders=[FileSystemLoader(Path(__file__).parent)],
        template_file="page.html.j2",
        exclude_input=not with_input,
        exclude_output_prompt=not with_input,
        filters={
            "escape_html_script": escaped,
            "formula": output_formula,
        },
        log=log,
    )
    places = (uuid.uuid4().hex, uuid.uuid4().hex)  # where the scripts go, once the rest is parsed
    loaded = ("script-src", "font-src") if cdn else ()
    html, _ = exporter.from_notebook_node(
        notebook,
        {
            "metadata": {"name": title},
            "policy": "; ".join(
                f"{kind} {allowed}" + (f" {CDN}" if kind in loaded else "")
                for kind, allowed in _POLICY.items()
            ),
            "places": places,
            "dark_when": _DARK_WHEN[theme],
            "schemes": _SCHEMES[theme],
        },
    )
    html = _with_pictures(html, pictures)
    for place, script in zip(places, scripts, strict=True):
        html = html.replace(place, script, 1)
    return html, [f"{address} ({reason})" for address, reason in pictures.left_out.items()]


def _with_pictures(html: str, pictures: Pictures, attachments: Any = None) -> str:
    """HTML whose pictures stand in it, and which names no other addresses to fetch."""
    soup = BeautifulSoup(html, features="html.parser")
    changed = False
    for tag in soup.find_all(True):
        for name in (*_FETCHED, *(("href",) if tag.name in ("link", "image", "use") else ())):
            written = str(tag.attrs.get(name, "#"))
            if written.startswith(("data:", "#")):
                continue
            changed = True
            address = pictures.embedded(written, attachments)
            if address:
                tag.attrs[name] = address
            else:
                del tag.attrs[name]
    return str(soup) if changed else html
