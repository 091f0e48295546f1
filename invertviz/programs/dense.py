"""Fully connected networks, which a page runs by a few lines of its own (js/src/engine/)."""

from __future__ import annotations

from invertviz._checkpoint_file import to_bytes
from invertviz.dense import DenseClassifier
from invertviz.network import InvertibleNetwork


def dense_program(network: InvertibleNetwork) -> bytes:
    """The bytes that a page needs to answer as the network does: its checkpoint, less its record.

    Raises:
        ValueError: no network of fully connected layers, another code than the last hidden
            layer's, or a network whose tensors do not tell what it answers.
    """
    if not isinstance(network.classifier, DenseClassifier):
        raise ValueError(
            "a page runs fully connected networks so far; this one, of a torch module, is left to "
            "the kernel."
        )
    if network.layer != network.classifier.layers[-1]:
        raise ValueError(
            f"a page runs the code of the last hidden layer so far; that of {network.layer.name} "
            "is left to the kernel."
        )
    return to_bytes(network, record=False)
