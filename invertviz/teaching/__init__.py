"""Exercises of the notebooks, and a check that says what is off.

    from invertviz.teaching import check

    answer = ...
    check("code-by-hand", answer, network=network, image=digits.images[0])

An answer that is not there yet, or wrong, stops nothing: all cells of a notebook can be run.
"""

from ._check import Verdict, check
from ._exercise import Exercise

__all__ = ["Exercise", "Verdict", "check"]
