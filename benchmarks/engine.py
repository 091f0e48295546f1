"""Time the browser engine in a real Chromium: reconstruct, and a latent optimization in slices.

    python benchmarks/engine.py

Wanted: reconstruct ≤ 1 ms; 1,000 steps of nine classes ≤ 150 ms; no slice above 16 ms.
"""

from __future__ import annotations

import base64
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import invertviz

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from chromium import MEND, find_chromium  # noqa: E402

RUNS = 9


def bundle(folder: Path) -> str:
    """The engine and what measures it, as one script."""
    target = folder / "engine.js"
    esbuild = ROOT / "js" / "node_modules" / ".bin" / "esbuild"
    entry = ROOT / "benchmarks" / "engine.ts"
    arguments = ["--bundle", "--format=iife", "--minify", f"--outfile={target}"]
    subprocess.run([esbuild, entry, *arguments, "--log-level=error"], check=True)
    return target.read_text()


def main() -> None:
    """Measure and print."""
    executable = find_chromium()
    if executable is None:
        sys.exit(MEND)
    weights = (ROOT / "invertviz" / "assets" / "pretrained.safetensors").read_bytes()
    images = invertviz.datasets.load("mnist-sample").test.images[:200].reshape(200, -1)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(content=bundle(Path(folder)))
        page.evaluate("file => bench.load(file)", base64.b64encode(weights).decode())
        times = page.evaluate("images => bench.reconstruct(images)", images.round(3).tolist())
        runs = [page.evaluate("bench.optimize(1000)") for _ in range(RUNS)]
        print(f"Chromium {browser.version}")
        browser.close()

    def median(name: str) -> float:
        return statistics.median(run[name] for run in runs)

    print(f"reconstruct: median {statistics.median(times):.2f} ms, longest {max(times):.2f} ms")
    print(
        f"1,000 steps of nine classes: median {median('compute'):.0f} ms of compute "
        f"(longest slice {max(run['slice'] for run in runs):.1f} ms, median of the longest "
        f"{median('slice'):.1f} ms; the page waited {median('gap'):.1f} ms at most), "
        f"confidence {min(run['confidence'] for run in runs):.4f}"
    )


if __name__ == "__main__":
    main()
