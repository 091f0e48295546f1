"""Ask for a class; watch a code being optimized until the network is sure of it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets as t
from ipywidgets import Widget, widget_serialization

from invertviz import figures
from invertviz._arrays import ArrayLike, to_numpy
from invertviz.codes import CodeOptimization
from invertviz.descent import Descent
from invertviz.network import InvertibleNetwork
from invertviz.parts import Inverse
from invertviz.priors import CodePrior, check_prior
from invertviz.widgets._base import LOCK, NETWORK_CHANGED, NetworkWidget, front_end
from invertviz.widgets._network_model import pretrained
from invertviz.widgets._traits import Arrays, Floats, plain
from invertviz.widgets._values import OneOf, Real, RefusedError, Whole
from invertviz.widgets.class_picker.chart import confidence_chart
from invertviz.widgets.class_picker.plan import MOST_CODES, Plan, Planner
from invertviz.widgets.class_picker.priors import PriorKind, Priors
from invertviz.widgets.class_picker.run import Ending, Run
from invertviz.widgets.class_picker.starts import usual_start
from invertviz.widgets.class_picker.targets import Classes, agreement, target_name

if TYPE_CHECKING:
    import bqplot
    from matplotlib.figure import Figure


def _codes(picker: Any) -> tuple[int, ...]:
    return (picker.network.units,)


def _classes(picker: Any) -> tuple[int, ...]:
    return (len(picker.class_names),)


def _image(picker: Any) -> tuple[int, ...]:
    return tuple(picker.image_shape)


class ClassPicker(NetworkWidget):
    """Latent optimization by hand: pick classes, press run, watch, and go through the way again.

        picker = ClassPicker(load_pretrained(), classes=[7])
        picker                              # press run
        picker.run()                        # or from Python: other cells run meanwhile
        result = await picker.wait()        # here, until it ends
        picker.images, picker.probabilities, picker.trajectory
        picker.classes = {"3": 0.6, "8": 0.4}
        picker.prior = "diverse"            # codes as real images have them

    Args:
        network: the network; the pretrained one if None.
        examples: real images `[N, H, W]`; the mean of their codes, and the codes of the first 100,
            are offered as starting points, and priors are fitted on them. If None, bundled digits
            for a network of digits, else none.
        prior: the kind of the prior, or one that `CodePrior.fit` fitted.
        inverse: another way back than the network's own, fitted for it.
        traits: any of the settings below.

    Settings:
        classes: one class or several, as numbers or names: a code for each. Or a mixture, as a
            mapping from classes to weights (normalized): one code that the network should divide
            its confidence over. Nothing is picked at first.
        prior: "none" (the article's), "gaussian", "class" or "diverse": codes are kept where those
            of real images are; see `CodePrior`. They then start where the prior expects them. A
            page without a kernel offers those that were chosen before.
        steps: of gradient descent, 1 to 20,000.
        learning_rate: 0.001 to 100.
        start: without a prior: "zeros" (the article's), "mean" (mean code of the examples), "digit"
            (the code of the example number `digit`) or "random" (standard normal). At first
            "zeros"; where zeros cannot move, as in a network of relu units, "mean" if there are
            examples, else "random".
        digit: which of the offered examples.
        samples: codes a class, 1 to 16. The first starts where `start` or the prior says; the
            others start with standard normal noise added: without it they would all be the same.
        seed: of the noise, of "random", and of what "diverse" draws.
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
        mean_code: of the examples, float32 `[code_size]`; zeros where there are none.

    Raises:
        TypeError: not a network, or an unknown argument.
        ValueError: the network's images are not rows and columns; bad examples or classes; a
            setting out of range; a prior that there are no images to fit on.
    """

    _of_vectors = True
    _esm, _css = front_end("class_picker")

    classes = Classes()
    prior = PriorKind()
    steps = Whole(1000, 1, 20_000)
    learning_rate = Real(1.0, low=0.001, high=100)
    start = OneOf(["zeros", "mean", "digit", "random"])
    digit = Whole()
    samples = Whole(1, 1, 16)
    seed = Whole(0, 0, 2**32 - 1)
    chosen = Whole().tag(echo_update=False)
    position = Whole().tag(echo_update=False)

    # What a run comes to; of a run in the page, that sends it here.
    running = t.Bool(False, read_only=True).tag(sync=True, echo_update=False, result=True)
    step = t.Int(0, read_only=True).tag(sync=True, echo_update=False, result=True)
    recorded = t.List(t.Int(), read_only=True).tag(sync=True, echo_update=False, result=True)
    codes = Arrays(1, _codes, read_only=True).tag(result=True)
    probabilities = Arrays(1, _classes, read_only=True).tag(result=True)
    images = Arrays(1, _image, read_only=True).tag(result=True)
    trajectory = Arrays(2, _codes, read_only=True).tag(result=True)
    curves = Arrays(2, _classes, read_only=True).tag(result=True)
    targets = Arrays(1, _classes, read_only=True).tag(result=True)

    code = Floats(read_only=True)
    image = Arrays(0, _image, read_only=True)
    code_probabilities = Floats(read_only=True)
    picture_probabilities = Floats(read_only=True)

    mean_code = Floats(read_only=True)
    _digits = t.Bytes(read_only=True).tag(sync=True)  # offered to start from, uint8 [n, H, W]
    _fitted_priors = t.Dict(read_only=True).tag(sync=True)  # as the page needs them
    _most_codes = t.Int(MOST_CODES, read_only=True).tag(sync=True)
    _chart = t.Instance("bqplot.Figure", read_only=True).tag(sync=True, **widget_serialization)
    # What the page wants, under a number of its own: run, stop, resume, or adopt what it sends.
    _command = t.Tuple(t.Int(), t.Unicode(), default_value=(0, "")).tag(
        sync=True, echo_update=False
    )

    def __init__(
        self,
        network: InvertibleNetwork | None = None,
        *,
        examples: ArrayLike | None = None,
        prior: str | CodePrior = "none",
        inverse: Inverse | None = None,
        **traits: Any,
    ) -> None:
        network = self._checked(pretrained() if network is None else network, inverse, traits)
        examples = None if examples is None else plain(examples, "examples")
        own = prior if isinstance(prior, CodePrior) else None
        if own is not None:
            check_prior(network, own, traits.get("learning_rate", 1.0))
        self._run: Run | None = None
        self._result: Future[CodeOptimization] = Future()
        self._result.cancel()  # there is nothing to wait for yet
        self._priors = Priors(network, examples, own)
        self._planner = Planner(network, examples, self._priors)
        traits.setdefault("start", usual_start(network, self._planner.offered))
        super().__init__(network, prior=prior if own is None else own.kind, **traits)
        self.set_trait("_digits", self._planner.offered.digits.tobytes())
        self.set_trait("mean_code", self._planner.offered.mean_code)
        self._send_priors()
        self.on_msg(self._hear)

    def run(self) -> Ending[CodeOptimization]:
        """Start anew with the present settings, and do not wait for the end.

        In a notebook the steps are taken in slices on the running event loop, so that other cells
        run meanwhile. Without an event loop (a plain script), all steps are taken before this
        returns.

        Returns:
            What can be awaited. `result = await picker.run()` gives a `CodeOptimization` when it
            ends or is stopped, and raises what an observer raised.

        Raises:
            ValueError: no class is picked, too many codes, a starting point that is not there, or a
                prior that such a learning rate goes further and further away from.
        """
        with self.hold_sync():  # the page sees no pause between two runs
            descent = self._planner.first(self._plan)
            if self._run is None:
                self._release()
            else:
                self._run.stop()  # those who wait for it get all of its course
            self.chosen = min(self.chosen, len(descent.targets) - 1)
            run = self._begin(descent)
        run.go_on()
        return self.wait()

    def resume(self) -> Ending[CodeOptimization]:
        """Go on from where it was stopped, with the present `steps`, `learning_rate` and `prior`.

        Returns:
            As `run` does.

        Raises:
            ValueError: nothing was run yet, or `steps` are taken already.
        """
        if self.running:
            return self.wait()
        if not self.recorded:
            raise ValueError("there is nothing to resume; call run() first.")
        if self.step >= self.steps:
            raise ValueError(
                f"all {self.steps} steps are taken; set steps to more than {self.step} to go on."
            )
        with LOCK:
            course = (self.recorded, self.trajectory, self.curves)
            run = self._begin(self._planner.further(self._plan, self.targets, *course))
        run.go_on()
        return self.wait()

    def stop(self) -> None:
        """Stop where it is; nothing happens if it does not run."""
        with LOCK:
            if self._run is not None:
                self._run.stop()
            elif self.running:  # in a page: it ends there, where it still is open
                self.send({"stop": True})
                self.set_trait("running", False)
                self._release()  # a page that was closed never tells of the end

    def wait(self) -> Ending[CodeOptimization]:
        """What can be awaited: the end of the present run, or of the last one.

        Raises:
            ValueError: nothing was run yet.
        """
        if self._result.cancelled():
            raise ValueError("there is nothing to wait for; call run() first.")
        return Ending(self._result, self._describe)

    def figure(self) -> Figure:
        """What was generated: the way of a single code, of several each with its confidence.

        Raises:
            ValueError: nothing was run yet.
        """
        if not len(self.images):
            raise ValueError("there are no images yet; press run, or call run().")
        wanted = np.flatnonzero(self.targets[0])
        # While it runs, the way at hand is that of the run before.
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

    @property
    def _plan(self) -> Plan:
        return Plan(**{name: getattr(self, name) for name in Plan._fields})

    def _begin(self, descent: Descent) -> Run:
        """Set out; `go_on` has the steps taken."""
        run = self._run = Run(descent, LOCK, self._show_run, self._end_run)
        self._result = Future()
        self.set_trait("error", "")
        run.begin()
        return run

    def _show_run(self, run: Run) -> None:
        """Show where the codes are; while they move, their course stays here."""
        with self.hold_sync(), self.hold_trait_notifications():
            self._set_results(run.descent)
            self.set_trait("running", True)
            self._look()

    def _end_run(self, run: Run, error: BaseException | None) -> None:
        """Hand out the whole course, and the result, or an error, to those who wait."""
        self._run = None
        try:
            with self.hold_sync(), self.hold_trait_notifications():
                course = run.descent.course()
                self._set_results(run.descent)
                self.set_trait("recorded", course.steps)
                self.set_trait("trajectory", to_numpy(course.codes))
                self.set_trait("curves", to_numpy(course.probabilities))
                self.set_trait("running", False)
                self.position = len(course.steps) - 1
                self._look()
        except Exception as observers:
            if error is None:
                error = observers
                raise
        finally:
            self._say(error)
            self._release(error)

    def _say(self, error: BaseException | None) -> None:
        """Show what went wrong, and stay usable: an observer's error, as a rule."""
        if isinstance(error, Exception):
            kind = "" if isinstance(error, RefusedError) else f"{type(error).__name__}: "
            self.set_trait("error", f"{kind}{error}")
            self.log.error("%s stopped", type(self).__name__, exc_info=error)

    def _set_results(self, descent: Descent) -> None:
        self.set_trait("targets", to_numpy(descent.targets))
        self.set_trait("step", descent.step)
        self.set_trait("codes", to_numpy(descent.codes))
        self.set_trait("probabilities", to_numpy(descent.probabilities))
        self.set_trait("images", self.network.invert(self.codes))

    def _release(self, error: BaseException | None = None) -> None:
        """Let those who wait have the result as it is, or the error."""
        if self._result.done():
            return
        if error is not None:
            self._result.set_exception(error)
            return
        self._result.set_result(
            CodeOptimization(
                codes=self.codes,
                probabilities=self.probabilities,
                images=self.images,
                trajectory=self.trajectory,
                steps=self.step,
            )
        )

    def _describe(self) -> str:
        return f"step {self.step} of {self.steps}, {'running' if self.running else 'ended'}"

    @t.observe("chosen", "position")
    def _look(self, change: t.Bunch | None = None) -> None:
        """Show the chosen code where the scrubber is; while it runs, where the code is."""
        if not len(self.codes):
            return
        chosen = min(self.chosen, len(self.codes) - 1)
        codes = self.codes
        if not self.running:
            codes = self.trajectory[min(self.position, len(self.trajectory) - 1)]
        with self._undone_on_error(change):
            image = self.network.invert(codes[chosen])
            of_code = self.network.classify(codes[chosen])[0]
            shown = self.network.encode(image.clip(0, 1))
            of_picture = self.network.classify(shown)[0]
        with self.hold_sync(), self.hold_trait_notifications():
            self.set_trait("code", codes[chosen])
            self.set_trait("image", image[0])
            self.set_trait("code_probabilities", of_code)
            self.set_trait("picture_probabilities", of_picture)

    @t.observe("prior")
    def _send_priors(self, _change: t.Bunch | None = None) -> None:
        self._priors.of(self.prior)
        packed = self._priors.packed()
        if packed != self._fitted_priors:
            self.set_trait("_fitted_priors", packed)

    def _on_new_weights(self) -> None:
        self.set_trait("notice", NETWORK_CHANGED)
        self._priors.forget()
        self._send_priors()

    @t.default("_chart")
    def _make_chart(self) -> bqplot.Figure:
        return confidence_chart()

    def _charts(self) -> list[Widget]:
        return [self._chart]

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        step = content.get("seen")
        if self._run is not None and isinstance(step, int):
            self._run.follow(step)

    def _may_send(self, name: str, message: dict[str, Any]) -> bool:
        """The page sends results of its own, where it says so."""
        command = message.get("_command")
        adopt = isinstance(command, (list, tuple)) and [*command[1:]] == ["adopt"]
        result = self.trait_metadata(name, "result", False)
        return (result and adopt) or super()._may_send(name, message)

    @t.observe("_command")
    def _obey(self, change: t.Bunch) -> None:
        _, command = change["new"]
        if command == "run":
            self.run()
        elif command == "resume":
            self.resume()
        elif command == "stop":
            self.stop()
        elif command == "adopt":
            self._adopt()

    def _adopt(self) -> None:
        """Take what the page worked out; a run of the kernel's own ends."""
        with LOCK:
            if self._run is not None:
                self._run.drop()
                self._run = None
            if not self.running:
                self._release()
            elif self._result.done():
                self._result = Future()
