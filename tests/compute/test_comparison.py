"""The table of the ways back: each column against what it says, the bounds against theirs."""

import numpy as np
import pytest
import torch

from invertviz import (
    GradientInverse,
    RidgeInverse,
    compare_inverses,
    evaluate_inverse,
    fit_inverses,
    trade_off,
    untrained,
)
from invertviz.comparison import COLUMNS, KINDS

rng = np.random.default_rng(0)
IMAGES = rng.random((300, 4, 3)).astype(np.float32)
LABELS = rng.integers(0, 3, 300)
FAST = ["ridge", "pseudo"]


@pytest.fixture
def network():
    network = untrained((12, 8, 6, 3), image_shape=(4, 3), device="cpu", seed=3)
    for W in network.classifier.weights:
        W.data *= 10  # a network that tells its inputs apart
    return network


def test_columns_are_what_they_say(network):
    inverse = RidgeInverse.fit(network, IMAGES[:100])
    images, labels = IMAGES[100:], LABELS[100:]
    table = compare_inverses(
        network, images, labels, fit_images=IMAGES[:100], inverses={"mine": inverse}
    )
    assert tuple(table.columns) == COLUMNS
    row = table.loc["mine"]
    turned = network.with_inverse(inverse)
    quality = evaluate_inverse(turned, images, labels)
    for column in ("mae", "mse", "class_consistency", "class_consistency_misclassified"):
        assert row[column] == pytest.approx(getattr(quality, column), rel=1e-5)
    assert row["psnr"] == pytest.approx(10 * np.log10(1 / quality.mse))
    codes = network.encode(images)
    again = network.encode(turned.reconstruct(images).images.clip(0, 1))
    distance = np.linalg.norm(again - codes, axis=1) / np.linalg.norm(codes, axis=1)
    assert row["representation_distance"] == pytest.approx(distance.mean(), rel=1e-4)
    assert np.isnan(row["fit_seconds"])  # nobody saw it being fitted
    assert row["seconds_per_10k"] > 0


def test_bounds_are_the_mean_image_and_the_principal_components(network):
    known, images = IMAGES[:200].reshape(200, 12), IMAGES[200:].reshape(100, 12)
    table = compare_inverses(network, images, LABELS[200:], fit_images=known, inverses=FAST)
    assert list(table.index) == [*FAST, "mean image", "PCA of rank 6"]
    mean = known.mean(0)
    assert table.mse["mean image"] == pytest.approx(np.square(images - mean).mean(), rel=1e-5)
    _, _, axes = np.linalg.svd(known - mean, full_matrices=False)
    best = mean + (images - mean) @ axes[:6].T @ axes[:6]
    left = images - best.clip(0, 1)  # as it can be shown
    assert table.mse["PCA of rank 6"] == pytest.approx(np.square(left).mean(), rel=1e-4)
    assert table.mse["PCA of rank 6"] < table.mse["ridge"] < table.mse["mean image"]


def test_without_fit_images_nothing_is_measured_on_what_was_fitted(network):
    """Four images a half: ridge would reproduce them if it had seen them."""
    images = rng.random((8, 4, 3)).astype(np.float32)
    labels = np.zeros(8, int)
    seen = compare_inverses(network, images, labels, fit_images=images, inverses=FAST)
    split = compare_inverses(network, images, labels, inverses=FAST, seed=1)
    assert split.mse["ridge"] > 1.5 * seen.mse["ridge"]
    again = compare_inverses(network, images, labels, inverses=FAST, seed=1)
    timed = ["fit_seconds", "seconds_per_10k"]
    assert again.drop(columns=timed).equals(split.drop(columns=timed))


def test_fitting_all_kinds_gives_all_kinds_and_their_times(network, capsys):
    quick = {"learned": {"confidence": 0, "steps": 9}, "decoder": {"steps": 9}}
    found = fit_inverses(network, IMAGES, {kind: quick.get(kind, {}) for kind in KINDS})
    assert list(found) == list(KINDS)
    for kind, inverse in found.items():
        assert inverse.kind == kind
        assert inverse.fit_seconds > 0
    shown = capsys.readouterr().err
    assert "5/5" in shown
    assert "9/9" in shown  # the decoder's own bar, with the steps that were asked for
    table = compare_inverses(network, IMAGES, LABELS, fit_images=IMAGES, inverses=found)
    assert list(table.index) == [*KINDS, "mean image", "PCA of rank 6"]
    assert table.fit_seconds["decoder"] == found["decoder"].fit_seconds
    with pytest.raises(ValueError, match="magic"):
        fit_inverses(network, IMAGES, {"magic": {}})


def test_trade_off_runs_from_pixels_to_representation(pretrained, sample):
    images, labels = sample.test.images, sample.test.labels
    known = sample.train.images
    weights = [0, 0.1]
    table = trade_off(pretrained, images, labels, fit_images=known, weights=weights, steps=150)
    assert list(table.index) == weights
    assert table.index.name == "weight"
    assert table.mse[0] < 0.9 * table.mse[0.1]
    assert table.representation_distance[0.1] < 0.9 * table.representation_distance[0]
    misclassified = table.class_consistency_misclassified
    assert misclassified[0.1] > misclassified[0]
    assert (table.fit_seconds > 0).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"inverses": ["magic"]}, ValueError, "magic.*'ridge'"),
        ({"inverses": []}, ValueError, "at least one"),
        ({"inverses": "ridge"}, TypeError, "several kinds"),
        ({"inverses": {"mine": RidgeInverse}}, TypeError, "not a fitted inverse"),
        ({"images": IMAGES[:3], "labels": LABELS[:3]}, ValueError, "four or more"),
        ({"labels": LABELS[:5]}, ValueError, "300 images"),
        ({"images": np.full_like(IMAGES, np.nan)}, ValueError, "NaN"),
        ({"fit_images": IMAGES[:, :3]}, ValueError, "fit_images has shape"),
    ],
)
def test_bad_comparisons_are_refused_before_any_work(network, arguments, error, message):
    arguments = {"images": IMAGES, "labels": LABELS, "inverses": FAST, **arguments}
    with pytest.raises(error, match=message):
        compare_inverses(network, **arguments)


def test_weights_may_be_numpy_s(network):
    table = trade_off(network, IMAGES, LABELS, weights=np.array([0, 0.1]), steps=10)
    assert [*table.index] == [0, 0.1]


def test_bad_trade_offs_are_refused(network):
    with pytest.raises(ValueError, match="weights"):
        trade_off(network, IMAGES, LABELS, weights=[])
    with pytest.raises(ValueError, match="weights"):
        trade_off(network, IMAGES, LABELS, weights=[-1])


def test_a_nearer_code_shows_in_the_table(network):
    ways = {str(steps): GradientInverse.fit(network, IMAGES, steps=steps) for steps in (0, 20)}
    with torch.no_grad():
        table = compare_inverses(network, IMAGES, LABELS, inverses=ways)
    distances = table.representation_distance
    assert distances["20"] < 0.7 * distances["0"]
