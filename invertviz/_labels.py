"""Labels in every form that people keep them in, as class numbers and class names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_CLASSES = 65_536  # numbers beyond that are identifiers, not classes
_FEW = 5  # of many values, those that an error names


def labels_and_names(
    labels: Any,
    class_names: Sequence[str] | None = None,
    *,
    count: int | None = None,
    name: str = "labels",
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Read labels, whatever they are.

    Args:
        labels: one a sample, as

            - class numbers from 0 on: integers, or floats that are whole; `[N]` or `[N, 1]`,
            - strings: class names,
            - bools: the classes False and True,
            - one-hot rows `[N, classes]`, with one 1 a row.

            Arrays, lists, pandas Series and Categoricals (their order of categories is kept) and
            torch tensors on any device are taken.
        class_names: what the classes are called, in their order; for strings it is the order of
            the classes. By default a Categorical's categories, strings in order (digits by their
            value: "9" before "10"), the numbers of the classes otherwise.
        count: how many samples there are, if that is known.
        name: what the argument is called in error messages.

    Returns:
        Class numbers, int64 `[N]`, and one name a class.

    Raises:
        TypeError: labels or names of another kind.
        ValueError: none at all, not one a sample, missing, negative or fractional ones, rows that
            are not one-hot, names that are empty or given twice, labels that have no name.
    """
    names = None if class_names is None else checked_names(class_names)
    values, categories = _as_array(labels, name)
    if values.size == 0:
        raise ValueError(f"{name} is empty; give one label a sample.")
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "buif":
        values, classes = _from_one_hot(values, name), values.shape[1]
    else:
        classes = 0
    if values.ndim != 1:
        raise ValueError(
            f"{name} has shape {list(values.shape)}; give one label a sample: [N], [N, 1], or "
            "one-hot rows [N, classes]."
        )
    if count is not None and len(values) != count:
        raise ValueError(
            f"{name} holds {len(values)} labels, but there are {count} images; give one an image."
        )
    if categories is not None:
        values = np.asarray(categories)[values]
        names = names or categories
    if values.dtype.kind == "b" and names is None:
        names = ("False", "True")
    if values.dtype.kind == "U":
        return _from_strings(values, names, name)
    numbers = _class_numbers(values, name)
    return numbers, _names_of(numbers, names, classes, name)


def checked_names(class_names: Sequence[str]) -> tuple[str, ...]:
    """Class names as a tuple.

    Raises:
        TypeError: not a sequence of strings.
        ValueError: none, empty ones, or one given twice.
    """
    if isinstance(class_names, str) or not hasattr(class_names, "__iter__"):
        raise TypeError(f"class_names is {class_names!r}; give a sequence of strings, one a class.")
    names = tuple(class_names)
    if wrong := [one for one in names if not isinstance(one, str)]:
        raise TypeError(f"class_names holds {wrong[0]!r}; every name is a string.")
    if not names or not all(one.strip() for one in names):
        raise ValueError("class_names is empty, or holds an empty name; give one name a class.")
    if twice := sorted({one for one in names if names.count(one) > 1}):
        raise ValueError(f"class_names holds {twice[0]!r} more than once; give each class its own.")
    return tuple(str(one) for one in names)


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts as people do: digits by their value, letters without regard to case."""
    parts = re.split(r"([0-9]+)", text)
    key = [
        (0, int(part), "") if index % 2 and len(part) < 1000 else (1, 0, part.casefold())
        for index, part in enumerate(parts)
        if part
    ]
    return [*key, (2, 0, text)]  # what differs in nothing else still has an order


def _as_array(labels: Any, name: str) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    """Labels as an array of bools, numbers or strings; the categories where they have any."""
    if hasattr(labels, "detach"):  # a torch tensor; numpy does not know all of its floats
        labels = labels.detach().cpu()
        labels = (labels.double() if labels.is_floating_point() else labels).numpy()
    if isinstance(labels, np.ma.MaskedArray) and np.ma.is_masked(labels):
        masked = np.ma.getmaskarray(labels).reshape(len(labels), -1)
        _refuse_missing(np.logical_or.reduce(masked, 1), name)
    categorical = getattr(labels, "array", labels)  # of a pandas Series
    if hasattr(categorical, "categories") and hasattr(categorical, "codes"):
        codes = np.asarray(categorical.codes, np.int64)
        _refuse_missing(codes < 0, name)
        if np.asarray(categorical.categories).dtype.kind in "biuf":
            return np.asarray(categorical.categories)[codes], None
        return codes, checked_names([str(one) for one in categorical.categories])
    if isinstance(labels, (str, bytes, dict, set)) or not hasattr(labels, "__len__"):
        raise TypeError(f"{name} is {labels!r:.80}; give one label a sample, such as [3, 1, 4].")
    if isinstance(labels, (list, tuple)):
        strings = sum(isinstance(one, (str, bytes)) for one in labels)
        if 0 < strings < len(labels):
            odd = next(one for one in labels if not isinstance(one, (str, bytes)))
            raise TypeError(f"{name} holds strings, and {odd!r}; give one kind.")
    try:
        values = labels.to_numpy() if hasattr(labels, "to_numpy") else np.asarray(labels)
    except ValueError as error:  # ragged lists
        raise ValueError(f"{name} is not one label a sample: {error}") from error
    if values.dtype.kind in "OTS":
        values = _from_objects(values, name)
    if values.dtype.kind not in "buifU":
        raise TypeError(
            f"{name} holds {values.dtype}; give class numbers, class names, or one-hot rows."
        )
    return values, None


def _from_objects(values: NDArray[Any], name: str) -> NDArray[Any]:
    """An array of Python objects, or of bytes, as one of strings or numbers."""
    flat = [one.decode(errors="replace") if isinstance(one, bytes) else one for one in values.flat]
    # Nothing, pandas' nothing, and NaN, the one float that differs from itself.
    missing = [one is None or type(one).__name__ == "NAType" or _is_nan(one) for one in flat]
    _refuse_missing(np.array(missing, bool), name)
    if all(isinstance(one, str) for one in flat):
        return np.array(flat, np.str_).reshape(values.shape)
    number = (bool, int, float, np.bool_, np.integer, np.floating)
    if odd := [one for one in flat if not isinstance(one, number)]:
        raise TypeError(f"{name} holds {odd[0]!r:.80}; give class numbers or class names.")
    return np.array(flat).reshape(values.shape)


def _is_nan(value: object) -> bool:
    return isinstance(value, (float, np.floating)) and bool(value != value)


def _refuse_missing(missing: NDArray[np.bool_], name: str) -> None:
    if missing.any():
        raise ValueError(
            f"{name} lacks {int(missing.sum())} of {len(missing)} labels, first that of sample "
            f"{int(missing.argmax())}; leave those samples out."
        )


def _from_one_hot(rows: NDArray[Any], name: str) -> NDArray[np.int64]:
    if rows.dtype.kind == "f" and not np.isfinite(rows).all():
        raise ValueError(f"{name} holds values that are NaN or infinite.")
    wrong = ((rows != 0) & (rows != 1)).any(1)
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(
            f"{name} has shape {list(rows.shape)}, and row {at} is not one-hot: "
            f"{np.array2string(rows[at][:8], precision=3)}. Of soft labels or scores take the "
            f"largest: {name}.argmax(1); of other tables the one column that holds the labels."
        )
    ones = rows.astype(np.int64).sum(1)
    if (ones != 1).any():
        at = int((ones != 1).argmax())
        raise ValueError(
            f"{name} has {ones[at]} classes in row {at}; a sample has one class, so each row has "
            "one 1. Leave samples of none or of several classes out."
        )
    return rows.argmax(1).astype(np.int64)


def _from_strings(
    values: NDArray[np.str_], names: tuple[str, ...] | None, name: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    _refuse_missing(np.char.str_len(np.char.strip(values)) == 0, name)
    found, inverse = np.unique(values, return_inverse=True)
    if names is None:
        names = tuple(sorted(map(str, found), key=natural))
    numbers = {one: number for number, one in enumerate(names)}
    if unknown := [str(one) for one in found if str(one) not in numbers]:
        raise ValueError(f"{name} holds {_some(unknown)}, which class_names lacks: {_some(names)}.")
    return np.array([numbers[str(one)] for one in found], np.int64)[inverse], names


def _class_numbers(values: NDArray[Any], name: str) -> NDArray[np.int64]:
    if values.dtype.kind == "f":
        _refuse_missing(np.isnan(values), name)
        fractions = ~np.isfinite(values) | (values != np.floor(values))
        if fractions.any():
            raise ValueError(
                f"{name} holds {values[fractions][0]:g}; labels are whole class numbers from 0 on."
            )
    low, high = float(values.min()), float(values.max())
    if low < 0:
        advice = (
            f"If -1 and 1 are the two classes, give {name} > 0"
            if set(np.unique(values)) == {-1, 1}
            else "If -1 marks samples without a label, leave those out"
        )
        raise ValueError(
            f"{name} go from {low:g} to {high:g}; number the classes from 0 on. {advice}."
        )
    if high >= _MOST_CLASSES:
        raise ValueError(
            f"{name} go up to {high:g}, which is no number of a class; number the classes from 0 "
            "on, or give their names as strings."
        )
    return values.astype(np.int64)


def _names_of(
    numbers: NDArray[np.int64], names: tuple[str, ...] | None, classes: int, name: str
) -> tuple[str, ...]:
    most = max(int(numbers.max()) + 1, classes)
    if names is None:
        return tuple(map(str, range(most)))
    if most > len(names):
        raise ValueError(
            f"{name} tell {most} classes apart (0 to {most - 1}), but class_names has {len(names)}."
        )
    return names


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(map(repr, names[:_FEW])) + more
