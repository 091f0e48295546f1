"""Work in slices on the running event loop, so that a notebook's other cells run meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

_SLICE_APART = 0.002  # seconds of rest: messages take several turns of the loop to be heard

Result = TypeVar("Result")


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


def in_slices(work: Callable[[], bool], failed: Callable[[BaseException], None]) -> None:
    """Call `work` until it gives False: on the running event loop, or at once where there is none.

    Args:
        work: a slice of some milliseconds.
        failed: told what a slice raised; without an event loop, it is raised too.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    if loop is None:
        try:
            while work():
                pass
        except BaseException as error:
            failed(error)
            raise
        return
    task = loop.create_task(_work(work, failed))
    _tasks.add(task)  # the loop itself holds only a weak reference
    task.add_done_callback(_tasks.discard)


_tasks: set[asyncio.Task[None]] = set()


async def _work(work: Callable[[], bool], failed: Callable[[BaseException], None]) -> None:
    try:
        while work():
            await asyncio.sleep(_SLICE_APART)
    except BaseException as error:
        failed(error)
        if not isinstance(error, Exception):  # cancelled, interrupted
            raise
