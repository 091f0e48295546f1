"""A question that has one answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Exercise:
    """A question that has one answer.

    Attributes:
        expected: works the answer out, from what `check` is given by keyword.
        slips: wrong answers that people give, worked out likewise, each with what to tell them.
        right: what to say of a right answer; it may add what it means.
        measure: of any other answer that might have been, says what was found about it: called
            with the answer and what `check` is given; what it raises on is no such answer.
    """

    expected: Callable[..., Any]
    slips: Sequence[tuple[Callable[..., Any], str]] = ()
    right: str = ""
    measure: Callable[..., str] | None = None
