"""Time the browser engine in a real Chromium: reconstruct, and a latent optimization in slices.

.venv-bench/bin/python benchmarks/engine.py
"""

from __future__ import annotations

import base64
import subprocess
import tempfile
from pathlib import Path

from _browser import chromium
from _measure import Report

import invertviz

ROOT = Path(__file__).resolve().parents[1]
RUNS = 15


def bundle(folder: Path) -> str:
    """The engine and what measures it, as one script."""
    target = folder / "engine.js"
    esbuild = ROOT / "js" / "node_modules" / ".bin" / "esbuild"
    entry = ROOT / "benchmarks" / "engine.ts"
    arguments = ["--bundle", "--format=iife", "--minify", f"--outfile={target}"]
    subprocess.run([esbuild, entry, *arguments, "--log-level=error"], check=True)
    return target.read_text()


def main() -> None:
    """Measure and report."""
    weights = (ROOT / "invertviz" / "assets" / "pretrained.safetensors").read_bytes()
    images = invertviz.datasets.load("mnist-sample").test.images[:200].reshape(200, -1)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page = browser.new_page()
        page.add_script_tag(content=bundle(Path(folder)))
        page.evaluate("file => bench.load(file)", base64.b64encode(weights).decode())
        times = page.evaluate("images => bench.reconstruct(images)", images.round(3).tolist())
        runs = [page.evaluate("bench.optimize(1000)") for _ in range(RUNS)]
        report = Report("engine", chromium=browser.version)
    add(report, "reconstruct, in the browser", times, 1)
    work = "latent optimization, 9 classes x 1,000 steps, in the browser"
    add(report, work, [run["compute"] for run in runs], 150)
    slices = [time for run in runs for time in run["slices"]]
    add(report, "its slices", slices, 16)
    add(report, "its longest slice", [max(slices)], 16)
    add(report, "the longest that the page waited for it", [run["gap"] for run in runs], 16)
    report.write()


def add(report: Report, work: str, times: list[float], limit: float) -> None:
    """Milliseconds beside what they may be."""
    name = f"{limit} ms"
    found = {"invertviz": times, name: [limit]}
    report.add(work, found, "invertviz", wanted={name: "≤ 1"})


if __name__ == "__main__":
    main()
