"""The parts of a network, and what each promises the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from invertviz.images import ImageSpec

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

    @abstractmethod
    def split(self, layer: str | None = None) -> Split:
        """Cut it at a layer of that name; at the last vector before the classes if None.

        Raises:
            ValueError: no such layer, or one that cannot be cut at.
        """
