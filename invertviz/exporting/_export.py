"""From a notebook, or from widgets, to one page."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invertviz._files import check_writable, written_whole

from . import _libraries, _state

# nbconvert, nbclient and ipywidgets are imported where they are used: importing this stays light.
if TYPE_CHECKING:
    from ipywidgets import DOMWidget


@dataclass(frozen=True, repr=False)
class ExportedPage:
    """A page that was written.

    Attributes:
        path: the file.
        sizes: the bytes of its parts: libraries (JavaScript, the widgets' included), weights (the
            networks), data (all else that the widgets hold), notebook (text, code, figures, looks).
        left_out: what the page does without, as the notebook names it, each with the reason:
            pictures elsewhere, outside the notebook's folder or missing, scripts, frames and all
            else that would make a request, lead to another page or run.
        untranslated: formulas that the page shows as TeX, because they cannot be translated.
        was_run: False if it is of a notebook that has code and no outputs, so that the page shows
            neither widgets nor figures.
    """

    path: Path
    sizes: dict[str, int]
    left_out: list[str]
    untranslated: list[str] = field(default_factory=list)
    was_run: bool = True

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return sum(self.sizes.values())

    def __repr__(self) -> str:
        lines = [*self.sizes.items(), ("total", self.size)]
        table = (f"{name:<24}{size / 1e6:6.2f} MB" for name, size in lines)
        return "\n".join([*table, f"saved {self.path}"])


def export(
    widgets: DOMWidget | Iterable[DOMWidget],
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    cdn: bool = False,
    theme: str = "auto",
) -> ExportedPage:
    """Write widgets as one HTML page that stays alive without a kernel and without a network.

        invertviz.export(canvas, "page.html")
        invertviz.export([canvas, sliders], "page.html", title="Look inside")

    Args:
        widgets: a widget or several, shown one below the other, as they are now; with them goes
            what they refer to, and the `jslink`s between them.
        path: the file to write.
        title: the page's title; the file's name if None.
        cdn: load the shared libraries from a CDN instead of carrying them: a smaller page, which
            needs a network.
        theme: "auto" (as the reader's system is), "light" or "dark".

    Raises:
        TypeError: what is given is no widget.
        ValueError: no widget is given, or one is closed; an unknown theme; a widget of a package
            that ships no JavaScript for such pages.
        OSError: the path cannot be written.
    """
    import nbformat
    from ipywidgets import DOMWidget
    from ipywidgets.embed import dependency_state, embed_data

    target = check_writable(path)
    _check_theme(theme)
    views = [widgets] if isinstance(widgets, DOMWidget) else list(widgets)
    for widget in views:
        if not isinstance(widget, DOMWidget):
            raise TypeError(
                f"export shows widgets, such as a DrawingCanvas, not {type(widget).__name__}; for "
                "a notebook there is export_notebook."
            )
        if widget.comm is None:
            raise ValueError(f"this {type(widget).__name__} is closed; make a new one.")
    if not views:
        raise ValueError("no widget was given; name one or several.")
    # Defaults stay in: an anywidget's own JavaScript is one.
    data = embed_data(views, state=dependency_state(views, drop_defaults=False))
    outputs = [
        nbformat.v4.new_output("display_data", {_state.VIEW: view}) for view in data["view_specs"]
    ]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(outputs=outputs)],
        metadata={"widgets": {_state.STATE: data["manager_state"]}},
    )
    return _write(
        notebook,
        target,
        title=title or target.stem,
        folder=target.parent,
        cdn=cdn,
        theme=theme,
        trust=False,
        with_input=False,
    )


def export_notebook(
    notebook: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    execute: bool = False,
    timeout: int | None = None,
    cdn: bool = False,
    theme: str = "auto",
    trust: bool = False,
    progress: bool = False,
) -> ExportedPage:
    """Write a whole notebook as one HTML page whose widgets stay alive without a kernel.

    Text, code, outputs, figures and widgets are those that the notebook holds; formulas become
    MathML. The page makes no request, and only the widgets' JavaScript runs in it; pictures that
    text and outputs name are embedded if they lie in the notebook's folder.

        invertviz.export_notebook("lesson.ipynb", "lesson.html", execute=True)

    Args:
        notebook: the notebook's file; it is not changed.
        path: the file to write.
        execute: run the notebook first.
        timeout: seconds that a cell may take; any time if None.
        cdn: load the shared libraries from a CDN instead of carrying them: a smaller page, which
            needs a network.
        theme: "auto" (as the reader's system is), "light" or "dark".
        trust: keep the scripts that text and outputs hold (those of Plotly, Bokeh and the like):
            they run in the readers' browsers. They, too, can fetch nothing.
        progress: show a bar on stderr while the notebook runs.

    Raises:
        ValueError: it is no notebook, a cell failed, or a widget's state is missing; says which
            cell. An unknown theme; a widget of a package that ships no JavaScript for such pages.
        OSError: a file cannot be read or written, a cell takes too long, or the kernel dies.
    """
    from . import _notebook

    source = Path(notebook).expanduser()
    target = check_writable(path)
    if target.exists() and source.exists() and target.samefile(source):
        raise ValueError(f"{target} is the notebook itself; name another file for the page.")
    _check_theme(theme)
    found = _notebook.read(source)
    if execute:
        _notebook.run(found, source, timeout=timeout, progress=progress)
    _notebook.check_widgets(found)
    return _write(
        found,
        target,
        title=found.metadata.get("title", "").strip() or source.stem,
        folder=source.absolute().parent,
        cdn=cdn,
        theme=theme,
        trust=trust,
        with_input=True,
    )


def _write(
    notebook: Any,
    target: Path,
    *,
    title: str,
    folder: Path,
    cdn: bool,
    theme: str,
    trust: bool,
    with_input: bool,
) -> ExportedPage:
    from ._cleaning import Cleaner
    from ._formulas import Formulas
    from ._notebook import was_run
    from ._page import render
    from ._pictures import Pictures

    cleaner = Cleaner(Pictures(folder), trust=trust)
    formulas = Formulas()
    nonce = secrets.token_urlsafe(16)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    models = _state.pruned(_state.saved_models(notebook), _state.shown_models(outputs))
    models = _state.cleaned(models, cleaner)
    scripts = ("", "")
    if models:
        modules = _libraries.widget_modules(models)
        _check_modules([] if cdn else modules)
        scripts = _libraries.linked(nonce) if cdn else _libraries.inlined(modules, nonce)
        state = notebook.metadata["widgets"][_state.STATE] | {"state": models}
        notebook.metadata["widgets"] = {_state.STATE: state}
    else:
        state = None
        notebook.metadata.pop("widgets", None)
    html = render(
        notebook,
        title=title,
        cleaner=cleaner,
        formulas=formulas,
        nonce=nonce,
        scripts=scripts,
        cdn=cdn,
        theme=theme,
        with_input=with_input,
    )
    page = html.encode()
    code, weights = _state.code_bytes(models), _state.weight_bytes(models)
    libraries = sum(len(script.encode()) for script in scripts)
    data = len(_state.as_json(state).encode()) if state else 0
    with written_whole(target) as part:
        part.write_bytes(page)
    sizes = {
        "libraries": libraries + code,
        "weights": weights,
        "data": data - code - weights,
        "notebook": len(page) - libraries - data,
    }
    return ExportedPage(target, sizes, cleaner.left_out, formulas.untranslated, was_run(notebook))


def _check_theme(theme: str) -> None:
    from ._page import THEMES

    if theme not in THEMES:
        raise ValueError(f"theme is {theme!r}; choose from {', '.join(THEMES)}.")


def _check_modules(names: Iterable[str]) -> None:
    missing = [name for name in names if _libraries.find_module(name) is None]
    if missing:
        raise ValueError(
            f"no installed package has the JavaScript of {', '.join(missing)} for pages without a "
            "network; install it, or let the page load it with --cdn (in Python: cdn=True)."
        )
