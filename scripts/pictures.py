"""Take the pictures of the widgets in docs/images: the real thing, exported, in a browser.

Run it with `make pictures`, look at what it wrote, and commit it.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from chromium import MEND, find_chromium
from ipywidgets import DOMWidget
from PIL import Image
from playwright.sync_api import Locator, sync_playwright

import invertviz
from invertviz.widgets import (
    ClassPicker,
    DrawingCanvas,
    Explorer,
    MisclassifiedGrid,
    UnitSliders,
)

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MOST = 200_000  # bytes of a picture
WAIT = """root => root.dataset.state === 'idle' && +root.dataset.frame > 0
    && !root.querySelector('[aria-busy="true"]')"""


def main() -> None:
    """Write a picture of each widget."""
    network = invertviz.load_pretrained()
    digits = invertviz.datasets.load("mnist-sample").test
    three = digits.images[7]
    widgets: dict[str, DOMWidget] = {
        "drawing_canvas": DrawingCanvas(network, image=three),
        "unit_sliders": moved(UnitSliders(network, base=network.encode(digits.images[11])[0])),
        "class_picker": ClassPicker(network, classes=[2, 3, 7]),
        "misclassified_grid": MisclassifiedGrid(network, digits.images, digits.labels),
        "explorer": Explorer(network, digits),
    }
    executable = find_chromium()
    if executable is None:
        raise SystemExit(MEND)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 900, "height": 900}, device_scale_factor=1.5
        )
        for name, widget in widgets.items():
            exported = invertviz.export(widget, Path(folder) / f"{name}.html", theme="light")
            page = context.new_page()
            if name == "explorer":  # in two columns, as in a wide JupyterLab
                page.set_viewport_size({"width": 1250, "height": 900})
                html = exported.path.read_text(encoding="utf-8")
                wide = html.replace("max-width: 1100px", "max-width: none", 1)
                exported.path.write_text(wide, encoding="utf-8")
            page.goto(exported.path.absolute().as_uri())
            root = page.locator("[data-invertviz]").first
            root.wait_for()
            page.wait_for_function(WAIT, arg=root.element_handle())
            BEFORE.get(name, lambda _root: None)(root)
            page.wait_for_function(WAIT, arg=root.element_handle(), timeout=120_000)
            shown = page.locator(".widget-gridbox") if name == "explorer" else root
            scale = "css" if name == "explorer" else "device"  # it is large enough
            shrunk(shown.screenshot(scale=scale), IMAGES / f"{name}.png")
            page.close()
        browser.close()


def moved(sliders: UnitSliders, count: int = 5) -> UnitSliders:
    """The units that matter most to the base's class, each at the end that speaks against it."""
    most = np.argsort(-np.abs(sliders.effects))[:count].tolist()
    sliders.moved = {
        unit: float(sliders.ranges[unit][int(sliders.effects[unit] < 0)]) for unit in most
    }
    sliders.unit, sliders.sort = most[0], "effect"
    return sliders


def run(root: Locator) -> None:
    """Press the picker's run, and wait until it is done."""
    before = root.get_attribute("data-frame")
    root.locator('[data-part="run"]').click()
    root.page.wait_for_function(
        "([root, before]) => +root.dataset.frame > +before + 5",
        arg=[root.element_handle(), before],
    )


def explore(grid: Locator) -> None:
    """Click a tile, ask for a digit, and move a unit of its code."""
    page = grid.page
    grid.locator('[data-part="tile"]').nth(2).click()
    picker = page.locator('[data-invertviz="class-picker"]')
    picker.locator('[data-part="class"]').nth(3).click()
    run(picker)
    page.wait_for_function(WAIT, arg=picker.element_handle(), timeout=120_000)
    sliders = page.locator('[data-invertviz="unit-sliders"]')
    sliders.locator('[data-part="unit"]').nth(66).click()
    value = sliders.locator('input[data-part="value"]')
    value.press("End")
    value.blur()
    page.wait_for_function(WAIT, arg=sliders.element_handle())


BEFORE: dict[str, Callable[[Locator], None]] = {"class_picker": run, "explorer": explore}


def shrunk(png: bytes, target: Path) -> None:
    """Keep the picture with as many colours as its bytes allow."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32):
        # Not by how often they occur: a difference has many colours, and few pixels of each.
        few = picture.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(target, optimize=True)
        if target.stat().st_size <= MOST:
            print(f"{target.name}: {target.stat().st_size:,} bytes, {colours} colours")
            return
    raise SystemExit(f"{target.name} is larger than {MOST:,} bytes; show less.")


if __name__ == "__main__":
    main()
