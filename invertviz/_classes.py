"""Classes as people give them: numbers, or names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from invertviz.network import InvertibleNetwork

Classes: TypeAlias = int | str | Sequence[int | str]


def class_indices(network: InvertibleNetwork, classes: Classes) -> list[int]:
    """Classes given as numbers or names, as numbers.

    Raises:
        TypeError: neither numbers nor names.
        ValueError: none at all, or an unknown class.
    """
    names = network.class_names
    given = [classes] if isinstance(classes, (int, np.integer, str)) else list(classes)
    if not given:
        raise ValueError("no class was given; give at least one class number or name.")
    found = []
    for value in given:
        if isinstance(value, str):
            if value not in names:
                raise ValueError(f"class {value!r} is unknown; the classes are {list(names)}.")
            found.append(names.index(value))
        elif isinstance(value, (int, np.integer)) and not isinstance(value, bool):
            if not 0 <= value < len(names):
                raise ValueError(f"class {value} is unknown; give 0 to {len(names) - 1}.")
            found.append(int(value))
        else:
            raise TypeError(f"a class is a number or a name, not {value!r}.")
    return found
