"""The boundary: what people pass in becomes tensors, results go back as what came in."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ArrayLike: TypeAlias = Any  # a numpy array, a torch tensor, or nested lists of numbers
Array: TypeAlias = Any  # a numpy array or a torch tensor, as the caller's input was

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


def as_codes(
    codes: ArrayLike,
    code_shape: Sequence[int],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    name: str = "codes",
) -> Tensor:
    """Check codes `[N, *code_shape]` or one code; give a tensor `[N, *code_shape]`.

    Raises:
        TypeError: not an array of numbers.
        ValueError: empty, of another shape, or not finite.
    """
    given, shape = as_tensor(codes, name), tuple(code_shape)
    if given.numel() == 0:
        raise ValueError(f"{name} is empty (shape {list(given.shape)}); give at least one code.")
    if tuple(given.shape) == shape:
        given = given[None]
    if tuple(given.shape[1:]) != shape:
        raise ValueError(
            f"{name} has shape {list(given.shape)}, but codes here have shape {list(shape)}: "
            f"give [N, {', '.join(map(str, shape))}] or a single code {list(shape)}."
        )
    return finite(given.to(device, dtype), name)


def one_code(
    code: ArrayLike,
    code_shape: Sequence[int],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    name: str = "code",
) -> Tensor:
    """Check a single code; give a tensor of `code_shape`.

    Raises:
        TypeError: not an array of numbers.
        ValueError: more than one, of another shape, or not finite.
    """
    codes = as_codes(code, code_shape, device=device, dtype=dtype, name=name)
    if len(codes) != 1:
        raise ValueError(f"{name} holds {len(codes)} codes; give one.")
    return codes[0]


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


@overload
def like(given: Tensor, result: Tensor) -> Tensor: ...
@overload
def like(given: ArrayLike, result: Tensor) -> Array: ...
def like(given: ArrayLike, result: Tensor) -> Array:
    """Hand a result back as what came in: torch (on the input's device) or numpy.

    Floats of 16 bits, in which a network may work, become float32.
    """
    if not isinstance(given, Tensor):
        return to_numpy(result)
    return _widened(result).to(given.device)


def to_numpy(result: Tensor) -> NDArray[Any]:
    """A tensor as a numpy array of its own; floats of 16 bits become float32."""
    array: NDArray[Any] = _widened(result).numpy(force=True)
    return array


def _widened(result: Tensor) -> Tensor:
    return result.float() if result.dtype in (torch.float16, torch.bfloat16) else result


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
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(
            f"{name} holds masked values; say what they are: {name}.filled(0), for example."
        )
    if getattr(values, "mode", "") in ("P", "RGBA", "LA", "PA", "CMYK", "YCbCr", "LAB", "HSV"):
        raise ValueError(  # a picture of Pillow's, whose numbers are no brightnesses
            f'{name} is a picture of the mode {values.mode!r}; convert it: .convert("L") for grey, '
            '.convert("RGB") for colour.'
        )
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
