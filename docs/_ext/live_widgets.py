"""Widgets that live on the site's pages, without a kernel, on the libraries that exports carry too.

MyST-NB keeps the widgets' state in each page and puts these scripts beside it; nothing comes from a
CDN.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invertviz.exporting._libraries import sources

_MODULES = ("anywidget", "bqscales", "bqplot")  # what all of our widgets need


def setup(app: Any) -> dict[str, bool]:
    """Write the scripts where the builder copies static files from."""
    app.connect("config-inited", _vendor)
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True}


def _vendor(_app: Any, config: Any) -> None:
    config.nb_ipywidgets_js = {"require.js": {}, "widgets.js": {}}


def _write(app: Any) -> None:
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    require, *rest = sources(_MODULES)
    (folder / "require.js").write_text(require, encoding="utf-8")
    (folder / "widgets.js").write_text("\n".join(rest), encoding="utf-8")
