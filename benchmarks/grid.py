"""`MisclassifiedGrid` with 400, 70,000 and a million samples, beside ipyplot and plain <img>.

python benchmarks/grid.py [COUNT …] [--plain COUNT …] [--rounds N]

Everything is measured in a real JupyterLab and a real Chromium, as a person would meet it, and with
no tool watching (_bare.py says why). The samples are MNIST's 70,000, repeated where more are
wanted; all of them are shown, not only the mistakes.

Memory is what the page's process holds for itself alone after garbage was collected, at the end of
a walk through all samples, less what it held before the grid was shown; pictures are in buffers.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
from _bare import BareLab, BarePage, PageError
from _lab import CELLS
from _measure import Report, say, threads_from_environment
from _server import LabServer

import invertviz

FAR = (0.3, 0.8, 0.1, 0.6)  # shares of all samples
FLAT = ("first tiles", "to the end", "a frame while scrolling", "memory that it added to the page")
COUNTS = (400, 70_000, 1_000_000)
SAMPLES = "mnist.npz"  # what the notebooks read; to read MNIST's own files takes longer
PREPARE = """
import time
import numpy as np
import invertviz
from invertviz.widgets import MisclassifiedGrid

network = invertviz.load_pretrained()
mnist = np.load("{samples}")
images = np.resize(mnist["images"], ({count}, 28, 28))
labels = np.resize(mnist["labels"], {count})
del mnist
evaluation = invertviz.evaluate(network, images, labels)
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

start = time.perf_counter()
seen = network.reconstruct(images).images.clip(0, 1)
tiles = [tile(one) + tile(np.uint8(255 * other)) for one, other in zip(images, seen)]
page = HTML('<div class=plain style="height: 440px; overflow: auto">' + "".join(tiles) + "</div>")
making = time.perf_counter() - start
page
"""
IPYPLOT = """
import ipyplot
from ipywidgets import Layout, Output

start = time.perf_counter()
seen = network.reconstruct(images).images.clip(0, 1)
pairs = np.concatenate([images, np.uint8(255 * seen)], axis=2)
page = Output(layout=Layout(height="440px", overflow="auto"))
page.add_class("plain")
with page:
    ipyplot.plot_images(pairs, labels, max_images=len(pairs), img_width=128)
making = time.perf_counter() - start
page
"""
OTHERS = {"<img>": PLAIN, "ipyplot": IPYPLOT}
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
JUMP = """([selector, tiles, share]) => new Promise(resolve => {
    const panel = document.querySelector(selector);
    window.wire = 0;
    const start = performance.now();
    panel.scrollTop = share * panel.scrollHeight;
    const isSeen = tile => {
        const [a, b] = [panel.getBoundingClientRect(), tile.getBoundingClientRect()];
        return b.height > 0 && b.top < a.bottom && b.bottom > a.top;
    };
    const look = () => {
        if ([...panel.querySelectorAll(tiles)].some(isSeen)) {
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
        if (frames.length < 120) requestAnimationFrame(step);
        else {
            frames.sort((a, b) => a - b);
            resolve({ median: frames[60], longest: frames.at(-1) });
        }
    };
    setTimeout(() => { window.wire = 0; requestAnimationFrame(step); }, 500);
})"""
WALK = """selector => new Promise(resolve => {
    const panel = document.querySelector(selector);
    let place = 0;
    const go = () => {
        if (place > 40) return resolve();
        panel.scrollTop = (panel.scrollHeight * place++) / 40;
        requestAnimationFrame(look);
    };
    const look = () => {
        const onTheirWay = panel.querySelector('[data-part="tile"]:not([data-index])');
        requestAnimationFrame(onTheirWay ? look : go);
    };
    go();
})"""


def memory(page: BarePage) -> dict[str, float]:
    """What the page holds once it has come to rest and garbage was collected, in MB."""
    sizes: list[float] = []
    while len(sizes) < 4 or max(sizes[-4:]) - min(sizes[-4:]) > 0.5:
        time.sleep(0.25)
        sizes.append(page.private_bytes() / 1e6)
    heap = page.send("Runtime.getHeapUsage")
    used, buffers = heap["usedSize"] / 1e6, heap["backingStorageSize"] / 1e6
    return {"process": sizes[-1], "heap": used, "buffers": buffers}


def measure(lab: BareLab, count: int, code: str) -> dict[str, tuple[list[float], str]]:
    """Show `count` samples by that code, go to their end, scroll; give what it took, with units."""
    panel, tiles = ".plain", ".plain img"
    if code == GRID:
        panel, tiles = '[data-part="tiles"]', '[data-part="tile"][data-index]'
    lab.page.add_init_script(WIRE)
    samples = lab.server.notebooks / SAMPLES
    lab.new_notebook([PREPARE.format(count=count, samples=samples), code])
    lab.page.evaluate(
        """() => {
            window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0;
            return window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    if error := lab.page.evaluate(CELLS)[0]["error"]:
        raise RuntimeError(f"the samples could not be made: {error}")
    before = memory(lab.page)
    opened = lab.page.evaluate(RUN_LAST, tiles)
    end = lab.page.evaluate(JUMP, [panel, tiles, 1])
    jumps = [lab.page.evaluate(JUMP, [panel, tiles, share]) for share in FAR]
    frames = lab.page.evaluate(SCROLL, panel)
    scrolled = lab.page.evaluate("window.wire")
    lab.page.evaluate(WALK, panel)
    after = memory(lab.page)
    once = {
        "first tiles": (opened["ms"], "ms"),
        "to the end": (end["ms"], "ms"),
        "a frame while scrolling": (frames["median"], "ms"),
        "the longest frame": (frames["longest"], "ms"),
        "memory that it added to the page": (after["process"] - before["process"], "MB"),
        "of which JavaScript's heap": (after["heap"] - before["heap"], "MB"),
        "and buffers": (after["buffers"] - before["buffers"], "MB"),
        "the page before it": (before["process"], "MB"),
        "over the wire for the first tiles": (opened["bytes"] / 1e6, "MB"),
        "over the wire to the end": (end["bytes"] / 1e6, "MB"),
        "over the wire for 120 frames": (scrolled / 1e6, "MB"),
        "elements in the page": (lab.page.evaluate("document.querySelectorAll('*').length"), ""),
        "making it in Python": (lab.python("making"), "s"),
    }
    far = {"to other far places": ([jump["ms"] for jump in jumps], "ms")}
    return {what: ([value], unit) for what, (value, unit) in once.items()} | far


def write_samples(path: Path) -> None:
    """All of MNIST as bytes, in one file."""
    mnist = invertviz.datasets.load("mnist")
    images = np.concatenate([mnist.train.images, mnist.test.images])
    labels = np.concatenate([mnist.train.labels, mnist.test.labels])
    np.savez(path, images=(255 * images + 0.5).astype(np.uint8), labels=labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", nargs="*", type=int, default=[*COUNTS])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--plain", nargs="*", type=int, default=[400], metavar="COUNT",
                        help="of plain <img> and of ipyplot: 70000 take minutes")  # fmt: skip
    options = parser.parse_args()
    grid = [(f"{count:,} samples", count, GRID) for count in options.counts]
    plain = [(f"{n:,} in {name}", n, code) for n in options.plain for name, code in OTHERS.items()]
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    with ExitStack() as stack:
        server = LabServer(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.callback(server.stop)
        write_samples(server.notebooks / SAMPLES)
        for number in range(options.rounds):
            for name, count, code in grid + (plain if number == 0 else []):
                start = time.perf_counter()
                try:
                    with closing(BareLab(server)) as lab:
                        measured = measure(lab, count, code)
                        chromium = lab.page.version
                except PageError as error:  # too many <img> can be more than a page bears
                    if code == GRID:
                        raise
                    say(f"{name}: {str(error).splitlines()[0]}")
                    continue
                say(f"{name}: {time.perf_counter() - start:.0f} s")
                for what, (values, unit) in measured.items():
                    found.setdefault((what, unit), {}).setdefault(name, []).extend(values)
    report = Report("grid", threads=threads_from_environment(), chromium=chromium)
    ours, few = (f"{most(options.counts):,} samples" for most in (max, min))
    for (what, unit), samples in found.items():
        wanted = {few: "≤ 1.5"} if what in FLAT and ours != few else {}
        report.add(what, samples, ours, wanted=wanted, unit=unit)
    report.write()


if __name__ == "__main__":
    main()
