"""The network that widgets show, and its weights on the page: once, however many show it."""

from __future__ import annotations

from functools import cache
from weakref import WeakKeyDictionary

import anywidget
import traitlets as t

from invertviz.article import load_pretrained
from invertviz.network import InvertibleNetwork
from invertviz.programs import dense_program


class NetworkModel(anywidget.AnyWidget):
    """What the page knows of a network, for the browser engine; it shows nothing.

    Attributes:
        weights: the bytes of the network's checkpoint.
    """

    _esm = "export default {};"  # anywidget's models keep bytes in a notebook's saved state

    weights = t.Bytes(read_only=True).tag(sync=True)

    def __init__(self, network: InvertibleNetwork) -> None:
        self.set_trait("weights", dense_program(network))
        super().__init__()


@cache
def pretrained() -> InvertibleNetwork:
    """The pretrained network, as the one that all widgets show which are given none."""
    return load_pretrained()


_models: WeakKeyDictionary[InvertibleNetwork, NetworkModel] = WeakKeyDictionary()


def model_of(network: InvertibleNetwork) -> NetworkModel:
    """The one model of a network that all of its widgets share, with its weights as they are."""
    model = _models.get(network)
    if model is None or model.comm is None:  # closed
        model = _models[network] = NetworkModel(network)
    else:
        model.set_trait("weights", dense_program(network))
    return model
