"""Every notebook runs from top to bottom, its exercises can be solved, and it is kept clean."""

from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from notebook_runs import SOLUTION, is_exercise

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
NAMES = {
    "inverting_a_neural_net",
    "tour",
    "ways_to_invert",
    "what_does_a_unit_do",
    "why_was_it_wrong",
    "your_own_data",
}
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def verdict(cell):
    return cell.outputs[-1].data["text/plain"]


def test_all_are_there():
    assert {path.stem for path in NOTEBOOKS} == NAMES


@each
def test_notebook_runs_and_its_solutions_are_right(executed, path):
    code = [cell for cell in executed(path).cells if cell.cell_type == "code"]
    printed = [
        output.text
        for cell in code
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert not [text for text in printed if "Warning" in text], printed
    for cell in code:
        if is_exercise(cell):
            assert "no answer yet" in verdict(cell)
        elif "solved" in cell.metadata.get("tags", []):
            assert verdict(cell).startswith("✓ Right."), cell.source


@each
def test_each_exercise_has_a_hint_and_a_solution(path):
    cells = nbformat.read(path, as_version=4).cells
    for before, cell in pairwise(cells):
        assert ("answer = ..." in cell.source) == is_exercise(cell)
        if is_exercise(cell):
            assert "<summary>Hint</summary>" in before.source
            assert len(SOLUTION.findall(before.source)) == 1


@each
def test_notebook_is_kept_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
    assert "widgets" not in notebook.metadata
