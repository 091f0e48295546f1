"""Run notebooks as a learner would who knows the answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from filelock import FileLock
from nbclient import NotebookClient

import invertviz

SOLUTION = re.compile(r"<summary>Solution</summary>\s*```python\n(.*?)```", re.DOTALL)
RUNS = Path(__file__).parent / "artefacts" / "notebooks"
PACKAGE = Path(invertviz.__file__).parent
CELL_SECONDS = 600  # on a busy machine; the longest takes 20 on a quiet one


def is_exercise(cell: Any) -> bool:
    """Whether a cell waits for an answer."""
    return "exercise" in cell.metadata.get("tags", [])


def executed(path: Path) -> Any:
    """A notebook executed, solutions included: once for all tests of all processes.

    What came of it is kept until the notebook or the package changes.
    """
    RUNS.mkdir(parents=True, exist_ok=True)
    kept = RUNS / f"{path.stem}-{_fingerprint(path)}.ipynb"
    with FileLock(RUNS / f"{path.stem}.lock"):
        if not kept.exists():
            for older in RUNS.glob(f"{path.stem}-*.ipynb"):
                older.unlink()
            notebook = nbformat.read(path, as_version=4)
            notebook.cells = list(_solved(notebook.cells))
            resources = {"metadata": {"path": path.parent}}
            NotebookClient(notebook, timeout=CELL_SECONDS, resources=resources).execute()
            nbformat.write(notebook, kept)
    return nbformat.read(kept, as_version=4)


def _fingerprint(path: Path) -> str:
    """Of the notebook, and of all that it may run."""
    package = sorted(file for file in PACKAGE.rglob("*") if file.suffix in (".py", ".js", ".css"))
    found = hashlib.sha256()
    for file in (path, *package):
        found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()[:16]


def _solved(cells: list[Any]) -> Iterator[Any]:
    """The cells, each exercise followed by what its solution makes of it."""
    for before, cell in zip([None, *cells], cells, strict=False):
        yield cell
        if is_exercise(cell):
            (solution,) = SOLUTION.findall(before.source)
            source = cell.source.replace("answer = ...", solution)
            yield nbformat.v4.new_code_cell(source, metadata={"tags": ["solved"]})
