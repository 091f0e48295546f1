"""Latent optimization itself: gradient descent on codes, recorded on its way.

`optimize_codes` and `ClassPicker` run this one; js/src/engine/descent.ts is its twin.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from invertviz.network import InvertibleNetwork
from invertviz.priors import Pull


class Course(NamedTuple):
    """What was recorded of N codes' way, R records from the start to where they are.

    Attributes:
        steps: the steps recorded, ascending.
        codes: float `[R, N, *code_shape]`.
        probabilities: what the network said of them, float `[R, N, classes]`.
    """

    steps: list[int]
    codes: Tensor
    probabilities: Tensor


class Descent:
    """N codes on their way down, wherever they are; no checks.

    Descends on Σ|target - p(z)|, and to where a prior expects the codes if there is one.

    Args:
        network: the network.
        targets: wanted probabilities, float `[N, classes]`.
        start: codes to start from, float `[N, *code_shape]`; or the course so far, to go on from
            its end.
        learning_rate: of the gradient descent.
        steps: where to end.
        pull: towards where a prior expects the codes.
        record_every: so many steps; the start and the end are recorded, too.
        most_records: of a course to go on from, as many are kept at most; two or more.

    Attributes:
        targets: as given.
        steps: likewise.
        step: how many steps were taken.
        codes: where they are, `[N, *code_shape]`.
        probabilities: what the network says of them, `[N, classes]`.
    """

    def __init__(
        self,
        network: InvertibleNetwork,
        targets: Tensor,
        start: Tensor | Course,
        *,
        learning_rate: float,
        steps: int,
        pull: Pull | None = None,
        record_every: int = 1,
        most_records: int | None = None,
    ) -> None:
        past = list(zip(*start, strict=True)) if isinstance(start, Course) else []
        while most_records is not None and len(past) > most_records:
            past = past[::2]
        self.targets = targets
        self.steps = steps
        self.step = start.steps[-1] if isinstance(start, Course) else 0
        self._every = record_every
        self._records = {step: (codes, probabilities) for step, codes, probabilities in past}
        codes = start.codes[-1] if isinstance(start, Course) else start
        self._moments = _descend(network, targets, codes, learning_rate, pull)
        self.codes, self.probabilities = next(self._moments)
        self._record()

    @property
    def at_end(self) -> bool:
        """Whether all steps were taken."""
        return self.step >= self.steps

    def advance(self, until: int, *, seconds: float = math.inf) -> None:
        """Go on to a step, for so long at most and for one step at least."""
        end = time.perf_counter() + seconds
        until = min(until, self.steps)
        while self.step < until:
            self.codes, self.probabilities = next(self._moments)
            self.step += 1
            if self.step % self._every == 0:
                self._record()
            if time.perf_counter() >= end:
                break

    def course(self) -> Course:
        """What was recorded so far, and where the codes are now."""
        records = {**self._records, self.step: (self.codes, self.probabilities)}
        codes, probabilities = zip(*records.values(), strict=True)
        return Course(list(records), torch.stack(codes), torch.stack(probabilities))

    def _record(self) -> None:
        self._records[self.step] = (self.codes, self.probabilities)


def _descend(
    network: InvertibleNetwork,
    targets: Tensor,
    codes: Tensor,
    learning_rate: float,
    pull: Pull | None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Codes and their probabilities: of the start, then after each step, without end."""
    gradient_at = network.head.gradient(targets)
    codes = codes.detach()
    while True:
        probabilities, gradient = gradient_at(codes)
        yield codes, probabilities
        if pull is not None:
            natural = pull.direction(gradient.flatten(1), codes.flatten(1))
            gradient = natural.reshape(codes.shape)
        codes = torch.sub(codes, gradient, alpha=learning_rate)


def moves_from_zeros(network: InvertibleNetwork) -> bool:
    """Whether the gradient at the zero code is one: relu's derivative at 0 is 0."""
    zeros = torch.zeros(1, *network.code_shape, device=network.device, dtype=network.dtype)
    _, gradient = network.head.gradient(torch.eye(len(network.class_names)).to(zeros)[:1])(zeros)
    return bool(gradient.count_nonzero() > 0.5 * gradient.numel())
