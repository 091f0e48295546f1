"""A notebook as a page: nbconvert's own, closed to the network."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from jinja2 import FileSystemLoader, pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from ._formulas import mathml, output_formula
from ._libraries import CDN
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
    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return mathml(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


class _PageExporter(HTMLExporter):
    """nbconvert's exporter with `page.html.j2`, and formulas that need no script."""

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        renderer = _Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=True,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            exclude_anchor_links=True,
        )
        return MarkdownWithMath(renderer=renderer).render(source)


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
    exporter = _PageExporter(
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
            "metadata": {"name": title, "path": str(folder)},
            "policy": "; ".join(
                f"{kind} {allowed}" + (f" {CDN}" if kind in loaded else "")
                for kind, allowed in _POLICY.items()
            ),
            "places": places,
            "dark_when": _DARK_WHEN[theme],
            "schemes": _SCHEMES[theme],
        },
    )
    html, left_out = _without_requests(html)
    for place, script in zip(places, scripts, strict=True):
        html = html.replace(place, script, 1)
    return html, left_out


def _without_requests(html: str) -> tuple[str, list[str]]:
    soup = BeautifulSoup(html, features="html.parser")
    left_out = []
    for tag in soup.find_all(True):
        for name in (*_FETCHED, *(("href",) if tag.name in ("link", "image", "use") else ())):
            address = str(tag.attrs.get(name, "data:"))
            if not address.startswith(("data:", "blob:", "#")):
                left_out.append(address)
                del tag.attrs[name]
    return (str(soup), left_out) if left_out else (html, [])
