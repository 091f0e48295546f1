"""A latent optimization that goes on in slices; the twin of js/src/engine/optimization.ts."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from invertviz._arrays import to_numpy
from invertviz.codes import descend
from invertviz.network import InvertibleNetwork

FloatArray = NDArray[np.float32]

_MOST_RECORDS = 200
_MOST_NUMBERS = 1_000_000  # of a trajectory: 4 MB


@dataclass(frozen=True)
class Course:
    """What was recorded of N codes' way, R records from the start to where they are.

    Attributes:
        recorded: the steps recorded.
        trajectory: the codes, float32 `[R, N, code_size]`.
        curves: what the network said of them, float32 `[R, N, classes]`.
    """

    recorded: list[int]
    trajectory: FloatArray
    curves: FloatArray


class Descent:
    """N codes on their way down, wherever they are.

    Args:
        network: the network.
        targets: wanted probabilities, float32 `[N, classes]`.
        start: where to start, float32 `[N, code_size]`; or the course so far, to go on from there.
        learning_rate: of the gradient descent.
        steps: where to end.

    Attributes:
        targets: as given.
        steps: likewise.
        step: how many steps were taken.
        codes: where they are, `[N, code_size]`.
        probabilities: what the network says of them, `[N, classes]`.
    """

    def __init__(
        self,
        network: InvertibleNetwork,
        targets: FloatArray,
        start: FloatArray | Course,
        *,
        learning_rate: float,
        steps: int,
    ) -> None:
        def tensor(array: FloatArray) -> Tensor:
            return torch.tensor(array, device=network.device, dtype=network.dtype)

        codes = start.trajectory[-1] if isinstance(start, Course) else start
        most = max(2, min(_MOST_RECORDS, _MOST_NUMBERS // codes.size))
        self.targets = targets
        self.steps = steps
        self.step = 0
        self._every = math.ceil(steps / most)
        self._records: dict[int, tuple[Tensor, Tensor]] = {}
        if isinstance(start, Course):
            self.step = start.recorded[-1]
            past = list(
                zip(start.recorded, tensor(start.trajectory), tensor(start.curves), strict=True)
            )
            while len(past) > most:
                past = past[::2]
            self._records = {step: (codes, found) for step, codes, found in past}
        self._descent = descend(network, tensor(targets), tensor(codes), learning_rate)
        self.codes, self.probabilities = next(self._descent)
        self._record()

    @property
    def at_end(self) -> bool:
        """Whether all steps were taken."""
        return self.step >= self.steps

    def advance(self, seconds: float, until: int) -> None:
        """Go on for so long, to that step at most, and for one step at least."""
        end = time.perf_counter() + seconds
        until = min(until, self.steps)
        while self.step < until:
            self.codes, self.probabilities = next(self._descent)
            self.step += 1
            if self.step % self._every == 0:
                self._record()
            if time.perf_counter() >= end:
                break

    def course(self) -> Course:
        """What was recorded so far, and where the codes are now."""
        records = {**self._records, self.step: (self.codes, self.probabilities)}
        codes, probabilities = zip(*records.values(), strict=True)
        return Course(
            list(records), to_numpy(torch.stack(codes)), to_numpy(torch.stack(probabilities))
        )

    def _record(self) -> None:
        self._records[self.step] = (self.codes, self.probabilities)
