"""What an image is: its shape, what a model expects of its values, and what people pass in."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from invertviz._arrays import ArrayLike, as_tensor, finite
from invertviz._sources import images_of

CHUNK = 10_000
"""Images at a time where there may be many."""

_ROUNDING = 1e-6  # how far beyond [0, 1] arithmetic may have carried a value
_MANY = 16  # images of which one at least is bright
_DARK = 31  # integers up to which even one image is more likely to be of another scale
_DARK_ALL = 127  # likewise of many


@dataclass(frozen=True)
class ImageSpec:
    """The images that a network takes.

    Images are float32 in [0, 1] for people and everywhere in invertviz; a model that was trained
    on standardized images gets (x - mean) / std.

    Attributes:
        shape: `(height, width)` for grey, or `(channels, height, width)` with 1 or 3 channels.
        mean: one number for all channels, or one for each.
        std: likewise, positive.

    Raises:
        TypeError: not numbers.
        ValueError: a shape of no such kind, a mean or std that is not finite or does not fit it.
    """

    shape: tuple[int, ...]
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __init__(
        self,
        shape: Sequence[int],
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
    ) -> None:
        object.__setattr__(self, "shape", _checked_shape(shape))
        object.__setattr__(self, "mean", self._by_channel(mean, "mean"))
        object.__setattr__(self, "std", self._by_channel(std, "std"))
        if min(self.std) <= 0:
            raise ValueError(f"std is {std}; give positive numbers.")

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""
        return self.shape[0] if len(self.shape) == 3 else 1

    @property
    def height(self) -> int:
        """Rows."""
        return self.shape[-2]

    @property
    def width(self) -> int:
        """Columns."""
        return self.shape[-1]

    @property
    def pixels(self) -> int:
        """Numbers in one image, channels included."""
        return math.prod(self.shape)

    def standardize(self, images: Tensor) -> Tensor:
        """Images `[N, *shape]` in [0, 1] as the model expects them, `[N, C, H, W]`."""
        planes = images.reshape(-1, self.channels, self.height, self.width)
        if set(self.mean) == {0.0} and set(self.std) == {1.0}:
            return planes
        mean, std = (planes.new_tensor(v).reshape(-1, 1, 1) for v in (self.mean, self.std))
        return (planes - mean) / std

    def _by_channel(self, value: float | Sequence[float], name: str) -> tuple[float, ...]:
        numbers = as_tensor(value, name).double().reshape(-1).tolist()
        if len(numbers) not in (1, self.channels) or not all(map(math.isfinite, numbers)):
            raise ValueError(
                f"{name} is {value}; give one finite number, or one for each of the "
                f"{self.channels} channels of images of shape {list(self.shape)}."
            )
        return tuple(numbers)


def as_images(
    images: ArrayLike,
    spec: ImageSpec,
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    name: str = "images",
) -> Tensor:
    """Check images and lay them out: the one way in for everything that takes images.

    Args:
        images: `[N, *shape]`, `[N, pixels]` (flattened as torch does, channels first), one image
            of either layout; grey images also with a channel axis, first or last, colour ones
            also `[N, H, W, 3]`. Floats in [0, 1]; integers 0…255, which are divided by 255; bools.
        spec: what the network takes.
        device: where the result lives.
        dtype: the result's floating-point type.
        name: what the argument is called in error messages.

    Returns:
        A tensor `[N, *shape]` in [0, 1]; a single image becomes a batch of one.

    Raises:
        TypeError: not an array of numbers.
        ValueError: empty, of another shape, not finite, or on another scale.
    """
    stack = as_stack(images, spec, name=name)
    check_scale(stack, name)
    return as_floats(stack, device=device, dtype=dtype, name=name)


def as_stack(images: ArrayLike, spec: ImageSpec, *, name: str = "images") -> Tensor:
    """`as_images` up to its conversion: `[N, *shape]` as they were given, and not copied.

    Raises:
        TypeError: not an array of numbers.
        ValueError: empty, or of another shape.
    """
    given = as_tensor(images_of(images), name)
    size, shape = tuple(given.shape), spec.shape
    if given.numel() == 0:
        raise ValueError(f"{name} is empty (shape {list(size)}); give at least one image.")
    flat = (spec.pixels,)
    grey = (spec.height, spec.width)
    first, last = (spec.channels, *grey), (*grey, spec.channels)
    for one in dict.fromkeys((shape, flat, first, *([grey] if spec.channels == 1 else ()))):
        if size == one or size[1:] == one:
            return given.reshape(-1, *shape)
    if size == last or size[1:] == last:
        return given.movedim(-1, -3).reshape(-1, *shape)
    raise ValueError(
        f"{name} has shape {list(size)}, but this network takes images of shape {list(shape)}: "
        f"give [N, {', '.join(map(str, shape))}], [N, {spec.pixels}], or a single image"
        + _channels_advice(size, spec)
    )


def check_scale(stack: Tensor, name: str = "images") -> None:
    """Refuse images that are plainly on another scale than the one that their type stands for.

    Looks at the whole array, as far as it takes to be sure.

    Args:
        stack: `[N, *shape]` as it was given.
        name: what the argument is called in error messages.

    Raises:
        ValueError: integers outside 0…255, or so small that they are hardly on that scale.
    """
    if stack.is_floating_point() or stack.dtype == torch.bool:
        return  # floats are looked at where they are converted
    enough = _DARK_ALL if len(stack) >= _MANY else _DARK
    low, high = 0, 0
    for some in stack.split(CHUNK):
        least, most = (int(end) for end in some.aminmax())
        low, high = min(low, least), max(high, most)
        if stack.dtype == torch.uint8 and high > enough:
            return
    if low < 0 or high > 255:
        raise ValueError(
            f"{name} holds integers from {low} to {high}; integer images go from 0 to 255, float "
            f"images from 0 to 1: divide by the largest possible value, such as / {_scale(high)}."
        )
    if 0 < high <= enough:
        raise ValueError(
            f"{name} holds integers from {low} to {high} only, and integer images go from 0 to "
            f"255: as such these would be all but black. If {_scale(high)} is white, pass "
            f"{name} / {_scale(high)}; if they are as dark as that, {name} / 255."
        )


def as_floats(
    stack: Tensor,
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    name: str = "images",
) -> Tensor:
    """Some of `as_stack` as floats in [0, 1]; integers are 0…255 and are divided by 255.

    Raises:
        ValueError: not finite, or floats outside [0, 1].
    """
    if stack.dtype == torch.bool or len(stack) == 0:
        return stack.to(device, dtype)
    if not stack.is_floating_point():
        return stack.to(device).to(dtype).div_(255)
    images = finite(stack.to(device, dtype), name)
    low, high = (float(end) for end in images.detach().aminmax())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ValueError(
            f"{name} has values from {low:.4g} to {high:.4g}; float images go from 0 to 1. "
            + _scale_advice(low, high, name)
        )
    return images


def in_chunks(stack: Tensor, *, device: torch.device, dtype: torch.dtype) -> Iterator[Tensor]:
    """`as_stack` as floats in [0, 1], `CHUNK` images at a time: a data set of any size fits.

    Raises:
        ValueError: not finite, or on another scale.
    """
    check_scale(stack)
    for some in stack.split(CHUNK):
        yield as_floats(some, device=device, dtype=dtype)


def displayable(images: Tensor) -> Tensor:
    """Images as a screen or a file shows them: what lies outside [0, 1] is clipped."""
    return images.clamp(0, 1)


def _checked_shape(shape: Sequence[int]) -> tuple[int, ...]:
    try:
        sizes = tuple(operator.index(size) for size in shape)
    except TypeError:
        sizes = ()
    if len(sizes) not in (2, 3) or min(sizes) < 1:
        raise ValueError(
            f"image_shape is {shape!r}; give (height, width) for grey images, or (channels, "
            "height, width) with 1 or 3 channels, such as (3, 32, 32)."
        )
    *channels, height, width = sizes
    if channels not in ([], [1], [3]):
        last = f"; channels come first: ({width}, {channels[0]}, {height})"
        raise ValueError(
            f"image_shape is {shape!r}, which has {channels[0]} channels; images have 1 or 3"
            f"{last if width in (1, 3) else ''}."
        )
    return sizes


def _channels_advice(size: tuple[int, ...], spec: ImageSpec) -> str:
    grey = (spec.height, spec.width)
    if spec.channels == 1 and (size[-2:] == grey or size[-3:-1] == grey):
        return ". Colour images are made grey by their mean over the channels."
    if spec.channels == 3 and size[-2:] == grey:
        return ". Grey images become colour ones by repeating them along a channel axis of 3."
    return "."


def _scale(high: int) -> int:
    """What is probably white where the largest integer seen is `high`."""
    return next(
        (top for top in (1, 15, 16, 31, 63, 100, 127, 255, 1023, 4095) if high <= top), high
    )


def _scale_advice(low: float, high: float, name: str) -> str:
    if low >= 0 and high <= 256:
        return f"Divide by the value of white: {name} / {_scale(math.ceil(high))}, or pass uint8."
    if low >= -1 - _ROUNDING and high <= 1 + _ROUNDING:
        return f"If -1 is black, pass ({name} + 1) / 2; what an inverse overshot, clip to [0, 1]."
    return (
        f"If they were standardized, undo it: {name} * std + mean. What an inverse overshot, clip "
        f"to [0, 1]."
    )
