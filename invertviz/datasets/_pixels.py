"""Arrays of any layout and scale, as images: float32 in [0, 1], grey or channels first."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from invertviz.datasets._stream import check_memory

_ROUNDING = 1e-6  # how far beyond [0, 1] arithmetic may have carried a value
_MANY = 16  # images of which one at least is bright
_DARK = 31  # integers up to which even one image is more likely to be of another scale
_DARK_ALL = 127  # likewise of many
_WHITES = (1, 15, 16, 31, 63, 100, 127, 255, 1023, 4095, 32767, 65535)
_CHUNK = 4096  # images at a time


class Reading(NamedTuple):
    """How a person says that images are to be read.

    Attributes:
        image_shape: `(H, W)`, or `(C, H, W)` with 1 or 3 channels; None: as they are found.
        white: the value of white; None: 255 of integers, 1 of floats.
    """

    image_shape: tuple[int, ...] | None = None
    white: float | None = None

    @classmethod
    def checked(cls, image_shape: Sequence[int] | None, white: float | None) -> Reading:
        """What a person gave, if it makes sense.

        Raises:
            TypeError: not numbers.
            ValueError: no shape of an image, no brightness.
        """
        shape = None
        if image_shape is not None:
            try:
                shape = tuple(operator.index(size) for size in image_shape)
            except TypeError as error:
                raise TypeError(
                    f"image_shape is {image_shape!r}; give (height, width), or (channels, height, "
                    "width)."
                ) from error
            if len(shape) not in (2, 3) or min(shape) < 1 or shape[:-2] not in ((), (1,), (3,)):
                raise ValueError(
                    f"image_shape is {image_shape!r}; give (height, width), or (channels, height, "
                    "width) with 1 or 3 channels, such as (3, 32, 32)."
                )
        if white is not None:
            try:
                white = float(white)
            except (TypeError, ValueError) as error:
                raise TypeError(f"white is {white!r}; give the number that is white.") from error
            if not 0 < white < math.inf:
                raise ValueError(f"white is {white:g}; give a positive number, such as 255.")
        return cls(shape, white)


def as_images(
    values: NDArray[Any], what: str, reading: Reading, *, any_scale: bool = False
) -> NDArray[np.float32]:
    """Lay images out and scale them.

    Args:
        values: `[N, H, W]`, `[N, C, H, W]`, `[N, H, W, C]` or rows of pixels `[N, pixels]`, of
            bools, integers 0…255 or floats in [0, 1].
        what: what they are, for errors.
        reading: what a person said about them.
        any_scale: they may be as dark as they like, since they are known to be right.

    Returns:
        float32 in [0, 1], `[N, H, W]` or `[N, 3, H, W]`.

    Raises:
        ValueError: no images, of no such layout, or on another scale.
    """
    if values.dtype.kind not in "buif":
        raise ValueError(f"{what} holds {values.dtype} instead of numbers.")
    if values.size == 0:
        raise ValueError(f"{what} holds no images (shape {list(values.shape)}).")
    laid_out = _laid_out(values, what, reading.image_shape)
    check_memory(4 * laid_out.size, what)
    divisor = _divisor(laid_out, what, reading.white, any_scale)
    images = np.empty(laid_out.shape, np.float32)
    for start in range(0, len(images), _CHUNK):
        part = slice(start, start + _CHUNK)
        images[part] = laid_out[part]
        images[part] /= np.float32(divisor)
    if laid_out.dtype.kind == "f":
        images.clip(0, 1, out=images)
    return images


def shape_of_row(pixels: int, image_shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The shape of an image of so many numbers: the one that was said, or a square.

    Returns:
        `(H, W)`, `(C, H, W)`, or None where there is no such image.
    """
    if image_shape is not None:
        size = math.prod(image_shape)
        if pixels == size:
            return image_shape
        return (3, *image_shape) if len(image_shape) == 2 and pixels == 3 * size else None
    for channels, shape in ((1, ()), (3, (3,))):
        side = math.isqrt(pixels // channels)
        if pixels == channels * side * side and side > 0:
            return (*shape, side, side)
    return None


def _laid_out(values: NDArray[Any], what: str, image_shape: tuple[int, ...] | None) -> NDArray[Any]:
    """`[N, H, W]` or `[N, 3, H, W]`, not copied where it need not be."""
    size = values.shape[1:]
    if len(size) == 1:
        shape = shape_of_row(size[0], image_shape)
        if shape is None:
            raise ValueError(
                f"{what} has rows of {size[0]} numbers, "
                + (
                    f"but image_shape={image_shape} has {math.prod(image_shape)}."
                    if image_shape
                    else "which are no square image, grey or in colour: give "
                    "image_shape=(height, width) or (3, height, width)."
                )
            )
        values = values.reshape(-1, *shape)
    elif len(size) == 3:
        values = _channels_first(values, what, image_shape)
    elif len(size) != 2:
        raise ValueError(
            f"{what} has shape {list(values.shape)}; images are [N, H, W], [N, C, H, W], "
            "[N, H, W, C] with 1 or 3 channels, or rows of pixels [N, pixels]."
        )
    if values.ndim == 4 and values.shape[1] == 1:
        values = values[:, 0]
    _check_shape(values.shape[1:], what, image_shape)
    return values


def _channels_first(
    values: NDArray[Any], what: str, image_shape: tuple[int, ...] | None
) -> NDArray[Any]:
    first, last = (values.shape[axis] in (1, 3) for axis in (1, 3))
    if first and last and image_shape is not None:
        wanted = image_shape[-2:]
        first, last = values.shape[2:] == wanted, values.shape[1:3] == wanted
        last = last and not first  # as torch has it
    if first and last:
        raise ValueError(
            f"{what} has shape {list(values.shape)}, whose channels may be first or last: say "
            "which by image_shape=(channels, height, width)."
        )
    if first:
        return values
    if last:
        return np.moveaxis(values, -1, 1)
    raise ValueError(
        f"{what} has shape {list(values.shape)}, whose channels are neither 1 nor 3, neither first "
        "nor last: images are [N, C, H, W] or [N, H, W, C]."
    )


def _check_shape(size: tuple[int, ...], what: str, image_shape: tuple[int, ...] | None) -> None:
    if image_shape is None:
        return
    wanted = image_shape[-2:] if len(image_shape) == 2 or image_shape[0] == 1 else image_shape
    if size[-len(wanted) :] != wanted or (len(image_shape) == 3 and size != wanted):
        raise ValueError(
            f"{what} holds images of shape {list(size)}, not {list(image_shape)}: only pictures in "
            "folders are resized."
        )


def _divisor(values: NDArray[Any], what: str, white: float | None, any_scale: bool) -> float:
    """The value of white, if what is there fits on that scale."""
    if values.dtype.kind == "b":
        return 1
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{what} holds values that are NaN or infinite; all must be finite.")
    if white is not None:
        if low < 0 or high > white * (1 + _ROUNDING):
            raise ValueError(f"{what} has values from {low:g} to {high:g}, beyond white={white:g}.")
        return white
    if values.dtype.kind == "f":
        if low < -_ROUNDING or high > 1 + _ROUNDING:
            raise ValueError(
                f"{what} has floats from {low:.4g} to {high:.4g}; float images go from 0 to 1. "
                + _advice(low, high)
            )
        return 1
    if low < 0 or high > 255:
        raise ValueError(
            f"{what} has integers from {low:g} to {high:g}; integer images go from 0 to 255. "
            + _advice(low, high)
        )
    if not any_scale and 0 < high <= (_DARK_ALL if len(values) >= _MANY else _DARK):
        raise ValueError(
            f"{what} has integers from {low:g} to {high:g} only, and integer images go from 0 to "
            f"255: as such these would be all but black. {_advice(low, high)} If they are as dark "
            "as that, give white=255."
        )
    return 255


def _advice(low: float, high: float) -> str:
    """How to load what is on another scale."""
    if low < 0:
        return (
            "What is black, what is white? Bring them to that scale first, and save them again: "
            "(images - black) / (white - black)."
        )
    white = next((one for one in _WHITES if high <= one), math.ceil(high))
    return f"Say what is white: load(…, white={white})."
