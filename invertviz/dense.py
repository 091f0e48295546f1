"""Fully connected classifiers: matrices, biases, one activation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from invertviz._arrays import ArrayLike, as_tensor
from invertviz.activations import Activation, activation_named, tensors_of, through_layers
from invertviz.images import ImageSpec
from invertviz.parts import Classifier, Encoder, GradientAt, Head, Layer, Split


class DenseClassifier(Classifier):
    """Layers of W `[in, out]` and b `[out]`, with one activation between any two.

    Its layers are called hidden1, hidden2, …; a code is the *pre-activation* z of one of them:

        z1 = x W1 + b1,  z2 = σ(z1) W2 + b2,  …,  p = softmax(σ(z_last) W + b)

    Args:
        layers: `(W, b)` for each, from the pixels to the class scores; a last W of one column is
            the logit of the second of two classes.
        activation: of the hidden layers, a name from `activations.ACTIVATIONS`.
        images: what it takes; W1 takes their pixels.

    Attributes:
        weights: W of each layer, `[in, out]`.
        biases: b of each layer, `[out]`.
        activation: of the hidden layers.

    Raises:
        ValueError: fewer than two layers, shapes that do not follow from one another or from the
            images, an unknown activation.
    """

    def __init__(
        self, layers: Sequence[tuple[Tensor, Tensor]], activation: str, images: ImageSpec
    ) -> None:
        self.activation = activation_named(activation)
        self.images = images
        if len(layers) < 2:
            raise ValueError(
                f"{len(layers)} layers were given; a network has at least one hidden layer and "
                "an output layer: classifier=[(W1, b1), (W, b)]."
            )
        layers = _with_two_classes(layers)
        _check_shapes(layers, images)
        self.weights = [nn.Parameter(W, requires_grad=False) for W, _ in layers]
        self.biases = [nn.Parameter(b, requires_grad=False) for _, b in layers]
        self.classes = self.sizes[-1]
        self.layers = tuple(
            Layer(f"hidden{i}", (width,)) for i, width in enumerate(self.sizes[1:-1], start=1)
        )

    @classmethod
    def from_arrays(
        cls,
        layers: Sequence[tuple[ArrayLike, ArrayLike]],
        activation: str,
        images: ImageSpec,
    ) -> DenseClassifier:
        """One of anyone's arrays, as float32; copied.

        Raises:
            TypeError: arrays that are not numbers.
            ValueError: as for the class, or values not finite.
        """
        found = [
            (matrix(W, 2, f"W of layer {i}"), matrix(b, 1, f"b of layer {i}"))
            for i, (W, b) in enumerate(layers, start=1)
        ]
        return cls(found, activation, images)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Pixels, hidden widths, classes."""
        return (len(self.weights[0]), *(len(b) for b in self.biases))

    @property
    def device(self) -> torch.device:
        """Where its matrices live."""
        return self.weights[0].device

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type of its matrices."""
        return self.weights[0].dtype

    def tensors(self) -> Iterator[Tensor]:
        """Its matrices and biases."""
        yield from self.weights
        yield from self.biases

    def split(self, layer: str | nn.Module | None = None) -> Split:
        """Cut it at a hidden layer, by its name; at the last if None.

        Raises:
            ValueError: no such layer.
        """
        names = [each.name for each in self.layers]
        if layer is None:
            layer = names[-1]
        if not isinstance(layer, str) or layer not in names:
            raise ValueError(f"layer {layer!r} is unknown; choose one of {names}.")
        cut = 1 + names.index(layer)
        return Split(
            self.layers[cut - 1],
            DenseEncoder(self.weights[:cut], self.biases[:cut], self.activation),
            DenseHead(self.weights[cut:], self.biases[cut:], self.activation),
        )

    def description(self) -> dict[str, Any]:
        """Sizes and activation.

        Raises:
            ValueError: a subclass, which may answer otherwise than its tensors say.
        """
        if type(self) is not DenseClassifier:
            raise ValueError(
                f"the classifier is a {type(self).__name__}, of which a file could not say how it "
                "answers; save what made it instead."
            )
        return {"layer_sizes": self.sizes, "activation": self.activation.name}

    def named_tensors(self) -> dict[str, Tensor]:
        """W1, …, b1, …: one of each a layer."""
        groups = {"W": self.weights, "b": self.biases}
        return {
            f"{name}{i}": tensor.detach().float()
            for name, group in groups.items()
            for i, tensor in enumerate(group, start=1)
        }


class _Layers(nn.Module):
    """Some of the layers, with the activation between any two."""

    def __init__(
        self,
        weights: Iterable[nn.Parameter],
        biases: Iterable[nn.Parameter],
        activation: Activation,
    ) -> None:
        super().__init__()
        self.weights = nn.ParameterList(weights)
        self.biases = nn.ParameterList(biases)
        self.activation = activation

    def through(self, rows: Tensor) -> Tensor:
        """The last layer's pre-activations `[N, out]` of rows `[N, in]`."""
        weights, biases = tensors_of(self.weights), tensors_of(self.biases)
        return through_layers(rows, weights, biases, self.activation)


class DenseEncoder(_Layers, Encoder):
    """The layers up to the code."""

    def __init__(
        self,
        weights: Iterable[nn.Parameter],
        biases: Iterable[nn.Parameter],
        activation: Activation,
    ) -> None:
        super().__init__(weights, biases, activation)
        self.code_shape = (len(self.biases[-1]),)

    def forward(self, images: Tensor) -> Tensor:
        """Codes `[N, units]` of images; no checks."""
        return self.through(images.reshape(len(images), -1))


class DenseHead(_Layers, Head):
    """The layers after the code."""

    def forward(self, codes: Tensor) -> Tensor:
        """Logits `[N, classes]` of codes `[N, units]`; no checks."""
        return self.through(self.activation.forward(codes))

    def gradient(self, targets: Tensor) -> GradientAt:
        """Written out for one layer of sigmoid units, whose steps take microseconds."""
        if self.activation.name == "sigmoid" and len(self.weights) == 1:
            return _SigmoidGradient(self.weights[0], self.biases[0], targets)
        return super().gradient(targets)


class _SigmoidGradient:
    """Probabilities p of codes z, and the gradient of Σ|target - p| with respect to them.

        a = σ(z),  p = softmax(a W + b),  δ = sign(p - target)
        ∂z = ([p ⊙ (δ - Σ δ p)] Wᵀ) ⊙ σ',  σ' = a ⊙ (1 - a)

    A test holds it to autograd's.
    """

    def __init__(self, W: Tensor, b: Tensor, targets: Tensor) -> None:
        self.W, self.b, self.targets = W.detach(), b.detach(), targets
        self.back = self.W.T.contiguous()

    def __call__(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        a = torch.sigmoid(codes)
        p = torch.addmm(self.b, a, self.W).softmax(1)
        delta = (p - self.targets).sign_()
        by_logits = delta.sub_((delta * p).sum(1, keepdim=True)).mul_(p)
        return p, times_slope_(torch.mm(by_logits, self.back), a)


def times_slope_(values: Tensor, a: Tensor) -> Tensor:
    """Multiply by σ' where σ is a, in place: by a ⊙ (1 - a)."""
    return values.mul_(a).addcmul_(values, a, value=-1)


def matrix(values: ArrayLike, ndim: int, name: str) -> Tensor:
    """Anyone's array as float32 of its own; `name` is what errors call it.

    Raises:
        TypeError: not an array of numbers.
        ValueError: of other dimensions, empty, or not finite.
    """
    tensor = as_tensor(values, name).detach().to(torch.float32, copy=True)
    if tensor.ndim != ndim or tensor.numel() == 0:
        raise ValueError(
            f"{name} has shape {list(tensor.shape)}; it must have {ndim} axes and not be empty."
        )
    if not bool(torch.isfinite(tensor).all()):
        raise ValueError(f"{name} holds NaN or infinite values; all must be finite.")
    return tensor.contiguous()


def _with_two_classes(layers: Sequence[tuple[Tensor, Tensor]]) -> list[tuple[Tensor, Tensor]]:
    """One logit s as two, 0 and s: their softmax is the sigmoid of s."""
    *others, (W, b) = layers
    if W.ndim == 2 and W.shape[1] == 1 and b.shape == (1,):
        W, b = torch.cat([torch.zeros_like(W), W], 1), torch.cat([torch.zeros_like(b), b])
    return [*others, (W, b)]


def _check_shapes(layers: Sequence[tuple[Tensor, Tensor]], images: ImageSpec) -> None:
    into = layers[0][0].shape[0]
    if into != images.pixels:
        raise ValueError(
            f"images of shape {list(images.shape)} have {images.pixels} pixels, but the first "
            f"layer takes {into}; say which images it takes with image_shape "
            f"(W is [in, out], so W1 is [pixels, units])."
        )
    for i, (W, b) in enumerate(layers, start=1):
        wanted = (into, *b.shape)
        if tuple(W.shape) != wanted:
            raise ValueError(
                f"W of layer {i} has shape {list(W.shape)} and b {list(b.shape)}, but layer {i} "
                f"takes {into} numbers: W is [in, out], here [{into}, units], and b [units]."
            )
        into = len(b)
