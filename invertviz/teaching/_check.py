"""Check an answer: right, or what is off about it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from ._difference import difference, same
from ._exercise import Exercise


@dataclass(frozen=True)
class Verdict:
    """What became of an answer; true if it is right, and shown by a notebook in a line.

    Attributes:
        right: whether it is.
        said: what to tell the learner.
    """

    right: bool
    said: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"{'✓ Right.' if self.right else '✗ Not yet.'} {self.said}".strip()

    def _repr_html_(self) -> str:
        # A green or red bar in light and dark; the sign and the words say it without colour.
        colour = "#2e8540" if self.right else "#c4442b"
        return (
            f'<div role="status" style="border-left: 4px solid {colour}; padding: 0.3em 0.8em">'
            f"{escape(repr(self))}</div>"
        )


def check(exercise: str | Exercise, answer: Any, **given: Any) -> Verdict:
    """Check the answer to an exercise of the notebooks, or to one of your own.

    Args:
        exercise: its name, as in the notebook; or an `Exercise`.
        answer: the learner's; `...` if there is none yet.
        given: what the question is about, such as the network or the images: what the notebook
            gives, or what your exercise's functions take.

    Raises:
        ValueError: there is no such exercise.
        TypeError: the question needs something else given.
    """
    from ._exercises import EXERCISES

    if isinstance(exercise, Exercise):
        return judge(exercise, answer, given)
    if exercise not in EXERCISES:
        close = difflib.get_close_matches(exercise, EXERCISES, n=1)
        advice = f"did you mean {close[0]!r}?" if close else f"choose from {sorted(EXERCISES)}."
        raise ValueError(f"there is no exercise {exercise!r}; {advice}")
    return judge(EXERCISES[exercise], answer, given)


def judge(exercise: Exercise, answer: Any, given: Mapping[str, Any]) -> Verdict:
    """The verdict on an answer."""
    if answer is None or answer is ...:
        return Verdict(False, "There is no answer yet: put yours in place of the three dots.")
    expected = exercise.expected(**given)
    off = difference(answer, expected)
    if off is None:
        return Verdict(True, exercise.right)
    for slip, told in exercise.slips:
        if same(answer, slip(**given)):
            return Verdict(False, told)
    if exercise.measure is not None:
        try:
            return Verdict(False, exercise.measure(answer, **given))
        except (IndexError, KeyError, TypeError, ValueError):
            pass  # nothing that could be chosen: `off` tells
    return Verdict(False, off)
