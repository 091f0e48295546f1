"""Walk through everything that the network gets wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets as t
from ipywidgets import DOMWidget, Widget, widget_serialization

from invertviz import figures
from invertviz._arrays import ArrayLike
from invertviz.evaluation import Evaluation
from invertviz.network import InvertibleNetwork
from invertviz.parts import Inverse
from invertviz.widgets._base import NETWORK_CHANGED, NetworkWidget, front_end
from invertviz.widgets._traits import Picture
from invertviz.widgets._values import Flag, OneOf, Whole
from invertviz.widgets.misclassified_grid.blocks import Place, choose, pack
from invertviz.widgets.misclassified_grid.filter import SampleFilter, SampleIndices
from invertviz.widgets.misclassified_grid.samples import KEYS, Indices, SampleTable

if TYPE_CHECKING:
    import bqplot
    import pandas as pd
    from matplotlib.figure import Figure

_BLOCK = 128  # rows sent before the page asks for any
_FIGURE = 24  # samples in a figure where none is selected and no page shows any
_MOST_CLASSES = 60  # beyond these, a confusion matrix's cells are too small to hit


class MisclassifiedGrid(NetworkWidget):
    """A data set's samples beside their reconstructions, what they are and what they are taken for.

        test = datasets.load("mnist").test
        grid = MisclassifiedGrid(network, test.images, test.labels)
        grid                                    # browse, filter, select
        grid.filter = {"true": 9, "predicted": 4}
        grid.rows()                             # those shown, as a pandas DataFrame
        grid.rows(grid.selected)                # those selected
        grid.save_figure("mistakes.pdf")
        grid.current = 9587                     # or click one
        ipywidgets.dlink((grid, "image"), (canvas, "image"))

    Any number of samples: the page holds those near the ones it shows and asks for others as it
    goes.

    Args:
        network: the network that looks.
        images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255. They are
            not copied: uint8 takes least memory, and the array must stay as it is.
        labels: class numbers, int `[N]`.
        inverse: another way back than the network's own, fitted for it.
        evaluation: what `invertviz.evaluate(network, images, labels)` returned, to save doing it
            again.
        offline: how many samples (784 bytes each for MNIST) the page carries along for when there
            is no kernel: those that pass the filter first, misclassified ones ahead of others.

    Attributes:
        filter: which samples are shown, a dict: "misclassified" (True: those only), "true" and
            "predicted" (a class's number or name, or None), "confidence" (lowest, highest).
            Assign a dict with some of these keys; the others get their defaults.
        sort: "confidence" (of the predicted class), "loss" (cross-entropy), "margin" (probability
            of the true class less the largest other one: negative if misclassified), or "index".
        descending: largest first.
        count: how many samples pass.
        selected: the selected samples' indices. Assign to select.
        visible: indices of the samples in view, in the order shown. Assign to scroll there.
        current: index of the sample that was clicked or moved to, or -1. Assign to go there.
        image: that sample, float32 `[H, W]` in [0, 1]; blank if there is none.
        flip: show one picture a tile, the reconstruction while it is pointed at or focused.
        total: the number of samples.

    Raises:
        TypeError: not a network; images or labels that are no numbers; an unknown argument.
        ValueError: no samples, shapes that do not fit, values out of range.
    """

    _esm, _css = front_end("misclassified_grid")

    filter = SampleFilter()
    sort = OneOf(KEYS).tag(echo_update=False)
    descending = Flag(True).tag(echo_update=False)
    count = t.Int(read_only=True)
    selected = SampleIndices()
    visible = SampleIndices()
    current = Whole(-1, -1, lambda grid: grid.total - 1).tag(echo_update=False)
    image = Picture(read_only=True)
    flip = Flag()
    total = t.Int(read_only=True).tag(sync=True)

    offline = Whole(1000)
    _confusion_chart = t.Instance(DOMWidget, allow_none=True, read_only=True).tag(
        sync=True, **widget_serialization
    )
    _confusion = t.Bytes(read_only=True).tag(sync=True)  # int32 [true class, predicted class]
    # A sample that is or was current, and its position in the order, or -1.
    _place = t.Tuple(t.Int(), t.Int(), default_value=(-1, -1), read_only=True).tag(sync=True)
    _top = Whole().tag(echo_update=False)  # position of the first visible sample
    _query = t.Dict().tag(sync=True, echo_update=False)  # what the page wants to know
    _block = t.Bytes(read_only=True).tag(sync=True)  # rows that it asked for
    _carried = t.Bytes(read_only=True).tag(sync=True)  # rows that it carries along
    _picked = t.Int(read_only=True).tag(sync=True)  # the page's last pick that was followed
    _stale = t.Bool(True, read_only=True).tag(sync=True)  # whether others had better be carried

    def __init__(
        self,
        network: InvertibleNetwork,
        images: ArrayLike,
        labels: ArrayLike,
        *,
        inverse: Inverse | None = None,
        evaluation: Evaluation | None = None,
        **traits: Any,
    ) -> None:
        network = self._checked(network, inverse, traits)
        self._table = table = SampleTable.of(network, images, labels, evaluation)
        self._sorted: Indices = np.zeros(0, dtype=np.int64)
        self._before = self._sorted  # the order shown before
        self._sorted_by: object = None
        self._version = 0
        self._sent: object = None
        self._carried_indices: Indices = self._sorted
        self.set_trait("total", len(table))
        self.set_trait("_confusion", table.confusion.astype("<i4").tobytes())
        super().__init__(network, **traits)
        self._respond()

    def rows(self, indices: ArrayLike | None = None) -> pd.DataFrame:
        """Samples as a data frame: index, true, predicted, confidence, loss, margin.

        Args:
            indices: which samples, such as `grid.selected`; those that pass the filter, in the
                order shown, if None.

        Raises:
            TypeError: not integers.
            ValueError: indices beyond the samples, or one twice.
        """
        if indices is None:
            return self._table.frame(self._order())
        return self._table.frame(self._indices(indices))

    def to_frame(self) -> pd.DataFrame:
        """`rows()`, by pandas' own name for it."""
        return self.rows()

    def figure(self) -> Figure:
        """The selected samples, or else those in view, beside their reconstructions.

        Raises:
            ValueError: there are none, or more than fit a figure.
        """
        indices = self._indices(self.selected) if self.selected else self._in_view()
        if len(indices) == 0:
            raise ValueError("No sample passes the filter; widen it, or select some samples.")
        rows = self._table.frame(indices)
        return figures.misclassified_pairs(
            self._table.images(indices),
            self._table.reconstructions(indices),
            rows["true"].to_numpy(),
            rows["predicted"].to_numpy(),
            confidences=rows["confidence"].to_numpy(),
            class_names=self.class_names,
        )

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """What a page gets: with all of it, rows to begin with and to go on without a kernel."""
        if key is None:
            self._respond()
            self._carry()
        return super().get_state(key, drop_defaults)

    @t.default("_confusion_chart")
    def _make_chart(self) -> bqplot.Figure | None:
        if len(self.class_names) > _MOST_CLASSES:
            return None
        from invertviz.widgets.misclassified_grid.confusion import confusion_chart  # when shown

        return confusion_chart(self._table.confusion, self.class_names)

    def _charts(self) -> list[Widget]:
        return [self._confusion_chart] if self._confusion_chart is not None else []

    def _on_new_weights(self) -> None:
        self.set_trait("notice", NETWORK_CHANGED)

    @t.observe("filter", "sort", "descending", "current", "_query")
    def _respond(self, _change: t.Bunch | None = None) -> None:
        """Have everything follow from what was set; what is up to date costs nothing."""
        order = self._order()
        with self.hold_sync():
            self.set_trait("count", len(order))
            places = (order == self.current).nonzero()[0]
            self.set_trait("_place", (self.current, int(places[0]) if len(places) else -1))
            self._send_rows(order, *self._query.get("rows") or (0, 0, 0))
            if self._query.get("carry"):
                self._carry()

    @t.observe("_query")
    def _select(self, change: t.Bunch) -> None:
        """Turn what was picked on the page, samples and a range of positions, into indices."""
        pick = change["new"].get("pick")
        if not pick or pick["number"] == self._picked:
            return
        chosen = np.zeros(self.total, dtype=bool)
        chosen[self._indices(np.frombuffer(pick["base"], dtype="<i4"))] = True
        if pick["range"]:
            version, first, last = pick["range"]
            order = self._order()
            # It may have been picked before another order was chosen, which came along with it.
            orders = {self._version: order, self._version - 1: self._before}
            chosen[orders.get(version, order[:0])[first : last + 1]] = True
        chosen[self._indices(pick["toggles"])] ^= True
        self.selected = chosen.nonzero()[0]
        self.set_trait("_picked", pick["number"])

    @t.observe("current")
    def _show_current(self, change: t.Bunch) -> None:
        current = change["new"]
        blank = np.zeros(self.image_shape)
        shown = self._table.images(np.array([current]))[0] if current >= 0 else blank
        self.set_trait("image", shown)

    @t.observe("visible")
    def _scroll(self, change: t.Bunch) -> None:
        """Where Python set what is visible, tell the page where that is."""
        order, first = self._order(), change["new"][:1]
        from_page = "visible" in self._property_lock  # it may report of another order yet
        if from_page or not first or order[self._top : self._top + 1].tolist() == [*first]:
            return
        places = (order == first[0]).nonzero()[0]
        if len(places):
            self._top = int(places[0])

    def _in_view(self) -> Indices:
        """What is visible, or the first samples where that is of an order shown before."""
        order, seen = self._order(), self._indices(self.visible)
        first = int(np.isin(order, seen[:1]).argmax()) if len(order) else 0
        shown = len(seen) > 0 and np.array_equal(order[first : first + len(seen)], seen)
        return seen if shown else order[:_FIGURE]

    def _order(self) -> Indices:
        """The samples that pass the filter, in the order shown."""
        wanted = (*self.filter.values(), self.sort, self.descending)
        if wanted != self._sorted_by:
            self._before = self._sorted
            self._sorted = self._table.order(self.filter, self.sort, self.descending)
            self._sorted_by = wanted
            self._version += 1
            self.set_trait("_stale", self._lacks(self._sorted))
        return self._sorted

    def _send_rows(self, order: Indices, version: int, start: int, stop: int) -> None:
        """The rows asked for; the first ones if they were asked of another order."""
        if version != self._version:
            start, stop = 0, _BLOCK
        wanted = (self._version, start, stop)
        if wanted != self._sent:
            place = Place(self._version, start, len(order))
            rows = pack(self._table, order[start:stop], place, reconstruct=True)
            self.set_trait("_block", rows)
            self._sent = wanted

    def _lacks(self, order: Indices) -> bool:
        """Whether the page lacks samples of this order that it had better carry along."""
        wanted = choose(self._table, order, min(self.offline, len(order)))
        return not np.isin(wanted, self._carried_indices).all()

    def _carry(self) -> None:
        if not self._stale and len(self._carried):
            return
        self._carried_indices = choose(self._table, self._order(), self.offline)
        place = Place(0, 0, len(self._carried_indices))
        with self.hold_sync():
            self.set_trait(
                "_carried", pack(self._table, self._carried_indices, place, reconstruct=False)
            )
            self.set_trait("_stale", False)

    def _indices(self, samples: ArrayLike) -> Indices:
        return np.array(_INDICES.validate(self, samples), dtype=np.int64)


_INDICES = SampleIndices()
_INDICES.name = "indices"
