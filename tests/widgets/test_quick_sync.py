"""The exchange in fewer steps says what ipywidgets' own says, in as many messages."""

import numpy as np
import pytest

from invertviz.widgets import DrawingCanvas, MisclassifiedGrid, UnitSliders
from invertviz.widgets._quick_sync import QuickSync


def as_ipywidgets_does(patch):
    """Take every step of ipywidgets and traitlets."""

    def set_traits(self, **values):
        with self.hold_trait_notifications():
            for name, value in values.items():
                self.set_trait(name, value)

    patch.delattr(QuickSync, "set_state")
    patch.delattr(QuickSync, "notify_change")
    patch.setattr(QuickSync, "_set_traits", set_traits)


def exchange(widget, happens):
    """What is sent to the page, and what observers hear and see, while it happens."""
    sent, heard = [], []

    def hear(change):
        heard.append(
            [change.name, *map(repr, (change.old, change.new, widget.trait_values(sync=True)))]
        )

    unheard = {"request", "answered"}  # nobody asks for them
    widget.observe(hear, [name for name in widget.trait_names(sync=True) if name not in unheard])
    widget._send = lambda message, buffers=None: sent.append(readable(message, buffers))
    happens(widget)
    heard = [[text.replace(widget.address, "") for text in told] for told in heard]
    return sent, heard


def readable(message, buffers):
    arrays = dict(zip([path for (path,) in message["buffer_paths"]], buffers, strict=True))
    return message["method"], message["state"], {name: bytes(b) for name, b in arrays.items()}


def image(seed):
    return memoryview(np.random.default_rng(seed).random(784, dtype="<f4").tobytes())


def draws(canvas):
    for request, seed in enumerate((0, 1, 1, 2)):
        canvas.set_state({"image": image(seed), "request": request + 1})


def draws_blank(canvas):
    canvas.set_state({"image": image(3), "request": 1})
    canvas.set_state({"image": memoryview(bytes(4 * 784)), "request": 2})


def draws_what_is_refused(canvas):
    canvas.set_state({"image": memoryview(b"\0\0\xc0\x7f" * 784), "request": 1})
    canvas.set_state({"image": memoryview(bytes(4 * 3)), "request": 2})
    canvas.set_state({"image": image(4), "request": 3})


def draws_and_is_answered_back(canvas):
    canvas.observe(lambda change: setattr(canvas, "brush", 1 + change["new"] / 10), "prediction")
    canvas.observe(lambda _: canvas.clear() if canvas.request == 2 else None, "code")
    for request in (1, 2, 3):
        canvas.set_state({"image": image(request), "request": request})


def draws_where_observers_fail(canvas):
    def fail(_):
        raise RuntimeError("of the person's own")

    canvas.observe(fail, "probabilities")
    canvas.set_state({"image": image(5), "request": 1})


def changes_the_pen(canvas):
    canvas.set_state({"brush": 3.5, "unheard_of": 1})
    canvas.set_state({"brush": 9.0})  # refused, which the page has to hear
    canvas.normalize = False


def is_set_in_python(canvas):
    canvas.image = np.full((28, 28), 0.5)
    with canvas.hold_sync():
        canvas.image = np.full((28, 28), 0.25)
        canvas.clear()


def moves_units(sliders):
    sliders.set_state({"moved": {"3": 1.5, "7": -2.25}, "unit": 7, "request": 1})
    sliders.set_state({"value": 0.25, "request": 2})
    sliders.unit = 4


def looks_through(grid):
    grid.set_state({"asked": {"rows": [0, 0, 40]}, "request": 1})
    rows = memoryview(np.array([2, 3, 5], dtype="<i4").tobytes())
    grid.set_state({"current": 2, "visible": rows, "request": 2})
    grid.sort = "confidence"


HAPPENINGS = {
    DrawingCanvas: [
        *(draws, draws_blank, draws_what_is_refused, draws_and_is_answered_back),
        *(draws_where_observers_fail, changes_the_pen, is_set_in_python),
    ],
    UnitSliders: [moves_units],
    MisclassifiedGrid: [looks_through],
}


@pytest.mark.parametrize(
    ("kind", "happens"), [(kind, act) for kind, acts in HAPPENINGS.items() for act in acts]
)
def test_page_and_observers_hear_what_ipywidgets_would_tell(
    kind, happens, pretrained, sample, monkeypatch
):
    digits = sample.test.images[:50], sample.test.labels[:50]
    given = digits if kind is MisclassifiedGrid else ()
    quick = exchange(kind(pretrained, *given), happens)
    with monkeypatch.context() as patch:
        as_ipywidgets_does(patch)
        plain = exchange(kind(pretrained, *given), happens)
    assert plain[0], "nothing was sent"
    assert quick == plain


def test_what_is_refused_is_refused_before_anything_is_set(pretrained):
    sliders = UnitSliders(pretrained)
    sliders.set_state({"moved": {"3": 1.5}, "unit": 900, "request": 5})
    assert "unit 900" in sliders.error
    assert sliders.moved == {}
    assert sliders.unit != 900
    assert sliders.answered == 5, "an error is an answer, too"
