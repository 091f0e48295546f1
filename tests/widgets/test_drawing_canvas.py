"""The canvas as Python sees it; the page's side is driven in tests/browser."""

import numpy as np
import pytest
import torch
import traitlets

from invertviz import InvertibleNetwork, untrained
from invertviz.inverses import RidgeInverse
from invertviz.programs import dense_program
from invertviz.widgets import ClassPicker, DrawingCanvas, UnitSliders

rng = np.random.default_rng(0)


@pytest.fixture
def canvas(pretrained):
    return DrawingCanvas(pretrained)


def page_sends(canvas, image, request):
    """What the page's twin sends when a stroke was drawn."""
    data = memoryview(np.asarray(image, dtype="<f4").tobytes())
    canvas.set_state({"image": data, "_request": request})


@pytest.fixture
def sent(canvas, sent_by):
    """The messages that the kernel sends to the page."""
    return sent_by(canvas)


@pytest.mark.parametrize("image", [None, np.zeros((28, 28))])
def test_a_blank_canvas_has_been_looked_at(pretrained, image, tmp_path):
    canvas = DrawingCanvas(pretrained, image=image)
    assert canvas.prediction == -1
    assert (len(canvas.code), len(canvas.probabilities)) == (100, 10)
    result = pretrained.reconstruct(np.zeros((28, 28), np.float32))
    np.testing.assert_allclose(canvas.reconstruction, result.images[0], atol=1e-5)
    assert canvas.save_figure(tmp_path / "blank.png").exists()


def test_setting_an_image_answers_everything(canvas, pretrained, sample):
    digit = sample.test.images[7]
    canvas.image = digit
    result = pretrained.reconstruct(digit)
    np.testing.assert_array_equal(canvas.image, digit)
    np.testing.assert_allclose(canvas.reconstruction, result.images[0], atol=1e-5)
    np.testing.assert_allclose(canvas.code, result.codes[0], atol=1e-5)
    np.testing.assert_allclose(canvas.probabilities, result.probabilities[0], atol=1e-6)
    assert canvas.prediction == result.probabilities[0].argmax()
    assert canvas.reconstruction.shape == (28, 28)


def test_any_layout_of_an_image_may_be_set(canvas, sample):
    digit = sample.test.images[3]
    for same in (digit.ravel(), digit[None], np.round(digit * 255).astype(np.uint8)):
        canvas.image = same
        np.testing.assert_allclose(canvas.image, digit, atol=1e-6)


def test_blank_is_no_prediction(canvas, sample):
    assert canvas.prediction == -1
    canvas.image = sample.test.images[0]
    assert canvas.prediction >= 0
    canvas.clear()
    assert canvas.prediction == -1
    np.testing.assert_array_equal(canvas.image, np.zeros((28, 28)))


def test_changing_the_given_array_does_not_change_the_canvas(canvas, sample):
    mine = sample.test.images[0].copy()
    canvas.image = mine
    mine[:] = 0
    assert canvas.image.any()
    with pytest.raises(ValueError, match="read-only"):
        canvas.image[0, 0] = 1


def test_the_page_s_image_is_answered_in_one_message(canvas, sent, sample):
    digit = sample.test.images[5]
    page_sends(canvas, digit, 41)
    np.testing.assert_array_equal(canvas.image, digit)
    (answer,) = [message for message, _ in sent if message["method"] == "update"]
    assert answer["state"]["_answered"] == 41
    paths = [path for (path,) in answer["buffer_paths"]]
    assert {"reconstruction", "probabilities", "code"} <= set(paths)
    assert "image" not in paths  # the page has it already
    buffers = next(buffers for message, buffers in sent if message["method"] == "update")
    np.testing.assert_array_equal(
        np.frombuffer(buffers[paths.index("reconstruction")], "<f4").reshape(28, 28),
        canvas.reconstruction,
    )


def test_the_same_image_again_is_answered_too(canvas, sent, sample):
    page_sends(canvas, sample.test.images[5], 1)
    page_sends(canvas, sample.test.images[5], 2)
    answers = [m["state"]["_answered"] for m, _ in sent if m["method"] == "update"]
    assert answers == [1, 2]


def test_an_error_is_shown_and_the_next_stroke_works(canvas, sent, sample):
    def trip(change):
        raise RuntimeError("no more ink")

    canvas.observe(trip, "image")
    page_sends(canvas, sample.test.images[1], 1)
    assert canvas.error == "RuntimeError: no more ink"
    assert canvas._answered == 1
    canvas.unobserve(trip, "image")
    page_sends(canvas, sample.test.images[2], 2)
    assert canvas.error == ""
    assert canvas._answered == 2
    page_sends(canvas, np.zeros(5), 3)
    assert "shape [5]" in canvas.error
    assert canvas._answered == 3


def test_an_interrupted_answer_is_one(canvas, sent, sample):
    def interrupt(change):
        raise KeyboardInterrupt

    canvas.observe(interrupt, "image")
    with pytest.raises(KeyboardInterrupt):
        page_sends(canvas, sample.test.images[1], 1)
    answer = [message for message, _ in sent if message["method"] == "update"][-1]["state"]
    assert answer["_answered"] == 1
    assert "interrupted" in answer["error"]
    canvas.unobserve(interrupt, "image")
    page_sends(canvas, sample.test.images[2], 2)
    assert (canvas.error, canvas._answered) == ("", 2)


def test_python_observes_what_is_drawn(canvas, sample):
    seen = []
    canvas.observe(lambda change: seen.append(change["new"]), "prediction")
    page_sends(canvas, sample.test.images[0], 1)
    assert seen == [canvas.prediction]


def test_linked_canvases_show_the_same(canvas, pretrained, sample):
    other = DrawingCanvas(pretrained)
    traitlets.dlink((canvas, "image"), (other, "image"))
    canvas.image = sample.test.images[9]
    np.testing.assert_array_equal(other.reconstruction, canvas.reconstruction)


def test_another_way_back_can_be_chosen(pretrained, sample):
    ridge = RidgeInverse.fit(pretrained, sample.test.images)
    digit = sample.test.images[7]
    canvas = DrawingCanvas(pretrained, inverse=ridge, image=digit)
    expected = pretrained.with_inverse(ridge).reconstruct(digit).images[0]
    np.testing.assert_allclose(canvas.reconstruction, expected, atol=1e-5)
    assert np.abs(canvas.reconstruction - DrawingCanvas(image=digit).reconstruction).max() > 0.1
    with pytest.raises(TypeError, match="not a fitted inverse"):
        DrawingCanvas(pretrained, inverse="ridge")


def test_the_weights_are_on_the_page_once(pretrained):
    first, second = DrawingCanvas(pretrained), DrawingCanvas(pretrained)
    assert first._network_model is second._network_model
    assert first._network_model.weights == dense_program(pretrained)
    first._network_model.close()
    assert DrawingCanvas(pretrained)._network_model is not first._network_model


def test_the_pretrained_network_is_the_default_and_the_same_for_all():
    canvas = DrawingCanvas()
    assert canvas.network.training_record["images"] == 60_000 - 5_848
    assert ClassPicker()._network_model is UnitSliders()._network_model is canvas._network_model


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((27, 28)), ValueError, r"image has shape \[27, 28\]"),
        (np.zeros((2, 28, 28)), ValueError, "2 images"),
        (np.full((28, 28), np.nan), ValueError, "NaN"),
        (np.full((28, 28), 255.0), ValueError, "from 0 to 1"),
        (np.full((28, 28), 300), ValueError, "0 to 255"),
        ("seven", TypeError, "numbers"),
    ],
)
def test_bad_images_are_refused_and_nothing_changes(canvas, sample, image, error, message):
    canvas.image = sample.test.images[0]
    before = canvas.image
    with pytest.raises(error, match=message):
        canvas.image = image
    assert canvas.image is before


def test_bad_arguments_are_refused_with_advice(pretrained):
    with pytest.raises(TypeError, match="load_pretrained"):
        DrawingCanvas("net.safetensors")
    with pytest.raises(TypeError, match="'brsh'; did you mean brush"):
        DrawingCanvas(pretrained, brsh=3)
    with pytest.raises(ValueError, match="brush"):
        DrawingCanvas(pretrained, brush=100.0)
    with pytest.raises(ValueError, match="rows and columns"):
        DrawingCanvas(untrained((12, 4, 3), image_shape=(3, 2, 2)))
    with pytest.raises(ValueError, match="read-only"):
        DrawingCanvas(pretrained).reconstruction = np.zeros((28, 28))


def test_a_module_that_is_trained_on_is_noticed():
    layers = torch.nn.Linear(48, 5), torch.nn.Linear(5, 3)
    module = torch.nn.Sequential(torch.nn.Flatten(), *layers)
    network = InvertibleNetwork.from_module(module, image_shape=(6, 8))
    images = rng.random((30, 6, 8))
    network = network.with_inverse(RidgeInverse.fit(network, images))
    canvas = DrawingCanvas(network, image=images[0])
    before = canvas.probabilities
    with torch.no_grad():
        module[2].bias += torch.tensor([0.0, 2.0, 0.0])
    canvas.set_state({"image": memoryview(images[1].astype("<f4").tobytes())})
    canvas.image = images[0]
    assert canvas.probabilities[1] > before[1] + 0.1
    canvas.close()
