"""`MisclassifiedGrid` with 400, 70,000 and a million samples, beside a plain grid of <img>.

python benchmarks/grid.py [--plain] [COUNT …]

Everything is measured in a real JupyterLab and a real Chromium, as a person would meet it. The
samples are MNIST's 70,000, repeated where more are wanted; all of them are shown, not only the
mistakes. `--plain` puts a plain grid of <img> beside it (70,000 take minutes, and may never come).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "browser"), str(ROOT / "scripts")]

from _lab import Lab, LabServer, wait_until  # noqa: E402
from chromium import MEND, find_chromium  # noqa: E402

COUNTS = (400, 70_000, 1_000_000)
PREPARE = """
import time
import numpy as np
import invertviz
from invertviz.widgets import MisclassifiedGrid

network = invertviz.load_pretrained()
mnist = invertviz.datasets.load("mnist")
images = np.concatenate([mnist.train.images, mnist.test.images])
images = np.resize((255 * images + 0.5).astype(np.uint8), ({count}, 28, 28))
labels = np.resize(np.concatenate([mnist.train.labels, mnist.test.labels]), {count})
del mnist
start = time.perf_counter()
evaluation = invertviz.evaluate(network, images, labels)
evaluating = time.perf_counter() - start
"""
GRID = """
start = time.perf_counter()
grid = MisclassifiedGrid(network, images, labels, evaluation=evaluation,
                         filter={"misclassified": False})
making = time.perf_counter() - start
grid
"""
PLAIN = """
import base64, io
from IPython.display import HTML
from PIL import Image

def tile(picture):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "png")
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img width=64 data-plain src="data:image/png;base64,{data}">'

evaluating = 0
start = time.perf_counter()
seen = network.reconstruct(images).images.clip(0, 1)
tiles = [tile(one) + tile(np.uint8(255 * other)) for one, other in zip(images, seen)]
page = HTML('<div class=plain style="height: 440px; overflow: auto">' + "".join(tiles) + "</div>")
making = time.perf_counter() - start
page
"""
WIRE = """
window.wire = 0;
const send = WebSocket.prototype.send;
const sizeOf = data => data.byteLength ?? data.size ?? data.length;
const heard = new WeakSet();
WebSocket.prototype.send = function (data) {
    if (!heard.has(this)) {
        heard.add(this);
        this.addEventListener('message', event => { window.wire += sizeOf(event.data); });
    }
    window.wire += sizeOf(data);
    return send.call(this, data);
};
"""
RUN_LAST = """first => new Promise((resolve, reject) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.activeCellIndex = content.widgets.length - 1;
    window.wire = 0;
    const start = performance.now();
    const look = () => {
        const tile = document.querySelector(first);
        if (tile && tile.getBoundingClientRect().height > 0) {
            resolve({ ms: performance.now() - start, bytes: window.wire });
        } else if (performance.now() - start > 300e3) {
            reject(new Error('no tile came within 300 s'));
        } else requestAnimationFrame(look);
    };
    window.jupyterapp.commands.execute('notebook:run-cell');
    look();
})"""
JUMP = """([selector, last]) => new Promise(resolve => {
    const panel = document.querySelector(selector);
    window.wire = 0;
    const start = performance.now();
    panel.scrollTop = panel.scrollHeight;
    const look = () => {
        const tile = [...panel.querySelectorAll(last)].at(-1);
        const [a, b] = [panel.getBoundingClientRect(), tile?.getBoundingClientRect()];
        if (b && b.height > 0 && b.top < a.bottom && b.bottom > a.top) {
            resolve({ ms: performance.now() - start, bytes: window.wire });
        } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""
SCROLL = """selector => new Promise(resolve => {
    const panel = document.querySelector(selector);
    panel.scrollTop = panel.scrollHeight / 2;
    const frames = [];
    let before;
    const step = now => {
        if (before !== undefined) frames.push(now - before);
        before = now;
        panel.scrollTop += 40;
        if (frames.length < 240) requestAnimationFrame(step);
        else {
            frames.sort((a, b) => a - b);
            resolve({ median: frames[120], longest: frames.at(-1) });
        }
    };
    setTimeout(() => { window.wire = 0; requestAnimationFrame(step); }, 1000);
})"""


def measure(lab: Lab, count: int, code: str, panel: str, first: str, last: str) -> dict[str, Any]:
    """Show `count` samples by that code, go to their end, scroll; give what it took."""
    lab.page.add_init_script(WIRE)
    lab.new_notebook([PREPARE.format(count=count), code])
    lab.page.evaluate(
        """() => {
            window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0;
            return window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    wait_until(lambda: lab.python("'evaluation' in globals()"), "the samples", 600)
    opened = lab.page.evaluate(RUN_LAST, first)
    end = lab.page.evaluate(JUMP, [panel, last])
    frames = lab.page.evaluate(SCROLL, panel)
    scrolled = lab.page.evaluate("window.wire")
    session = lab.context.new_cdp_session(lab.page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return {
        "evaluate": f"{lab.python('evaluating'):.1f} s",
        "make": f"{lab.python('making'):.2f} s",
        "first tiles": f"{opened['ms']:.0f} ms",
        "bytes": f"{opened['bytes'] / 1e6:.2f} MB",
        "to the end": f"{end['ms']:.0f} ms",
        "its bytes": f"{end['bytes'] / 1e6:.2f} MB",
        "frame": f"{frames['median']:.1f} ms",
        "longest": f"{frames['longest']:.0f} ms",
        "scroll bytes": f"{scrolled / 1e6:.2f} MB",
        "heap": f"{metrics['JSHeapUsedSize'] / 1e6:.0f} MB",
        "nodes": f"{metrics['Nodes']:.0f}",
    }


@contextmanager
def lab_page(browser: Browser, server: LabServer) -> Iterator[Lab]:
    lab = Lab(server, browser)
    lab.context.set_default_timeout(600_000)
    try:
        yield lab
    finally:
        lab.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", nargs="*", type=int, default=[*COUNTS])
    parser.add_argument("--plain", action="store_true", help="a plain grid of <img> too, to 70,000")
    options = parser.parse_args()
    grid = (GRID, '[data-part="tiles"]', '[data-part="tile"][data-index]')
    plain = (PLAIN, ".plain", ".plain img")
    executable = find_chromium() or sys.exit(MEND)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
        )
        server = LabServer(Path(folder))
        try:
            for name, (code, panel, first) in {"grid": grid, "<img>": plain}.items():
                for count in options.counts:
                    if name == "<img>" and (not options.plain or count > 70_000):
                        continue
                    last = first
                    if name == "grid":
                        last = f'[data-part="tile"][data-position="{count - 1}"][data-index]'
                    start = time.perf_counter()
                    try:
                        with lab_page(browser, server) as lab:
                            found = measure(lab, count, code, panel, first, last)
                    except (PlaywrightError, TimeoutError, RuntimeError) as error:
                        found = {"failed": f"{error}".splitlines()[0]}
                    found["in all"] = f"{time.perf_counter() - start:.0f} s"
                    told = ", ".join(f"{what} {value}" for what, value in found.items())
                    print(f"{name} {count:,}: {told}", flush=True)
        finally:
            server.stop()
            browser.close()


if __name__ == "__main__":
    main()
