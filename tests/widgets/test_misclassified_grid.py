"""The grid as Python sees it; the page's side is driven in tests/browser."""

import ipywidgets
import numpy as np
import pandas as pd
import pytest
import torch
import traitlets
from grid_blocks import unpack

from invertviz import evaluate, untrained
from invertviz.widgets import DrawingCanvas, MisclassifiedGrid
from invertviz.widgets.misclassified_grid.filter import EVERYTHING
from invertviz.widgets.misclassified_grid.samples import KEYS


@pytest.fixture
def found(pretrained, sample):
    return evaluate(pretrained, sample.test.images, sample.test.labels)


@pytest.fixture
def grid(pretrained, sample):
    return MisclassifiedGrid(pretrained, sample.test.images, sample.test.labels)


def page_asks(grid, request=1, *, rows=None, pick=None, carry=False, **state):
    """What the page's twin sends."""
    if pick:
        base = memoryview(np.array(pick.pop("base", []), dtype="<i4").tobytes())
        pick = {"range": None, "toggles": [], "base": base, **pick}
    asked = {"rows": rows, "pick": pick, "carry": carry}
    grid.set_state({"_query": asked, "_request": request, **state})
    assert grid.error == ""
    assert grid._answered == request


@pytest.fixture
def sent(grid, sent_by):
    """The messages that the kernel sends to the page."""
    return sent_by(grid)


def test_rows_are_the_mistakes_surest_first(grid, found):
    rows = grid.rows()
    wrong = found.misclassified
    expected = wrong[np.argsort(-found.confidences[wrong], kind="stable")]
    assert isinstance(rows, pd.DataFrame)
    assert [*rows] == ["index", "true", "predicted", "confidence", "loss", "margin"]
    np.testing.assert_array_equal(rows["index"], expected)
    np.testing.assert_array_equal(rows["true"], found.labels[expected])
    np.testing.assert_array_equal(rows["predicted"], found.predictions[expected])
    np.testing.assert_array_equal(rows["confidence"], found.confidences[expected])
    own = found.probabilities[expected, found.labels[expected]]
    np.testing.assert_allclose(rows["loss"], -np.log(own), rtol=1e-5)
    np.testing.assert_allclose(rows["margin"], own - found.confidences[expected], atol=1e-6)
    pd.testing.assert_frame_equal(grid.to_frame(), rows)
    assert grid.count == len(expected)
    assert grid.total == 1000
    np.testing.assert_array_equal(grid.rows([5, 2])["index"], [5, 2])
    with pytest.raises(ValueError, match="indices holds a sample twice"):
        grid.rows([5, 5])
    with pytest.raises(ValueError, match="indices holds indices from -1"):
        grid.rows([-1])


def test_margin_of_what_is_right_is_positive(grid, found):
    grid.filter = {"misclassified": False}
    rows = grid.rows().set_index("index").sort_index()
    np.testing.assert_array_equal(rows["margin"] < 0, found.labels != found.predictions)
    ranked = np.sort(found.probabilities, axis=1)
    np.testing.assert_allclose(rows["margin"].abs(), np.abs(_margin(found)), atol=1e-6)
    assert (rows["margin"].abs() <= ranked[:, -1] + 1e-6).all()


def _margin(found):
    each = np.arange(len(found.labels))
    own = found.probabilities[each, found.labels]
    others = found.probabilities.copy()
    others[each, found.labels] = -1
    return own - others.max(1)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("descending", [True, False])
def test_sorts(grid, key, descending):
    grid.filter = {"misclassified": False}
    grid.sort, grid.descending = key, descending
    rows = grid.rows()
    values = rows[key].to_numpy().astype(float)
    expected = np.lexsort((rows["index"], -values if descending else values))
    np.testing.assert_array_equal(expected, np.arange(1000))


def test_equals_keep_the_order_of_their_indices(pretrained, sample):
    images = np.repeat(sample.test.images[:3], 5, axis=0)
    grid = MisclassifiedGrid(
        pretrained, images, np.repeat(sample.test.labels[:3], 5), filter={"misclassified": False}
    )
    for descending in (True, False):
        grid.descending = descending
        assert (np.diff(grid.rows()["index"].to_numpy().reshape(3, 5)) == 1).all()


def test_filters(grid, found):
    every = {"misclassified": False}
    sure = (found.confidences >= np.float32(0.5)) & (found.confidences <= np.float32(0.9))
    wrong = found.labels != found.predictions
    for chosen, expected in (
        (every, np.ones(1000, bool)),
        ({}, wrong),
        ({"true": 4}, wrong & (found.labels == 4)),
        ({**every, "predicted": 9}, found.predictions == 9),
        ({"true": "4", "predicted": 9}, (found.labels == 4) & (found.predictions == 9)),
        ({"confidence": [0.5, 0.9]}, wrong & sure),
    ):
        grid.filter = chosen
        assert sorted(grid.rows()["index"]) == expected.nonzero()[0].tolist()
        assert grid.count == expected.sum()
        assert [*grid.filter] == [*EVERYTHING]
    assert grid.filter["confidence"] == (0.5, 0.9)


def test_blocks_have_pixels_and_pytorch_s_reconstructions(grid, pretrained, sample):
    head, columns, levels = unpack(grid._block)
    assert head == (grid._version, 0, grid.count)
    rows = grid.rows()[: len(columns["index"])]
    for name, values in columns.items():
        np.testing.assert_array_equal(values, rows[name])
    images = sample.test.images[columns["index"]].reshape(-1, 784)
    np.testing.assert_array_equal(levels[0], np.round(255 * images))
    own = pretrained.reconstruct(images).images.reshape(-1, 784).clip(0, 1)
    assert np.abs(levels[1] - 255 * own).max() <= 0.51


def test_the_page_gets_the_rows_it_asks_for_in_one_message(grid, sent):
    grid.filter = {"misclassified": False}
    sent.clear()
    page_asks(grid, 7, rows=[grid._version, 640, 704])
    (message,) = [m for m, _ in sent if m["method"] == "update"]
    assert message["state"]["_answered"] == 7
    assert message["buffer_paths"] == [["_block"]]
    head, columns, _ = unpack(grid._block)
    assert head == (grid._version, 640, 1000)
    np.testing.assert_array_equal(columns["index"], grid.rows()["index"][640:704])
    # Rows of an order that is no more: the first ones of the new one, once.
    sent.clear()
    page_asks(
        grid, 8, rows=[grid._version, 640, 704], filter={**EVERYTHING, "confidence": [0.9, 1]}
    )
    (message,) = [m for m, _ in sent if m["method"] == "update"]
    assert "filter" not in message["state"]  # the page has it already
    head, columns, _ = unpack(grid._block)
    assert head == (grid._version, 0, grid.count)
    assert columns["confidence"].min() >= 0.9


def test_what_is_carried_is_sent_once_and_again_only_when_asked_for(pretrained, sample):
    grid = MisclassifiedGrid(pretrained, sample.test.images, sample.test.labels, offline=60)
    wrong = set(grid.rows()["index"])
    _, columns, levels = unpack(grid._carried)
    assert len(columns["index"]) == 60
    assert wrong < set(columns["index"].tolist())  # all of them, and others
    assert levels.shape == (1, 60, 784)
    first = grid._carried
    grid.filter = {"true": 4}
    grid.sort = "loss"
    assert not grid._stale  # all of that is carried already
    grid.filter = {"misclassified": False, "true": 4}
    assert grid._stale
    assert grid._carried is first
    page_asks(grid, carry=True)
    assert not grid._stale
    _, columns, _ = unpack(grid._carried)
    fours = columns["index"][columns["true"] == 4]
    assert set(grid.rows()["index"][:40]) <= set(fours.tolist())
    # An export asks for all of the state, and gets what is shown.
    grid.filter = {"misclassified": False, "true": 5}
    state = grid.get_state()
    _, columns, _ = unpack(bytes(state["_carried"]))
    assert (columns["true"] == 5).sum() >= 60 - len(wrong)


def test_offline_may_be_none_or_all(pretrained, sample):
    for offline, expected in ((0, 0), (5000, 1000)):
        grid = MisclassifiedGrid(
            pretrained, sample.test.images, sample.test.labels, offline=offline
        )
        _, columns, _ = unpack(grid._carried)
        assert len(columns["index"]) == expected
        grid.filter = {"misclassified": False}
        assert not grid._stale


def test_picks_of_the_page_become_indices(grid, found):
    order = grid.rows()["index"].tolist()
    page_asks(grid, 1, pick={"number": 11, "base": [3]})
    assert grid.selected == (3,)
    assert grid._picked == 11
    version = grid._version
    page_asks(grid, 2, pick={"number": 12, "base": [3], "range": [version, 1, 3], "toggles": [3]})
    assert grid.selected == tuple(sorted(order[1:4]))
    grid.selected = (1,)
    page_asks(grid, 3, pick={"number": 12, "base": [3]})  # the same pick, told again
    assert grid.selected == (1,)
    # Picked in the old order, and another chosen, before the kernel found the time to hear of it.
    page_asks(grid, 4, pick={"number": 13, "range": [version, 1, 3]}, sort="loss")
    assert grid.selected == tuple(sorted(order[1:4]))
    assert grid.rows()["index"].tolist() != order
    page_asks(grid, 5, pick={"number": 14, "range": [version - 1, 0, 3], "base": [9]})
    assert grid.selected == (9,)  # positions of an order that is long no more


def test_current_gives_image_and_position(grid, sample):
    assert grid.current == -1
    assert not grid.image.any()
    index = int(grid.rows()["index"][4])
    grid.current = index
    assert grid._place == (index, 4)
    np.testing.assert_array_equal(grid.image, sample.test.images[index])
    grid.filter = {"true": int((sample.test.labels[index] + 1) % 10)}
    assert grid._place == (index, -1)
    np.testing.assert_array_equal(grid.image, sample.test.images[index])
    grid.current = -1
    assert not grid.image.any()


def test_visible_can_be_set_and_the_page_s_word_moves_nothing(grid):
    order = grid.rows()["index"].tolist()
    grid.visible = order[10:12]
    assert grid._top == 10
    seen = memoryview(np.array(order[3:9], dtype="<i4").tobytes())
    grid.set_state({"visible": seen, "_top": 3, "_request": 1})
    assert grid.visible == tuple(order[3:9])
    assert grid._top == 3


def test_uint8_torch_and_float_give_the_same_and_are_not_copied(pretrained, sample, grid):
    levels = np.round(255 * sample.test.images).astype(np.uint8)
    others = [
        MisclassifiedGrid(pretrained, images, sample.test.labels)
        for images in (levels, levels.reshape(1000, 784), torch.from_numpy(levels))
    ]
    for other in others:
        assert other.rows()["index"].tolist() == grid.rows()["index"].tolist()
        assert np.shares_memory(other._table.pixels.numpy(), levels)
        assert unpack(other._block)[2].tobytes() == unpack(grid._block)[2].tobytes()
    assert np.shares_memory(grid._table.pixels.numpy(), sample.test.images)


def test_an_evaluation_is_used_if_it_fits(pretrained, sample, found, grid):
    images, labels = sample.test.images, sample.test.labels
    again = MisclassifiedGrid(pretrained, images, labels, evaluation=found)
    pd.testing.assert_frame_equal(again.rows(), grid.rows())
    with pytest.raises(ValueError, match="other samples"):
        MisclassifiedGrid(pretrained, images[:9], labels[:9], evaluation=found)
    with pytest.raises(ValueError, match="other samples"):
        MisclassifiedGrid(pretrained, images, labels[::-1], evaluation=found)
    with pytest.raises(TypeError, match=r"invertviz\.evaluate"):
        MisclassifiedGrid(pretrained, images, labels, evaluation=found.predictions)


def test_figures(grid, sample, tmp_path):
    def titles(figure):
        return [axes.get_title() for axes in figure.axes]

    rows = grid.rows()
    assert len(titles(grid.figure())) == 24
    grid.selected = rows["index"][:3].tolist()
    for row, title in zip(rows[:3].itertuples(), titles(grid.figure()), strict=True):
        assert title == f"{row.true} taken for {row.predicted} · {100 * row.confidence:.0f} %"
    right = int(np.flatnonzero(sample.test.labels == 7)[0])
    grid.selected = (right,)
    assert titles(grid.figure())[0].startswith("7 · ")
    assert grid.save_figure(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    grid.selected = ()
    grid.set_state({"visible": rows["index"][3:9].to_numpy("<i4").tobytes()})
    assert titles(grid.figure())[0].startswith(f"{rows['true'][3]} taken for")
    assert len(titles(grid.figure())) == 6
    grid.filter = {"true": 9, "predicted": 4}  # and no page says yet what is in view
    assert {*titles(grid.figure())} == {
        f"9 taken for 4 · {100 * confidence:.0f} %" for confidence in grid.rows()["confidence"]
    }
    grid.filter = {"confidence": (0, 0.01)}
    with pytest.raises(ValueError, match="No sample passes"):
        grid.figure()


def test_links(grid, pretrained, sample):
    canvas = DrawingCanvas(pretrained)
    ipywidgets.dlink((grid, "image"), (canvas, "image"))
    other = MisclassifiedGrid(pretrained, sample.test.images, sample.test.labels)
    for name in ("filter", "selected", "current"):
        traitlets.link((grid, name), (other, name))
    other.current = 12
    np.testing.assert_array_equal(canvas.image, sample.test.images[12])
    grid.filter = {"true": 2}
    grid.selected = (4, 5)
    assert other.count == grid.count
    assert other.selected == (4, 5)


def test_many_classes_have_no_matrix():
    network = untrained((4, 3, 70), image_shape=(2, 2))
    images = np.linspace(0, 1, 32, dtype=np.float32).reshape(8, 2, 2)
    grid = MisclassifiedGrid(network, images, np.arange(8) + 62)
    assert grid._confusion_chart is None
    assert grid.total == 8
    assert len(grid._confusion) == 4 * 70 * 70


def test_a_network_without_mistakes(pretrained, sample, found):
    right = np.flatnonzero(found.labels == found.predictions)[:5]
    grid = MisclassifiedGrid(pretrained, sample.test.images[right], sample.test.labels[right])
    assert grid.count == 0
    assert len(grid.rows()) == 0
    assert unpack(grid._block)[0] == (grid._version, 0, 0)


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("filter", "nines", TypeError, "is a dict such as"),
        ("filter", {"truth": 3}, ValueError, "no key 'truth'; did you mean 'true'"),
        ("filter", {"true": 10}, ValueError, "10 classes"),
        ("filter", {"predicted": "nine"}, ValueError, "10 classes"),
        ("filter", {"true": 2.5}, TypeError, "by its number or name"),
        ("filter", {"true": True}, TypeError, "by its number or name"),
        ("filter", {"misclassified": 1}, TypeError, "True"),
        ("filter", {"confidence": 0.5}, TypeError, "lowest and the highest"),
        ("filter", {"confidence": (0.5, "1")}, TypeError, "lowest and the highest"),
        ("filter", {"confidence": (0.9, 0.1)}, ValueError, "lowest and the highest"),
        ("filter", {"confidence": (0, float("nan"))}, ValueError, r"\[0, 1\]"),
        ("selected", (0, 1000), ValueError, "1000 samples"),
        ("selected", (2, 2), ValueError, "twice"),
        ("selected", (0.5,), TypeError, "indices of samples"),
        ("current", 1000, ValueError, "give -1 to 999"),
        ("current", -2, ValueError, "give -1 to 999"),
        ("sort", "size", ValueError, "sort"),
        ("count", 3, ValueError, "read-only"),
        ("image", np.zeros((28, 28)), ValueError, "read-only"),
    ],
)
def test_bad_values_are_refused_and_nothing_changes(grid, name, value, error, message):
    before = getattr(grid, name)
    with pytest.raises(error, match=message):
        setattr(grid, name, value)
    assert getattr(grid, name) is before


def test_bad_arguments_are_refused_with_advice(pretrained, sample):
    images, labels = sample.test.images[:9], sample.test.labels[:9]
    with pytest.raises(TypeError, match="load_pretrained"):
        MisclassifiedGrid("net.safetensors", images, labels)
    with pytest.raises(TypeError, match="'offlin'; did you mean offline"):
        MisclassifiedGrid(pretrained, images, labels, offlin=3)
    with pytest.raises(ValueError, match=r"images has shape \[9, 27, 28\]"):
        MisclassifiedGrid(pretrained, images[:, 1:], labels)
    with pytest.raises(ValueError, match="one label an image"):
        MisclassifiedGrid(pretrained, images, labels[:8])
    with pytest.raises(ValueError, match="from 0 to 1"):
        MisclassifiedGrid(pretrained, 255 * images, labels)
    with pytest.raises(ValueError, match="offline"):
        MisclassifiedGrid(pretrained, images, labels, offline=-1)
    with pytest.raises(TypeError, match="missing 2 required positional"):
        MisclassifiedGrid(pretrained)
