"""Ways back from a code to an image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from invertviz.activations import activation_named


class LearnedInverse(nn.Module):
    """The article's inverse: one learned matrix for each layer of the encoder.

    From the code back, layer by layer (Pitis, "Inverting a Neural Net"; two hidden layers):

        ã1 = (z2 - b2) W2inv
        x̂  = (logit(squash(ã1)) - b1) W1inv

    Args:
        matrices: from the code to the pixels, `[W2inv, W1inv]` for two hidden layers; each of
            shape `[out, in]` of the encoder layer that it turns around, float.
        biases: the encoder's biases in the same order, `[b2, b1]`; shared with the network.
        activation: name of the hidden layers' activation.
    """

    def __init__(
        self, matrices: Sequence[Tensor], biases: Iterable[nn.Parameter], activation: str
    ) -> None:
        super().__init__()
        self.matrices = nn.ParameterList(nn.Parameter(m, requires_grad=False) for m in matrices)
        self.biases = nn.ParameterList(biases)
        self.activation = activation_named(activation)

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes `[N, units]` to pixels `[N, pixels]`, unbounded floats."""
        return self.estimates(codes)[-1]

    def estimates(self, codes: Tensor) -> list[Tensor]:
        """The estimated activations on the way, `[ã1, x̂]` for two hidden layers."""
        found: list[Tensor] = []
        pre_activation = codes
        for matrix, bias in zip(self.matrices, self.biases, strict=True):
            if found:
                pre_activation = self.activation.backward(found[-1])
            found.append((pre_activation - bias) @ matrix)
        return found


def initial_matrices(layer_sizes: Sequence[int], generator: torch.Generator) -> list[Tensor]:
    """Untrained inverse matrices from the code to the pixels, drawn like the weights."""
    encoder = layer_sizes[:-1]
    return [
        truncated_normal((out, into), generator) for into, out in reversed(list(pairwise(encoder)))
    ]


def truncated_normal(shape: tuple[int, int], generator: torch.Generator) -> Tensor:
    """The article's initial weights: normal with σ = 0.1, cut at ±2σ; float32."""
    weights = torch.empty(shape)
    return nn.init.trunc_normal_(weights, std=0.1, a=-0.2, b=0.2, generator=generator)
