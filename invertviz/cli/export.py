"""invertviz export."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ._app import say


class Theme(str, Enum):
    """Looks of a page."""

    auto = "auto"
    light = "light"
    dark = "dark"


def export(
    notebook: Annotated[Path, typer.Argument(help="The notebook.", metavar="NOTEBOOK")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The file to write.",
            metavar="FILE",
            show_default="the notebook's name with .html",
        ),
    ] = None,
    execute: Annotated[
        bool, typer.Option("--execute", help="Run the notebook first; its file stays as it is.")
    ] = False,
    timeout: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="With --execute: how long a cell may take.",
            metavar="SECONDS",
            show_default="any time",
        ),
    ] = None,
    cdn: Annotated[
        bool,
        typer.Option(
            "--cdn",
            help="Load the shared libraries from cdn.jsdelivr.net: a small page, which needs a "
            "network.",
        ),
    ] = False,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Keep the scripts of the notebook's text and outputs, as Plotly's and Bokeh's.",
        ),
    ] = False,
    theme: Annotated[
        Theme,
        typer.Option(
            help="auto is light or dark as the reader's system is.", metavar="auto|light|dark"
        ),
    ] = Theme.auto,
) -> None:
    """Write a notebook as one web page whose widgets stay alive, without a kernel.

    The page holds all it needs: it works from a file, with the network off. It shows the outputs
    that the notebook was saved with, and widgets whose state was saved too: in JupyterLab,
    Settings, Save Widget State Automatically. Or let --execute run the notebook.

    Of what text and outputs hold, it leaves out scripts, unless --trust keeps them, and all that
    would make a request, lead to another page, or show files outside the notebook's folder; it
    says what that was.

    \b
    Examples:
      invertviz export lesson.ipynb
      invertviz export lesson.ipynb --execute -o site/index.html
      invertviz export lesson.ipynb --cdn
    """  # noqa: D301
    from invertviz.exporting import export_notebook

    target = out or notebook.parent / f"{notebook.stem}.html"
    say(f"{'running and ' if execute else ''}exporting {notebook}")
    page = export_notebook(
        notebook,
        target,
        execute=execute,
        timeout=timeout,
        cdn=cdn,
        theme=theme.value,
        trust=trust,
        progress=sys.stderr.isatty(),
    )
    if not page.was_run:
        say(f"{notebook} holds no outputs; run it first, or give --execute.")
    for left_out in page.left_out:
        say(f"the page does without {left_out}")
    for tex in page.untranslated:
        say(f"this formula stays as TeX: {tex}")
    typer.echo(repr(page))
