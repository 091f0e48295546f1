"""Traits of plain values: what they take, and one kind of error for what they do not.

They check when they are set, each by itself: traitlets leaves what `@validate` checks for later
where notifications are held, and there one mistake keeps the others from being seen.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeAlias, TypeVar

import numpy as np
import traitlets as t
from torch import Tensor

LARGEST = float(np.finfo(np.float32).max)
"""The largest number that float32 holds, as the page does."""

Value = TypeVar("Value")
End: TypeAlias = int | Callable[[Any], int]  # of a range; or what gives it for a widget


class RefusedError(t.TraitError, ValueError):
    """A value that a widget cannot take; traitlets undoes what was set together with it."""


class RefusedTypeError(RefusedError, TypeError):
    """A value of a type that a widget cannot take."""


def refused(error: Exception) -> RefusedError:
    """An error as one of these, which says the same."""
    if isinstance(error, RefusedError):
        return error
    return (RefusedTypeError if isinstance(error, TypeError) else RefusedError)(str(error))


class Checked(t.TraitType[Value, Any]):
    """A trait that says what it takes in `check`, and refuses everything else."""

    def check(self, obj: Any, value: Any) -> Value:
        """The value as it is kept.

        Raises:
            TypeError, ValueError: it cannot be taken; becomes `RefusedError`.
        """
        raise NotImplementedError

    def validate(self, obj: Any, value: Any) -> Value:
        """What `check` gives.

        Raises:
            RefusedError: what `check` raises.
        """
        try:
            return self.check(obj, value)
        except (TypeError, ValueError, OverflowError) as error:
            raise refused(error) from error


class Whole(Checked[int]):
    """A whole number in a range; numpy's, too.

    Args:
        default: at first.
        low: the smallest.
        high: the largest; None for any.
        kwargs: as for every trait.
    """

    def __init__(
        self, default: int = 0, low: int = 0, high: End | None = None, **kwargs: Any
    ) -> None:
        super().__init__(default, **kwargs)
        self.low, self.high = low, high
        self.tag(sync=True)

    def check(self, obj: Any, value: Any) -> int:
        """An int."""
        high = self.high(obj) if callable(self.high) else self.high
        return whole(value, str(self.name), self.low, high)


class Real(Checked[float]):
    """A finite number in a range; numpy's, too.

    Args:
        default: at first.
        low: the smallest.
        high: the largest.
        kwargs: as for every trait.
    """

    def __init__(
        self, default: float = 0.0, low: float = -LARGEST, high: float = LARGEST, **kwargs: Any
    ) -> None:
        super().__init__(default, **kwargs)
        self.low, self.high = low, high
        self.tag(sync=True)

    def check(self, obj: Any, value: Any) -> float:  # noqa: ARG002
        """A float."""
        return real(value, str(self.name), self.low, self.high)


class Flag(Checked[bool]):
    """True or False; numpy's, too."""

    def __init__(self, default: bool = False, **kwargs: Any) -> None:
        super().__init__(default, **kwargs)
        self.tag(sync=True)

    def check(self, obj: Any, value: Any) -> bool:  # noqa: ARG002
        """A bool."""
        return flag(value, str(self.name))


class OneOf(Checked[str]):
    """One of some words.

    Args:
        words: that it may be.
        default: at first; the first of them if None.
        kwargs: as for every trait.
    """

    def __init__(self, words: Sequence[str], default: str | None = None, **kwargs: Any) -> None:
        super().__init__(words[0] if default is None else default, **kwargs)
        self.words = tuple(words)
        self.tag(sync=True)

    def check(self, obj: Any, value: Any) -> str:  # noqa: ARG002
        """The word."""
        if not isinstance(value, str) or value not in self.words:
            raise ValueError(f"{self.name} is {value!r}; give one of {', '.join(self.words)}.")
        return str(value)


class Frozen(dict[Any, Any]):
    """A dict as a trait holds it: to change it, assign another, so that everybody hears."""

    def _refuse(self, *_arguments: object, **_more: object) -> NoReturn:
        raise TypeError(
            "what a widget's trait holds is not changed in place, where nobody would hear of it; "
            "assign a dict: widget.trait = {**widget.trait, key: value}."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[dict[Any, Any]], tuple[dict[Any, Any]]]:
        """Copies and pickles are plain dicts."""
        return dict, (dict(self),)


def whole(value: Any, name: str, low: int = 0, high: int | None = None) -> int:
    """A whole number from `low` to `high`, as an int.

    Raises:
        TypeError: no whole number.
        ValueError: beyond the range.
    """
    to = "or more" if high is None else f"to {high}"
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number, {low} {to}, not {value!r}.") from None
    if number < low or (high is not None and number > high):
        raise ValueError(f"{name} is {number}; give {low} {to}.")
    return number


def real(value: Any, name: str, low: float = -LARGEST, high: float = LARGEST) -> float:
    """A finite number from `low` to `high`, as a float.

    Raises:
        TypeError: no number.
        ValueError: not finite, or beyond the range.
    """
    array = np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value)
    if array.ndim or array.dtype.kind not in "iuf":
        raise TypeError(f"{name} is a number, not {value!r}.")
    number = float(array)
    if not low <= number <= high:  # so is NaN
        everything = (low, high) == (-LARGEST, LARGEST)
        needed = "a finite number, as float32 holds it" if everything else f"{low:g} to {high:g}"
        raise ValueError(f"{name} is {number}; give {needed}.")
    return number


def flag(value: Any, name: str) -> bool:
    """True or False, as a bool.

    Raises:
        TypeError: neither.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is True or False, not {value!r}.")
    return bool(value)


def finite(array: np.ndarray[Any, Any], name: str) -> None:
    """See that an array is finite.

    Raises:
        ValueError: it holds NaN or infinite values.
    """
    if not math.isfinite(float(np.sum(array, dtype=np.float64))) and not np.isfinite(array).all():
        raise ValueError(f"{name} holds values that are NaN or infinite; all must be finite.")
