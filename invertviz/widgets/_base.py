"""What all widgets share: strict arguments, errors that are shown, the built front end."""

from __future__ import annotations

import difflib
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets as t
from ipywidgets import Widget, widget_serialization

from invertviz import figures
from invertviz.network import InvertibleNetwork
from invertviz.parts import Inverse
from invertviz.widgets._closing import close_all
from invertviz.widgets._network_model import NetworkModel, fingerprint, model_of
from invertviz.widgets._values import OneOf, RefusedError, Whole, refused

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STATIC = Path(__file__).parent.parent / "static"

LOCK = threading.RLock()
"""Held by whoever changes a widget: JupyterLab serves pages in a thread of their own, while a cell
runs in another. It is one for all widgets: linked ones set each other, and of two locks each thread
could hold one and wait for the other."""


NETWORK_CHANGED = (
    "The network has been trained on since this was made: make it anew to see all of it."
)


def front_end(name: str) -> tuple[str, str]:
    """The script and the styles of a built widget, as text: anywidget would watch files."""
    script, styles = (_STATIC / f"{name}.{suffix}" for suffix in ("js", "css"))
    return script.read_text(encoding="utf-8"), styles.read_text(encoding="utf-8")


def _vector_layers(network: InvertibleNetwork) -> str:
    names = [each.name for each in network.layers if each.usable and len(each.code_shape) == 1]
    return ", ".join(names[:8]) or "its layers with such codes (there are none)"


class NetworkWidget(anywidget.AnyWidget):
    """A widget around one network.

    A subclass has its built front end: `_esm, _css = front_end(name)`. Traits that begin with an
    underscore are between it and its page.

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
        notice: what a person should know of what is shown, such as that the network has been
            trained on since; "" as a rule.

    Raises:
        TypeError: not a network, or an unknown argument.
        ValueError: a value that a trait cannot take, also when it is assigned later.
    """

    _of_vectors = False  # whether its codes have to be vectors

    class_names = t.List(t.Unicode(), read_only=True).tag(sync=True)
    image_shape = t.Tuple(t.Int(), t.Int(), read_only=True).tag(sync=True)
    engine = OneOf(["auto", "kernel", "browser"])
    error = t.Unicode(read_only=True).tag(sync=True)
    notice = t.Unicode(read_only=True).tag(sync=True)
    _network_model = t.Instance(NetworkModel, read_only=True).tag(sync=True, **widget_serialization)
    _address = t.Unicode(read_only=True).tag(sync=True)  # the id by which its page finds it
    _request = Whole().tag(echo_update=False)  # the number of the page's newest request
    _answered = t.Int(read_only=True).tag(sync=True)  # and of the one answered last

    def __init__(
        self, network: InvertibleNetwork, *, inverse: Inverse | None = None, **traits: Any
    ) -> None:
        network = self._checked(network, inverse, traits)
        self.network = network
        self.set_trait("class_names", list(network.class_names))
        self.set_trait("image_shape", network.image_shape)
        self.set_trait("_address", uuid.uuid4().hex)
        self.set_trait("_network_model", model_of(network))
        self._fingerprint = fingerprint(network)
        try:
            super().__init__(model_id=self._address, **traits)
        except BaseException:
            self._network_model.release()
            raise
        self._own_layout = None if "layout" in traits else self.layout

    def __setattr__(self, name: str, value: Any) -> None:
        """Set traits one thread at a time, what follows from them included."""
        trait = getattr(type(self), name, None)
        if not isinstance(trait, t.TraitType):
            super().__setattr__(name, value)
            return
        if trait.read_only:
            raise RefusedError(f"{name} is read-only: it says what the widget shows.")
        with LOCK:
            super().__setattr__(name, value)

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Send the page what is changed here in one message."""
        with LOCK, super().hold_sync():
            yield

    @contextmanager
    def hold_trait_notifications(self) -> Iterator[None]:
        """Have observers hear in the end of what is changed here; nothing is if one is refused."""
        with LOCK, super().hold_trait_notifications():
            try:
                yield
            except (TypeError, ValueError) as error:
                raise refused(error) from error  # what traitlets takes as a reason to undo

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page sends, and answer in one message, errors included."""
        taken = {n: value for n, value in sync_data.items() if self._may_send(n, sync_data)}
        with self.hold_sync():
            self.set_trait("error", "")
            try:
                self._follow_weights()
                super().set_state(taken)
            except KeyboardInterrupt:
                self.set_trait("error", "The kernel was interrupted while it answered.")
                raise
            except Exception as error:  # shown to the person who drew; the widget stays usable
                kind = "" if isinstance(error, RefusedError) else f"{type(error).__name__}: "
                self.set_trait("error", f"{kind}{error}")
                self.log.exception("%s could not follow the page", type(self).__name__)
            finally:  # an error is an answer, too: the page waits for one
                request = sync_data.get("_request")
                if isinstance(request, int):
                    self.set_trait("_answered", request)
                if self.error:  # the page holds what was refused
                    self.send_state({"error", "_answered", *taken} & {*self.keys})

    def close(self) -> None:
        """Close it, and all that was made for it."""
        parts = [] if self.comm is None else [self._own_layout, *self._charts()]
        super().close()  # first: its views let go of those of its parts
        if parts:
            close_all(*parts)
            self._network_model.release()

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

    def _charts(self) -> list[Widget]:
        """The charts that were made for it."""
        return []

    def _may_send(self, name: str, message: dict[str, Any]) -> bool:  # noqa: ARG002
        """Whether the page may set a trait: it works out for itself what is read-only here."""
        trait = getattr(type(self), name, None)
        return isinstance(trait, t.TraitType) and not trait.read_only

    def _follow_weights(self) -> None:
        """See whether the network was trained on; have the page follow."""
        now = fingerprint(self.network)
        if now != self._fingerprint:
            self._fingerprint = now
            self._network_model.follow(self.network)
            self._on_new_weights()

    def _on_new_weights(self) -> None:
        """Have what is shown follow, or say that it is of the network as it was."""

    @contextmanager
    def _undone_on_error(self, change: t.Bunch | None) -> Iterator[None]:
        """Where what follows from a change cannot be worked out, the change is undone."""
        try:
            yield
        except BaseException:
            if change is not None:
                self._trait_values[change["name"]] = change["old"]
                self.send_state(change["name"])
            raise

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
        if self._of_vectors and len(network.code_shape) != 1:
            raise ValueError(
                f"{type(self).__name__} works on codes that are vectors so far, and those of the "
                f"layer {network.layer.name} have shape {list(network.code_shape)}; choose one of "
                f"{_vector_layers(network)} by network.at(…)."
            )
        self._refuse_unknown(traits)
        return network if inverse is None else network.with_inverse(inverse)

    def _refuse_unknown(self, traits: dict[str, Any]) -> None:
        settable = [
            name
            for name, trait in self.traits().items()
            if not name.startswith("_") and not trait.read_only
        ]
        for name in traits:
            if name not in settable:
                close = difflib.get_close_matches(name, settable, n=1)
                advice = f"did you mean {close[0]}?" if close else "see its documentation."
                raise TypeError(f"{type(self).__name__} has no argument {name!r}; {advice}")
