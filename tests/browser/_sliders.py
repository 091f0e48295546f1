"""Moving units with UnitSliders, wherever they are shown."""

from __future__ import annotations

from _lab import Lab
from _page import Reader
from _widget import Widget
from playwright.sync_api import Locator

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
