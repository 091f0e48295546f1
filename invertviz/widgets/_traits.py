"""Arrays as traits that travel as bytes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from invertviz._arrays import as_codes
from invertviz.images import as_images
from invertviz.widgets._values import Checked, finite

FloatArray = NDArray[np.float32]
LevelArray = NDArray[np.uint8]


class Floats(Checked[FloatArray]):
    """A float32 array that travels to the page as little-endian bytes.

    What Python reads is read-only: assign a new array to change it, so that everybody hears.
    """

    info_text = "an array of numbers"
    default_value = np.zeros(0, dtype=np.float32)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tag(sync=True, to_json=_to_bytes, from_json=_from_bytes)

    def set(self, obj: Any, value: Any) -> None:
        """Set it, and tell observers if the numbers change: a link there and back comes to rest."""
        old = self.get(obj, type(obj))
        if value is old:  # traitlets sets what it held back a second time
            return
        new = self._validate(obj, value)
        if old is None or new is None or not _same_numbers(old, new):
            obj._trait_values[self.name] = new
            obj._notify_trait(self.name, old, new)

    def check(self, obj: Any, value: Any) -> FloatArray:  # noqa: ARG002
        """A read-only float32 copy of the value."""
        return _frozen(np.array(plain(value, str(self.name)), dtype=np.float32))


class Arrays(Floats):
    """A float32 array of several axes: `{shape, data}` on the page, which may send it back.

    Args:
        rows: how many axes come first, of any length.
        inner: gives the shape of what lies along these, for a widget.
        kwargs: as for every trait.
    """

    def __init__(self, rows: int, inner: Callable[[Any], tuple[int, ...]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows, self.inner = rows, inner
        self.tag(to_json=_to_shaped_bytes, from_json=_from_shaped_bytes, echo_update=False)

    def check(self, obj: Any, value: Any) -> FloatArray:
        """A read-only float32 copy.

        Raises:
            TypeError: not an array of numbers.
            ValueError: of another shape; empty arrays are taken.
        """
        array = super().check(obj, value)
        inner = self.inner(obj)
        if array.size and (
            array.ndim != self.rows + len(inner) or array.shape[self.rows :] != inner
        ):
            free = "n, " * self.rows
            raise ValueError(
                f"{self.name} has shape {list(array.shape)}; it must be "
                f"[{free}{', '.join(map(str, inner))}]."
            )
        return array


class Picture(Floats):
    """One image of the widget's `image_shape`, given in any of the layouts that a network takes.

    It is not echoed to the page that drew it, which may have drawn on since.
    """

    info_text = "one image, floats in [0, 1] or integers 0 to 255"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tag(echo_update=False)

    def default(self, obj: Any = None) -> FloatArray:
        """A blank image."""
        return _frozen(np.zeros(obj.image_shape, dtype=np.float32))

    def check(self, obj: Any, value: Any) -> FloatArray:
        """A read-only float32 copy, `[H, W]` in [0, 1].

        Raises:
            TypeError: not an array of numbers.
            ValueError: not one image of that shape, not finite, or out of range.
        """
        if _is_ready(value, obj.image_shape):  # as the page sends it
            return _frozen(value.reshape(obj.image_shape).copy())
        name, cpu = str(self.name), torch.device("cpu")
        rows = as_images(plain(value, name), obj.network.images, device=cpu, name=name)
        if len(rows) != 1:
            raise ValueError(f"{len(rows)} images were given; {name} holds one.")
        return _frozen(rows.reshape(obj.image_shape).numpy(force=True).copy())


class Code(Floats):
    """One code of the widget's network; not echoed to the page that set it."""

    info_text = "one code, finite floats"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tag(echo_update=False)

    def default(self, obj: Any = None) -> FloatArray:
        """The zero code."""
        return _frozen(np.zeros(obj.network.code_shape, dtype=np.float32))

    def check(self, obj: Any, value: Any) -> FloatArray:
        """A read-only float32 copy, `[code_size]`.

        An empty array, such as the code of a linked ClassPicker that has not run yet, changes
        nothing.

        Raises:
            TypeError: not an array of numbers.
            ValueError: not one code of that size, or not finite.
        """
        name, cpu = str(self.name), torch.device("cpu")
        value = plain(value, name)
        if np.size(value) == 0 and self.name in obj._trait_values:
            return obj._trait_values[self.name]
        rows = as_codes(value, obj.network.code_shape, device=cpu, name=name)
        if len(rows) != 1:
            raise ValueError(f"{len(rows)} codes were given; {name} holds one.")
        return _frozen(rows[0].numpy(force=True).copy())


class Levels(Checked[LevelArray]):
    """Grey levels, a uint8 array that travels as it is; a quarter of the bytes of floats."""

    info_text = "an array of integers 0 to 255"
    default_value = np.zeros(0, dtype=np.uint8)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tag(sync=True, to_json=_to_bytes, from_json=_levels_from_bytes)

    def check(self, obj: Any, value: Any) -> LevelArray:  # noqa: ARG002
        """A read-only uint8 copy of the value."""
        return _frozen(np.array(value, dtype=np.uint8))


def plain(value: Any, name: str) -> Any:
    """The value; what is an array of a kind of its own (numpy's, pandas', …) as a plain array.

    Raises:
        ValueError: lists of unequal lengths, or a masked array that hides some of its values.
    """
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise ValueError(
            f"{name} is a masked array with {int(value.mask.sum())} masked values; say what "
            f"they are, such as {name}.filled(0)."
        )
    try:
        return np.asarray(value)
    except ValueError as error:  # lists of unequal lengths
        raise ValueError(f"{name} is not a rectangular array: {error}") from error


Array = TypeVar("Array", bound=NDArray[Any])


def _same_numbers(old: NDArray[Any], new: NDArray[Any]) -> bool:
    """Whether two arrays are alike, bit for bit: in a fraction of the time of `array_equal`."""
    return old.shape == new.shape and old.tobytes() == new.tobytes()


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array


def _is_ready(value: Any, image_shape: tuple[int, ...]) -> bool:
    """Whether nothing is to be converted or refused; numpy sees it sooner than torch does."""
    return (
        type(value) is np.ndarray  # no matrix, nothing masked
        and value.dtype == np.float32
        and value.shape in (image_shape, (math.prod(image_shape),))
        and value.item(value.argmin()) >= 0
        and value.item(value.argmax()) <= 1  # `min` and `max` take three times as long
    )


def _to_bytes(array: NDArray[Any], _widget: object) -> bytes:
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _to_shaped_bytes(array: FloatArray, widget: object) -> dict[str, Any]:
    return {"shape": list(array.shape), "data": _to_bytes(array, widget)}


def _from_shaped_bytes(value: Any, widget: object) -> FloatArray:
    if not isinstance(value, dict) or value.keys() != {"shape", "data"}:
        raise TypeError("an array travels as its shape and its data.")
    array = _from_bytes(value["data"], widget).reshape(value["shape"])
    finite(array, "what the page sent")
    return array


def _from_bytes(values: memoryview, _widget: object) -> FloatArray:
    return np.frombuffer(values, dtype="<f4")


def _levels_from_bytes(values: memoryview, _widget: object) -> LevelArray:
    return np.frombuffer(values, dtype=np.uint8)
