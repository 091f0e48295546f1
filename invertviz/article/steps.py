"""Steps of training as the article takes them: Adagrad along a batch's gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn
from tqdm.auto import trange

from invertviz._arrays import generator_of
from invertviz.inverses import batches_of

from .cuda_graph import Step, recorded

Gradient: TypeAlias = Callable[[Tensor], Sequence[Tensor]]  # of a batch of sample numbers


def take_steps(
    gradient: Gradient,
    parameters: Sequence[Tensor],
    *,
    count: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    device: torch.device,
    what: str,
    progress: bool,
) -> None:
    """Move parameters by Adagrad, in place, along the gradients of random batches.

    Args:
        gradient: of the batch that it is given, in the order of the parameters.
        parameters: what moves.
        count: how many samples there are.
        steps: to take.
        batch_size: samples a step (all of them if there are fewer).
        learning_rate: of Adagrad.
        seed: of the batches.
        device: where all of it lives.
        what: is trained, for the progress bar.
        progress: show it.
    """
    optimizer = Adagrad([parameter.detach() for parameter in parameters], learning_rate)
    step = step_along(gradient, optimizer, device)
    batches = batches_of(count, batch_size, generator_of(seed), device)
    for _ in trange(steps, desc=what, unit="step", disable=not progress):
        step(next(batches))
    # A replayed CUDA graph writes where torch does not count; who watches versions is to see it.
    torch.autograd.graph.increment_version([*parameters])


def step_along(gradient: Gradient, optimizer: Adagrad, device: torch.device) -> Step:
    """A step of the optimizer along the gradient of the batch that it is given."""
    return recorded(lambda batch: optimizer.step(gradient(batch)), device)


class Adagrad:
    """Adagrad as TensorFlow 1 has it: s ← s + g², parameter ← parameter - rate · g / √s.

    Without an epsilon, and with s = 0.1 at first (Duchi et al., 2011).
    """

    def __init__(self, parameters: Sequence[Tensor], learning_rate: float) -> None:
        self.parameters, self.learning_rate = parameters, learning_rate
        self.buffers: list[tuple[Tensor, Tensor]] = []  # of each, s and √s, laid out as g

    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the parameters along their gradients, given in the same order."""
        if not self.buffers:
            self.buffers = [(torch.full_like(g, 0.1), torch.empty_like(g)) for g in gradients]
        for parameter, g, (s, root) in zip(self.parameters, gradients, self.buffers, strict=True):
            s.addcmul_(g, g)
            parameter.addcdiv_(g, torch.sqrt(s, out=root), value=-self.learning_rate)


def by_autograd(loss: Callable[[Tensor], Tensor], parameters: Sequence[nn.Parameter]) -> Gradient:
    """The gradient of a batch's loss with respect to parameters, thawed for that only."""

    def gradient(batch: Tensor) -> Sequence[Tensor]:
        frozen = [parameter for parameter in parameters if not parameter.requires_grad]
        try:
            for parameter in frozen:
                parameter.requires_grad_(True)
            with torch.enable_grad():
                return torch.autograd.grad(loss(batch), parameters)
        finally:
            for parameter in frozen:
                parameter.requires_grad_(False)

    return gradient


def check_settings(steps: int, batch_size: int, learning_rate: float, name: str = "steps") -> None:
    """Refuse settings of no sense.

    Raises:
        ValueError: says which.
    """
    if steps < 0:
        raise ValueError(f"{name} is {steps}; give 0 or more.")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; give 1 or more.")
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate is {learning_rate}; give a positive number.")


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that no softmax can exceed.

    Raises:
        ValueError: not in [0, 1).
    """
    if not 0 <= confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must be in [0, 1).")
