"""What one waits for and stores: imports, the first widget, the wheel, bundles, a saved notebook.

.venv-bench/bin/python benchmarks/startup.py [--quick]
"""

from __future__ import annotations

import argparse
import gzip
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import nbformat
from _measure import Report, threads_from_environment
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "invertviz" / "static"
KERNEL = "import time, ipykernel.kernelapp; begin = time.perf_counter()"  # it has that already
WAYS = {
    "import torch": "import torch",
    "import invertviz.widgets": "import invertviz.widgets",
    "first widget": "from invertviz.widgets import DrawingCanvas; DrawingCanvas()",
}
CANVAS = """\
import invertviz
from invertviz.widgets import DrawingCanvas
network = invertviz.load_pretrained()
DrawingCanvas(network)"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, to try the script")
    rounds = 2 if parser.parse_args().quick else 5
    report = Report("startup", threads=threads_from_environment(), torch=version("torch"))
    times = {name: [] for name in WAYS}
    for warm_up in [True] + [False] * rounds:
        for name, code in WAYS.items():
            seconds = float(run(f"{KERNEL}; {code}; print(time.perf_counter() - begin)"))
            if not warm_up:
                times[name].append(seconds)
    for ours in ("import invertviz.widgets", "first widget"):
        samples = {name: times[name] for name in (ours, "import torch")}
        wanted = {"import torch": "≤ 1.15"}
        report.add(f"{ours}, beside torch alone", samples, ours, wanted=wanted, unit="s")

    limit = {"60 KB": [60.0]}
    for bundle in sorted(STATIC.glob("*.*s*")):
        size = len(gzip.compress(bundle.read_bytes(), mtime=0)) / 1000
        report.add(f"{bundle.name}, gzipped", {"size": [size]} | limit, "size",
                   wanted={"60 KB": "≤ 1"}, unit="KB")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        report.add("the wheel", {"size": [wheel.stat().st_size / 1000]}, "size", unit="KB")
    saved = {f"{n} canvas{'es' * (n > 1)}": [notebook_size(n) / 1000] for n in (1, 4)}
    report.add("a saved notebook with its widgets", saved, "4 canvases", unit="KB")
    report.write()


def run(code):
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout


def notebook_size(canvases):
    """Bytes of an executed notebook, with the state of its widgets."""
    first = [nbformat.v4.new_code_cell(CANVAS)]
    more = [nbformat.v4.new_code_cell("DrawingCanvas(network)") for _ in range(canvases - 1)]
    notebook = nbformat.v4.new_notebook(cells=first + more)
    NotebookClient(notebook, kernel_name="python3").execute()
    return len(nbformat.writes(notebook).encode())


if __name__ == "__main__":
    main()
