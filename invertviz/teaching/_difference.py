"""How an answer differs from the expected one, in words that help and do not give it away."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from invertviz._arrays import to_numpy

_CLOSE = 1e-3  # of the largest expected value: rounding to three digits is right


def same(answer: Any, expected: Any) -> bool:
    """Whether an answer is the expected one, to within rounding."""
    return difference(answer, expected) is None


def difference(answer: Any, expected: Any) -> str | None:
    """What is off about an answer; None if nothing is.

    Args:
        answer: anything.
        expected: a set of numbers, a word, or numbers: one, a sequence, an array.
    """
    if isinstance(expected, str):
        return _of_words(answer, expected)
    if isinstance(expected, set):
        return _of_sets(answer, expected)
    wanted = np.asarray(expected)
    found = _numbers(answer)
    if found is None:
        return f"The answer is {_kind(wanted)}, and yours is a {type(answer).__name__}."
    if found.shape == (1,) and wanted.shape == ():
        found = found[0]
    if found.shape != wanted.shape:
        return _of_shapes(found.shape, wanted.shape)
    return _of_values(found.astype(np.float64), wanted.astype(np.float64))


def _of_words(answer: Any, expected: str) -> str | None:
    if not isinstance(answer, str):
        return f'The answer is a name, such as "ridge", and yours is a {type(answer).__name__}.'
    if answer.strip().lower() == expected.lower():
        return None
    return f"It is another one than {answer!r}."


def _of_sets(answer: Any, expected: set[int]) -> str | None:
    found = _numbers([*answer] if isinstance(answer, (set, frozenset, range)) else answer)
    if found is None or found.ndim != 1:
        return "The answer is several numbers: a list or a set."
    chosen = set(found.tolist())
    extra, missing = sorted(chosen - expected), len(expected - chosen)
    if not extra and not missing:
        return None
    told = [f"{_listed(extra)} should not be among them."] if extra else []
    told += [f"{missing} {'is' if missing == 1 else 'are'} missing."] if missing else []
    return " ".join(told)


def _of_shapes(found: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if wanted == ():
        return f"The answer is one number, and yours are {_shape(found)} of them."
    if found == ():
        return f"The answer is {_shape(wanted)} numbers, and yours is one."
    told = f"Yours has shape {_shape(found)}, and the answer has {_shape(wanted)}."
    if found == wanted[::-1]:
        return f"{told} Transpose it: W is [in, out], so rows of samples stand left of it."
    if np.prod(found) == np.prod(wanted):
        return f"{told} The number of values is right: reshape it."
    return told


def _of_values(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> str | None:
    if not np.isfinite(found).all():
        return "There is NaN or infinity in it: look for a division by 0, or a logarithm of 0."
    scale = np.abs(wanted).max(initial=0) or 1.0
    close = _CLOSE * scale
    off = np.abs(found - wanted)
    if off.max(initial=0) <= close:
        return None
    for factor, told in (
        (100, "Yours is 100 times as much: a share is from 0 to 1, not in per cent."),
        (0.01, "Yours is a hundredth of it: the answer is in per cent."),
        (-1, "The sign is the other way round."),
        (255, "Yours is 255 times as much: images are from 0 to 1 here."),
    ):
        if np.abs(found - factor * wanted).max() <= abs(factor) * close:
            return told
    if wanted.ndim and np.abs(found - wanted[::-1]).max() <= close:
        return "The order is the other way round."
    if wanted.ndim:
        wrong = off > close
        first = [int(i) for i in np.argwhere(wrong)[0]]
        shown = first[0] if len(first) == 1 else first
        more = "too large" if (found - wanted)[tuple(first)] > 0 else "too small"
        return (
            f"{wrong.sum()} of {wrong.size} values are off; the first is at {shown}, where "
            f"{found[tuple(first)]:.4g} is {more}."
        )
    if wanted == np.round(wanted) and scale > 1 and found == np.round(found):
        near = " It is off by one: counting starts at 0." if off == 1 else ""
        return f"It is another number than {found:g}.{near}"
    return f"{found:.4g} is too {'large' if found > wanted else 'small'}."


def _numbers(answer: Any) -> NDArray[Any] | None:
    try:
        array = to_numpy(answer) if hasattr(answer, "detach") else np.asarray(answer)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "biuf" else None


def _kind(wanted: NDArray[Any]) -> str:
    return "a number" if wanted.ndim == 0 else f"an array of shape {_shape(wanted.shape)}"


def _shape(shape: tuple[int, ...]) -> str:
    return "[" + ", ".join(map(str, shape)) + "]" if len(shape) != 1 else str(shape[0])


def _listed(numbers: list[Any]) -> str:
    few = ", ".join(f"{number:g}" for number in numbers[:5])
    return few + (", …" if len(numbers) > 5 else "")
