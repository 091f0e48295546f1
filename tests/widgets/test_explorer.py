"""The panel of all four widgets as Python sees it; the page's side is driven in tests/browser."""

import numpy as np
import pytest

from invertviz import datasets, untrained
from invertviz.inverses import RidgeInverse
from invertviz.widgets import Explorer


@pytest.fixture(scope="module")
def data():
    return datasets.load("mnist-sample")


@pytest.fixture
def explorer(pretrained, data):
    return Explorer(pretrained, data)


def test_a_tile_becomes_the_drawing_and_the_base_of_the_sliders(explorer, pretrained, data):
    index = int(explorer.grid.visible[3]) if len(explorer.grid.visible) else 11
    explorer.grid.current = index
    digit = data.test.images[index]
    np.testing.assert_array_equal(explorer.canvas.image, digit)
    code = pretrained.encode(digit)[0]
    np.testing.assert_allclose(explorer.code, code, atol=1e-5)
    np.testing.assert_allclose(explorer.sliders.base, code, atol=1e-5)


def test_a_generated_digit_is_sent_to_the_sliders(explorer):
    explorer.picker.classes = [7]
    explorer.picker.steps = 50
    explorer.picker.run()
    np.testing.assert_array_equal(explorer.code, explorer.picker.code)
    assert explorer.sliders.base_probabilities.argmax() == 7
    explorer.picker.position = 0
    np.testing.assert_array_equal(explorer.code, explorer.picker.code)


def test_a_code_can_be_set(explorer, pretrained, data):
    code = pretrained.encode(data.test.images[4])[0]
    explorer.code = code
    np.testing.assert_array_equal(explorer.sliders.base, code)
    explorer.figure()


def test_a_move_of_a_unit_changes_no_other_widget(explorer, data):
    explorer.canvas.image = data.test.images[5]
    base = explorer.code
    explorer.sliders.value = explorer.sliders.value + 1
    np.testing.assert_array_equal(explorer.code, base)
    np.testing.assert_array_equal(explorer.canvas.image, data.test.images[5])


def test_another_way_back_serves_all_four(pretrained, data):
    ridge = RidgeInverse.fit(pretrained, data.test.images)
    by_ridge = pretrained.with_inverse(ridge)
    explorer = Explorer(pretrained, data, inverse=ridge)
    explorer.grid.current = 11
    digit = data.test.images[11]
    seen = by_ridge.reconstruct(digit).images[0]
    np.testing.assert_allclose(explorer.canvas.reconstruction, seen, atol=1e-4)
    np.testing.assert_allclose(explorer.sliders.base_image, seen, atol=1e-4)
    explorer.picker.classes, explorer.picker.steps = [7], 20
    explorer.picker.run()
    expected = by_ridge.invert(explorer.picker.codes)
    np.testing.assert_allclose(explorer.picker.images, expected, atol=1e-4)
    assert explorer.grid.network.inverse is ridge
    with pytest.raises(TypeError, match="not a fitted inverse"):
        Explorer(pretrained, data, inverse="ridge")


def test_the_weights_are_on_the_page_once(explorer):
    widgets = (explorer.grid, explorer.canvas, explorer.picker, explorer.sliders)
    assert len({widget._network_model for widget in widgets}) == 1


@pytest.mark.parametrize("kind", ["dataset", "split", "pair", "none"])
def test_data_of_several_kinds(pretrained, data, kind):
    given = {
        "dataset": data,
        "split": data.test,
        "pair": (data.test.images[:40], data.test.labels[:40]),
        "none": None,
    }[kind]
    explorer = Explorer(pretrained, given)
    assert explorer.grid.total == (40 if kind == "pair" else len(data.test.labels))


def test_bad_data_is_refused_with_advice(pretrained, data):
    with pytest.raises(TypeError, match="pair of images and labels"):
        Explorer(pretrained, 7)
    with pytest.raises(ValueError, match="one label an image"):
        Explorer(pretrained, (data.test.images[:5], data.test.labels[:4]))
    with pytest.raises(TypeError, match="load_pretrained"):
        Explorer("net.safetensors")
    with pytest.raises(ValueError, match="shape"):
        Explorer(untrained((12, 4, 10), image_shape=(3, 4)), data)
