"""The boundary for images: one rule, everywhere the same."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from invertviz import ImageSpec, InvertibleNetwork, evaluate, survey_units, train, untrained

rng = np.random.default_rng(0)
DIGITS = rng.random((20, 28, 28)).astype(np.float32)
LABELS = np.arange(20) % 10


@pytest.fixture(scope="module")
def network():
    return untrained(device="cpu")


@pytest.fixture(scope="module")
def colour():
    return untrained((48, 6, 3), image_shape=(3, 4, 4), device="cpu")


def ways_in(network):
    """Whatever takes images takes them by the same rule."""
    yield network.encode
    yield network.reconstruct
    yield lambda images: evaluate(network, images, np.zeros(len(images), int))
    yield lambda images: survey_units(network, images)
    yield lambda images: train(
        images, LABELS[: len(images)], hidden=(4,), steps=0, inverse_steps=0, confidence=0
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ((DIGITS > 0.5).astype(int), "from 0 to 1 only.*images / 1;"),
        ((DIGITS * 15).astype(np.uint8), "from 0 to 1[45] only.*/ 15"),
        ((DIGITS * 16).round().astype(np.int64), "from 0 to 16 only.*/ 16"),
        ((DIGITS * 100).astype(np.int32), "from 0 to 99 only.*/ 100"),
        (DIGITS.round().astype(int) * 256, "from 0 to 256"),
        (DIGITS.round().astype(int) * 255 - 1, "from -1 to 254"),
        (DIGITS * 255, r"from 0.* to 25.*images / 255"),
        (DIGITS * 2 - 1, r"\(images \+ 1\) / 2"),
        (DIGITS * 3.2 - 0.4, r"images \* std \+ mean"),
    ],
)
def test_another_scale_is_refused_everywhere_with_what_to_do(network, images, message):
    for way_in in ways_in(network):
        with pytest.raises(ValueError, match=message):
            way_in(images)


def test_what_is_on_the_scale_is_taken(network):
    bytes_ = (DIGITS * 255).astype(np.uint8)
    expected = network.encode(bytes_ / np.float32(255))
    for same in (bytes_, bytes_.astype(np.int64), torch.from_numpy(bytes_)):
        np.testing.assert_allclose(network.encode(same), expected, atol=1e-5)
    black = np.zeros((1, 28, 28), np.uint8)
    np.testing.assert_array_equal(network.encode(black), network.encode(black / 1.0))
    dark = np.full((1, 28, 28), 90, np.uint8)  # a single image may be dark
    np.testing.assert_allclose(network.encode(dark), network.encode(dark / 255), atol=1e-5)
    ink = DIGITS > 0.5
    np.testing.assert_array_equal(network.encode(ink), network.encode(ink.astype(np.float32)))
    rounded = DIGITS * np.float32(1 + 1e-7)  # as arithmetic leaves them
    network.encode(rounded)


def test_channels_are_taken_first_or_last(network, colour):
    expected = network.encode(DIGITS)
    for same in (DIGITS[:, None], DIGITS[..., None], DIGITS.reshape(20, -1)):
        np.testing.assert_array_equal(network.encode(same), expected)
    for one in (DIGITS[0], DIGITS[0][None], DIGITS[0][..., None]):
        np.testing.assert_allclose(network.encode(one), expected[:1], atol=1e-6)
    pictures = rng.random((5, 3, 4, 4)).astype(np.float32)
    expected = colour.encode(pictures)
    for same in (pictures.transpose(0, 2, 3, 1), pictures.reshape(5, 48)):
        np.testing.assert_array_equal(colour.encode(same), expected)
    one = colour.encode(pictures[0].transpose(1, 2, 0))
    np.testing.assert_allclose(one, expected[:1], atol=1e-6)
    with pytest.raises(ValueError, match="Grey images become colour"):
        colour.encode(pictures[:, 0])
    with pytest.raises(ValueError, match="Colour images are made grey"):
        network.encode(np.zeros((2, 3, 28, 28)))


@pytest.mark.parametrize("shape", [(8, 6, 5), (8, 1, 6, 5), (8, 6, 5, 1)])
def test_train_takes_grey_images_with_a_channel_axis(shape):
    images = rng.random(shape).astype(np.float32)
    network = train(images, LABELS[:8], hidden=(4,), steps=2, inverse_steps=1, confidence=0)
    assert network.image_shape == (6, 5)
    assert network.reconstruct(images).images.shape == (8, 6, 5)


def test_arrays_that_are_no_plain_ones(network):
    expected = network.encode(DIGITS[:1])
    rows = pd.DataFrame(DIGITS[:1].reshape(1, -1))
    np.testing.assert_allclose(network.encode(rows), expected, atol=1e-6)
    np.testing.assert_allclose(network.encode(np.asmatrix(DIGITS[0])), expected, atol=1e-6)
    whole = np.ma.masked_array(DIGITS[:1])
    np.testing.assert_allclose(network.encode(whole), expected, atol=1e-6)
    with pytest.raises(ValueError, match="masked"):
        network.encode(np.ma.masked_greater(DIGITS[:1], 0.5))


def test_pictures_of_pillow(network):
    grey = Image.fromarray((DIGITS[0] * 255).astype(np.uint8))
    np.testing.assert_allclose(network.encode(grey), network.encode(np.asarray(grey)))
    for mode in ("P", "RGBA", "CMYK"):
        with pytest.raises(ValueError, match=f"{mode}.*convert"):
            network.encode(grey.convert(mode))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((28,),), "height, width"),
        (((28, 28, 3),), r"channels come first: \(3, 28, 28\)"),
        (((4, 8, 8),), "4 channels"),
        (((28.0, 28),), "height, width"),
        (((3, 8, 8), (0.5, 0.5)), "mean is"),
        (((3, 8, 8), 0.5, (0.2, 0.2, 0)), "positive"),
        (((3, 8, 8), float("nan")), "finite"),
    ],
)
def test_specs_of_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ImageSpec(*arguments)


def test_a_spec_standardizes_channel_by_channel():
    images = torch.rand(2, 3, 4, 5)
    spec = ImageSpec((3, 4, 5), mean=(0.4, 0.5, 0.6), std=0.2)
    mean = torch.tensor([0.4, 0.5, 0.6])[:, None, None]
    torch.testing.assert_close(spec.standardize(images), (images - mean) / 0.2)
    assert (spec.channels, spec.height, spec.width, spec.pixels) == (3, 4, 5, 60)
    assert ImageSpec((4, 5)).standardize(images[:, 0]).shape == (2, 1, 4, 5)


def test_one_logit_is_a_binary_classifier():
    """As scikit-learn's MLPClassifier has it: coefs_ ending in (20, 1)."""
    draw = np.random.default_rng(1).normal
    layers = [(draw(size=(12, 20)), draw(size=20)), (draw(size=(20, 1)), [0.3])]
    images = rng.random((50, 12))
    network = InvertibleNetwork.from_arrays(
        layers, image_shape=(3, 4), activation="tanh", class_names=["no", "yes"], device="cpu"
    )
    (W1, b1), (W, b) = layers
    p = 1 / (1 + np.exp(-(np.tanh(images @ W1 + b1) @ W + b)[:, 0]))
    found = network.classify(network.encode(images))
    np.testing.assert_allclose(found, np.stack([1 - p, p], 1), atol=1e-6)
    assert 0.1 < evaluate(network, images, (p > 0.5).astype(int)).predictions.mean() < 0.99
