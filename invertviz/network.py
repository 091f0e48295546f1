"""The network that can be turned around: encode, classify, invert, reconstruct."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from invertviz._arrays import (
    Array,
    ArrayLike,
    as_codes,
    as_images,
    as_tensor,
    generator_of,
    like,
    resolve_device,
)
from invertviz._brief import brief
from invertviz._one_image import reconstruct_one
from invertviz.activations import activation_named, softmax, tensors_of, through_layers
from invertviz.inverses import Inverse, LearnedInverse, initial_matrices, truncated_normal


class Reconstruction(NamedTuple):
    """What `InvertibleNetwork.reconstruct` found for N images.

    Attributes:
        images: the reconstructions, float32 `[N, *image_shape]`; nominally in [0, 1], but an
            inverse may overshoot.
        codes: the codes they came from, float32 `[N, code_size]`.
        probabilities: what the network says of the originals, float32 `[N, classes]`, rows sum
            to 1.
    """

    images: Array
    codes: Array
    probabilities: Array

    def __repr__(self) -> str:
        """Dtypes and shapes."""
        return brief(self)


class InvertibleNetwork(nn.Module):
    """A fully connected classifier together with a way back from its last hidden layer.

    The *code* of an image is the pre-activation z of the last hidden layer. With W of shape
    `[in, out]` and two hidden layers (Pitis, "Inverting a Neural Net"):

        z1 = x W1 + b1,  a1 = σ(z1),  z2 = a1 W2 + b2 (the code),  p = softmax(σ(z2) W + b)

    Arrays may be numpy or torch, and come back as what was passed in. A single image or code is a
    batch of one: results always have a leading axis N. Gradients flow to torch inputs; the
    parameters themselves are frozen except while they are fitted.

    Args:
        layer_sizes: pixels, one or more hidden widths, classes.
        activation: of the hidden layers: "sigmoid", "tanh", "relu", "leaky_relu", "softplus".
        image_shape: the shape of one image; its product is `layer_sizes[0]`.
        class_names: one name a class; the class numbers if None.
        seed: of the initial weights (truncated normal, σ = 0.1; biases 0.1); None leaves the
            weights zero, for others to be put there.
        device: "auto" (CUDA when present, else CPU), or a torch device.

    Raises:
        ValueError: sizes, shape, names or activation that do not fit together.
    """

    def __init__(
        self,
        layer_sizes: Sequence[int] = (784, 100, 100, 10),
        *,
        activation: str = "sigmoid",
        image_shape: Sequence[int] = (28, 28),
        class_names: Sequence[str] | None = None,
        seed: int | None = 0,
        device: str | torch.device = "auto",
    ) -> None:
        super().__init__()
        self.layer_sizes = tuple(int(size) for size in layer_sizes)
        self.image_shape = tuple(int(size) for size in image_shape)
        if len(self.layer_sizes) < 3 or min(self.layer_sizes) < 1:
            raise ValueError(
                f"layer_sizes is {list(layer_sizes)}; give pixels, at least one hidden width, and "
                "the number of classes, all positive, such as (784, 100, 100, 10)."
            )
        if math.prod(self.image_shape) != self.layer_sizes[0]:
            raise ValueError(
                f"images of shape {list(image_shape)} have {math.prod(self.image_shape)} pixels, "
                f"but the first layer takes {self.layer_sizes[0]}."
            )
        classes = self.layer_sizes[-1]
        self.class_names = tuple(map(str, range(classes) if class_names is None else class_names))
        if len(self.class_names) != classes:
            raise ValueError(
                f"{len(self.class_names)} class names were given for {classes} classes."
            )
        self.activation = activation_named(activation)
        # Drawn on the CPU, so that a seed gives the same network on every device.
        generator = None if seed is None else generator_of(seed)
        shapes = list(pairwise(self.layer_sizes))
        self.weights = nn.ParameterList(
            nn.Parameter(truncated_normal(shape, generator), requires_grad=False)
            for shape in shapes
        )
        self.biases = nn.ParameterList(
            nn.Parameter(torch.full((out,), 0.1), requires_grad=False) for _, out in shapes
        )
        self.inverse: Inverse = LearnedInverse(
            initial_matrices(self.layer_sizes, generator),
            list(self.biases)[-2::-1],
            activation,
        )
        self.training_record: dict[str, Any] = {}
        """How the network came about (data, seed, steps, …); saved with it."""
        self.to(resolve_device(device))

    @classmethod
    def from_arrays(
        cls,
        classifier: Sequence[tuple[ArrayLike, ArrayLike]],
        inverse: Sequence[ArrayLike] | None = None,
        *,
        image_shape: Sequence[int] = (28, 28),
        activation: str = "sigmoid",
        class_names: Sequence[str] | None = None,
        device: str | torch.device = "auto",
    ) -> InvertibleNetwork:
        """Build a network from anyone's weights, such as the article's eight arrays.

        Args:
            classifier: `(W, b)` for each layer, W of shape `[in, out]`, b of shape `[out]`.
            inverse: `[W2inv, W1inv]`: from the code to the pixels, one matrix for each layer of
                the encoder, of shape `[out, in]` of that layer. If None, they are drawn as `train`
                draws them: fit them with `fit_inverse`, or choose another way back.
            image_shape: the shape of one image.
            activation: of the hidden layers.
            class_names: one name a class; the class numbers if None.
            device: "auto", or a torch device.

        Raises:
            TypeError: arrays that are not numbers.
            ValueError: shapes that do not follow from one another, or values not finite.
        """
        layers = [
            (_matrix(W, 2, f"W of layer {i}"), _matrix(b, 1, f"b of layer {i}"))
            for i, (W, b) in enumerate(classifier, start=1)
        ]
        if len(layers) < 2:
            raise ValueError(
                f"{len(layers)} layers were given; a network has at least one hidden layer and "
                "an output layer: classifier=[(W1, b1), (W, b)]."
            )
        sizes = [layers[0][0].shape[0], *(W.shape[1] for W, _ in layers)]
        network = cls(
            sizes,
            activation=activation,
            image_shape=image_shape,
            class_names=class_names,
            seed=None if inverse is not None else 0,
            device="cpu",
        )
        if inverse is None:
            inverse = [*network.inverse.named_tensors().values()]
        backward = [_matrix(m, 2, f"inverse matrix {i}") for i, m in enumerate(inverse, start=1)]
        if len(backward) != len(layers) - 1:
            raise ValueError(
                f"{len(backward)} inverse matrices were given for {len(layers) - 1} hidden layers; "
                "give one for each, from the code to the pixels: inverse=[W2inv, W1inv]."
            )
        given = [*(W for W, _ in layers), *(b for _, b in layers), *backward]
        wanted = [*network.weights, *network.biases, *network.inverse.named_tensors().values()]
        names = [
            *(f"W of layer {i + 1}" for i in range(len(layers))),
            *(f"b of layer {i + 1}" for i in range(len(layers))),
            *(f"inverse matrix {i + 1}" for i in range(len(backward))),
        ]
        for name, array, parameter in zip(names, given, wanted, strict=True):
            if array.shape != parameter.shape:
                raise ValueError(
                    f"{name} has shape {list(array.shape)}, but {list(parameter.shape)} follows "
                    f"from the layers {sizes} (W is [in, out]; an inverse matrix [out, in])."
                )
            parameter.data.copy_(array)
        return network.to(resolve_device(device))

    def with_inverse(self, inverse: Inverse) -> InvertibleNetwork:
        """The same classifier with another way back.

        Both networks share the classifier's parameters, so the copy costs nothing; move them to
        another device before, not after.

        Args:
            inverse: fitted for this network, such as `RidgeInverse.fit(network, images)`.

        Raises:
            TypeError: not a fitted inverse.
            ValueError: an inverse of other sizes, or one that belongs to another network.
        """
        if not isinstance(inverse, Inverse):
            given = inverse.__name__ if isinstance(inverse, type) else repr(inverse)
            raise TypeError(
                f"{given} is not a fitted inverse; fit one, for example "
                "RidgeInverse.fit(network, images), and pass what that returns."
            )
        inverse.check_fits(self)
        other = copy.copy(self)
        other._modules = {**self._modules}
        here = (self.device, self.dtype)
        if any((tensor.device, tensor.dtype) != here for tensor in inverse.parameters()):
            inverse = copy.deepcopy(inverse).to(*here)  # other networks may use the one given
        other.inverse = inverse
        other.training_record = {**self.training_record}
        return other

    @property
    def pixels(self) -> int:
        """Number of input pixels."""
        return self.layer_sizes[0]

    @property
    def code_size(self) -> int:
        """Number of units of a code."""
        return self.layer_sizes[-2]

    @property
    def device(self) -> torch.device:
        """Where the parameters live."""
        return tensors_of(self.weights)[0].device

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type of the parameters."""
        return tensors_of(self.weights)[0].dtype

    def encode(self, images: ArrayLike) -> Array:
        """Image → code: the pre-activations of the last hidden layer.

        Args:
            images: `[N, *image_shape]`, `[N, pixels]` or one image; floats in [0, 1], or
                integers 0…255.

        Returns:
            Codes, float32 `[N, code_size]`, unbounded.

        Raises:
            TypeError: not an array of numbers.
            ValueError: empty, of another shape, not finite, or integers outside 0…255.
        """
        return like(images, self.encode_pixels(self._images(images)))

    def classify(self, codes: ArrayLike) -> Array:
        """Code → class probabilities.

        Args:
            codes: `[N, code_size]` or one code.

        Returns:
            Probabilities, float32 `[N, classes]`; each row sums to 1.

        Raises:
            TypeError: not an array of numbers.
            ValueError: empty, of another width, or not finite.
        """
        return like(codes, softmax(self.logits(self._codes(codes))))

    def invert(self, codes: ArrayLike) -> Array:
        """Code → image, through `inverse`.

        Args:
            codes: `[N, code_size]` or one code.

        Returns:
            Images, float32 `[N, *image_shape]`; nominally in [0, 1], but an inverse may overshoot.

        Raises:
            TypeError: not an array of numbers.
            ValueError: empty, of another width, or not finite.
        """
        rows = self.inverse(self._codes(codes))
        return like(codes, rows.reshape(-1, *self.image_shape))

    def reconstruct(self, images: ArrayLike) -> Reconstruction:
        """Image → code → image, with what the network says of the original on the way.

        Args:
            images: as for `encode`.

        Raises:
            TypeError: not an array of numbers.
            ValueError: as for `encode`.
        """
        if one := reconstruct_one(self, images):
            return Reconstruction(*one)
        codes = self.encode_pixels(self._images(images))
        return Reconstruction(
            images=like(images, self.inverse(codes).reshape(-1, *self.image_shape)),
            codes=like(images, codes),
            probabilities=like(images, softmax(self.logits(codes))),
        )

    def encode_pixels(self, rows: Tensor) -> Tensor:
        """`encode` for tensors that are already `[N, pixels]` on this device; no checks."""
        weights, biases = tensors_of(self.weights), tensors_of(self.biases)
        return through_layers(rows, weights[:-1], biases[:-1], self.activation)

    def logits(self, codes: Tensor) -> Tensor:
        """The output layer before its softmax, `[N, classes]`; no checks."""
        *_, W = tensors_of(self.weights)
        *_, b = tensors_of(self.biases)
        return torch.addmm(b, self.activation.forward(codes), W)

    def forward(self, images: Tensor) -> Tensor:
        """Class probabilities of images, for use as an ordinary torch module."""
        return self.classify(self.encode(images))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a safetensors file; `invertviz.load` reads it.

        Raises:
            OSError: the path cannot be written; nothing is left half-written.
            ValueError: the network holds what is not finite.
        """
        from invertviz import checkpoints  # the arrow checkpoints → network must stay one-way

        checkpoints.save(self, path)

    def __repr__(self) -> str:
        """One line for people: sizes, activation, image shape."""
        sizes = " → ".join(map(str, self.layer_sizes))
        shape = "x".join(map(str, self.image_shape))
        return f"InvertibleNetwork({sizes}, {self.activation.name}, {shape} images)"

    def _images(self, images: ArrayLike) -> Tensor:
        W = tensors_of(self.weights)[0]
        return as_images(images, self.image_shape, device=W.device, dtype=W.dtype)

    def _codes(self, codes: ArrayLike) -> Tensor:
        return as_codes(codes, self.code_size, device=self.device, dtype=self.dtype)


def _matrix(values: ArrayLike, ndim: int, name: str) -> Tensor:
    tensor = as_tensor(values, name).to(torch.float32)
    if tensor.ndim != ndim or tensor.numel() == 0:
        raise ValueError(
            f"{name} has shape {list(tensor.shape)}; it must have {ndim} axes and not be empty."
        )
    if not bool(torch.isfinite(tensor).all()):
        raise ValueError(f"{name} holds NaN or infinite values; all must be finite.")
    return tensor
