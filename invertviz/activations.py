"""Activations, and the ways back through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Activation:
    """One activation function with its way back.

    Attributes:
        name: as in `ACTIVATIONS`.
        forward: pre-activations → activations.
        backward: *estimates* of activations, which may lie anywhere, → pre-activations. Finite
            for every finite input.
        low: the smallest activation, or None where there is none.
        high: the largest activation, or None where there is none.
    """

    name: str
    forward: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor], Tensor]
    low: float | None
    high: float | None

    def __reduce__(self) -> tuple[Callable[[str], Activation], tuple[str]]:
        """Pickle the name: functions without one cannot be pickled, and a network holds this."""
        return activation_named, (self.name,)


def squash(estimates: Tensor) -> Tensor:
    """Bring each row of estimated activations into [0.005, 0.995].

    Per sample: min-max to [0, 1], then ·0.99 + 0.005 (Pitis, "Inverting a Neural Net").

    Args:
        estimates: float, shape `[N, units]`.
    """
    low = estimates.amin(-1, keepdim=True)
    span = estimates.amax(-1, keepdim=True) - low
    # Where all are alike, any factor will do: but with 1/tiny, autograd's gradient is NaN.
    per_span = span.masked_fill(span < torch.finfo(estimates.dtype).tiny, 1).reciprocal()
    return torch.addcmul(low.new_full((), 0.005), estimates - low, per_span, value=0.99)


def _softplus_backward(estimates: Tensor) -> Tensor:
    floor = estimates.clamp_min(1e-4)  # softplus never reaches 0
    return floor + torch.log(-torch.expm1(-floor))


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("sigmoid", torch.sigmoid, lambda a: torch.logit(squash(a)), 0, 1),
        Activation("tanh", torch.tanh, lambda a: torch.atanh(2 * squash(a) - 1), -1, 1),
        # What relu cut off is lost: the best guess for a negative pre-activation is 0.
        Activation("relu", torch.relu, lambda a: a.clamp_min(0), 0, None),
        Activation(
            "leaky_relu",
            lambda z: torch.nn.functional.leaky_relu(z, 0.01),
            lambda a: torch.where(a < 0, a / 0.01, a),
            None,
            None,
        ),
        Activation("identity", lambda z: z, lambda a: a, None, None),
        Activation("softplus", torch.nn.functional.softplus, _softplus_backward, 0, None),
    )
}
"""The activations a network may have, by name."""


def activation_named(name: str) -> Activation:
    """The activation of that name.

    Raises:
        ValueError: no such activation.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"activation {name!r} is not known; choose one of {sorted(ACTIVATIONS)}.")
    return ACTIVATIONS[name]


def through_layers(
    rows: Tensor, weights: Iterable[Tensor], biases: Iterable[Tensor], activation: Activation
) -> Tensor:
    """Rows `[N, in]` through fully connected layers: the last one's pre-activations, `[N, out]`."""
    *hidden, (last, bias) = zip(weights, biases, strict=True)
    for W, b in hidden:
        # Many rows' products are written unit by unit in less time than row by row.
        rows = activation.forward(torch.addmm(b[:, None], W.T, rows.T).T)
    return torch.addmm(bias, rows, last)


def softmax(logits: Tensor) -> Tensor:
    """Probabilities, each row of `[N, classes]` by itself.

    Of many rows of few classes torch takes an eighth of the time along the other axis.
    """
    return logits.T.contiguous().softmax(0).T.contiguous()


def tensors_of(parameters: nn.ParameterList) -> list[nn.Parameter]:
    """The parameters, in a list.

    ParameterList's own iterator and slices cost more time than the arithmetic on one image.
    """
    return [*parameters._parameters.values()]  # type: ignore[list-item]  # none is None
