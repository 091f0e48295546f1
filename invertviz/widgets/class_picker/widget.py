"""Ask for a class; watch a code being optimized until the network is sure of it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets as t
from ipywidgets import widget_serialization

from invertviz import figures
from invertviz._arrays import ArrayLike
from invertviz.codes import CodeOptimization
from invertviz.network import InvertibleNetwork
from invertviz.widgets._base import STATIC
from invertviz.widgets._network_model import pretrained
from invertviz.widgets._traits import Arrays, Floats
from invertviz.widgets.class_picker.chart import confidence_chart
from invertviz.widgets.class_picker.descent import FloatArray
from invertviz.widgets.class_picker.optimizing import Optimizing
from invertviz.widgets.class_picker.slices import Ending
from invertviz.widgets.class_picker.starts import first_codes, starting_points
from invertviz.widgets.class_picker.targets import Classes, agreement, target_name, target_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CODES = 160


class ClassPicker(Optimizing):
    """Latent optimization by hand: pick classes, press run, watch, and go through the way again.

        picker = ClassPicker(load_pretrained(), classes=[7])
        picker                              # press run
        picker.run()                        # or from Python: other cells run meanwhile
        result = await picker.wait()        # here, until it ends
        picker.images, picker.probabilities, picker.trajectory
        picker.classes = {"3": 0.6, "8": 0.4}

    Args:
        network: the network; the pretrained one if None.
        images: `[N, H, W]`; the mean of their codes, and the codes of the first 100, are offered
            as starting points. If None, bundled digits for a network of digits, else none.
        traits: any of the settings below.

    Settings:
        classes: one class or several, as numbers or names: a code for each. Or a mixture, as a
            mapping from classes to weights (normalized): one code that the network should divide
            its confidence over. Nothing is picked at first.
        steps: of gradient descent, 1 to 20,000.
        learning_rate: 0.001 to 100.
        start: "zeros" (the article's), "mean" (mean code of `images`), "digit" (the code of the
            image number `digit`) or "random" (standard normal).
        digit: which of the offered images.
        samples: codes a class, 1 to 16. The first starts where `start` says; the others start with
            standard normal noise added: without it they would all be the same.
        seed: of the noise, and of "random".
        chosen: which of the N codes is looked at.
        position: which record of the trajectory is looked at (the scrubber).

    Attributes:
        running: whether it runs now.
        step: how many steps were taken.
        codes: float32 `[N, code_size]`, class by class.
        probabilities: what the network says of the codes, float32 `[N, classes]`.
        images: the codes inverted, float32 `[N, H, W]`.
        trajectory: the codes' way, float32 `[records, N, code_size]`: a few hundred records at
            most, set when a run ends or is stopped.
        recorded: the steps recorded.
        curves: what the network said on the way, float32 `[records, N, classes]`.
        targets: the probabilities that were asked for, float32 `[N, classes]`.
        code: the chosen code, where the scrubber is, float32 `[code_size]`.
        image: it inverted, float32 `[H, W]`.
        code_probabilities: what the network says of that code, float32 `[classes]`.
        picture_probabilities: what it says of the image as it is shown, clipped to [0, 1], when
            that is fed back; float32 `[classes]`.

    Raises:
        TypeError: not a network, or an unknown argument.
        ValueError: the network's images are not rows and columns; bad images or classes.
        traitlets.TraitError: a setting out of range.
    """

    _esm = STATIC / "class_picker.js"
    _css = STATIC / "class_picker.css"

    classes = Classes()
    start = t.Enum(["zeros", "mean", "digit", "random"], "zeros").tag(sync=True)
    digit = t.Int(0, min=0).tag(sync=True)
    samples = t.Int(1, min=1, max=16).tag(sync=True)
    seed = t.Int(0, min=0, max=2**32 - 1).tag(sync=True)
    chosen = t.Int(0, min=0).tag(sync=True, echo_update=False)

    code = Floats(read_only=True)
    image = Arrays(read_only=True)
    code_probabilities = Floats(read_only=True)
    picture_probabilities = Floats(read_only=True)

    digits = t.Bytes(read_only=True).tag(sync=True)  # offered to start from, uint8 [n, H, W]
    mean_code = Floats(read_only=True)
    most_codes = t.Int(MOST_CODES, read_only=True).tag(sync=True)
    chart = t.Instance("bqplot.Figure", read_only=True).tag(sync=True, **widget_serialization)
    # What the page wants, under a number of its own: run, stop, resume, or adopt what it sends.
    order = t.Tuple(t.Int(), t.Unicode(), default_value=(0, "")).tag(sync=True, echo_update=False)

    def __init__(
        self,
        network: InvertibleNetwork | None = None,
        *,
        images: ArrayLike | None = None,
        **traits: Any,
    ) -> None:
        self.set_trait("chart", confidence_chart())
        super().__init__(pretrained() if network is None else network, **traits)
        self._offered = starting_points(self.network, images)
        self.set_trait("digits", self._offered.digits.tobytes())
        self.set_trait("mean_code", self._offered.mean_code)

    def run(self) -> Ending[CodeOptimization]:
        """Start anew with the present settings, and do not wait for the end.

        In a notebook the steps are taken in slices on the running event loop, so that other cells
        run meanwhile. Without an event loop (a plain script), all steps are taken before this
        returns.

        Returns:
            What can be awaited. `result = await picker.run()` gives a `CodeOptimization` when it
            ends or is stopped, and raises what an observer raised.

        Raises:
            ValueError: no class is picked, too many codes, or a starting point that is not there.
        """
        targets, codes = self._begin()
        with self._lock, self.hold_sync():  # the page sees no pause between two runs
            if self._descent is None:
                self._release()
            else:
                self._finish()  # those who wait for it get all of its course
            self.chosen = min(self.chosen, len(targets) - 1)
            descent = self._start(targets, codes)
        return self._follow(descent)

    def figure(self) -> Figure:
        """What was generated: the way of a single code, of several each with its confidence.

        Raises:
            ValueError: nothing was run yet.
        """
        if not len(self.images):
            raise ValueError("there are no images yet; press run, or call run().")
        wanted = np.flatnonzero(self.targets[0])
        # While it runs, the way that is known is that of the run before.
        if len(self.targets) == len(wanted) == 1 and not self.running:
            return figures.latent_trajectory(
                self.network.invert(self.trajectory[:, 0]),
                self.curves[:, 0],
                int(wanted[0]),
                steps=self.recorded,
                class_names=self.class_names,
            )
        names = [target_name(target, self.class_names) for target in self.targets]
        sure = agreement(self.targets, self.probabilities)
        return figures.generated_samples(self.images, sure, names)

    def _begin(self) -> tuple[FloatArray, FloatArray]:
        """Targets and starting codes as the settings say; all that can be wrong is said here."""
        if not self.classes:
            raise ValueError(
                "no class is picked; set classes, for example picker.classes = [7], or click one."
            )
        targets = target_rows(self.classes, len(self.class_names), self.samples)
        if len(targets) > MOST_CODES:
            raise ValueError(
                f"{len(targets)} codes are too many at once; pick fewer classes or samples, so "
                f"that there are {MOST_CODES} at most."
            )
        codes = first_codes(
            self.network,
            self._offered,
            start=self.start,
            digit=self.digit,
            count=len(targets),
            samples=self.samples,
            seed=self.seed,
        )
        return targets, codes

    @t.observe("chosen", "position")
    def _look(self, _change: t.Bunch) -> None:
        if len(self.codes):
            self._show()

    def _show(self) -> None:
        """Show the chosen code where the scrubber is; while it runs, where the code is."""
        chosen = min(self.chosen, len(self.codes) - 1)
        codes = self.codes
        if not self.running:
            codes = self.trajectory[min(self.position, len(self.trajectory) - 1)]
        image = self.network.invert(codes[chosen])
        seen = image.clip(0, 1)  # as it is shown
        says = self.network.classify(self.network.encode(seen))[0]
        with self.hold_sync(), self.hold_trait_notifications():
            self.set_trait("code", codes[chosen])
            self.set_trait("image", image[0])
            self.set_trait("code_probabilities", self.network.classify(codes[chosen])[0])
            self.set_trait("picture_probabilities", says)

    @t.observe("order")
    def _obey(self, change: t.Bunch) -> None:
        _, action = change["new"]
        if action == "run":
            self.run()
        elif action == "resume":
            self.resume()
        elif action == "stop":
            self.stop()
        elif action == "adopt":
            self._adopt()

    def _adopt(self) -> None:
        """Take what the page worked out; a run of the kernel's own ends."""
        with self._lock:
            self._descent = None
            if not self.running:
                self._release()
            elif self._ended.done():
                self._ended = Future()
