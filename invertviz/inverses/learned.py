"""Ways back that turn the encoder around layer by layer: the article's, and the pseudo-inverse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from invertviz._arrays import ArrayLike, generator_of
from invertviz.activations import activation_named, tensors_of

from .base import Inverse

if TYPE_CHECKING:
    from typing_extensions import Self

    from invertviz.network import InvertibleNetwork


class ChainedInverse(Inverse):
    """The article's way back, whatever its matrices: one for each layer of the encoder.

    Args: as for `LearnedInverse`, where its equations stand.
    """

    def __init__(
        self, matrices: Sequence[Tensor], biases: Iterable[nn.Parameter], activation: str
    ) -> None:
        super().__init__()
        self.matrices = nn.ParameterList(nn.Parameter(m, requires_grad=False) for m in matrices)
        self.biases = nn.ParameterList(biases)
        self.activation = activation_named(activation)
        self.code_size, self.pixels = len(matrices[0]), matrices[-1].shape[1]

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes `[N, units]` to pixels `[N, pixels]`, unbounded floats."""
        return self.estimates(codes)[-1]

    def estimates(self, codes: Tensor) -> list[Tensor]:
        """The estimated activations on the way, `[ã1, x̂]` for two hidden layers."""
        *hidden, (last, bias) = zip(tensors_of(self.matrices), tensors_of(self.biases), strict=True)
        found: list[Tensor] = []
        pre_activation = codes
        for M, b in hidden:
            found.append((M.T @ (pre_activation - b).T).T)  # unit by unit, as in through_layers
            pre_activation = self.activation.backward(found[-1])
        return [*found, (pre_activation - bias) @ last]

    def named_tensors(self) -> dict[str, nn.Parameter]:
        """inverse1, …: the matrices. The biases are the network's."""
        return {f"inverse{i}": matrix for i, matrix in enumerate(self.matrices, start=1)}

    @classmethod
    def unfitted(
        cls,
        network: InvertibleNetwork,
        settings: Mapping[str, Any],  # noqa: ARG003  (there are none)
    ) -> Self:
        """One whose matrices are zero."""
        return cls._through(network, initial_matrices(network.layer_sizes, None))

    @classmethod
    def _through(cls, network: InvertibleNetwork, matrices: Sequence[Tensor]) -> Self:
        inverse = cls(matrices, [*network.biases][-2::-1], network.activation.name)
        return inverse.to(network.device, network.dtype)


class LearnedInverse(ChainedInverse):
    """The article's inverse: its matrices are learned, one for each layer of the encoder.

    From the code back, layer by layer (Pitis, "Inverting a Neural Net"; two hidden layers):

        ã1 = (z2 - b2) W2inv
        x̂  = (logit(squash(ã1)) - b1) W1inv

    Args:
        matrices: from the code to the pixels, `[W2inv, W1inv]` for two hidden layers; each of
            shape `[out, in]` of the encoder layer that it turns around, float.
        biases: the encoder's biases in the same order, `[b2, b1]`; shared with the network.
        activation: name of the hidden layers' activation.
    """

    kind = "learned"

    @classmethod
    def fit(
        cls,
        network: InvertibleNetwork,
        images: ArrayLike,
        *,
        seed: int = 0,
        progress: bool = True,
        **settings: Any,
    ) -> Self:
        """Learn one from scratch, as `invertviz.fit_inverse` does and with its settings."""
        from invertviz.training import fit_inverse  # the arrow training → inverses stays one-way

        generator = generator_of(seed)
        inverse = cls._through(network, initial_matrices(network.layer_sizes, generator))
        turned = network.with_inverse(inverse)
        fit_inverse(turned, images, seed=seed, progress=progress, **settings)
        return inverse


class PseudoInverse(ChainedInverse):
    """The lesson in what goes wrong: the article's way back with each layer's pseudo-inverse.

    Nothing is learned. Each matrix is W⁺ (Moore-Penrose), the best inverse of its layer taken by
    itself: the result is classified as the original was nearly always, and is noise to the eye.
    What small singular values of W let through is divided by them, rounding too: where W is
    ill-conditioned (the pretrained network's W2: condition about 880), two engines that compute
    in float32 may differ by up to 0.25 a pixel.

    Args: as for `LearnedInverse`, whose equations it follows with `[W2⁺, W1⁺]` as matrices.
    """

    kind = "pseudo"

    @classmethod
    def fit(
        cls,
        network: InvertibleNetwork,
        images: ArrayLike = None,  # noqa: ARG003  (the weights say it all)
        *,
        seed: int = 0,  # noqa: ARG003
        progress: bool = True,  # noqa: ARG003
    ) -> Self:
        """Invert the weights of the encoder; images, seed and progress are without effect."""
        weights = [*network.weights][-2::-1]
        return cls._through(network, [torch.linalg.pinv(W.double()).to(W.dtype) for W in weights])


def initial_matrices(layer_sizes: Sequence[int], generator: torch.Generator | None) -> list[Tensor]:
    """Untrained inverse matrices from the code to the pixels, drawn like the weights."""
    encoder = layer_sizes[:-1]
    return [
        truncated_normal((out, into), generator) for into, out in reversed(list(pairwise(encoder)))
    ]


def truncated_normal(shape: tuple[int, int], generator: torch.Generator | None) -> Tensor:
    """The article's initial weights: normal with σ = 0.1, cut at ±2σ; float32.

    Zeros without a generator: most of the time that loading a network takes would be to draw what
    the file holds.
    """
    weights = torch.zeros(shape)
    if generator is None:
        return weights
    return nn.init.trunc_normal_(weights, std=0.1, a=-0.2, b=0.2, generator=generator)
