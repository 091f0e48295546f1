"""The network that widgets show, and its weights on the page: once, however many show it."""

from __future__ import annotations

from collections.abc import Hashable
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
        weights: the bytes of the network's checkpoint, without its training record; none where
            pages cannot run it.
        inability: why they cannot; "" where they can.
    """

    _esm = "export default {};"  # anywidget's models keep bytes in a notebook's saved state

    weights = t.Bytes(read_only=True).tag(sync=True)
    inability = t.Unicode(read_only=True).tag(sync=True)

    def __init__(self, network: InvertibleNetwork) -> None:
        self._users = 0
        self._fingerprint: Hashable = None
        self.follow(network)
        super().__init__()

    def follow(self, network: InvertibleNetwork) -> None:
        """Have the weights as they are now."""
        now = fingerprint(network)
        if now != self._fingerprint:
            self._fingerprint = now
            try:
                self.set_trait("weights", dense_program(network))
                self.set_trait("inability", "")
            except ValueError as error:  # the kernel answers alone
                self.set_trait("inability", str(error))
                self.set_trait("weights", b"")

    def close(self) -> None:
        """Close it, and its layout, which every widget has."""
        if self.comm is not None:
            self.layout.close()
        super().close()

    def release(self) -> None:
        """One of the widgets that show the network is closed; without any, so is this."""
        self._users -= 1
        if self._users == 0:
            self.close()


@cache
def pretrained() -> InvertibleNetwork:
    """The pretrained network, as the one that all widgets show which are given none."""
    return load_pretrained()


_models: WeakKeyDictionary[InvertibleNetwork, NetworkModel] = WeakKeyDictionary()


def model_of(network: InvertibleNetwork) -> NetworkModel:
    """The one model of a network that all of its widgets share; each has to `release` it."""
    model = _models.get(network)
    if model is None or model.comm is None:  # closed
        model = _models[network] = NetworkModel(network)
    else:
        model.follow(network)
    model._users += 1
    return model


def fingerprint(network: InvertibleNetwork) -> Hashable:
    """Another one after each change of the weights; some microseconds.

    torch counts what is written to a tensor in place.
    """
    fitted = () if network.inverse is None else network.inverse.parameters()
    tensors = [*network.classifier.tensors(), *fitted]
    return tuple((tensor.data_ptr(), tensor._version) for tensor in tensors)
