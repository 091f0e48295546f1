"""Run notebooks as a learner would who knows the answers."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

SOLUTION = re.compile(r"<summary>Solution</summary>\s*```python\n(.*?)```", re.DOTALL)
CELL_SECONDS = 600  # on a busy machine; the longest takes 20 on a quiet one


def is_exercise(cell: Any) -> bool:
    """Whether a cell waits for an answer."""
    return "exercise" in cell.metadata.get("tags", [])


def runner() -> Callable[[Path], Any]:
    """A function that gives a notebook executed, solutions included, and executes it but once."""

    @cache
    def execute(path: Path) -> Any:
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = list(_solved(notebook.cells))
        resources = {"metadata": {"path": path.parent}}
        NotebookClient(notebook, timeout=CELL_SECONDS, resources=resources).execute()
        return notebook

    return lambda path: copy.deepcopy(execute(path))


def _solved(cells: list[Any]) -> Iterator[Any]:
    """The cells, each exercise followed by what its solution makes of it."""
    for before, cell in zip([None, *cells], cells, strict=False):
        yield cell
        if is_exercise(cell):
            (solution,) = SOLUTION.findall(before.source)
            source = cell.source.replace("answer = ...", solution)
            yield nbformat.v4.new_code_cell(source, metadata={"tags": ["solved"]})
