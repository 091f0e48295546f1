"""Ways back that turn the encoder around layer by layer: the article's, and the pseudo-inverse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from invertviz._arrays import ArrayLike, generator_of
from invertviz.activations import activation_named, tensors_of
from invertviz.dense import DenseClassifier
from invertviz.inverses import codes_and_images
from invertviz.parts import Inverse, Layer, Network

from .gradients import InverseGradient
from .steps import Gradient, by_autograd, check_confidence, check_settings, take_steps

if TYPE_CHECKING:
    from typing_extensions import Self


class ChainedInverse(Inverse):
    """The article's way back, whatever its matrices: one for each layer of the encoder.

    Args: as for `LearnedInverse`, where its equations stand.
    """

    def __init__(
        self,
        matrices: Sequence[Tensor],
        biases: Iterable[nn.Parameter],
        activation: str,
        image_shape: Sequence[int],
    ) -> None:
        super().__init__()
        self.matrices = nn.ParameterList(nn.Parameter(m, requires_grad=False) for m in matrices)
        self.biases = nn.ParameterList(biases)
        self.activation = activation_named(activation)
        self.code_shape, self.image_shape = (len(matrices[0]),), tuple(image_shape)
        self.layer = _layer_after(len(matrices))

    @classmethod
    def through(cls, network: Network, matrices: Sequence[Tensor]) -> Self:
        """One of these matrices, back through the layers of a fully connected network.

        Raises:
            ValueError: a network of other layers.
        """
        dense = dense_of(network)
        biases = dense.biases[len(matrices) - 1 :: -1]
        here = [M if M.is_meta else M.to(network.device, network.dtype) for M in matrices]
        return cls(here, biases, dense.activation.name, network.images.shape)

    @classmethod
    def suits(cls, network: Network) -> bool:
        """Whether its layers are fully connected."""
        return isinstance(network.classifier, DenseClassifier)

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes `[N, units]` to images `[N, *image_shape]`, unbounded floats."""
        return self.estimates(codes)[-1].reshape(-1, *self.image_shape)

    def estimates(self, codes: Tensor) -> list[Tensor]:
        """The estimated activations on the way, `[ã1, x̂]` for two hidden layers; x̂ as rows."""
        *hidden, (last, bias) = zip(tensors_of(self.matrices), tensors_of(self.biases), strict=True)
        found: list[Tensor] = []
        pre_activation = codes
        for M, b in hidden:
            found.append((M.T @ (pre_activation - b).T).T)  # unit by unit, as in through_layers
            pre_activation = self.activation.backward(found[-1])
        return [*found, (pre_activation - bias) @ last]

    def at(self, layer: Layer) -> Self | None:
        """The rest of the way, from an earlier layer of the encoder."""
        for passed in range(1, len(self.matrices)):
            if layer.name == _layer_after(len(self.matrices) - passed):
                matrices, biases = [*self.matrices][passed:], [*self.biases][passed:]
                return type(self)(matrices, biases, self.activation.name, self.image_shape)
        return None

    def named_tensors(self) -> dict[str, nn.Parameter]:
        """inverse1, …: the matrices. The biases are the network's."""
        return {f"inverse{i}": matrix for i, matrix in enumerate(self.matrices, start=1)}

    @classmethod
    def unfitted(
        cls,
        network: Network,
        settings: Mapping[str, Any],  # noqa: ARG003  (there are none)
    ) -> Self:
        """One whose matrices are zero."""
        return cls.through(network, initial_matrices(network, None))


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
        image_shape: of the images that it gives.
    """

    kind = "learned"

    @classmethod
    def fit(
        cls,
        network: Network,
        images: ArrayLike,
        *,
        steps: int = 1000,
        batch_size: int = 1000,
        learning_rate: float = 0.01,
        confidence: float = 0.8,
        seed: int = 0,
        progress: bool = True,
    ) -> Self:
        """Learn one from scratch, from the images that the classifier is confident of.

        Args:
            network: of fully connected layers; it stays as it is.
            images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255.
            steps: optimizer steps.
            batch_size: images a step (all of them if there are fewer).
            learning_rate: of Adagrad.
            confidence: what the classifier's must exceed, in [0, 1).
            seed: of the initial matrices and the batches.
            progress: show a progress bar.

        Raises:
            TypeError: not an array of numbers.
            ValueError: data or settings that do not fit the network, or no image for which the
                classifier's confidence exceeds `confidence`.
        """
        inverse = cls.through(network, initial_matrices(network, generator_of(seed)))
        inverse.learn(
            network,
            images,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            confidence=confidence,
            seed=seed,
            progress=progress,
        )
        return inverse

    def learn(
        self,
        network: Network,
        images: ArrayLike,
        *,
        steps: int,
        batch_size: int,
        learning_rate: float,
        confidence: float,
        seed: int,
        progress: bool,
    ) -> None:
        """Go on learning in place; see `fit`, and `inverse_loss` for what becomes small."""
        check_settings(steps, batch_size, learning_rate)
        check_confidence(confidence)
        codes, shown = codes_and_images(network, images)
        with torch.no_grad():
            sure = network.head(codes).softmax(-1).amax(-1) > confidence
        if not bool(sure.any()):
            raise ValueError(
                f"the classifier is not more than {confidence:.0%} confident of any of the "
                f"{len(shown)} images, so the inverse has nothing to learn from: train the "
                "classifier longer, or lower confidence."
            )
        codes, pixels = codes[sure], shown[sure].flatten(1)
        matrices = [*self.matrices]
        gradient: Gradient
        if self.activation.name == "sigmoid":
            biases = [bias.detach() for bias in self.biases]
            gradient = InverseGradient(
                [m.detach() for m in matrices], biases, codes, pixels, min(batch_size, len(pixels))
            )
        else:
            gradient = by_autograd(
                lambda batch: inverse_loss(self, codes[batch], pixels[batch]), matrices
            )
        take_steps(
            gradient,
            matrices,
            count=len(pixels),
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            seed=seed,
            device=codes.device,
            what="inverse",
            progress=progress,
        )


class PseudoInverse(ChainedInverse):
    """The lesson in what goes wrong: the article's way back with each layer's pseudo-inverse.

    Nothing is learned. Each matrix is W⁺ (Moore-Penrose), the best inverse of its layer taken by
    itself: the result is noise to the eye, and classified as the original was nearly always - but
    no longer once it is clipped to be shown, for much of it lies outside [0, 1].
    What small singular values of W let through is divided by them, rounding too: where W is
    ill-conditioned (the pretrained network's W2: condition about 880), two engines that compute
    in float32 may differ by up to 0.25 a pixel.

    Args: as for `LearnedInverse`, whose equations it follows with `[W2⁺, W1⁺]` as matrices.
    """

    kind = "pseudo"

    @classmethod
    def fit(
        cls,
        network: Network,
        images: ArrayLike = None,  # noqa: ARG003  (the weights say it all)
        *,
        seed: int = 0,  # noqa: ARG003
        progress: bool = True,  # noqa: ARG003
    ) -> Self:
        """Invert the weights of the encoder; images, seed and progress are without effect."""
        weights = [W.detach() for W in _encoder_weights(network)[::-1]]
        return cls.through(network, [torch.linalg.pinv(W.double()).to(W.dtype) for W in weights])


def inverse_loss(inverse: ChainedInverse, codes: Tensor, pixels: Tensor) -> Tensor:
    """The article's loss of an inverse over a batch.

    Σ|x - x̂| + ½·min(ã)² + ½·max(ã - 1)² for each hidden ã on the way, with min and max over
    the whole batch; 0 and 1 are the ends of the sigmoid's range, and other activations use theirs.

    Args:
        inverse: the inverse to fit.
        codes: float `[N, units]`.
        pixels: the images of those codes, float `[N, pixels]`.
    """
    *hidden, estimate = inverse.estimates(codes)
    loss = (pixels - estimate).abs().sum()
    low, high = inverse.activation.low, inverse.activation.high
    for activations in hidden:
        if low is not None:
            loss = loss + (activations.min() - low).square() / 2
        if high is not None:
            loss = loss + (activations.max() - high).square() / 2
    return loss


def dense_of(network: Network) -> DenseClassifier:
    """The fully connected classifier of a network.

    Raises:
        ValueError: a network of another kind.
    """
    if not isinstance(network.classifier, DenseClassifier):
        raise ValueError(
            "this works through the matrices of fully connected layers, and the network's "
            f"classifier is a {type(network.classifier).__name__}; for any network there are "
            "RidgeInverse, DecoderInverse and GradientInverse."
        )
    return network.classifier


def initial_matrices(network: Network, generator: torch.Generator | None) -> list[Tensor]:
    """Untrained inverse matrices from the code to the pixels, drawn like the weights."""
    return [
        truncated_normal((W.shape[1], W.shape[0]), generator)
        for W in _encoder_weights(network)[::-1]
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


def _encoder_weights(network: Network) -> list[nn.Parameter]:
    """W of each layer up to the code."""
    dense = dense_of(network)
    return dense.weights[: 1 + [layer.name for layer in dense.layers].index(network.layer.name)]


def _layer_after(matrices: int) -> str:
    """The layer from which so many matrices lead back to the pixels."""
    return f"hidden{matrices}"
