"""A descent taken in slices, so that a notebook's other cells run meanwhile; run.ts is its twin."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from typing import Any, Generic, TypeVar

from invertviz.descent import Descent

_SLICE = 0.010  # seconds of work
_APART = 0.002  # seconds of rest: messages take several turns of the loop to be heard
_SHOWN_EVERY = 0.050  # seconds, and at least this often in a run:
_SHOWN_AT_LEAST = 20
_PATIENCE = 1.0  # seconds for a page to show one thing before it is sent the next

Result = TypeVar("Result")


class Run:
    """A descent on its way, until it has taken all its steps or is stopped.

    Args:
        descent: what is run.
        lock: held while it works and while it calls.
        show: called with it when there is something new to show: often, but no more than a page
            can follow.
        end: called with it, and with what went wrong if something did, when it is at its end.

    Attributes:
        descent: as given.
        ended: whether it is at its end.
        shown: the step that was shown last.
    """

    def __init__(
        self,
        descent: Descent,
        lock: AbstractContextManager[object],
        show: Callable[[Run], None],
        end: Callable[[Run, BaseException | None], None],
    ) -> None:
        self.descent = descent
        self.ended = False
        self.shown = descent.step
        self._lock, self._show, self._end = lock, show, end
        self._followed: int | None = None  # the step that a page has, if one follows
        self._shown_at = 0.0

    def begin(self) -> None:
        """Show where it starts.

        Raises:
            Exception: what `show` raised; then it is at its end.
        """
        with self._lock:
            try:
                self._present()
            except BaseException as error:
                self._finish(error)
                raise

    def go_on(self) -> None:
        """Take the steps: on the running event loop, or at once where there is none."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            while self._slice():
                pass
            return
        task = loop.create_task(self._in_slices())
        _tasks.add(task)  # the loop itself holds only a weak reference
        task.add_done_callback(_tasks.discard)

    def stop(self) -> None:
        """End where it is."""
        with self._lock:
            self._finish()

    def drop(self) -> None:
        """End without a word: something else took its place."""
        with self._lock:
            self.ended = True

    def follow(self, step: int) -> None:
        """A page has shown this step."""
        self._followed = step

    async def _in_slices(self) -> None:
        try:
            with suppress(Exception):  # `end` was told of it
                while self._slice():
                    await asyncio.sleep(_APART)
        except BaseException as error:  # cancelled, interrupted
            with self._lock:
                self._finish(error)
            raise

    def _slice(self) -> bool:
        """Some milliseconds of work; whether there is more."""
        with self._lock:
            if self.ended:
                return False
            descent = self.descent
            try:
                descent.advance(self.shown + self._share, seconds=_SLICE)
                if not descent.at_end and self._is_due():
                    self._present()
            except BaseException as error:
                self._finish(error)
                raise
            if descent.at_end:
                self._finish()
            return not self.ended

    @property
    def _share(self) -> int:
        return math.ceil(self.descent.steps / _SHOWN_AT_LEAST)

    def _is_due(self) -> bool:
        apart = time.perf_counter() - self._shown_at
        if self._followed not in (None, self.shown) and apart < _PATIENCE:
            return False
        return apart >= _SHOWN_EVERY or self.descent.step - self.shown >= self._share

    def _present(self) -> None:
        if self._followed != self.shown:
            self._followed = None  # none follows, or it was closed
        self.shown = self.descent.step
        self._show(self)
        self._shown_at = time.perf_counter()

    def _finish(self, error: BaseException | None = None) -> None:
        if not self.ended:
            self.ended = True
            self._end(self, error)


_tasks: set[asyncio.Task[None]] = set()


class Ending(Generic[Result]):
    """The end of something that runs; `await` it, from any event loop.

    What was awaited goes on if the awaiting is given up.
    """

    def __init__(self, future: Future[Result], describe: Callable[[], str]) -> None:
        self._future = future
        self._describe = describe

    def __await__(self) -> Generator[Any, None, Result]:
        """Wait for the end; give the result, or raise what went wrong."""
        return asyncio.shield(asyncio.wrap_future(self._future)).__await__()

    def __repr__(self) -> str:
        """How far it is."""
        return f"<{self._describe()}>"
