"""Picking classes with a ClassPicker, wherever it is shown."""

from __future__ import annotations

import re

import numpy as np
from _lab import Lab
from _page import Reader
from _widget import Widget

CELLS = [
    "import invertviz, numpy as np\n"
    "from invertviz.widgets import ClassPicker\n"
    "network = invertviz.load_pretrained()\n"
    "picker = ClassPicker(network)\n"
    "picker",
]
FRAMES = """root => {
    window.frames = [];
    const painted = () => window.frames.push([
        performance.now(), +root.dataset.frame, root.dataset.state,
        root.querySelector('[data-part="step"]').textContent,
    ]);
    new MutationObserver(painted)
        .observe(root, { attributes: true, attributeFilter: ['data-frame'] });
}"""


class Picker(Widget):
    """One view of a ClassPicker."""

    name = "class-picker"

    def __init__(self, lab: Lab | Reader, number: int = 0) -> None:
        super().__init__(lab.page, number)
        self.lab = lab

    def pick(self, *classes):
        for number in classes:
            self.part("class").nth(number).click()

    def give(self, part, value):
        """Type a number into a control, the first of them."""
        self.part(part).first.fill(str(value))
        self.part(part).first.press("Tab")

    def run(self, engine="kernel"):
        """Press run and wait for the end."""
        self.part("run").click()
        self.settle(engine)

    def generated(self, index=0):
        """Grey levels of a generated picture."""
        return self.pixels(self.part("generated").nth(index)).astype(int)

    def fed_back(self):
        values = self.part("fed-back").evaluate_all("all => all.map(e => +e.dataset.value)")
        return np.array(values)

    def curve(self):
        """What bqplot draws of the chosen code: the points of its path, `[points, 2]`."""
        paths = self.part("chart").locator("path.line")
        lines = paths.evaluate_all("all => all.map(path => path.getAttribute('d') ?? '')")
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", max(lines[1:], key=len))]
        return np.array(numbers).reshape(-1, 2)

    def lines(self):
        """The chosen code's lines: the colour of each, `rgb(…)`, to what the legend says it is."""
        chart, legend = self.part("chart"), self.part("legend")
        drawn = chart.locator("path.line[d]").evaluate_all(
            "all => all.map(e => getComputedStyle(e).stroke)"
        )
        named = legend.locator("span").evaluate_all(
            """all => all.map(e => [
                getComputedStyle(e, '::before').backgroundColor, e.textContent,
            ])"""
        )
        return {colour: name for colour, name in named if colour in drawn}


def end_of_run(picker):
    """What Python has of the last run."""
    return {
        name: np.array(picker.lab.python(f"picker.{name}.tolist()"))
        for name in ("codes", "images", "probabilities", "trajectory", "code", "image")
    }
