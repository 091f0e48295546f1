"""The network that can be turned around: encode, classify, invert, reconstruct."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from invertviz._arrays import Array, ArrayLike, as_codes, like, resolve_device
from invertviz._checkpoint_file import to_bytes
from invertviz._files import written_whole
from invertviz._short_repr import short_repr
from invertviz.activations import softmax
from invertviz.dense import DenseClassifier, matrix
from invertviz.images import ImageSpec, as_images
from invertviz.parts import Classifier, Encoder, Head, Inverse, Layer, inverse_of_kind
from invertviz.splitting import ModuleClassifier


class Reconstruction(NamedTuple):
    """What `InvertibleNetwork.reconstruct` found for N images.

    Attributes:
        images: the reconstructions, float32 `[N, *image_shape]`; nominally in [0, 1], but an
            inverse may overshoot.
        codes: the codes they came from, float32 `[N, *code_shape]`.
        probabilities: what the network says of the originals, float32 `[N, classes]`, rows sum
            to 1.
    """

    images: Array
    codes: Array
    probabilities: Array

    def __repr__(self) -> str:
        """Dtypes and shapes."""
        return short_repr(self)


_ANSWERS = frozenset({"encode", "classify", "invert", "reconstruct", "inverted", "forward"})


class InvertibleNetwork(nn.Module):
    """A classifier, cut at one of its layers, together with a way back from there.

    An encoder carries images to *codes*, the output of the chosen layer; a head carries codes to
    class scores, and an inverse carries them back to images.

    Arrays may be numpy or torch, and come back as what was passed in. A single image or code is a
    batch of one: results always have a leading axis N. Gradients flow to torch inputs. Networks of
    16-bit floats answer in float32, those of float64 in float64.

    Args:
        classifier: what is to be turned around; see `from_arrays` for one.
        layer: whose output is the code, by its name or as the submodule; if None, the last vector
            before the classes.
        inverse: a way back from that layer; fit one and add it by `with_inverse` if None.
        class_names: one name a class, no two alike; the class numbers if None.

    Attributes:
        classifier: as given.
        encoder: images `[N, *image_shape]` → codes `[N, *code_shape]`; checks nothing.
        head: codes → logits `[N, classes]`; checks nothing.
        inverse: codes → images; checks nothing. None where there is none.
        images: what the network takes.
        layer: the layer whose output is the code.
        class_names: one a class.
        training_record: how the network came about (data, seed, steps, …); saved with it.

    Raises:
        ValueError: no such layer, names that do not fit the classes, or an inverse that does not
            fit the layer.
    """

    def __init__(
        self,
        classifier: Classifier,
        layer: str | nn.Module | None = None,
        *,
        inverse: Inverse | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.classifier = classifier
        self.layer: Layer
        self.encoder: Encoder
        self.head: Head
        self.layer, self.encoder, self.head = classifier.split(layer)
        self.images: ImageSpec = classifier.images
        self.class_names = _checked_names(class_names, classifier.classes)
        self.training_record: dict[str, Any] = {}
        self._inverses: dict[str, Inverse] = {}  # by the layer that each is a way back from
        self.inverse: Inverse | None = None
        if inverse is not None:
            self._set_inverse(inverse)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse answers of a subclass's own: files, pages and fits ask the parts.

        Raises:
            TypeError: the subclass overrides what a network answers.
        """
        super().__init_subclass__(**kwargs)
        if own := sorted(_ANSWERS & vars(cls).keys()):
            raise TypeError(
                f"{cls.__name__} overrides {', '.join(own)}, but a network answers through its "
                "parts, wherever it is asked. Give it a part of your own instead: a Classifier, "
                "Encoder, Head or Inverse; see invertviz.parts."
            )

    @classmethod
    @torch.inference_mode(False)
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
        """Build a fully connected network from anyone's weights, such as the article's arrays.

        The code is the pre-activation of the last hidden layer; see `DenseClassifier`.

        Args:
            classifier: `(W, b)` for each layer, W of shape `[in, out]`, b of shape `[out]`. A last
                layer of one unit is the logit of the second of two classes.
            inverse: `[W2inv, W1inv]`: from the code to the pixels, one matrix for each layer of
                the encoder, of shape `[out, in]` of that layer. If None, the network has no way
                back until one is fitted: `fit_inverse`, or another way back by `with_inverse`.
            image_shape: the shape of one image.
            activation: of the hidden layers: "sigmoid", "tanh", "relu", "leaky_relu", "softplus",
                "identity".
            class_names: one name a class; the class numbers if None.
            device: "auto" (CUDA when present, else CPU), or a torch device.

        Raises:
            TypeError: arrays that are not numbers.
            ValueError: shapes that do not follow from one another, or values not finite.
        """
        where = resolve_device(device)
        dense = DenseClassifier.from_arrays(classifier, activation, ImageSpec(image_shape))
        network = cls(dense, class_names=class_names)
        if inverse is not None:
            network = network.with_inverse(_chained(network, inverse))
        return network.to(where)

    @classmethod
    def from_module(
        cls,
        module: nn.Module,
        layer: str | nn.Module | None = None,
        *,
        image_shape: Sequence[int],
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
        class_names: Sequence[str] | None = None,
        outputs: str = "auto",
        member: int | str | None = None,
        inverse: Inverse | None = None,
        device: str | torch.device = "auto",
    ) -> InvertibleNetwork:
        """Take any torch module that classifies images, at any layer that nothing goes round.

            network = InvertibleNetwork.from_module(model, image_shape=(3, 32, 32))
            network.layers                      # all of them, with the shapes of their codes
            network = network.at("layer2")
            network = network.with_inverse(RidgeInverse.fit(network, images))

        The module stays as it is: its parameters, gradients, modes, hooks and buffers. What it
        learns later shows.

        Args:
            module: takes `[N, C, H, W]` or `[N, pixels]`, gives class scores; see
                `ModuleClassifier`.
            layer: a name of `module.named_modules()`, or the submodule; None: the last vector
                before the classes.
            image_shape: `(C, H, W)` as torch has it, or `(H, W)` for grey; C is 1 or 3.
            mean: the module expects (x - mean) / std; what people pass and see stays in [0, 1].
                One number, or one a channel.
            std: likewise, positive.
            class_names: one name a class; the class numbers if None.
            outputs: what its scores are: "logits", "probabilities", "log_probabilities", or
                "auto", which finds out. One score is the logit of the second of two classes.
            member: which member of a tuple or dict the scores are, by index or key.
            inverse: a way back from that layer; fit one and add it by `with_inverse` if None.
            device: where the module is; "auto" asks the module itself.

        Raises:
            TypeError: no module.
            ValueError: a module that takes no such images, gives no class scores, or answers by
                chance; no such layer, or one that cannot be the code; a module that is elsewhere.
        """
        classifier = ModuleClassifier(
            module, ImageSpec(image_shape, mean, std), outputs=outputs, member=member
        )
        if device != "auto" and resolve_device(device) != classifier.device:
            raise ValueError(
                f"device is {device!r}, but the module is on {classifier.device}: move it there "
                "first, by module.to(device)."
            )
        return cls(classifier, layer, inverse=inverse, class_names=class_names)

    def with_inverse(self, inverse: Inverse) -> InvertibleNetwork:
        """The same classifier with another way back.

        Both networks share the classifier's parameters, so the copy costs nothing; move them to
        another device before, not after.

        Args:
            inverse: fitted for this network, such as `RidgeInverse.fit(network, images)`.

        Raises:
            TypeError: not a fitted inverse.
            ValueError: an inverse of other shapes, or one that belongs to another network.
        """
        other = self._copy()
        other._set_inverse(inverse)
        return other

    def at(self, layer: str | nn.Module) -> InvertibleNetwork:
        """The same network with another code.

        Its inverse comes along where one was fitted for that layer, or for all of them.

        Args:
            layer: one of `layers`, by its name or as the submodule.

        Raises:
            ValueError: no such layer, or one that cannot be the code.
        """
        other = self._copy()
        other.layer, other.encoder, other.head = self.classifier.split(layer)
        fitted = self._inverses.get(other.layer.name)
        if fitted is None and self.inverse is not None:
            fitted = self.inverse.at(other.layer)
        other.inverse = None
        if fitted is not None:
            other._set_inverse(fitted)
        return other

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The classifier's layers, in the order of the computation."""
        return self.classifier.layers

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of one image, `(H, W)` or `(C, H, W)`."""
        return self.images.shape

    @property
    def code_shape(self) -> tuple[int, ...]:
        """The shape of one code, `[D]`, `[C, H, W]` or `[T, D]`."""
        return self.layer.code_shape

    @property
    def units(self) -> int:
        """Components of a vector code, channels of a spatial or token code."""
        return self.layer.units

    @property
    def device(self) -> torch.device:
        """Where the parameters live."""
        return self.classifier.device

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type of images and codes."""
        return self.classifier.dtype

    def encode(self, images: ArrayLike) -> Array:
        """Image → code.

        Args:
            images: `[N, *image_shape]`, `[N, pixels]` or one image; floats in [0, 1], or
                integers 0…255.

        Returns:
            Codes, float32 `[N, *code_shape]`, unbounded.

        Raises:
            TypeError: not an array of numbers.
            ValueError: empty, of another shape, not finite, or on another scale.
        """
        return _answer(images, self.encoder(self._images(images)), "the code")

    def classify(self, codes: ArrayLike) -> Array:
        """Code → class probabilities.

        Args:
            codes: `[N, *code_shape]` or one code.

        Returns:
            Probabilities, float32 `[N, classes]`; each row sums to 1.

        Raises:
            TypeError: not an array of numbers.
            ValueError: empty, of another shape, not finite, or so large that the arithmetic
                overflows.
        """
        return _answer(codes, softmax(self.head(self._codes(codes))), "the answer")

    def invert(self, codes: ArrayLike) -> Array:
        """Code → image, through `inverse`.

        Args:
            codes: `[N, *code_shape]` or one code.

        Returns:
            Images, float32 `[N, *image_shape]`; nominally in [0, 1], but an inverse may overshoot.

        Raises:
            TypeError: not an array of numbers.
            ValueError: empty, of another shape, not finite, or so large that the arithmetic
                overflows; the network has no inverse.
        """
        return _answer(codes, self.inverted(self._codes(codes)), "the image")

    def reconstruct(self, images: ArrayLike) -> Reconstruction:
        """Image → code → image, with what the network says of the original on the way.

        Args:
            images: as for `encode`.

        Raises:
            TypeError: not an array of numbers.
            ValueError: as for `encode`; the network has no inverse.
        """
        codes = self.encoder(self._images(images))
        return Reconstruction(
            images=_answer(images, self.inverted(codes), "the image"),
            codes=_answer(images, codes, "the code"),
            probabilities=_answer(images, softmax(self.head(codes)), "the answer"),
        )

    def inverted(self, codes: Tensor) -> Tensor:
        """`invert` for tensors that are already `[N, *code_shape]` on this device; no checks.

        Raises:
            ValueError: the network has no inverse.
        """
        if self.inverse is None:
            raise ValueError(
                f"this network has no way back from its layer {self.layer.name} yet; fit one: "
                "network = network.with_inverse(RidgeInverse.fit(network, images))."
            )
        return self.inverse(codes)

    def forward(self, images: Tensor) -> Tensor:
        """Class scores (logits) `[N, classes]` of images `[N, *image_shape]`; no checks."""
        return self.head(self.encoder(images))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a safetensors file; `invertviz.load` reads it.

        Raises:
            OSError: the path cannot be written; nothing is left half-written.
            ValueError: the network holds what is not finite, or what a file cannot hold.
        """
        content = to_bytes(self)
        with written_whole(path) as part:
            part.write_bytes(content)

    def __repr__(self) -> str:
        """One line for people: what it takes, the code, the classes, the way back."""
        shape = "x".join(map(str, self.image_shape))
        code = "x".join(map(str, self.code_shape))
        back = "no inverse" if self.inverse is None else f"{self.inverse.kind} inverse"
        return (
            f"InvertibleNetwork({shape} images → {code} at {self.layer.name} → "
            f"{len(self.class_names)} classes, {back})"
        )

    def _copy(self) -> InvertibleNetwork:
        other = copy.copy(self)
        other._modules = {**self._modules}
        other._inverses = {**self._inverses}
        other.training_record = {**self.training_record}
        return other

    def _set_inverse(self, inverse: Inverse) -> None:
        if not isinstance(inverse, Inverse):
            given = inverse.__name__ if isinstance(inverse, type) else repr(inverse)
            raise TypeError(
                f"{given} is not a fitted inverse; fit one, for example "
                "RidgeInverse.fit(network, images), and pass what that returns."
            )
        inverse.check_fits(self)
        here = (self.device, self.dtype)
        if any((tensor.device, tensor.dtype) != here for tensor in inverse.parameters()):
            inverse = copy.deepcopy(inverse).to(*here)  # other networks may use the one given
        self.inverse = inverse
        self._inverses[self.layer.name] = inverse

    def _images(self, images: ArrayLike) -> Tensor:
        return as_images(images, self.images, device=self.device, dtype=self.dtype)

    def _codes(self, codes: ArrayLike) -> Tensor:
        return as_codes(codes, self.code_shape, device=self.device, dtype=self.dtype)


def _answer(given: ArrayLike, result: Tensor, what: str) -> Array:
    """A result as what came in, if it is finite."""
    if not math.isfinite(result.detach().sum().item()) and not bool(result.isfinite().all()):
        raise ValueError(
            f"the network's arithmetic overflows: {what} would hold NaN or infinite values. Codes "
            f"of real images are much smaller; see network.encode(images)."
        )
    return like(given, result)


def _checked_names(class_names: Sequence[str] | None, classes: int) -> tuple[str, ...]:
    """One name a class.

    Raises:
        TypeError: names that are no text.
        ValueError: another number of names, an empty one, or one that is given twice.
    """
    if class_names is None:
        return tuple(map(str, range(classes)))
    names = tuple(map(str, [class_names] if isinstance(class_names, str) else class_names))
    if len(names) != classes:
        raise ValueError(f"{len(names)} class names were given for {classes} classes.")
    if not all(name.strip() for name in names):
        raise ValueError(
            f"class {[bool(n.strip()) for n in names].index(False)} has an empty name."
        )
    twice = {name for name in names if names.count(name) > 1} if len({*names}) < classes else ()
    if twice:
        raise ValueError(
            f"the class names {sorted(twice)} are given more than once; no two may be alike."
        )
    return names


def _chained(network: InvertibleNetwork, matrices: Sequence[ArrayLike]) -> Inverse:
    """The article's way back, of anyone's matrices."""
    inverse = inverse_of_kind("learned").unfitted(network, {})
    wanted = inverse.named_tensors().values()
    if len(matrices) != len(wanted):
        raise ValueError(
            f"{len(matrices)} inverse matrices were given for {len(wanted)} hidden layers; "
            "give one for each, from the code to the pixels: inverse=[W2inv, W1inv]."
        )
    for i, (values, parameter) in enumerate(zip(matrices, wanted, strict=True), start=1):
        array = matrix(values, 2, f"inverse matrix {i}")
        if array.shape != parameter.shape:
            raise ValueError(
                f"inverse matrix {i} has shape {list(array.shape)}, but {list(parameter.shape)} "
                f"follows from the layers (an inverse matrix is [out, in] of the layer that it "
                "turns around, from the code to the pixels)."
            )
        parameter.data.copy_(array)
    return inverse
