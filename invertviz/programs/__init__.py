"""A network as what a page runs, where no kernel answers."""

from .dense import dense_program

__all__ = ["dense_program"]
