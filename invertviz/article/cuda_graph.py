"""What training gains from a CUDA device beyond its arithmetic: a step that is started as a whole.

A step of small layers is dozens of short kernels, and starting each from Python takes longer than
its work. A CUDA graph holds them all, and one call starts it. What is gained is in
docs/howto/cuda.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

Step: TypeAlias = Callable[[Tensor], None]  # on a batch of sample numbers, int64 `[batch_size]`


def recorded(step: Step, device: torch.device) -> Step:
    """On a CUDA device, a step that is recorded once and then replayed; elsewhere `step` itself.

    Args:
        step: reads and writes the same tensors whenever it is called, takes batches of one size,
            and never waits for the device.
        device: where its tensors are.
    """
    return _Recorded(step) if device.type == "cuda" else step


class _Recorded:
    def __init__(self, step: Step) -> None:
        self.step = step
        self.graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, batch: Tensor) -> None:
        if self.graph is None:
            self.step(batch)  # loads libraries, too, which no graph can hold
            self._record(batch)
        else:
            self.batch.copy_(batch)
            self.graph.replay()

    def _record(self, batch: Tensor) -> None:
        """Take down what the step does, without doing it."""
        self.batch = batch.clone()
        self.graph = torch.cuda.CUDAGraph()
        # Other threads may go on to use the device meanwhile.
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):
            self.step(self.batch)
