"""Codes of every shape as maps of positions, so that one kind of layers works on all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from invertviz.images import ImageSpec


class Grid(NamedTuple):
    """How a code is laid out as a map `[channels, height, width]`.

    A vector is a map of one position. Tokens lie on their grid of patches; those before them, such
    as a class token, are given to every position.

    Attributes:
        code_shape: of the codes.
        channels: of the map.
        height: likewise.
        width: likewise.
        axes: where the map's axes are in a spatial code: (0, 1, 2) if channels come first.
    """

    code_shape: tuple[int, ...]
    channels: int
    height: int
    width: int
    axes: tuple[int, ...] = (0, 1, 2)

    @classmethod
    def of(cls, code_shape: Sequence[int], images: ImageSpec) -> Grid:
        """The map that codes of this shape are, where images of that shape are looked at."""
        shape = tuple(code_shape)
        if len(shape) == 3:
            first, second, third = shape
            # Some transformers keep channels last; the image's proportions tell.
            if not _alike(second, third, images) and _alike(first, second, images):
                return cls(shape, third, first, second, (2, 0, 1))
            return cls(shape, first, second, third)
        if len(shape) == 2:
            tokens, width = shape
            for before in range(max(1, tokens // 16) + 1):
                size = _patches(tokens - before, images)
                if size is not None:
                    return cls(shape, width * (1 + before), *size)
        return cls(shape, math.prod(shape), 1, 1)

    @classmethod
    def of_image(cls, images: ImageSpec) -> Grid:
        """The map that images are."""
        shape = images.channels, images.height, images.width
        return cls(shape, *shape)

    def lay_out(self, codes: Tensor) -> Tensor:
        """Codes `[N, *code_shape]` as maps `[N, channels, height, width]`."""
        count = len(codes)
        codes = codes.reshape(count, *self.code_shape)
        if len(self.code_shape) == 3:
            return codes.permute(0, *(1 + axis for axis in self.axes))
        if self.height * self.width == 1:
            return codes.reshape(count, self.channels, 1, 1)
        before = len(codes[0]) - self.height * self.width
        maps = codes[:, before:].movedim(2, 1).reshape(count, -1, self.height, self.width)
        if not before:
            return maps
        everywhere = codes[:, :before].reshape(count, -1, 1, 1)
        return torch.cat([maps, everywhere.expand(-1, -1, self.height, self.width)], 1)


def _alike(height: int, width: int, images: ImageSpec) -> bool:
    """Whether a map has the proportions of the images, but for rounding."""
    return abs(height * images.width - width * images.height) <= max(images.height, images.width)


def _patches(count: int, images: ImageSpec) -> tuple[int, int] | None:
    """Height and width of so many patches of images, if they can be a grid of squares."""
    height = round(math.sqrt(count * images.height / images.width)) if count > 1 else 0
    if height and count % height == 0 and _alike(height, count // height, images):
        return height, count // height
    return None
