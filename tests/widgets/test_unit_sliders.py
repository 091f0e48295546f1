"""The unit sliders as Python sees them; the page's side is driven in tests/browser."""

import ipywidgets
import numpy as np
import pytest

from invertviz import project_units, untrained
from invertviz.widgets import DrawingCanvas, UnitSliders


@pytest.fixture
def sliders(pretrained):
    return UnitSliders(pretrained)


@pytest.fixture
def sent(sliders, sent_by):
    """The messages that the kernel sends to the page."""
    return sent_by(sliders)


def assert_answered(sliders):
    """All results are what the network says of the base with the moved units."""
    code = sliders.base.copy()
    for unit, value in sliders.moved.items():
        code[unit] = value
    np.testing.assert_array_equal(sliders.code, code)
    np.testing.assert_allclose(sliders.image, sliders.network.invert(code)[0], atol=1e-6)
    says = sliders.network.classify(np.stack([code, sliders.base]))
    np.testing.assert_allclose(sliders.probabilities, says[0], atol=1e-6)
    np.testing.assert_allclose(sliders.base_probabilities, says[1], atol=1e-6)
    before = sliders.network.invert(sliders.base)[0]
    np.testing.assert_allclose(sliders.base_image, before, atol=1e-6)
    assert np.float32(sliders.value) == code[sliders.unit]


def test_moving_units_one_by_one_and_together(sliders):
    sliders.unit = 17
    sliders.value = 2.5
    assert sliders.moved == {17: 2.5}
    assert_answered(sliders)
    sliders.unit = 3
    assert sliders.value == sliders.base[3]
    sliders.value = -1
    assert sliders.moved == {17: 2.5, 3: -1.0}
    assert_answered(sliders)
    sliders.moved = {3: 0.1, np.int64(99): 4}
    assert sliders.value == 0.1
    assert_answered(sliders)
    sliders.reset(3)
    assert sliders.moved == {99: 4.0}
    assert sliders.value == sliders.base[3]
    sliders.reset()
    assert sliders.moved == {}
    assert_answered(sliders)


def test_moved_units_stay_when_the_base_changes(sliders, pretrained, sample):
    sliders.unit, sliders.value = 17, 2.5
    sliders.base = pretrained.encode(sample.test.images[7])  # [1, 100], as encode gives it
    assert sliders.base.shape == (100,)
    assert sliders.moved == {17: 2.5}
    assert_answered(sliders)


def test_every_argument_is_taken(pretrained, sample):
    sliders = UnitSliders(
        pretrained, np.ones(100), unit=5, value=-2.0, moved={7: 1.5}, target=3, sort="effect"
    )
    assert sliders.moved == {7: 1.5, 5: -2.0}
    assert_answered(sliders)
    examples = (255 * sample.train.images[:30]).astype(np.uint8)
    sliders = UnitSliders(pretrained, examples=examples)
    codes = pretrained.encode(examples)
    np.testing.assert_allclose(sliders.ranges[:, 0], codes.min(0), atol=1e-5)
    np.testing.assert_allclose(sliders.ranges[:, 1], codes.max(0), atol=1e-5)
    np.testing.assert_allclose(sliders.example_codes, codes, atol=1e-5)
    least_sure = pretrained.classify(codes).max(-1).argmin()
    np.testing.assert_array_equal(sliders.base, sliders.example_codes[least_sure])
    assert sliders.examined == 30


def test_ranges_and_histograms_are_those_of_the_bundled_digits(sliders, pretrained, sample):
    codes = pretrained.encode(sample.test.images)
    assert sliders.examined == 1000
    for unit in (0, 41, 99):
        low, high = codes[:, unit].min(), codes[:, unit].max()
        np.testing.assert_allclose(sliders.ranges[unit], (low, high), atol=1e-5)
        counts, _ = np.histogram(codes[:, unit], bins=32, range=(low, high))
        assert sliders.histograms[unit].sum() == 1000
        assert np.abs(counts - sliders.histograms[unit]).sum() <= 4  # rounding at an edge
    predicted = pretrained.classify(codes).argmax(-1)
    np.testing.assert_allclose(sliders.class_codes[3], codes[predicted == 3].mean(0), atol=1e-4)
    np.testing.assert_allclose(sliders.mean_code, codes.mean(0), atol=1e-4)


def test_without_real_images_the_ranges_are_a_guess(pretrained):
    network = untrained((12, 4, 3), image_shape=(4, 3))
    sliders = UnitSliders(network, moved={2: 1.0})
    assert sliders.examined == 0
    np.testing.assert_array_equal(sliders.ranges, np.tile([-5, 5], (4, 1)))
    assert len(sliders.example_codes) == 0
    assert not sliders.base.any()
    assert np.isnan(sliders.class_codes).all()
    assert_answered(sliders)
    clothes = untrained(pretrained.classifier.sizes, class_names=[f"c{i}" for i in range(10)])
    assert UnitSliders(clothes).examined == 0  # of the same shape, but no digits


def test_projections_are_levels_of_the_article_s(sliders, pretrained):
    images = project_units(pretrained)
    assert sliders.projections.shape == (100, 28, 28)
    assert sliders.projections.dtype == np.uint8
    own = (images[41] - images[41].min()) / np.ptp(images[41])
    assert np.abs(sliders.projections[41] - 255 * own).max() <= 0.51


@pytest.mark.parametrize("target", [-1, 8])
def test_the_ranking_is_that_of_brute_force(sliders, pretrained, sample, target):
    sliders.base = pretrained.encode(sample.test.images[11])
    sliders.target = target
    chosen = sliders.base_probabilities.argmax() if target < 0 else target
    effects = []
    for unit, ends in enumerate(sliders.ranges):
        codes = np.stack([sliders.base] * 2)
        codes[:, unit] = ends
        low, high = pretrained.classify(codes)[:, chosen]
        effects.append(high - low)
    np.testing.assert_allclose(sliders.effects, effects, atol=1e-6)
    assert sliders.ranking == sorted(range(100), key=lambda k: (-abs(sliders.effects[k]), k))
    assert abs(effects[sliders.ranking[0]]) == pytest.approx(max(map(abs, effects)), abs=1e-6)


def test_python_observes_what_is_moved_on_the_page(sliders, sent):
    seen = []
    sliders.observe(lambda change: seen.append((change["name"], change["new"])), ["value", "moved"])
    sliders.set_state({"unit": 4, "moved": {"4": 1.5, "60": -2.0}, "_request": 7})
    assert dict(seen) == {"value": 1.5, "moved": {4: 1.5, 60: -2.0}}
    assert_answered(sliders)
    (answer,) = [message for message, _ in sent if message["method"] == "update"]
    assert answer["state"]["_answered"] == 7
    assert answer["state"]["value"] == 1.5
    assert not {"moved", "unit", "base"} & answer["state"].keys()  # the page has them already
    paths = {path for (path,) in answer["buffer_paths"]}
    assert {"code", "image", "probabilities"} <= paths
    assert not {"projections", "histograms", "base_image"} & paths


def test_links_by_hand(pretrained, sample, sliders):
    canvas = DrawingCanvas(pretrained)
    ipywidgets.dlink((canvas, "code"), (sliders, "base"))
    canvas.image = sample.test.images[5]
    np.testing.assert_array_equal(sliders.base, canvas.code)
    np.testing.assert_allclose(sliders.image, canvas.reconstruction, atol=1e-5)
    other = UnitSliders(pretrained)
    ipywidgets.link((sliders, "moved"), (other, "moved"))
    ipywidgets.link((sliders, "unit"), (other, "unit"))
    other.unit, other.value = 8, 3.0
    assert sliders.moved == {8: 3.0}
    assert sliders.value == 3.0
    assert_answered(sliders)


def test_the_saved_state_is_small(sliders):
    buffers = [value for value in sliders.get_state().values() if isinstance(value, bytes)]
    assert sum(map(len, buffers)) < 150_000


def test_figure_and_file(sliders, tmp_path):
    assert "nothing moved" in str([axes.get_title() for axes in sliders.figure().axes])
    sliders.unit, sliders.value = 17, 2.5
    figure = sliders.figure()
    base, moved, difference, _scale = figure.axes
    np.testing.assert_array_equal(base.images[0].get_array(), sliders.base_image)
    np.testing.assert_array_equal(moved.images[0].get_array(), sliders.image)
    assert "unit 17 = 2.50" in moved.get_title()
    shown = difference.images[0]
    np.testing.assert_allclose(shown.get_array(), sliders.image - sliders.base_image)
    assert shown.norm.vmax == -shown.norm.vmin > 0
    assert sliders.save_figure(tmp_path / "x.pdf").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"unit": 100}, ValueError, "unit is 100; give 0 to 99"),
        ({"value": np.nan}, ValueError, "finite"),
        ({"moved": {100: 1.0}}, ValueError, "unit is 100"),
        ({"moved": {"seven": 1.0}}, ValueError, "unit is a whole number"),
        ({"moved": {7: "far"}}, ValueError, "value of unit 7 is a number"),
        ({"target": 10}, ValueError, "give -1 to 9"),
        ({"sort": "size"}, ValueError, "sort"),
        ({"base": np.zeros(99)}, ValueError, "codes here have shape"),
        ({"base": np.zeros((2, 100))}, ValueError, "2 codes"),
        ({"base": np.full(100, np.inf)}, ValueError, "infinite"),
        ({"base": "seven"}, TypeError, "numbers"),
        ({"examples": np.zeros((3, 27, 28))}, ValueError, "images of shape"),
        ({"examples": np.full((3, 28, 28), 9.0)}, ValueError, "from 0 to 1"),
        ({"units": 3}, TypeError, "'units'; did you mean unit"),
    ],
)
def test_bad_arguments_are_refused_with_advice(pretrained, arguments, error, message):
    with pytest.raises(error, match=message):
        UnitSliders(pretrained, **arguments)


def test_bad_values_change_nothing(sliders):
    sliders.value = 1.0
    for name, bad in {"unit": -1, "moved": {3: np.inf}, "value": 1e39, "target": -2}.items():
        before = getattr(sliders, name)
        with pytest.raises(ValueError, match=" is "):
            setattr(sliders, name, bad)
        assert getattr(sliders, name) == before
    with pytest.raises(ValueError, match="read-only"):
        sliders.image = np.zeros((28, 28))
    with pytest.raises(TypeError, match="load_pretrained"):
        UnitSliders("net.safetensors")
