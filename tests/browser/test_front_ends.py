"""The widgets in front ends other than JupyterLab: Notebook 7, Voilà, marimo."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request

import numpy as np
import pytest
from _common import ARTEFACTS, SECONDS, wait_until
from _drawing import ONE, SEVEN, CanvasView
from _grid import Grid
from _picker import Picker
from _sliders import Sliders
from _widget import levels

import invertviz

CELLS = [
    "import invertviz\n"
    "from invertviz.widgets import DrawingCanvas\n"
    "canvas = DrawingCanvas()\n"
    "canvas",
]


def assert_paints_pytorch_s_answer(canvas):
    """What is painted is the reconstruction of what is shown as the network's input."""
    network = invertviz.load_pretrained()
    expected = network.reconstruct(canvas.pixels("input"))
    wait_until(
        lambda: (
            np.abs(canvas.pixels("reconstruction") - levels(expected.images[0])).max() <= 3
        ),  # the input shown is rounded to 8 bits
        "the reconstruction to be painted",
    )
    np.testing.assert_allclose(canvas.probabilities(), expected.probabilities[0], atol=0.01)


def test_notebook_7(open_lab):
    notebook = open_lab(application="notebook")
    notebook.run_notebook(CELLS)
    canvas = CanvasView(notebook.page)
    canvas.draw(SEVEN)
    assert canvas.prediction == "7"
    assert notebook.python("canvas.prediction") == 7
    assert_paints_pytorch_s_answer(canvas)
    notebook.screenshot("notebook-7")
    notebook.kill_kernel()
    notebook.close_dialog()
    canvas.part("message").filter(has_text="Python does not see").wait_for()
    canvas.part("clear").click()
    canvas.draw(ONE, engine="browser")
    assert canvas.prediction == "1"
    assert_paints_pytorch_s_answer(canvas)


@pytest.fixture
def page(browser):
    """A page of its own; fails the test if the page logs an error."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(SECONDS * 1000)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


class Seen:
    """A page with widgets on it and no notebook around them."""

    def __init__(self, page):
        self.page = page


def assert_all_answer(page):
    """Each of the other widgets does its work, answered by the kernel."""
    seen, network = Seen(page), invertviz.load_pretrained()
    grid, picker, sliders = Grid(seen), Picker(seen), Sliders(seen)
    everything = grid.count
    grid.part("true-class").select_option("9")
    wait_until(lambda: 0 < grid.count < everything, "the filter to be followed")

    picker.pick(7)
    picker.run()
    expected = invertviz.optimize_codes(network, [7], progress=False)
    assert np.abs(picker.generated() - levels(expected.images[0])).max() <= 1

    before = sliders.pixels("projection").astype(int)
    sliders.choose(17)
    sliders.move(sliders.limits[0])
    assert np.abs(sliders.pixels("projection") - before).max() > 10


def test_voila(lab_server, page):
    name = lab_server.write_notebook(
        ["from invertviz.widgets import Explorer\nexplorer = Explorer()\nexplorer"]
    )
    page.goto(f"{lab_server.url}/voila/render/{name}?token={lab_server.token}")
    canvas = CanvasView(page)
    canvas.draw(SEVEN)
    assert canvas.prediction == "7"
    assert_paints_pytorch_s_answer(canvas)
    page.locator('[data-part="chart"] path.line').first.wait_for(state="attached")
    assert_all_answer(page)
    page.screenshot(path=ARTEFACTS / "voila.png", full_page=True)


MARIMO = """
import marimo
app = marimo.App()

@app.cell
def _():
    import invertviz
    import marimo as mo
    from invertviz.widgets import ClassPicker, DrawingCanvas, MisclassifiedGrid, UnitSliders
    network = invertviz.load_pretrained()
    test = invertviz.datasets.load("mnist-sample").test
    canvas = mo.ui.anywidget(DrawingCanvas(network))
    grid = mo.ui.anywidget(MisclassifiedGrid(network, test.images, test.labels))
    picker = mo.ui.anywidget(ClassPicker(network))
    sliders = mo.ui.anywidget(UnitSliders(network))
    mo.vstack([canvas, grid, picker, sliders])
    return canvas, mo

@app.cell
def _(canvas, mo):
    mo.md(f"Python sees {canvas.value['prediction']}")
"""


@pytest.fixture
def marimo_url(tmp_path):
    """A marimo server that runs one app."""
    app = tmp_path / "app.py"
    app.write_text(MARIMO)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "marimo", "run", str(app), "--headless", "--no-token"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"

    def answers():
        assert process.poll() is None, (tmp_path / "log").read_text()
        try:
            return urllib.request.urlopen(url, timeout=5).status == 200
        except OSError:
            return False

    wait_until(answers, "marimo to start")
    yield url
    process.terminate()
    process.wait(timeout=10)


def test_marimo(marimo_url, page):
    page.goto(marimo_url)
    canvas = CanvasView(page)
    canvas.draw(SEVEN)
    assert canvas.prediction == "7"
    assert_paints_pytorch_s_answer(canvas)
    page.get_by_text("Python sees 7").wait_for()
    assert_all_answer(page)
    page.screenshot(path=ARTEFACTS / "marimo.png", full_page=True)
