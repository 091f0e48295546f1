"""Traits of the grid: which samples pass, and sets of them by their indices."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from invertviz.widgets._values import Checked, Frozen, flag

EVERYTHING: dict[str, Any] = {
    "misclassified": False,
    "true": None,
    "predicted": None,
    "confidence": (0.0, 1.0),
}


class SampleFilter(Checked[Frozen]):
    """Which samples pass: what is left out keeps its default, the misclassified ones of any class.

    Its keys: "misclassified" (bool: those only), "true" and "predicted" (a class by its number or
    its name, or None for all), "confidence" (a pair, lowest and highest, in [0, 1]).
    """

    info_text = "a dict that says which samples pass"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Frozen(EVERYTHING, misclassified=True), **kwargs)
        self.tag(sync=True, echo_update=False, to_json=_to_json)

    def check(self, obj: Any, value: Any) -> Frozen:
        """The whole filter, classes by their numbers.

        Raises:
            TypeError: not a dict; values of another type.
            ValueError: an unknown key or class; no range within [0, 1].
        """
        if not isinstance(value, Mapping):
            raise TypeError(
                f'{self.name} is a dict such as {{"true": 9, "predicted": 4}}, not {value!r}.'
            )
        for key in value:
            if key not in EVERYTHING:
                close = difflib.get_close_matches(str(key), EVERYTHING, n=1)
                advice = f"did you mean {close[0]!r}?" if close else f"it has {[*EVERYTHING]}."
                raise ValueError(f"{self.name} has no key {key!r}; {advice}")
        whole = {**EVERYTHING, "misclassified": True, **value}
        whole["misclassified"] = flag(whole["misclassified"], '"misclassified"')
        names = list(obj.class_names)
        for key in ("true", "predicted"):
            whole[key] = _class_number(key, whole[key], names)
        whole["confidence"] = _range(whole["confidence"])
        return Frozen(whole)


class SampleIndices(Checked[tuple[int, ...]]):
    """Samples by their indices: a tuple that travels to the page as little-endian int32."""

    info_text = "indices of samples"
    default_value = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tag(sync=True, echo_update=False, to_json=_to_bytes, from_json=_from_bytes)

    def check(self, obj: Any, value: Any) -> tuple[int, ...]:
        """A tuple of ints.

        Raises:
            TypeError: not integers.
            ValueError: indices beyond the samples, or one twice.
        """
        array = np.asarray(value if isinstance(value, np.ndarray) else list(value))
        if array.size == 0:
            return ()
        if array.ndim != 1 or array.dtype.kind not in "ui":
            raise TypeError(
                f"{self.name} holds indices of samples, such as (3, 17), not {value!r}."
            )
        if array.min() < 0 or array.max() >= obj.total:
            raise ValueError(
                f"{self.name} holds indices from {array.min()} to {array.max()}, but there are "
                f"{obj.total} samples (0 to {obj.total - 1})."
            )
        ordered = np.sort(array)  # many times faster than np.unique
        if (ordered[1:] == ordered[:-1]).any():
            raise ValueError(f"{self.name} holds a sample twice; give each once.")
        return tuple(array.tolist())


def _class_number(key: str, value: Any, names: list[str]) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        if value in names:
            return names.index(value)
    elif not isinstance(value, Integral) or isinstance(value, (bool, np.bool_)):
        raise TypeError(f'"{key}" is a class by its number or name, or None, not {value!r}.')
    elif 0 <= int(value) < len(names):
        return int(value)
    raise ValueError(
        f'"{key}" is {value!r}, but there are {len(names)} classes, 0 ({names[0]}) to '
        f"{len(names) - 1} ({names[-1]})."
    )


def _range(value: Any) -> tuple[float, float]:
    advice = f'"confidence" is the lowest and the highest, such as (0.5, 1), not {value!r}.'
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(advice)
    if not all(isinstance(end, Real) and not isinstance(end, bool) for end in value):
        raise TypeError(advice)
    low, high = (float(end) for end in value)
    if not 0 <= low <= high <= 1:
        raise ValueError(advice + " Both lie in [0, 1].")
    return low, high


def _to_json(value: dict[str, Any], _widget: object) -> dict[str, Any]:
    return {**value, "confidence": list(value["confidence"])}


def _to_bytes(value: tuple[int, ...], _widget: object) -> bytes:
    return np.array(value, dtype="<i4").tobytes()


def _from_bytes(value: Any, _widget: object) -> Any:
    return np.frombuffer(value, dtype="<i4")
