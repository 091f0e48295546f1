"""The parts of a network, and what each promises the others."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor, nn

from invertviz._arrays import ArrayLike
from invertviz.images import ImageSpec

if TYPE_CHECKING:
    from typing_extensions import Self

GradientAt: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Of codes: their probabilities `[N, classes]`, and the gradient of a loss, shaped as they are."""


class Layer(NamedTuple):
    """A named submodule of a classifier.

    Attributes:
        name: as in `named_modules()`.
        code_shape: the shape of one code there: `[D]`, `[C, H, W]` or `[T, D]`.
        usable: whether its output can be the code.
        reason: why not; "" where it can.
    """

    name: str
    code_shape: tuple[int, ...]
    usable: bool = True
    reason: str = ""

    @property
    def unit_axis(self) -> int:
        """Which axis of a code counts its units: tokens come before theirs, positions after."""
        return 1 if len(self.code_shape) == 2 else 0

    @property
    def units(self) -> int:
        """Components of a vector code, channels of a spatial or token code."""
        return self.code_shape[self.unit_axis]

    def values(self, codes: Tensor) -> Tensor:
        """What each unit is in codes `[N, *code_shape]`, `[N, units]`: of a channel, its mean."""
        return codes.movedim(1 + self.unit_axis, 1).reshape(len(codes), self.units, -1).mean(-1)

    def shifted(self, codes: Tensor, shifts: Tensor) -> Tensor:
        """Codes with `[N, units]` added: to a channel, at all of its positions."""
        across = [1] * len(self.code_shape)
        across[self.unit_axis] = self.units
        return codes + shifts.reshape(-1, *across)


class Encoder(nn.Module, ABC):
    """From images to codes.

    Attributes:
        code_shape: the shape of one code.
    """

    code_shape: tuple[int, ...]

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Codes `[N, *code_shape]` of images `[N, *image_shape]` in [0, 1]; no checks."""


class Head(nn.Module, ABC):
    """From codes to class scores."""

    @abstractmethod
    def forward(self, codes: Tensor) -> Tensor:
        """Logits `[N, classes]` of codes `[N, *code_shape]`: their softmax is p. No checks."""

    def gradient(self, targets: Tensor) -> GradientAt:
        """What gives, of codes, p and the gradient of Σ|target - p| with respect to them.

        Args:
            targets: wanted probabilities, float `[N, classes]`.
        """

        def gradient_at(codes: Tensor) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                codes = codes.detach().requires_grad_(True)
                p = self(codes).softmax(-1)
                (gradient,) = torch.autograd.grad((targets - p).abs().sum(), codes)
            return p.detach(), gradient

        return gradient_at

    def exactly(self, codes: Tensor) -> Tensor:
        """Logits in double precision of codes in double precision: all engines rank alike."""
        tensors = {**dict(self.named_parameters()), **dict(self.named_buffers())}
        doubles = {k: t.double() if t.is_floating_point() else t for k, t in tensors.items()}
        return torch.func.functional_call(self, doubles, (codes,))


class Split(NamedTuple):
    """A classifier cut at one of its layers: head(encoder(images)) are its logits."""

    layer: Layer
    encoder: Encoder
    head: Head


class Classifier(ABC):
    """Anything that gives class scores of images and can be cut at its layers.

    Attributes:
        images: what it takes.
        classes: how many it tells apart, 2 or more.
        layers: in the order of the computation.
    """

    images: ImageSpec
    classes: int
    layers: tuple[Layer, ...]

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where its parameters live."""

    @property
    @abstractmethod
    def dtype(self) -> torch.dtype:
        """Floating-point type of images and codes."""

    @abstractmethod
    def tensors(self) -> Iterator[Tensor]:
        """The tensors that its answers come from, where they live."""

    @abstractmethod
    def split(self, layer: str | nn.Module | None = None) -> Split:
        """Cut it at a layer, by its name or as the submodule.

        Args:
            layer: the last vector before the classes if None.

        Raises:
            ValueError: no such layer, or one that cannot be cut at.
        """

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """What a file must say of it beside its tensors; JSON.

        Raises:
            ValueError: its tensors do not tell what it answers.
        """

    @abstractmethod
    def named_tensors(self) -> dict[str, Tensor]:
        """Its tensors under their names in a file, of the type that they have there."""


class Network(Protocol):
    """What anything may ask of a network; `InvertibleNetwork` is one."""

    classifier: Classifier
    encoder: Encoder
    head: Head
    inverse: Inverse | None
    images: ImageSpec
    layer: Layer
    class_names: tuple[str, ...]
    training_record: dict[str, Any]

    @property
    def device(self) -> torch.device:
        """Where its parameters live."""

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type of its parameters."""


class Inverse(nn.Module):
    """A way back from codes to images, for `InvertibleNetwork.with_inverse`.

    A subclass names its `kind`, fits itself in `fit`, inverts in `forward`, and says in
    `named_tensors` and `settings` what a checkpoint must hold of it for `unfitted` to make it
    again. Parameters that are not among `named_tensors` are the network's own, shared with it.

    Attributes:
        kind: the name of the method.
        code_shape: of the codes that it takes.
        image_shape: of the images that it gives.
        layer: the name of the layer that it was fitted for; "" where that is not known.
        fit_seconds: what fitting took, where `fit_inverses` did it; NaN elsewhere.
    """

    kind: ClassVar[str]
    code_shape: tuple[int, ...]
    image_shape: tuple[int, ...]
    layer: str = ""
    fit_seconds: float = math.nan

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make it known under its kind."""
        super().__init_subclass__(**kwargs)
        if "kind" in vars(cls):
            INVERSES[cls.kind] = cls

    @classmethod
    def fit(
        cls, network: Network, images: ArrayLike, *, seed: int = 0, progress: bool = True
    ) -> Self:
        """Fit a way back through a trained network.

        Args:
            network: the network; it stays as it is.
            images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255.
            seed: of everything random.
            progress: show a progress bar.

        Raises:
            TypeError: not an array of numbers.
            ValueError: empty, of another shape, not finite, or on another scale.
        """
        raise NotImplementedError

    @classmethod
    def unfitted(cls, network: Network, settings: Mapping[str, Any]) -> Self:
        """One with these `settings` whose `named_tensors` have their shapes, but no values yet.

        Raises:
            KeyError, TypeError, ValueError: settings that are missing or make no sense.
        """
        raise NotImplementedError

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes `[N, *code_shape]` to images, float `[N, *image_shape]`; no checks."""
        raise NotImplementedError

    def at(self, layer: Layer) -> Inverse | None:  # noqa: ARG002
        """The way back from another layer of the same network, where this one knows it, too."""
        return None

    @classmethod
    def suits(cls, network: Network) -> bool:  # noqa: ARG003
        """Whether such a network can be inverted so; any can, unless a subclass says otherwise."""
        return True

    @property
    def settings(self) -> dict[str, Any]:
        """What `unfitted` needs to make one of the same shape; JSON."""
        return {}

    def named_tensors(self) -> dict[str, nn.Parameter]:
        """The fitted tensors under their names in a checkpoint: inverse1, …, inverse_b1, …."""
        return {}

    def check_fits(self, network: Network) -> None:
        """Refuse a network that this is no way back through.

        Raises:
            ValueError: other shapes, another layer, or an inverse that works through another
                network's layers.
        """
        advice = f"fit one for it: {type(self).__name__}.fit(network, images)."
        if (self.code_shape, self.image_shape) != (network.layer.code_shape, network.images.shape):
            raise ValueError(
                f"this {self.kind} inverse takes codes of shape {list(self.code_shape)} to images "
                f"of {list(self.image_shape)}, but the network has {list(network.layer.code_shape)}"
                f" and {list(network.images.shape)}; {advice}"
            )
        if self.layer not in ("", network.layer.name):
            raise ValueError(
                f"this {self.kind} inverse is from the layer {self.layer}, but the network's codes "
                f"are those of {network.layer.name}; {advice}"
            )
        own = {id(tensor) for tensor in self.named_tensors().values()}
        theirs = {
            id(tensor) for part in (network.encoder, network.head) for tensor in part.parameters()
        }
        if not {id(tensor) for tensor in self.parameters()} <= own | theirs:
            raise ValueError(
                f"this {self.kind} inverse works through the layers of another network; {advice}"
            )


INVERSES: dict[str, type[Inverse]] = {}
"""The kinds of inverses that were imported, by name."""


def inverse_of_kind(kind: str) -> type[Inverse]:
    """The kind of inverse of that name, from whichever package declares it.

    Packages declare theirs as entry points "invertviz.inverses", as invertviz itself does.

    Raises:
        ValueError: no such kind.
    """
    if kind not in INVERSES:
        declared = entry_points(group="invertviz.inverses")
        for point in declared.select(name=kind):
            point.load()
        if kind not in INVERSES:
            raise ValueError(
                f"an inverse of the kind {kind!r} is not known here; known are "
                f"{sorted({*INVERSES, *declared.names})}."
            )
    return INVERSES[kind]
