"""Fully connected networks, which a page runs by a few lines of its own (js/src/engine/)."""

from __future__ import annotations

from invertviz._checkpoint_file import to_bytes
from invertviz.network import InvertibleNetwork


def dense_program(network: InvertibleNetwork) -> bytes:
    """The bytes that a page needs to answer as the network does: its checkpoint, less its record.

    Raises:
        ValueError: the network's tensors do not tell what it answers.
    """
    return to_bytes(network, record=False)
