"""A descent in slices, without a widget."""

import asyncio
import contextlib
import threading
from itertools import pairwise

import pytest
import torch

from invertviz import untrained
from invertviz.descent import Descent
from invertviz.widgets.class_picker.run import Run


def run_of(steps=100_000, show=lambda _run: None):
    network = untrained((12, 5, 3), image_shape=(3, 4), device="cpu")
    descent = Descent(
        network, torch.eye(3), torch.zeros(3, 5), learning_rate=0.1, steps=steps, record_every=1000
    )
    ends = []
    run = Run(descent, threading.RLock(), show, lambda _run, error: ends.append(error))
    return run, ends


def test_between_two_slices_messages_have_several_turns_of_the_loop():
    """Those of a kernel pass through queues: one turn each is not enough to be heard."""
    turns, at_slices = [0], []
    run, _ = run_of(steps=2000)
    advance = run.descent.advance

    def noted(until, *, seconds):
        at_slices.append(turns[0])
        advance(min(until, run.descent.step + 100), seconds=seconds)

    run.descent.advance = noted

    async def kernel():
        run.begin()
        run.go_on()
        while not run.ended:
            turns[0] += 1
            await asyncio.sleep(0)

    asyncio.run(kernel())
    apart = [after - before for before, after in pairwise(at_slices)]
    assert len(apart) > 10
    assert min(apart) >= 5


def test_without_a_loop_all_steps_are_taken_at_once():
    run, ends = run_of(steps=300)
    run.begin()
    run.go_on()
    assert run.descent.step == 300
    assert run.ended
    assert ends == [None]


def test_stopped_it_ends_where_it_is_and_dropped_without_a_word():
    async def notebook(leave):
        run, ends = run_of()
        run.begin()
        run.go_on()
        while run.descent.step == 0:
            await asyncio.sleep(0)
        leave(run)
        step = run.descent.step
        await asyncio.sleep(0.01)
        assert run.ended
        assert 0 < run.descent.step == step < 100_000
        return ends

    assert asyncio.run(notebook(Run.stop)) == [None]
    assert asyncio.run(notebook(Run.drop)) == []


def test_what_an_observer_raises_ends_it_and_is_told_once():
    def broken(_run):
        raise KeyError("an observer's")

    run, ends = run_of(show=broken)
    with pytest.raises(KeyError):
        run.begin()
    assert [type(error) for error in ends] == [KeyError]
    with contextlib.suppress(KeyError):
        run.go_on()
    assert len(ends) == 1
