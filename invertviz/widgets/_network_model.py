"""A network's weights on the page: once, however many widgets show it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import traitlets as t
from ipywidgets import Widget

from invertviz import checkpoints
from invertviz.network import InvertibleNetwork


class NetworkModel(Widget):
    """What the page knows of a network, for the browser engine; it has no view.

    Attributes:
        weights: the bytes of the network's checkpoint.
    """

    weights = t.Bytes(read_only=True).tag(sync=True)

    def __init__(self, network: InvertibleNetwork) -> None:
        self.set_trait("weights", checkpoints.to_bytes(network))
        super().__init__()


_models: WeakKeyDictionary[InvertibleNetwork, NetworkModel] = WeakKeyDictionary()


def model_of(network: InvertibleNetwork) -> NetworkModel:
    """The one model of a network that all of its widgets share, with its weights as they are."""
    model = _models.get(network)
    if model is None or model.comm is None:  # closed
        model = _models[network] = NetworkModel(network)
    else:
        model.set_trait("weights", checkpoints.to_bytes(network))
    return model
