"""The boundary: what people pass in becomes tensors, results go back as what came in."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ArrayLike: TypeAlias = Any  # a numpy array, a torch tensor, or nested lists of numbers
Array: TypeAlias = Any  # a numpy array or a torch tensor, as the caller's input was

CHUNK = 10_000
"""Images at a time where there may be many."""

_BARE_TYPES = (torch.uint16, torch.uint32, torch.uint64)


def resolve_device(device: str | torch.device) -> torch.device:
    """Turn "auto", "cpu", "cuda", "cuda:1", … into a device that is there.

    Raises:
        ValueError: the device is unknown or not available on this machine.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f'device {device!r} is not known; use "auto", "cpu" or "cuda" (or "cuda:1", …).'
        ) from error
    if resolved.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            f'device {device!r} was asked for, but CUDA is not available here; use "auto" or "cpu".'
        )
    try:
        torch.empty(0, device=resolved)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(
            f"device {device!r} was asked for, but is not available here "
            f'({str(error).splitlines()[0]}); use "auto" or "cpu".'
        ) from error
    return resolved


def generator_of(seed: int) -> torch.Generator:
    """Random numbers drawn on the CPU, so that a seed gives the same on every device.

    Raises:
        TypeError: a seed that is no integer.
    """
    try:
        return torch.Generator().manual_seed(operator.index(seed))
    except TypeError as error:
        raise TypeError(f"seed is {seed!r}; give an integer.") from error


def as_images(
    images: ArrayLike,
    image_shape: Sequence[int],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    name: str = "images",
) -> Tensor:
    """Check images and lay them out as rows of pixels.

    Args:
        images: `[N, *image_shape]`, `[N, pixels]`, one image `image_shape` or `[pixels]`.
            Floats are taken as they are; integers are 0…255 and are divided by 255.
        image_shape: the shape of one image.
        device: where the result lives.
        dtype: the result's floating-point type.
        name: what the argument is called in error messages.

    Returns:
        A tensor `[N, pixels]`; a single image becomes a batch of one.

    Raises:
        TypeError: not an array of numbers.
        ValueError: empty, of another shape, not finite, or integers outside 0…255.
    """
    return as_pixels(as_rows(images, image_shape, name=name), device=device, dtype=dtype, name=name)


def as_rows(images: ArrayLike, image_shape: Sequence[int], *, name: str = "images") -> Tensor:
    """`as_images` up to its conversion: rows of pixels as they were given, and not copied.

    Raises:
        TypeError: not an array of numbers.
        ValueError: empty, or of another shape.
    """
    given = as_tensor(images, name)
    shape = tuple(image_shape)
    pixels = math.prod(shape)
    found = tuple(given.shape)
    if found in (shape, (pixels,)):
        return given.reshape(1, pixels)
    if len(found) >= 2 and found[0] > 0 and found[1:] in (shape, (pixels,)):
        return given.reshape(found[0], pixels)
    if given.numel() == 0:
        raise ValueError(f"{name} is empty (shape {list(found)}); give at least one image.")
    raise ValueError(
        f"{name} has shape {list(found)}, but this network takes images of shape "
        f"{list(shape)}: give [N, {', '.join(map(str, shape))}], [N, {pixels}], "
        "or a single image."
    )


def as_pixels(
    rows: Tensor,
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    name: str = "images",
) -> Tensor:
    """Some of `as_rows`, as floats: integers are 0…255 and are divided by 255.

    Raises:
        ValueError: not finite, or integers outside 0…255.
    """
    if rows.dtype == torch.bool:
        return rows.to(device, dtype)
    if not rows.is_floating_point():
        if rows.dtype != torch.uint8:
            low, high = int(rows.min()), int(rows.max())
            if low < 0 or high > 255:
                raise ValueError(
                    f"{name} holds integers from {low} to {high}; integer images go from 0 to "
                    "255 (float images from 0 to 1)."
                )
        return rows.to(device).to(dtype).div_(255)
    return finite(rows.to(device, dtype), name)


def in_chunks(rows: Tensor, *, device: torch.device, dtype: torch.dtype) -> Iterator[Tensor]:
    """`as_rows` as floats in [0, 1], `CHUNK` images at a time: a data set of any size fits.

    Raises:
        ValueError: not finite, or out of range.
    """
    for some in rows.split(CHUNK):
        pixels = as_pixels(some, device=device, dtype=dtype)
        check_brightness(pixels)
        yield pixels


def as_codes(
    codes: ArrayLike,
    width: int,
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    name: str = "codes",
) -> Tensor:
    """Check codes `[N, width]` or one code `[width]`; give a tensor `[N, width]`.

    Raises:
        TypeError: not an array of numbers.
        ValueError: empty, of another width, or not finite.
    """
    given = as_tensor(codes, name)
    if given.numel() == 0:
        raise ValueError(f"{name} is empty (shape {list(given.shape)}); give at least one code.")
    if given.ndim == 1:
        given = given[None]
    if given.ndim != 2 or given.shape[1] != width:
        raise ValueError(
            f"{name} has shape {list(given.shape)}, but this network's codes have {width} units: "
            f"give [N, {width}] or a single code [{width}]."
        )
    return finite(given.to(device, dtype), name)


def as_labels(
    labels: ArrayLike, *, count: int, classes: int | None, device: torch.device
) -> Tensor:
    """Check labels: `count` integers in 0…classes-1, or from 0 on; give an int64 tensor `[count]`.

    Raises:
        TypeError: not integers.
        ValueError: not one label an image, or a label beyond the classes.
    """
    given = as_tensor(labels, "labels")
    if given.is_floating_point() or given.dtype == torch.bool:
        raise TypeError(f"labels are class numbers and must be integers, not {given.dtype}.")
    if tuple(given.shape) != (count,):
        raise ValueError(
            f"labels has shape {list(given.shape)}, but there are {count} images: "
            f"give one label an image, shape [{count}]."
        )
    low, high = int(given.min()), int(given.max())
    if classes is None and low < 0:
        raise ValueError(f"labels go from {low} to {high}; number the classes from 0 on.")
    if classes is not None and (low < 0 or high >= classes):
        raise ValueError(
            f"labels go from {low} to {high}, but there are {classes} classes (0 to {classes - 1})."
        )
    return given.to(device, torch.int64)


def check_brightness(rows: Tensor, name: str = "images") -> None:
    """Refuse float images that are clearly not on the scale 0…1.

    Raises:
        ValueError: values outside [0, 1].
    """
    low, high = float(rows.min()), float(rows.max())
    if low < -1e-6 or high > 1 + 1e-6:
        raise ValueError(
            f"{name} has values from {low:g} to {high:g}; float images go from 0 to 1 "
            "(divide by 255, or pass them as uint8)."
        )


@overload
def like(given: Tensor, result: Tensor) -> Tensor: ...
@overload
def like(given: ArrayLike, result: Tensor) -> Array: ...
def like(given: ArrayLike, result: Tensor) -> Array:
    """Hand a result back as what came in: torch (on the input's device) or numpy."""
    if isinstance(given, Tensor):
        return result.to(given.device)
    return to_numpy(result)


def to_numpy(result: Tensor) -> NDArray[Any]:
    """A tensor as a numpy array of its own."""
    array: NDArray[Any] = result.numpy(force=True)
    return array


def as_tensor(values: ArrayLike, name: str) -> Tensor:
    """Any array of real numbers as a tensor, not copied where it need not be.

    Raises:
        TypeError: not an array of real numbers.
        ValueError: nested lists of unequal lengths.
    """
    if isinstance(values, Tensor):
        if values.is_complex():
            raise TypeError(f"{name} holds complex numbers; give real ones.")
        # torch can store the wider unsigned integers, and do next to nothing with them.
        return values.to(torch.int64) if values.dtype in _BARE_TYPES else values
    try:
        array = np.asarray(values)
    except ValueError as error:  # ragged lists
        raise ValueError(f"{name} is not a rectangular array: {error}") from error
    if array.dtype.kind not in "buif":
        raise TypeError(
            f"{name} must be a numpy array or torch tensor of numbers, "
            f"not {type(values).__name__} of {array.dtype}."
        )
    array = array.astype(array.dtype.newbyteorder("="), copy=False)  # torch knows no other
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "u" and size > 1:  # of unsigned integers, and of floats, torch has not all sizes
        array = array.astype(np.int64)
    if kind == "f" and size not in (4, 8):
        array = array.astype(np.float64)
    # torch shares memory with the array, unless it is flipped or a field of records.
    if any(stride < 0 or stride % array.itemsize for stride in array.strides):
        array = array.copy()
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():  # torch's, though nothing is written to what is given
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        return torch.from_numpy(array)


def finite(values: Tensor, name: str) -> Tensor:
    """The values, if all of them are finite.

    Raises:
        ValueError: NaN or infinite ones.
    """
    # NaN and infinity show in the sum: one pass, where isfinite takes several.
    if not math.isfinite(values.sum().item()) and not bool(torch.isfinite(values).all()):
        bad = int((~torch.isfinite(values)).sum())
        raise ValueError(f"{name} holds {bad} values that are NaN or infinite; all must be finite.")
    return values
