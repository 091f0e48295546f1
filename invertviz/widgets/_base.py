"""What all widgets share: strict arguments, errors that are shown, the built front end."""

from __future__ import annotations

import difflib
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets as t
from ipywidgets import widget_serialization

from invertviz import figures
from invertviz.network import InvertibleNetwork
from invertviz.parts import Inverse
from invertviz.widgets._network_model import NetworkModel, model_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STATIC = Path(__file__).parent.parent / "static"


class NetworkWidget(anywidget.AnyWidget):
    """A widget around one network.

    A subclass names its built front end: `_esm` and `_css`, in the folder `STATIC`.

    Args:
        network: the network that it shows.
        inverse: another way back than the network's own, fitted for it, such as
            `RidgeInverse.fit(network, images)`.
        traits: initial values of the widget's traits.

    Attributes:
        network: the network it shows.
        class_names: the network's class names.
        image_shape: rows and columns of an image.
        engine: who answers: "kernel" (PyTorch), "browser" (the page itself), or "auto": the kernel
            while it answers, the browser when there is none or it is busy.
        error: what went wrong in the kernel while it worked for the page; "" while all is well.
    """

    class_names = t.List(t.Unicode(), read_only=True).tag(sync=True)
    image_shape = t.Tuple(t.Int(), t.Int(), read_only=True).tag(sync=True)
    engine = t.Enum(["auto", "kernel", "browser"], "auto").tag(sync=True)
    network_model = t.Instance(NetworkModel, read_only=True).tag(sync=True, **widget_serialization)
    address = t.Unicode(read_only=True).tag(sync=True)  # the model's id, by which its page finds it
    error = t.Unicode(read_only=True).tag(sync=True)
    request = t.Int().tag(sync=True, echo_update=False)
    answered = t.Int().tag(sync=True)

    def __init__(
        self, network: InvertibleNetwork, *, inverse: Inverse | None = None, **traits: Any
    ) -> None:
        network = self._checked(network, inverse, traits)
        self.network = network
        self.set_trait("network_model", model_of(network))
        self.set_trait("class_names", list(network.class_names))
        self.set_trait("image_shape", network.image_shape)
        self.set_trait("address", uuid.uuid4().hex)
        super().__init__(model_id=self.address, **traits)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page sends, and answer in one message, errors included."""
        with self.hold_sync():
            self.set_trait("error", "")
            try:
                super().set_state(sync_data)
            except KeyboardInterrupt:
                self.set_trait("error", "The kernel was interrupted while it answered.")
                raise
            except Exception as error:  # shown to the person who drew; the widget stays usable
                self.set_trait("error", f"{type(error).__name__}: {error}")
                self.log.exception("%s could not follow the page", type(self).__name__)
            finally:  # an error is an answer, too: the page waits for one
                self.answered = sync_data.get("request", self.answered)

    def figure(self) -> Figure:
        """A figure of what the widget shows now."""
        raise NotImplementedError

    def save_figure(self, path: str | os.PathLike[str], *, dpi: int = 200) -> Path:
        """Write `figure()` as PNG, SVG or PDF, wholly or not at all.

        Args:
            path: ends in .png, .svg or .pdf.
            dpi: pixels an inch of a PNG, and of the images inside an SVG or PDF.

        Returns:
            The path written.

        Raises:
            OSError: the path cannot be written.
            ValueError: another suffix.
        """
        return figures.save_figure(self.figure(), path, dpi=dpi)

    def _checked(
        self, network: InvertibleNetwork, inverse: Inverse | None, traits: dict[str, Any]
    ) -> InvertibleNetwork:
        """The network, with the inverse where one is given; refuse what does not fit."""
        if not isinstance(network, InvertibleNetwork):
            raise TypeError(
                f"{type(self).__name__} shows an InvertibleNetwork, not {type(network).__name__}; "
                "make one with invertviz.load_pretrained(), train(…) or "
                "InvertibleNetwork.from_arrays(…)."
            )
        if len(network.image_shape) != 2:
            raise ValueError(
                f"{type(self).__name__} shows grey images of rows and columns, but this network's "
                f"have shape {list(network.image_shape)}."
            )
        self._refuse_unknown(traits)
        return network if inverse is None else network.with_inverse(inverse)

    def _refuse_unknown(self, traits: dict[str, Any]) -> None:
        known = [name for name in self.trait_names() if not name.startswith("_")]
        for name in traits:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                advice = f"did you mean {close[0]}?" if close else "see its documentation."
                raise TypeError(f"{type(self).__name__} has no argument {name!r}; {advice}")
