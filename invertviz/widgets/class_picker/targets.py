"""What is asked for: a class, several, or a mixture of some; targets.ts is its twin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from invertviz._classes import class_indices
from invertviz.widgets._values import Checked, Frozen

Choice: TypeAlias = tuple[int, ...] | Frozen


class Classes(Checked[Choice]):
    """A tuple of class numbers, or a mixture `{class number: share}` whose shares sum to 1.

    Given as one class or several, by number or name, or as a mapping from them to weights.
    """

    info_text = "classes (numbers or names), or a mapping from classes to weights"
    default_value = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tag(sync=True, from_json=_from_json)

    def check(self, obj: Any, value: Any) -> Choice:
        """The same as numbers, without repetition, weights normalized.

        Raises:
            TypeError: classes that are neither numbers nor names, weights that are no numbers.
            ValueError: unknown classes; weights that are not positive or not finite.
        """
        if isinstance(value, Mapping):
            return _mixture(obj.network, value)
        single = isinstance(value, (int, np.integer, str))
        several = [value] if single else list(value)
        return tuple(dict.fromkeys(class_indices(obj.network, several))) if several else ()


def target_rows(choice: Choice, classes: int, samples: int) -> NDArray[np.float32]:
    """Wanted probabilities, `[N, classes]`: `samples` rows for each class, or for the mixture."""
    mixtures = [choice] if isinstance(choice, dict) else [{k: 1.0} for k in choice]
    rows = np.zeros((len(mixtures), classes), dtype=np.float32)
    for row, shares in zip(rows, mixtures, strict=True):
        row[list(shares)] = list(shares.values())
    return rows.repeat(samples, axis=0)


def target_name(target: NDArray[np.float32], class_names: list[str]) -> str:
    """What a row of targets asks for: "7", or "60 % 3 + 40 % 8"."""
    wanted = np.flatnonzero(target)
    if len(wanted) == 1:
        return class_names[wanted[0]]
    return " + ".join(f"{100 * target[k]:.0f} % {class_names[k]}" for k in wanted)


def agreement(
    targets: NDArray[np.float32], probabilities: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How far probabilities are as wanted, 0 to 1: for one class, that class's probability."""
    return np.minimum(targets, probabilities).sum(axis=-1)


def _mixture(network: Any, weights: Mapping[Any, Any]) -> Frozen:
    if not weights:
        raise ValueError("a mixture of no classes was given; give {class: weight, …}, or ().")
    numbers = class_indices(network, list(weights))
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"a class is named twice in {dict(weights)}; give each once.")
    for weight in weights.values():
        if isinstance(weight, bool) or not isinstance(weight, (int, float, np.number)):
            raise TypeError(f"a weight is a number, not {weight!r}.")
        if not 0 < weight < math.inf:
            raise ValueError(f"a weight is {weight}; give positive numbers, such as 0.6 and 0.4.")
    total = float(sum(weights.values()))
    shares = (float(weight) / total for weight in weights.values())
    return Frozen(zip(numbers, shares, strict=True))


def _from_json(value: Any, _widget: object) -> Any:
    """What the page sends; its keys are numbers written out."""
    return {int(k): v for k, v in value.items()} if isinstance(value, dict) else value
