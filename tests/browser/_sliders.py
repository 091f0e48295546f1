"""Moving units with UnitSliders, wherever they are shown."""

from __future__ import annotations

import numpy as np
import pytest
from _common import wait_until
from _lab import Lab
from _page import Reader
from _widget import Widget, levels
from playwright.sync_api import Locator

from invertviz.figures._drawing import DIFFERENCE_STOPS

CELLS = [
    "import invertviz, numpy as np\n"
    "from invertviz.widgets import UnitSliders\n"
    "network = invertviz.load_pretrained()\n"
    'digits = invertviz.datasets.load("mnist-sample").test\n'
    "sliders = UnitSliders(network, unit=17)\n"
    "sliders",
]
STOPS = np.array([[int(s[i : i + 2], 16) for i in (1, 3, 5)] for s in DIFFERENCE_STOPS])
LINES = """paths => paths.map(path => {
    const { left, right, height } = path.getBoundingClientRect();
    return { left, right, height };
})"""

ORDER = """tiles => tiles
    .map(tile => ({ unit: +tile.dataset.unit, box: tile.getBoundingClientRect() }))
    .sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)
    .map(({ unit }) => unit)"""
SET = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }"
MINUS = "\N{MINUS SIGN}"


def number(text: str) -> float:
    """A number as people read it."""
    return float(text.replace(MINUS, "-"))


class Sliders(Widget):
    """One view of UnitSliders."""

    name = "unit-sliders"

    def __init__(self, lab: Lab | Reader, number: int = 0) -> None:
        super().__init__(lab.page, number)
        self.lab = lab

    def move(self, value: float, engine: str = "kernel") -> None:
        """Move the slider, as a hand on it would."""
        self.part("value").evaluate(SET, value)
        self.settle(engine)

    def press(self, *keys: str, engine: str = "kernel") -> None:
        """Press keys on what has the focus."""
        for key in keys:
            self.page.keyboard.press(key)
        self.settle(engine)

    def choose(self, unit: int, engine: str = "kernel") -> None:
        """Click a unit's thumbnail."""
        self.tile(unit).click()
        self.settle(engine)

    def tile(self, unit: int) -> Locator:
        """The thumbnail of a unit."""
        return self.root.locator(f'[data-part="unit"][data-unit="{unit}"]')

    def order(self) -> list[int]:
        """The units in the order of their thumbnails, as they lie on the page."""
        return self.part("unit").evaluate_all(ORDER)

    def chips(self) -> dict[int, float]:
        """What the list of moved units says."""
        texts = self.part("moved-unit").all_inner_texts()
        return {int(unit): number(value) for unit, value in (text.split(": ") for text in texts)}

    def reading(self) -> str:
        """The value and the base, as the text beside the slider has them."""
        return self.root.get_by_role("group", name="The chosen unit").locator("output").inner_text()

    @property
    def value(self) -> float:
        """Where the slider stands."""
        return float(self.part("value").input_value())

    @property
    def limits(self) -> tuple[float, float]:
        """The slider's ends."""
        slider = self.part("value")
        return float(slider.get_attribute("min")), float(slider.get_attribute("max"))


def signed_colours(differences, limit):
    """RGB of differences, from the colours that figures use."""
    places = np.linspace(-1, 1, len(STOPS))
    return np.stack([np.interp(differences / limit, places, channel) for channel in STOPS.T], -1)


def assert_shows_what_python_has(sliders):
    """Pixels and bars on the page are the network's own answer to the code that Python has."""
    lab = sliders.lab
    base, image = (
        np.array(lab.python(f"network.invert(sliders.{code})[0].tolist()"))
        for code in ("base", "code")
    )
    wait_until(
        lambda: np.abs(sliders.pixels("projection") - levels(image)).max() <= 1,
        "the projection to be painted",
    )
    assert np.abs(sliders.pixels("base") - levels(base)).max() <= 1
    limit = float(sliders.part("difference").get_attribute("data-limit"))
    assert np.abs(image - base).max() <= limit + 1e-6
    expected = signed_colours(image - base, limit)
    assert np.abs(sliders.rgba("difference")[..., :3] - expected).max() <= 1.5
    says = np.array(lab.python("network.classify(sliders.code)[0].tolist()"))
    np.testing.assert_allclose(sliders.probabilities(), says, atol=1e-5)
    assert sliders.value == pytest.approx(lab.python("sliders.value"), abs=1e-6)


def assert_lines_lie_over_the_thumb(sliders):
    """The histogram spans the slider's way; its lines stand over the thumb and the base's place."""
    sliders.part("histogram").scroll_into_view_if_needed()  # bqplot draws only what is seen
    low, high = sliders.limits
    base = number(sliders.reading().split("base ")[1])

    def x(value):
        slider = sliders.part("value").bounding_box()
        return slider["x"] + 8 + (slider["width"] - 16) * (value - low) / (high - low)

    def lines():
        boxes = sliders.part("histogram").locator("path.line").evaluate_all(LINES)
        return [box for box in boxes if box["height"] > 20]

    def aligned():
        found = lines()
        if len(found) != 3:
            return False
        histogram, at_base, at_value = found
        return (
            abs(histogram["left"] - x(low)) < 2
            and abs(histogram["right"] - x(high)) < 2
            and abs(at_base["left"] - x(base)) < 2
            and abs(at_value["left"] - x(sliders.value)) < 1.5
        )

    wait_until(aligned, "the lines to lie over the thumb", 10)
