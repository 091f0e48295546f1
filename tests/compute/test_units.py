"""Pictures of units, against closed forms and planted solutions; and what they gain."""

import numpy as np
import pytest
import torch

from invertviz import (
    InvertibleNetwork,
    RidgeInverse,
    compare_unit_pictures,
    driving_samples,
    maximize_units,
    project_units,
    readability,
    unit_differences,
    untrained,
)

rng = np.random.default_rng(0)
IMAGES = rng.random((500, 4, 3)).astype(np.float32)


@pytest.fixture
def network():
    """With a linear way back, so that differences have a closed form."""
    network = untrained((12, 8, 6, 3), image_shape=(4, 3), device="cpu", seed=3)
    return network.with_inverse(RidgeInverse.fit(network, IMAGES))


def test_differences_alone_are_the_unit_s_row(network):
    codes, M = network.encode(IMAGES), network.inverse.matrices[0].numpy()
    found = unit_differences(network, images=IMAGES, sigmas=1.5, together=False)
    expected = 2 * 1.5 * codes.std(0)[:, None] * M
    np.testing.assert_allclose(found.reshape(6, 12), expected, rtol=1e-3, atol=1e-4)


def test_differences_together_follow_the_regression_on_the_unit(network):
    codes, M = network.encode(IMAGES), network.inverse.matrices[0].numpy()
    found = unit_differences(network, [4, 1], images=IMAGES, sigmas=1.5)
    for picture, unit in zip(found, (4, 1), strict=True):
        slopes = [np.polyfit(codes[:, unit], other, 1)[0] for other in codes.T]
        moved = 1.5 * codes[:, unit].std() * np.array(slopes)
        np.testing.assert_allclose(picture.ravel(), 2 * moved @ M, rtol=1e-2, atol=1e-4)


def test_differences_depend_on_where_they_are_taken(pretrained, sample):
    """The article's inverse is no straight line: around a digit, a unit does something else."""
    code = pretrained.encode(sample.test.images[:1])
    mean = unit_differences(pretrained, [3], images=sample.train.images)
    digit = unit_differences(pretrained, [3], images=sample.train.images, around=code[0])
    assert mean.shape == digit.shape == (1, 28, 28)
    assert np.abs(mean - digit).max() > 0.1


def test_driving_samples_are_the_extremes(network):
    codes = network.encode(IMAGES)
    most, least = driving_samples(network, IMAGES, [5, 0], count=3)
    for row, unit in enumerate((5, 0)):
        order = np.argsort(codes[:, unit])
        np.testing.assert_array_equal(least[row], order[:3])
        np.testing.assert_array_equal(most[row], order[::-1][:3])


def test_bare_maximization_finds_the_corner_of_a_linear_unit():
    """The highest value of a linear unit over [0, 1] is at the corner that its signs say."""
    W = rng.choice([-1, 1], (12, 4)) * rng.uniform(0.5, 1, (12, 4))
    layers = [(W, np.zeros(4)), (np.ones((4, 2)), np.zeros(2))]
    network = InvertibleNetwork.from_arrays(layers, [W.T], image_shape=(4, 3), device="cpu")
    found = maximize_units(network, images=IMAGES, prior=None, steps=300)
    np.testing.assert_array_equal(found.reshape(4, 12), W.T > 0)


def test_the_prior_s_optimum_is_the_mean_moved_along_the_covariance():
    """For a linear unit w and no bound in reach: x = mean + metric w / (σ weight)."""
    W = 0.1 * rng.normal(size=(12, 4))
    layers = [(W, np.zeros(4)), (np.ones((4, 2)), np.zeros(2))]
    network = InvertibleNetwork.from_arrays(layers, [W.T], image_shape=(4, 3), device="cpu")
    rows = IMAGES.reshape(500, 12)
    found = maximize_units(network, [2], images=IMAGES, weight=30, learning_rate=0.01)
    covariance = np.cov(rows.T, bias=True)
    metric = covariance / np.trace(covariance) * 12
    expected = rows.mean(0) + metric @ W[:, 2] / (rows @ W[:, 2]).std() / 30
    assert 0 < expected.min() < expected.max() < 1
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-4)
    assert np.abs(expected - rows.mean(0)).max() > 0.02


def test_maximized_units_are_high(pretrained, sample):
    values = pretrained.encode(sample.train.images)
    made = pretrained.encode(maximize_units(pretrained, images=sample.train.images)).diagonal()
    deviations = (made - values.mean(0)) / values.std(0)
    print(f"maximized units: {deviations.mean():.2f} deviations, least {deviations.min():.2f}")
    assert deviations.min() > 1.5
    assert deviations.mean() > 2.5


def test_readability_is_the_ratio_of_middle_and_border():
    noise = rng.normal(size=(50, 28, 28))
    np.testing.assert_allclose(readability(noise).mean(), 1, atol=0.03)
    np.testing.assert_allclose(readability(7 * noise + 100), readability(noise))
    noise[:, 4:24, 4:24] *= 5
    np.testing.assert_allclose(readability(torch.tensor(noise)).mean(), 5, atol=0.15)
    with pytest.raises(ValueError, match="no border"):
        readability(np.zeros((3, 8, 28)))


def test_pictures_of_units_become_readable(pretrained):
    """The gain over the article's picture; and, said honestly, where there is none."""
    table = compare_unit_pictures(pretrained)
    print(table.to_string(float_format="%.3f"))
    assert table.gain["projection"] == 1
    assert table.gain["difference together"] >= 5
    assert table.gain["maximized"] >= 3
    assert table.gain["maximized"] > table.gain["maximized bare"]
    assert table.gain["difference alone"] == pytest.approx(1, abs=0.3)
    median = np.median(readability(project_units(pretrained)))
    assert table.readability["projection"] == pytest.approx(median)


def test_everything_is_the_same_each_time(network):
    for make in (unit_differences, maximize_units):
        first, second = (make(network, images=IMAGES) for _ in range(2))
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(make(network, [2], images=IMAGES).shape, (1, 4, 3))


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (unit_differences, {"units": [6]}, "unit 6 is unknown"),
        (unit_differences, {"units": []}, "no unit"),
        (unit_differences, {"sigmas": 0}, "sigmas is 0"),
        (unit_differences, {"around": np.zeros((2, 6))}, "around holds 2"),
        (unit_differences, {"around": np.zeros(5)}, "codes here have shape"),
        (unit_differences, {"images": None}, "images are needed"),
        (driving_samples, {"count": 0}, "count is 0"),
        (driving_samples, {"count": 501}, "1 to 500"),
        (driving_samples, {"units": [-1]}, "unit -1"),
        (maximize_units, {"prior": "class"}, "'class' is not known"),
        (maximize_units, {"weight": -1}, "weight is -1"),
        (maximize_units, {"images": IMAGES * 2}, "from 0 to 1"),
        (compare_unit_pictures, {}, "no border"),
    ],
)
def test_bad_requests_are_refused(network, make, settings, message):
    with pytest.raises(ValueError, match=message):
        make(network, **{"images": IMAGES, **settings})
