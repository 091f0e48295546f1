"""One image through the article's system in numpy, whose calls cost a third of torch's.

The plain way, `InvertibleNetwork.reconstruct` through torch, says the same: it serves all else, and
a test holds this to it. What is gained is in benchmarks/RESULTS.md.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from invertviz._arrays import ArrayLike
from invertviz.activations import tensors_of
from invertviz.inverses import LearnedInverse

if TYPE_CHECKING:
    from invertviz.network import InvertibleNetwork

Floats = NDArray[np.float32]

# Of float32's own kind: a Python number is converted in each operation.
_ONE, _HALF, _SCALE, _FLOOR = np.array([1, 0.5, 0.99, 0.005], np.float32)
_TINY = np.finfo(np.float32).tiny


def reconstruct_one(
    network: InvertibleNetwork, image: ArrayLike
) -> tuple[Floats, Floats, Floats] | None:
    """One float32 image's reconstruction `[1, *image_shape]`, code and probabilities.

    None where torch has to answer: another activation, inverse, device or dtype; more than one
    image, or one that must be converted or refused.
    """
    shape = network.image_shape
    if not (
        isinstance(image, np.ndarray)
        and image.dtype == np.float32
        and image.shape in (shape, (1, *shape))
    ):
        return None
    views = _known.get(network)
    if views is None or not views.show(network):
        views = _known[network] = _Views(network)
    x = image.reshape(-1)
    if not views.usable or not math.isfinite(x @ x):
        return None
    W, b, M, back = views.weights, views.biases, views.matrices, views.back
    code = x @ W[0] + b[0]
    for layer in range(1, len(W) - 1):
        code = _sigmoid(code) @ W[layer] + b[layer]
    estimate = (code - back[0]) @ M[0]
    for layer in range(1, len(M)):
        estimate = (_logit_of_squashed(estimate) - back[layer]) @ M[layer]
    probabilities = _softmax(_sigmoid(code) @ W[-1] + b[-1])
    return estimate.reshape(1, *shape), code[None], probabilities[None]


class _Views:
    """A network's parameters as numpy sees them: where they lie, so that training shows."""

    def __init__(self, network: InvertibleNetwork) -> None:
        self.inverse = inverse = network.inverse
        groups = [tensors_of(group) for group in _groups(network)]
        parameters = [parameter for group in groups for parameter in group]
        self.addresses = [parameter.data_ptr() for parameter in parameters]
        # Detached, they hold on to their memory: nothing else comes to lie at these addresses.
        self.held = [parameter.detach() for parameter in parameters]
        self.usable = (
            type(inverse) is LearnedInverse  # a subclass may go another way
            and network.activation.name == inverse.activation.name == "sigmoid"
            and all(t.device.type == "cpu" and t.dtype == torch.float32 for t in self.held)
        )
        if self.usable:
            views = iter([tensor.numpy() for tensor in self.held])
            self.weights, self.biases, self.matrices, self.back = (
                [next(views) for _ in group] for group in groups
            )

    def show(self, network: InvertibleNetwork) -> bool:
        """Whether the network still has the same parameters in the same place."""
        if network._modules["inverse"] is not self.inverse:
            return False
        here = [p.data_ptr() for group in _groups(network) for p in tensors_of(group)]
        return here == self.addresses


def _groups(network: InvertibleNetwork) -> list[nn.ParameterList]:
    """Weights and biases, and those of the way back; a module's attributes cost too much time."""
    modules = network._modules
    turned = modules["inverse"]._modules if isinstance(modules["inverse"], LearnedInverse) else {}
    lists = modules["weights"], modules["biases"], turned.get("matrices"), turned.get("biases")
    return [group for group in lists if isinstance(group, nn.ParameterList)]


_known: WeakKeyDictionary[InvertibleNetwork, _Views] = WeakKeyDictionary()


def _sigmoid(z: Floats) -> Floats:
    """½ tanh(z/2) + ½, which overflows nowhere."""
    a = z * _HALF
    np.tanh(a, out=a)
    a *= _HALF
    a += _HALF
    return a


def _logit_of_squashed(estimate: Floats) -> Floats:
    """The way back through a sigmoid: `activations.squash`, in place, then the logit."""
    estimate -= estimate[estimate.argmin()]
    estimate *= _SCALE / max(_largest(estimate), _TINY)
    estimate += _FLOOR
    found: Floats = np.log(estimate / (_ONE - estimate))
    return found


def _softmax(scores: Floats) -> Floats:
    scores -= _largest(scores)
    np.exp(scores, out=scores)
    scores /= scores.sum()
    return scores


def _largest(values: Floats) -> Any:
    return values[values.argmax()]  # `max` takes three times as long
