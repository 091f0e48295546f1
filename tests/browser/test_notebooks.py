"""The notebooks in a real JupyterLab: every widget that they show is seen to render."""

from __future__ import annotations

from collections import Counter
from typing import Any

import nbformat
import pytest
from _common import ROOT

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
# What is found on the page of each widget; an Explorer is a grid of all four.
HOOKS = {
    "DrawingCanvas": ["drawing-canvas"],
    "UnitSliders": ["unit-sliders"],
    "ClassPicker": ["class-picker"],
    "MisclassifiedGrid": ["misclassified-grid"],
    "GridBoxModel": ["drawing-canvas", "unit-sliders", "class-picker", "misclassified-grid"],
}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


TRACKER = "@jupyterlab/notebook-extension/tracker"


def shown(notebook: Any) -> list[str]:
    """The hooks of the widgets that an executed notebook shows, in their order."""
    models = notebook.metadata.widgets[STATE]["state"]
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if view := output.get("data", {}).get(VIEW):
                model = models[view["model_id"]]
                kind = model["state"].get("_anywidget_id", model["model_name"]).rpartition(".")[2]
                found += HOOKS.get(kind, [])
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_widgets_of_a_notebook_render(fresh_lab, executed, path):
    lab = fresh_lab
    notebook = executed(path)
    name = f"executed-{path.name}"
    nbformat.write(notebook, lab.server.notebooks / name)
    lab.server.trust(name)
    lab.server.configure({TRACKER: {"windowingMode": "none"}})  # all cells are on the page
    lab.open(name)
    hooks = shown(notebook)
    assert hooks
    seen: Counter[str] = Counter()
    for hook in hooks:
        root = lab.page.locator(f'[data-invertviz="{hook}"]').nth(seen[hook])
        seen[hook] += 1
        root.wait_for()
        root.scroll_into_view_if_needed()
        lab.page.wait_for_function(
            "root => root.dataset.state === 'idle' && +root.dataset.frame > 0"
            " && root.clientHeight > 100",
            arg=root.element_handle(),
        )
        lab.screenshot(f"notebook-{path.stem}-{hook}")
