"""What README and docs/ show works: their Python is run, page by page, and their commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
import typer
from idx_files import idx
from nbclient import NotebookClient
from PIL import Image

import invertviz
from invertviz.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("[!_]*.md"))]
FENCE = re.compile(r"^```(python|sh|\{code-cell\} ipython3)\n(.*?)^```", re.DOTALL | re.MULTILINE)

# What a page calls the reader's own.
YOURS = """
import invertviz
import torch
from traitlets.config import Config
c = Config()  # of Jupyter
W1, W2, W = (matrix.numpy(force=True) for matrix in invertviz.load_pretrained().classifier.weights)
b1, b2, b = (bias.numpy(force=True) for bias in invertviz.load_pretrained().classifier.biases)
W2inv, W1inv = (m.numpy(force=True) for m in invertviz.load_pretrained().inverse.matrices)
names = list("abcdefghij")
convolutions = [torch.nn.Conv2d(1, 4, 5, stride=3), torch.nn.BatchNorm2d(4), torch.nn.ReLU()]
model = torch.nn.Sequential(*convolutions, torch.nn.Flatten(), torch.nn.Linear(256, 10))
mean, std = 0.1307, 0.3081
images = invertviz.datasets.load("mnist-sample").train.images
labels = invertviz.datasets.load("mnist-sample").train.labels
from sklearn.neural_network import MLPClassifier
classifier = MLPClassifier((20,), max_iter=3).fit(images[:300].reshape(300, -1), labels[:300])
del invertviz, torch, Config, MLPClassifier
"""
# What would take a test too long, or needs a GPU, and what is run in its place.
SHORTER = {
    "README.md": {
        "mnist.labels[5000:]": "mnist.labels[5000:], steps=400, inverse_steps=40",
        "DecoderInverse.fit(network, mnist.images)": (
            "DecoderInverse.fit(network, mnist.images[:500], steps=20)"
        ),
        "compare_inverses(network, digits.images, digits.labels)": (
            "compare_inverses(network, digits.images, digits.labels, inverses=['ridge'])"
        ),
    },
    "cuda.md": {
        '"cuda"': '"cpu"',
        '"cuda:1"': '"cpu"',
        "labels, device": "labels, steps=20, inverse_steps=20, confidence=0, device",
    },
    "own_network.md": {
        "images, seconds=120": "images[:200], steps=2",
        "network, images)  # the article's": "network, images, steps=20, confidence=0)",
        "hidden=(64, 32)": "hidden=(64, 32), steps=20, inverse_steps=20, confidence=0",
    },
}


def snippets(page: Path, *languages: str) -> list[str]:
    """The code of a page in these languages, in its order."""
    return [code for language, code in FENCE.findall(page.read_text()) if language in languages]


def python(page: Path) -> list[str]:
    cells = snippets(page, "python", "{code-cell} ipython3")
    cells = [re.sub(r"^:tags:.*\n", "", cell) for cell in cells]
    for text, shorter in SHORTER.get(page.name, {}).items():
        assert any(text in cell for cell in cells), f"{page.name} no longer says {text}"
        cells = [cell.replace(text, shorter) for cell in cells]
    return cells


@pytest.fixture(scope="module")
def ran(tmp_path_factory, sample, mnist):
    """The cells of each page, executed in one kernel that forgets between the pages."""
    folder = tmp_path_factory.mktemp("reader")
    data = folder / "folder/of/idx/files"
    data.mkdir(parents=True)
    for name, split in (("train", sample.train), ("t10k", sample.test)):
        images, labels = np.round(255 * split.images[:1000]), split.labels[:1000]
        (data / f"{name}-images-idx3-ubyte").write_bytes(idx(images))
        (data / f"{name}-labels-idx1-ubyte").write_bytes(idx(labels))
    for at, image in enumerate(images[:12].astype(np.uint8)):
        picture = folder / "pets" / ("cat", "dog")[at % 2] / f"{at}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[: 20 + at]).save(picture)
    rows = np.column_stack([labels, images.reshape(len(images), -1) // 16])[:50]
    names = ",".join(["label", *(f"pixel{at}" for at in range(784))])
    np.savetxt(folder / "digits.csv", rows, "%d", ",", header=names, comments="")
    cells = [
        nbformat.v4.new_code_cell(source, metadata={"page": str(page)})
        for page in PAGES
        if python(page)
        for source in ("%reset -f", YOURS, *python(page))
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": folder}}
    NotebookClient(notebook, timeout=600, allow_errors=True, resources=resources).execute()
    return notebook.cells, folder


@pytest.mark.parametrize("page", filter(python, PAGES), ids=lambda page: page.stem)
def test_python_of_a_page_runs_from_top_to_bottom(ran, page):
    cells = [cell for cell in ran[0] if cell.metadata.page == str(page)]
    failed = [
        f"{cell.source}\n{output.ename}: {output.evalue}"
        for cell in cells
        for output in cell.outputs
        if output.output_type == "error"
    ]
    assert len(cells) > 2
    assert not failed, "\n\n".join(failed)


def test_files_that_the_pages_write_are_there(ran):
    for name in ("mistakes.pdf", "page.html", "mine.safetensors", "units.pdf"):
        assert (ran[1] / name).stat().st_size > 1000


def commands() -> set[str]:
    """Each command line of the pages, in fences and within the text."""
    found = set()
    for page in PAGES:
        lines = "\n".join(snippets(page, "sh")).splitlines()
        inline = re.findall(r"`((?:invertviz|make|jupyter|pip) [^`]+)`", page.read_text())
        lines += [re.sub(r"\s+", " ", command) for command in inline]
        found |= {line.partition("  #")[0].partition(" #")[0].strip() for line in lines}
    return found - {""}


OURS = sorted(command for command in commands() if command.startswith("invertviz "))


@pytest.mark.parametrize("command", OURS)
def test_options_of_a_command_exist(command):
    _, name, *arguments = command.split()
    group = typer.main.get_command(app)
    known = group.commands[name]
    if arguments and not command.endswith("…"):
        known.make_context(name, arguments, parent=group.make_context("invertviz", [name]))


def test_targets_extras_and_tools_exist():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    project = (ROOT / "pyproject.toml").read_text()
    for command in commands() - set(OURS):
        tool, what, *_ = command.split()
        if tool == "make":
            assert what in targets, command
        elif tool == "pip" and "[" in command:
            extra = re.search(r"\[(\w+)\]", command)[1]
            assert f"\n{extra} = [" in project, command
        else:
            assert tool in {"jupyter", "pip"}, f"{command}: how is this one to be tried?"


def test_notebooks_are_exported_as_shown(tmp_path):
    lesson = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("from invertviz.widgets import *\nDrawingCanvas()")]
    )
    nbformat.write(lesson, tmp_path / "lesson.ipynb")
    shown = [command for command in OURS if "export lesson.ipynb" in command]
    assert len(shown) == 2
    for command in shown:
        start = "from invertviz.cli import main; main()"
        run = [sys.executable, "-c", start, *command.split()[1:]]
        subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
        assert (tmp_path / "lesson.html").stat().st_size > 1000


def test_readme_s_map_names_what_is_there():
    text = (ROOT / "README.md").read_text()
    tree = re.search(r"## Where things live\n\n```\n(.*?)```", text, re.DOTALL)[1]
    parent, named = ROOT, set()
    for line in tree.splitlines():
        name = line.split()[0]
        parent = parent if line.startswith("  ") else ROOT / name
        path = parent / name if line.startswith("  ") else parent
        assert path.exists(), f"README names {path.relative_to(ROOT)}"
        named.add(path)
    package = Path(invertviz.__file__).parent
    modules = {path for path in package.glob("*") if re.fullmatch(r"[a-z]+(\.py)?", path.name)}
    assert modules <= named, f"README does not name {modules - named}"
