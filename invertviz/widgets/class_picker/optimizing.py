"""A widget that runs a latent optimization in slices, and shows it as it goes."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from concurrent.futures import Future
from typing import Any

import traitlets as t

from invertviz._arrays import to_numpy
from invertviz.codes import CodeOptimization
from invertviz.widgets._base import NetworkWidget
from invertviz.widgets._traits import Arrays
from invertviz.widgets.class_picker.descent import Course, Descent, FloatArray
from invertviz.widgets.class_picker.slices import Ending, in_slices

_SLICE = 0.010  # seconds
_SHOWN_EVERY = 0.050  # seconds, and at least this often in a run:
_SHOWN_AT_LEAST = 20
_PATIENCE = 1.0  # seconds for a page to show one thing before it is sent the next


class Optimizing(NetworkWidget):
    """What a latent optimization needs and finds, as traits; and the run itself.

    A subclass calls `_start` and `_follow` to run, and says in `_show` what it makes of results.
    """

    steps = t.Int(1000, min=1, max=20_000).tag(sync=True)
    learning_rate = t.Float(1.0, min=0.001, max=100).tag(sync=True)
    running = t.Bool(False, read_only=True).tag(sync=True, echo_update=False)
    step = t.Int(0, read_only=True).tag(sync=True, echo_update=False)
    codes = Arrays(read_only=True)
    probabilities = Arrays(read_only=True)
    images = Arrays(read_only=True)
    trajectory = Arrays(read_only=True)
    recorded = t.List(t.Int(), read_only=True).tag(sync=True, echo_update=False)
    curves = Arrays(read_only=True)
    targets = Arrays(read_only=True)

    position = t.Int(0, min=0).tag(sync=True, echo_update=False)

    def __init__(self, *arguments: Any, **traits: Any) -> None:
        # While a cell runs, JupyterLab has pages served in another thread, and runs begun there.
        self._lock = threading.RLock()
        self._descent: Descent | None = None
        self._seen: int | None = None  # the step that a page has, if one follows the run
        self._ended: Future[CodeOptimization] = Future()
        self._ended.cancel()  # there is nothing to wait for yet
        super().__init__(*arguments, **traits)
        self.on_msg(self._hear)

    def _show(self) -> None:
        """Called whenever results are set."""
        raise NotImplementedError

    def resume(self) -> Ending[CodeOptimization]:
        """Go on from where it was stopped, with the present `steps` and `learning_rate`.

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
        with self._lock:
            descent = self._start(self.targets, Course(self.recorded, self.trajectory, self.curves))
        return self._follow(descent)

    def stop(self) -> None:
        """Stop where it is; nothing happens if it does not run."""
        with self._lock:
            if self._descent is not None:
                self._finish()
            elif self.running:  # in a page: it ends there, where it still is open
                self.send({"stop": True})
                self.set_trait("running", False)
                self._release()  # a page that was closed never tells of the end

    def wait(self) -> Ending[CodeOptimization]:
        """What can be awaited: the end of the present run, or of the last one.

        Raises:
            ValueError: nothing was run yet.
        """
        if self._ended.cancelled():
            raise ValueError("there is nothing to wait for; call run() first.")
        return Ending(self._ended, self._describe)

    def _start(self, targets: FloatArray, start: FloatArray | Course) -> Descent:
        """Set out; `_follow` has the steps taken."""
        descent = Descent(
            self.network,
            targets,
            start,
            learning_rate=self.learning_rate,
            steps=self.steps,
        )
        self._descent = descent
        self._seen = None
        self._ended = Future()
        self.set_trait("error", "")
        try:
            self._present()
        except Exception as error:
            self._fail(descent, error)
            raise
        return descent

    def _follow(self, descent: Descent) -> Ending[CodeOptimization]:
        in_slices(lambda: self._slice(descent), lambda error: self._fail(descent, error))
        return self.wait()

    def _slice(self, descent: Descent) -> bool:
        """A slice of work; whether there is more."""
        with self._lock:
            if descent is not self._descent:
                return False  # stopped, or another run took its place
            descent.advance(_SLICE, self.step + math.ceil(descent.steps / _SHOWN_AT_LEAST))
            if descent.at_end:
                self._finish()
            elif self._is_due(descent):
                self._present()
            return descent is self._descent

    def _is_due(self, descent: Descent) -> bool:
        """Whether to show where the codes are: often, but no more than a page can follow."""
        apart = time.perf_counter() - self._presented
        if self._seen not in (None, self.step) and apart < _PATIENCE:
            return False
        return apart >= _SHOWN_EVERY or descent.step - self.step >= descent.steps / _SHOWN_AT_LEAST

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        self._seen = content.get("seen", self._seen)

    def _present(self) -> None:
        """Show where the codes are; while they move, their course stays here."""
        descent = self._descent
        if descent is None:
            return
        if self._seen != self.step:
            self._seen = None  # none follows, or it was closed
        with self.hold_sync(), self.hold_trait_notifications():
            self._set_results(descent)
            self.set_trait("running", True)
            self._show()
        self._presented = time.perf_counter()

    def _finish(self, error: BaseException | None = None) -> None:
        """End here: hand out the whole course, and the result, or an error, to those who wait."""
        descent, self._descent = self._descent, None
        if descent is None:
            return
        try:
            with self.hold_sync(), self.hold_trait_notifications():
                course = descent.course()
                self._set_results(descent)
                self.set_trait("recorded", course.recorded)
                self.set_trait("trajectory", course.trajectory)
                self.set_trait("curves", course.curves)
                self.set_trait("running", False)
                self.position = len(course.recorded) - 1
                self._show()
        except Exception as observers:
            error = error or observers
            raise
        finally:
            self._release(error)

    def _fail(self, descent: Descent, error: BaseException) -> None:
        """Show what went wrong, and stay usable: an observer's error, as a rule."""
        with self._lock, contextlib.suppress(Exception):  # the observer's again
            if descent is self._descent:
                self._finish(error)
        if isinstance(error, Exception):
            self.set_trait("error", f"{type(error).__name__}: {error}")
            self.log.error("%s stopped", type(self).__name__, exc_info=error)

    def _set_results(self, descent: Descent) -> None:
        self.set_trait("targets", descent.targets)
        self.set_trait("step", descent.step)
        self.set_trait("codes", to_numpy(descent.codes))
        self.set_trait("probabilities", to_numpy(descent.probabilities))
        self.set_trait("images", self.network.invert(self.codes))

    def _release(self, error: BaseException | None = None) -> None:
        """Let those who wait have the result as it is, or the error."""
        if self._ended.done():
            return
        if error is not None:
            self._ended.set_exception(error)
            return
        self._ended.set_result(
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
