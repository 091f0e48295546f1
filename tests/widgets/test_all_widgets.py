"""What every widget promises: one thread at a time, checked values, nothing left behind."""

import datetime
import gc
import threading
import weakref

import ipywidgets
import numpy as np
import pandas as pd
import pytest
import torch
import traitlets

from invertviz import CodePrior, InvertibleNetwork, RidgeInverse, fit_classifier, untrained
from invertviz.widgets import (
    ClassPicker,
    DrawingCanvas,
    Explorer,
    MisclassifiedGrid,
    UnitSliders,
)
from invertviz.widgets._network_model import NetworkModel


@pytest.fixture
def images():
    return np.random.default_rng(0).random((40, 4, 5), dtype=np.float32)


@pytest.fixture
def network():
    return untrained((20, 8, 6, 3), image_shape=(4, 5), class_names=("a", "b", "c"), seed=1)


@pytest.fixture
def make(network, images):
    """A function that makes a widget of a kind, on a small network."""

    def widget(kind, **traits):
        if kind is MisclassifiedGrid:
            return kind(network, images, np.arange(40) % 3, **traits)
        more = {} if kind is DrawingCanvas else {"examples": images}
        return kind(network, **more, **traits)

    return widget


KINDS = [ClassPicker, DrawingCanvas, MisclassifiedGrid, UnitSliders]


def as_bytes(array):
    return memoryview(np.asarray(array, dtype="<f4").tobytes())


def test_a_cell_and_the_page_set_an_image_one_after_the_other(pretrained, sample):
    """As where pages are served in another thread: each time it is one image and its results."""
    canvas = DrawingCanvas(pretrained)
    mine, drawn = sample.test.images[:2]
    codes = pretrained.encode(sample.test.images[:2])
    start = threading.Barrier(2)

    def page():
        for request in range(300):
            start.wait()
            canvas.set_state({"image": as_bytes(drawn), "_request": request})

    thread = threading.Thread(target=page)
    thread.start()
    torn = []
    for _ in range(300):
        start.wait()
        canvas.image = mine
        with canvas.hold_sync():  # as it is now, whoever was last
            expected = codes[0] if np.array_equal(canvas.image, mine) else codes[1]
            if not np.allclose(canvas.code, expected, atol=1e-4):
                torn.append(canvas.image)
    thread.join()
    assert torn == []
    assert canvas.error == ""


def test_linked_widgets_set_from_two_threads_do_not_wait_for_each_other(make):
    one, other = make(UnitSliders), make(UnitSliders)
    ipywidgets.link((one, "moved"), (other, "moved"))

    def move(sliders, unit):
        for value in range(200):
            sliders.moved = {unit: value}

    threads = [
        threading.Thread(target=move, args=pair, daemon=True) for pair in ((one, 0), (other, 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert one.moved == other.moved


@pytest.mark.parametrize("kind", [*KINDS, Explorer])
def test_a_closed_widget_is_gone_with_all_that_was_made_for_it(kind, images):
    def made():
        network = untrained((20, 8, 6, 3), image_shape=(4, 5), seed=1)
        labels = np.arange(40) % 3
        if kind is Explorer:
            return network, Explorer(network, (images, labels))
        if kind is MisclassifiedGrid:
            return network, kind(network, images, labels)
        return network, kind(network)

    before = {*_open_widgets()}
    kept = []
    for _ in range(20):
        network, widget = made()
        kept += [weakref.ref(network), weakref.ref(widget)]
        widget.close()
        widget.close()
    del network, widget
    gc.collect()
    assert {*_open_widgets()} <= before
    assert [ref for ref in kept if ref() is not None] == []


def _open_widgets():
    from ipywidgets.widgets.widget import _instances

    return _instances


def test_of_two_widgets_of_a_network_the_weights_stay_until_both_are_closed(make, network):
    layout = ipywidgets.Layout(width="200px")
    first, second = make(DrawingCanvas, layout=layout), make(DrawingCanvas)
    model = first._network_model
    first.close()
    assert layout.comm is not None  # one's own, which others may have
    assert model.comm is not None
    assert second._network_model is model
    second.close()
    assert model.comm is None
    again = make(DrawingCanvas)
    assert again._network_model.comm is not None
    layout.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_front_end_is_text(make, kind):
    widget = make(kind)
    assert isinstance(kind._esm, str)
    assert widget.get_state(["_esm", "_css"]) == {"_esm": kind._esm, "_css": kind._css}


WRONG = {
    DrawingCanvas: {
        "brush": [np.nan, 7, "2", True, [2]],
        "normalize": [1, "yes"],
        "engine": ["gpu"],
    },
    UnitSliders: {
        **{"unit": [6, -1, 1.5, True, "2"], "value": [np.nan, 1e39, "far"], "target": [3, -2]},
        **{"moved": [{9: 1.0}, {1: np.nan}, [1], {"x": 1}], "sort": ["size", 3], "playing": [2]},
        **{"base": [np.zeros(5), "a", [[1], [1, 2]]]},
    },
    ClassPicker: {
        **{"steps": [0, 20_001, 1.5, True], "learning_rate": [np.nan, 0, 101], "digit": [-1]},
        **{"samples": [17], "seed": [2**32], "start": ["ones"], "classes": [[3], [1.5], "d", 2.5]},
        **{"chosen": [-1, None], "position": [np.inf], "prior": ["flat"]},
    },
    MisclassifiedGrid: {
        **{"current": [40, -2, True, np.bool_(True), 1.0], "sort": ["size"], "flip": ["on"]},
        **{"filter": [{"true": 3}, {"confidence": (0, np.nan)}, 7, {"misclassified": 1}]},
        **{"selected": [(40,), (1, 1), True], "offline": [-1, np.nan], "descending": [None]},
    },
}


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (kind, name, value)
        for kind, traits in WRONG.items()
        for name, values in traits.items()
        for value in values
    ],
)
def test_one_except_catches_every_wrong_value_and_nothing_changes(make, kind, name, value):
    widget = make(kind)
    before = getattr(widget, name)
    with pytest.raises(ValueError, match=r"\w+"):
        setattr(widget, name, value)
    with pytest.raises(traitlets.TraitError):  # as those expect who know traitlets
        setattr(widget, name, value)
    open_before = {*_open_widgets()}
    with pytest.raises(ValueError, match=r"\w+"):
        make(kind, **{name: value})
    assert {*_open_widgets()} == open_before  # nothing half made is left
    assert getattr(widget, name) is before


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_only_is_neither_set_nor_an_argument(make, kind):
    widget = make(kind)
    with pytest.raises(ValueError, match="image_shape is read-only"):
        widget.image_shape = (2, 2)
    with pytest.raises(TypeError, match="has no argument 'image_shape'"):
        make(kind, image_shape=(2, 2))
    with pytest.raises(TypeError, match="has no argument '_request'"):
        make(kind, _request=3)


def test_numbers_of_numpy_and_torch_are_numbers(make):
    sliders = make(UnitSliders, unit=np.int64(2), value=np.float32(2))
    assert sliders.moved == {2: 2.0}
    sliders.value = sliders.code[3]
    sliders.unit = torch.tensor(4)
    sliders.value = torch.tensor(0.5, requires_grad=True)
    assert sliders.moved == {2: float(sliders.code[3]), 4: 0.5}
    assert type(sliders.value) is float
    canvas = make(DrawingCanvas, brush=np.float16(2), normalize=np.bool_(False))
    assert (canvas.brush, canvas.normalize) == (2.0, False)
    picker = make(ClassPicker, steps=np.uint8(7), classes=np.array([1, 2]))
    assert (picker.steps, picker.classes) == (7, (1, 2))


def test_of_several_changes_of_which_one_is_refused_none_is_made(make):
    sliders = make(UnitSliders)
    heard = []
    sliders.observe(heard.append, ["unit", "moved", "value"])
    before = (sliders.unit, sliders.moved, sliders.value, sliders.base)

    def several():
        with sliders.hold_trait_notifications():
            sliders.moved = {2: 1.0}
            sliders.base = np.ones(6)
            sliders.unit = 1000

    with pytest.raises(ValueError, match="unit is 1000"):
        several()
    for message in (
        {"unit": 3, "moved": {"9": 1.0}},
        {"unit": 1000, "moved": {"2": 1.0}},
        {"moved": {"2": 1.0}, "base": "not bytes"},
        {"moved": {"2": 1.0}, "base": as_bytes(np.ones(5))},
        {"moved": {"2": 1.0}, "value": None},
    ):
        sliders.set_state({**message, "_request": 1})
        assert sliders.error
    assert (sliders.unit, sliders.moved, sliders.value) == before[:3]
    np.testing.assert_array_equal(sliders.base, before[3])
    assert heard == []
    sliders.set_state({"unit": 3, "moved": {"3": 1.0}, "_request": 2})
    assert (sliders.error, sliders.unit, sliders.value) == ("", 3, 1.0)


def test_the_page_is_told_what_holds_where_it_sent_what_does_not(make, sent_by):
    picker = make(ClassPicker)
    sent = sent_by(picker)
    picker.set_state({"steps": 0, "_request": 3})
    states = [message["state"] for message, _ in sent if message["method"] == "update"]
    assert states[0]["steps"] == 1000
    assert states[0]["_answered"] == 3
    assert "steps is 0; give 1 to 20000" in states[0]["error"]


@pytest.mark.parametrize("request_", ["abc", None, 2.5, {}, -1, [1]])
def test_a_request_that_is_no_number_is_an_error_that_is_shown(make, request_):
    canvas = make(DrawingCanvas)
    image = canvas.image
    canvas.set_state({"image": as_bytes(np.ones((4, 5))), "_request": request_})
    assert "_request is" in canvas.error
    np.testing.assert_array_equal(canvas.image, image)
    canvas.set_state({"image": as_bytes(np.ones((4, 5))), "_request": 9})
    assert (canvas.error, canvas._answered) == ("", 9)
    assert canvas.image.all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_does_not_write_what_is_read_only(make, kind):
    widget = make(kind)
    names = [
        name
        for name, trait in widget.traits().items()
        if trait.read_only and name in widget.keys and name not in ("_answered", "error")
    ]
    assert len(names) > 8
    before = {name: getattr(widget, name) for name in names}
    widget.set_state(dict.fromkeys(names))
    assert widget.error == ""
    for name, value in before.items():
        assert getattr(widget, name) is value, name


def test_dicts_are_changed_as_a_whole_or_not_at_all(make):
    grid, sliders, picker = make(MisclassifiedGrid), make(UnitSliders), make(ClassPicker)
    sliders.moved, picker.classes = {2: 1.0}, {"a": 1, "c": 3}
    for held in (grid.filter, sliders.moved, picker.classes):
        before = {**held}
        for change in (
            lambda held=held: held.__setitem__(2, 9.0),
            lambda held=held: held.update({2: 9.0}),
            lambda held=held: held.pop(2),
            lambda held=held: held.clear(),
            lambda held=held: held.setdefault("new", 1),
            lambda held=held: held.__delitem__(2),
        ):
            with pytest.raises(TypeError, match="assign a dict"):
                change()
        with pytest.raises(TypeError, match="assign a dict"):
            held |= {2: 9.0}
        assert held == before
    sliders.moved = {**sliders.moved, 3: 2.0}
    assert sliders.moved == {2: 1.0, 3: 2.0}
    mine = sliders.moved.copy()
    mine[4] = 1.0  # a copy is one's own
    assert 4 not in sliders.moved


@pytest.mark.parametrize(
    "kind",
    [
        np.ma.masked_array,
        pd.DataFrame,
        lambda a: pd.Series(a.ravel()),
        torch.from_numpy,
        np.ndarray.tolist,
        pytest.param(lambda a: np.asmatrix(a), marks=pytest.mark.filterwarnings("ignore")),
    ],
)
def test_arrays_of_every_kind_are_plain_ones_inside(make, network, images, kind):
    canvas = make(DrawingCanvas)
    canvas.image = kind(images[0])
    assert type(canvas.image) is np.ndarray
    np.testing.assert_allclose(canvas.image, images[0])
    np.testing.assert_allclose(canvas.code, network.encode(images[0])[0], atol=1e-5)
    sliders = make(UnitSliders)
    code = network.encode(images[1])
    sliders.base = kind(code)
    assert type(sliders.base) is np.ndarray
    np.testing.assert_array_equal(sliders.base, code[0])


def test_masked_values_are_asked_for(make, images):
    canvas = make(DrawingCanvas, image=images[0])
    before = {name: getattr(canvas, name) for name in ("image", "code", "prediction")}
    with pytest.raises(ValueError, match="with 7 masked values"):
        canvas.image = np.ma.masked_array(images[1], np.arange(20).reshape(4, 5) < 7)
    assert {name: getattr(canvas, name) for name in before} == before


@pytest.mark.parametrize("by_page", [False, True])
def test_a_change_that_cannot_be_answered_is_undone(make, network, images, by_page, monkeypatch):
    canvas, sliders = make(DrawingCanvas, image=images[0]), make(UnitSliders, moved={1: 1.0})
    before = [canvas.image, canvas.code, sliders.moved, sliders.code, sliders.base]

    def fails(*_):
        raise RuntimeError("out of memory")

    for name in ("reconstruct", "invert"):
        monkeypatch.setattr(network, name, fails, raising=False)
    code = np.ones(6, np.float32)
    if by_page:
        canvas.set_state({"image": as_bytes(images[1]), "_request": 1})
        sliders.set_state({"moved": {"2": 2.0}, "_request": 1})
        sliders.set_state({"base": as_bytes(code), "_request": 2})
        assert canvas.error == sliders.error == "RuntimeError: out of memory"
    else:
        for widget, trait, value in (
            (canvas, "image", images[1]),
            (sliders, "moved", {2: 2.0}),
            (sliders, "base", code),
        ):
            with pytest.raises(RuntimeError):
                setattr(widget, trait, value)
    now = [canvas.image, canvas.code, sliders.moved, sliders.code, sliders.base]
    assert all(new is old for new, old in zip(now, before, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_that_is_trained_on_is_followed(make, network, images, kind):
    widget = make(kind)
    weights = widget._network_model.weights
    widget.set_state({"_request": 1})
    assert widget._network_model.weights is weights
    assert widget.notice == ""
    fit_classifier(network, images, np.arange(40) % 3, steps=20, progress=False)
    widget.set_state({"_request": 2})
    assert widget._network_model.weights != weights
    if kind is DrawingCanvas:
        result = network.reconstruct(widget.image)
        np.testing.assert_allclose(widget.probabilities, result.probabilities[0], atol=1e-6)
        assert widget.notice == ""
    else:
        assert "trained on since" in widget.notice


def test_a_trained_on_network_s_prior_is_fitted_anew(pretrained, sample):
    picker = ClassPicker(pretrained, classes=[0], steps=1, prior="gaussian")
    picker.run()
    assert [*picker._fitted_priors] == ["gaussian"]
    fit_classifier(pretrained, sample.train.images, sample.train.labels, steps=3, progress=False)
    picker.set_state({"_command": [1, "run"], "_request": 1})
    fitted = CodePrior.fit(pretrained)
    np.testing.assert_allclose(picker.trajectory[0, 0], fitted.means[0], atol=1e-4)
    roots = np.frombuffer(picker._fitted_priors["gaussian"]["roots"], "<f4")
    np.testing.assert_allclose(roots.reshape(100, 100), fitted.roots[0], atol=1e-4)


@pytest.mark.parametrize(
    "record",
    [{"when": datetime.date(2026, 1, 1)}, {"loss": float("nan")}, {"W": torch.ones(3)}],
)
def test_whatever_a_training_record_holds_a_page_gets_weights(network, record):
    network.training_record = record
    canvas = DrawingCanvas(network)
    assert b"NaN" not in canvas._network_model.weights[:2000]
    assert isinstance(canvas._network_model, NetworkModel)
    assert network.training_record is record


def test_codes_that_are_maps_are_refused_where_only_vectors_can_be_worked_on():
    layers = torch.nn.Conv2d(1, 4, 3), torch.nn.Flatten(), torch.nn.Linear(64, 5)
    module = torch.nn.Sequential(*layers, torch.nn.Linear(5, 3))
    network = InvertibleNetwork.from_module(module, "0", image_shape=(6, 6))
    shown = np.random.default_rng(0).random((30, 6, 6))
    network = network.with_inverse(RidgeInverse.fit(network, shown))
    for kind in (UnitSliders, ClassPicker):
        with pytest.raises(ValueError, match=r"layer 0 have shape \[4, 4, 4\]; choose one of 1, 2"):
            kind(network)
    canvas = DrawingCanvas(network, image=shown[0])
    assert canvas.code.shape == (4, 4, 4)
    canvas.close()
