"""Move single hidden units; see what the picture and the probabilities do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets as t
from ipywidgets import Widget, widget_serialization

from invertviz import figures
from invertviz._arrays import ArrayLike, to_numpy
from invertviz.codes import project_units
from invertviz.images import as_stack
from invertviz.network import InvertibleNetwork
from invertviz.parts import Inverse
from invertviz.priors import bundled_digits
from invertviz.survey import UnitSurvey, ranked, survey_units, unit_effects
from invertviz.widgets._base import NETWORK_CHANGED, NetworkWidget, front_end
from invertviz.widgets._network_model import pretrained
from invertviz.widgets._traits import Code, Floats, Levels, plain
from invertviz.widgets._values import Flag, OneOf, Real, Whole
from invertviz.widgets.unit_sliders.moved import Moved

if TYPE_CHECKING:
    import bqplot
    from matplotlib.figure import Figure

_REACH = 5.0  # a slider's reach either way where there are no examples to observe
_KEPT = 100  # examples whose codes the page has, so that it can start from them
_KEPT_NUMBERS = 40_000  # … and fewer where codes are long


class UnitSliders(NetworkWidget):
    """Sliders that move single units of a code and redraw its image.

        sliders = UnitSliders(load_pretrained())
        sliders                              # choose a unit, move it
        sliders.unit, sliders.value = 17, 2.5
        sliders.moved = {3: -1.0, 17: 2.5}   # several at once
        sliders.base = network.encode(digit)
        ipywidgets.dlink((canvas, "code"), (sliders, "base"))

    The code shown is `base` with the units in `moved` set to their values; these stay when the base
    changes.

    Args:
        network: the network; the pretrained one if None.
        base: the code to start from, `[code_size]`. If None, that of the kept example which the
            network is least sure of: there, single units count. Zeros without examples.
        examples: real images `[N, *image_shape]` or `[N, pixels]` on which the units' ranges and
            histograms are observed. If None, the 1,000 bundled test digits where the network
            takes such digits; any other network's sliders then go from -5 to 5, and say so.
        value: of the unit at first; the base's if None.
        inverse: another way back than the network's own, fitted for it.

    Attributes:
        base: the code to start from, float32 `[code_size]`.
        unit: the unit that the slider moves.
        value: that unit's value in `code`. Assign to move it.
        moved: the moved units and their values; assign {} to reset all.
        code: base with the moved units, float32 `[code_size]`.
        image: the code inverted, float32 `[H, W]`.
        probabilities: what the network says of the code, float32 `[classes]`.
        base_image: the base inverted, float32 `[H, W]`.
        base_probabilities: float32 `[classes]`.
        target: the class whose probability the ranking is about; -1 for the one that the network
            takes the base for.
        effects: for each unit, how much the target's probability grows from the lower to the
            upper end of its range, other units as in the base (`survey.unit_effects`); float32
            `[code_size]`.
        ranking: the units, largest effect first.
        sort: the thumbnails by "number", or by "effect".
        playing: whether the page sweeps the unit through its range.
        projections: every unit's projection, its own smallest value black and largest white,
            uint8 `[code_size, H, W]`.
        ranges: each unit's smallest and largest value on the examples, float32 `[code_size, 2]`.
        histograms: each unit's counts over its range, float32 `[code_size, 32]`.
        examined: on how many examples these were observed; 0 if on none.
        mean_code: of the examples, float32 `[code_size]`; zeros where there are none.
        class_codes: mean code of the examples that the network takes for each class, float32
            `[classes, code_size]`; NaN where there are none.
        example_codes: codes of the first examples, up to 100, float32 `[n, code_size]`.

    Raises:
        TypeError: not a network, or an unknown argument.
        ValueError: the network's images are not rows and columns; a bad code, bad examples.
    """

    _of_vectors = True
    _esm, _css = front_end("unit_sliders")

    base = Code()
    unit = Whole(high=lambda sliders: sliders.network.units - 1).tag(echo_update=False)
    value = Real().tag(echo_update=False)
    moved = Moved()
    target = Whole(-1, -1, lambda sliders: len(sliders.class_names) - 1).tag(echo_update=False)
    sort = OneOf(["number", "effect"])
    playing = Flag()

    code = Floats(read_only=True)
    image = Floats(read_only=True)
    probabilities = Floats(read_only=True)
    base_image = Floats(read_only=True)
    base_probabilities = Floats(read_only=True)
    effects = Floats(read_only=True)
    ranking = t.List(t.Int(), read_only=True)

    projections = Levels(read_only=True)
    ranges = Floats(read_only=True)
    histograms = Floats(read_only=True)
    examined = t.Int(read_only=True).tag(sync=True)
    mean_code = Floats(read_only=True)
    class_codes = Floats(read_only=True)
    example_codes = Floats(read_only=True)
    _chart = t.Instance("bqplot.Figure", read_only=True).tag(sync=True, **widget_serialization)

    def __init__(
        self,
        network: InvertibleNetwork | None = None,
        base: ArrayLike | None = None,
        *,
        examples: ArrayLike | None = None,
        value: float | None = None,
        inverse: Inverse | None = None,
        **traits: Any,
    ) -> None:
        if base is not None:
            traits["base"] = base
        first_value = None if value is None else type(self).value.validate(self, value)
        network = self._checked(pretrained() if network is None else network, inverse, traits)
        self._observe_examples(network, examples)
        self.set_trait("projections", _scaled(project_units(network)))
        super().__init__(network, **traits)
        with self.hold_sync():
            if base is None and len(codes := self.example_codes):
                sureness = self.network.classify(codes).max(-1)
                self.base = codes[sureness.argmin()]
            self._start_from_base()
            for name, follow in {
                "base": self._start_from_base,
                "target": self._rank,
                "moved": self._answer,
                "unit": self._show_value,
                "value": self._move,
            }.items():
                self.observe(follow, name)
            if first_value is not None:
                self.value = first_value

    def reset(self, unit: int | None = None) -> None:
        """Set one unit, or all of them if None, back to the base."""
        self.moved = {} if unit is None else {k: v for k, v in self.moved.items() if k != unit}

    def figure(self) -> Figure:
        """The base's image, the moved code's, and what changed between them."""
        moved = ", ".join(f"{unit} = {value:.2f}" for unit, value in self.moved.items())
        many = len(self.moved)
        what = f"unit {moved}" if many == 1 else f"{many} units moved" if many else "nothing moved"
        names = ("base", what)
        says = (self.base_probabilities, self.probabilities)
        titles = [
            f"{name}\n{self.class_names[p.argmax()]} · {100 * p.max():.1f} %"
            for name, p in zip(names, says, strict=True)
        ]
        return figures.code_change(self.base_image, self.image, titles=titles)

    @t.default("_chart")
    def _make_chart(self) -> bqplot.Figure:
        from invertviz.widgets.unit_sliders.chart import unit_histogram  # bqplot: only when shown

        return unit_histogram()

    def _charts(self) -> list[Widget]:
        return [self._chart]

    def _on_new_weights(self) -> None:
        self.set_trait("notice", NETWORK_CHANGED)
        self._start_from_base()

    def _observe_examples(self, network: InvertibleNetwork, examples: ArrayLike | None) -> None:
        size = network.units
        if examples is None and (bundled := bundled_digits(network)):
            examples = bundled.test.images
        if examples is None:
            survey, codes = _nothing_seen(network), np.zeros((0, size), np.float32)
        else:
            images = as_stack(plain(examples, "examples"), network.images, name="examples")
            survey = survey_units(network, images)
            kept = min(_KEPT, max(10, _KEPT_NUMBERS // size))
            codes = to_numpy(network.encode(images[:kept]))
        self.set_trait("examined", int(survey.histograms[:1].sum()))
        self.set_trait("ranges", survey.ranges)
        self.set_trait("histograms", survey.histograms)
        self.set_trait("mean_code", survey.mean_code)
        self.set_trait("class_codes", survey.class_codes)
        self.set_trait("example_codes", codes)

    def _start_from_base(self, change: t.Bunch | None = None) -> None:
        with self._undone_on_error(change):
            image = self.network.invert(self.base)[0]
            probabilities = self.network.classify(self.base)[0]
        with self.hold_sync():
            self.set_trait("base_image", image)
            self.set_trait("base_probabilities", probabilities)
            self._rank()
            self._answer()

    def _rank(self, _change: t.Bunch | None = None) -> None:
        chosen = self.target if self.target >= 0 else int(self.base_probabilities.argmax())
        effects = unit_effects(self.network, self.base, chosen, self.ranges)
        self.set_trait("effects", effects)
        self.set_trait("ranking", ranked(effects))

    def _answer(self, change: t.Bunch | None = None) -> None:
        code = self.base.copy()
        code[list(self.moved)] = list(self.moved.values())
        with self._undone_on_error(change):
            image = self.network.invert(code)[0]
            probabilities = self.network.classify(code)[0]
        with self.hold_sync(), self.hold_trait_notifications():
            self.set_trait("code", code)
            self.set_trait("image", image)
            self.set_trait("probabilities", probabilities)
            self._show_value()

    def _show_value(self, _change: t.Bunch | None = None) -> None:
        current = self.code[self.unit]
        if np.float32(self.value) != current:
            self.value = self.moved.get(self.unit, float(current))

    def _move(self, change: t.Bunch) -> None:
        if np.float32(change["new"]) != self.code[self.unit]:
            self.moved = {**self.moved, self.unit: change["new"]}


def _nothing_seen(network: InvertibleNetwork) -> UnitSurvey:
    """A survey of no examples, with ranges that are a guess."""
    size, classes = network.units, len(network.class_names)
    return UnitSurvey(
        ranges=np.tile(np.array([-_REACH, _REACH], np.float32), (size, 1)),
        histograms=np.zeros((size, 0), np.int64),
        mean_code=np.zeros(size, np.float32),
        class_codes=np.full((classes, size), np.nan, np.float32),
    )


def _scaled(images: np.ndarray) -> np.ndarray:
    """Grey levels of images of any scale, each from its own smallest value to its largest."""
    low = images.min(axis=(1, 2), keepdims=True)
    span = images.max(axis=(1, 2), keepdims=True) - low
    shares = np.divide(images - low, span, out=np.zeros_like(images), where=span > 0)
    return np.rint(255 * shares).astype(np.uint8)
