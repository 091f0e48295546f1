"""Priors on codes: the statistics, the descent towards their optimum, and clear digits."""

import numpy as np
import pytest
import torch

from invertviz import CodePrior, compare_priors, optimize_codes, untrained
from invertviz.priors import KINDS, Pull

rng = np.random.default_rng(0)


IMAGES = rng.random((600, 4, 3))


@pytest.fixture
def network():
    """A network that takes a fair share of the images for each class."""
    network = untrained(
        (12, 8, 6, 3), image_shape=(4, 3), class_names=["ant", "bee", "cat"], device="cpu", seed=2
    ).double()
    for W in network.classifier.weights:
        W.data *= 10
    logits = network.head(network.encode(torch.tensor(IMAGES)))
    network.classifier.weights[-1].data /= logits.std(0)
    network.classifier.biases[-1].data.zero_()
    network.classifier.biases[-1].data -= network.head(network.encode(torch.tensor(IMAGES))).mean(0)
    return network


@pytest.fixture
def images(network):
    classes = network.classify(network.encode(IMAGES)).argmax(1)
    assert np.bincount(classes, minlength=3).min() >= 50
    return IMAGES


def test_statistics_are_those_of_confident_codes(network, images):
    codes = network.encode(images)
    probabilities = network.classify(codes)
    sure = probabilities.max(1) > 0.5
    taken = probabilities.argmax(1)
    assert 0 < sure.sum() < len(images)
    prior = CodePrior.fit(network, images, "gaussian", confidence=0.5)
    np.testing.assert_allclose(prior.means[1], codes[sure].mean(0))
    np.testing.assert_allclose(prior.covariances[2], np.cov(codes[sure].T, bias=True))
    prior = CodePrior.fit(network, images, "class", confidence=0.5)
    for number in range(3):
        mine = codes[sure & (taken == number)]
        np.testing.assert_allclose(prior.means[number], mine.mean(0))
        np.testing.assert_allclose(prior.covariances[number], np.cov(mine.T, bias=True))


@pytest.mark.parametrize("kind", KINDS)
def test_descent_ends_where_loss_and_mahalanobis_penalty_balance(network, images, kind):
    """At the optimum, the gradient of the penalized loss is 0."""
    prior = CodePrior.fit(network, images, kind, confidence=0, weight=0.3)
    result = optimize_codes(
        network, [0, 1, 2], prior=prior, steps=5000, learning_rate=0.3, progress=False
    )
    pull = prior.pull([0, 1, 2])
    codes = torch.tensor(result.codes, requires_grad=True)
    loss = (torch.eye(3) - network.head(codes).softmax(-1)).abs().sum()
    (gradient,) = torch.autograd.grad(loss, codes)
    away = result.codes - pull.mean.numpy()
    whole = np.broadcast_to(pull.metric.numpy(), (3, 6, 6))
    penalty = 0.3 * np.stack([np.linalg.solve(m, d) for m, d in zip(whole, away, strict=True)])
    np.testing.assert_allclose(gradient.numpy(), -penalty, atol=1e-6)
    assert np.abs(penalty).max() > 1e-3
    np.testing.assert_allclose(result.trajectory[0], pull.mean)
    assert np.trace(whole[0]) == pytest.approx(6)


def test_a_heavier_prior_keeps_codes_nearer(network, images):
    def distance(weight):
        prior = CodePrior.fit(network, images, confidence=0, weight=weight)
        # At the usual rate the heaviest sends the code to and fro without end.
        settings = {"steps": 5000, "learning_rate": 0.1, "progress": False}
        codes = optimize_codes(network, 0, prior=prior, **settings).codes
        return np.linalg.norm(codes[0] - prior.means[0].numpy())

    assert distance(0.01) > 1.5 * distance(0.1) > 1.5 * distance(0.9)


def test_without_a_prior_a_pull_changes_nothing():
    """The identity as metric and no weight: plain gradient descent."""
    gradient, rows = torch.randn(4, 6), torch.randn(4, 6)
    pull = Pull(torch.zeros(4, 6), torch.eye(6)[None], 0.0)
    assert torch.equal(pull.direction(gradient, rows), gradient)
    each = Pull(torch.zeros(4, 6), torch.eye(6).repeat(4, 1, 1), 0.0)
    assert torch.equal(each.direction(gradient, rows), gradient)


def test_diverse_means_are_drawn_from_the_class(network, images):
    prior = CodePrior.fit(network, images, "diverse", confidence=0)
    drawn = prior.pull([1] * 20_000, seed=3).mean
    np.testing.assert_allclose(drawn.mean(0), prior.means[1], atol=0.1)
    spread = np.cov(drawn.T) / prior.covariances[1].numpy().diagonal().mean()
    expected = 0.75**2 * prior.covariances[1].numpy()
    np.testing.assert_allclose(
        spread, expected / prior.covariances[1].numpy().diagonal().mean(), atol=0.05
    )


def test_diverse_samples_differ_and_seeds_repeat(network, images):
    prior = CodePrior.fit(network, images, "diverse", confidence=0)

    def codes(seed):
        return optimize_codes(
            network, ["bee"] * 3, prior=prior, seed=seed, steps=50, progress=False
        ).codes

    first = codes(0)
    np.testing.assert_array_equal(first, codes(0))
    assert np.abs(first - codes(1)).max() > 0.01
    assert np.abs(first[0] - first[1]).max() > 0.01


def test_a_start_of_one_s_own_goes_before_the_prior_s(network, images):
    prior = CodePrior.fit(network, images, confidence=0)
    start = rng.normal(size=6)
    result = optimize_codes(network, 0, prior=prior, start=start, steps=1, progress=False)
    np.testing.assert_allclose(result.trajectory[0, 0], start)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "magic"}, "'magic' is not known.*'diverse'"),
        ({"confidence": 1}, "confidence is 1"),
        ({"weight": 0}, "weight 0"),
        ({"images": np.zeros((5, 7))}, "images of shape"),
        ({"images": None}, "images are needed"),
        ({"images": np.zeros((1, 12)), "confidence": 0}, "1 images of any class"),
        ({"images": np.zeros((9, 12)), "confidence": 0, "kind": "class"}, "0 images of class"),
    ],
)
def test_bad_priors_are_refused(network, images, settings, message):
    with pytest.raises(ValueError, match=message):
        CodePrior.fit(network, **{"images": images, **settings})


def test_optimization_refuses_unknown_priors(network, pretrained):
    with pytest.raises(ValueError, match="'magic' is not known"):
        optimize_codes(pretrained, 3, prior="magic", progress=False)
    with pytest.raises(ValueError, match="images are needed"):
        optimize_codes(network, 0, prior="gaussian", progress=False)
    heavy = CodePrior.fit(pretrained, weight=2.1)
    with pytest.raises(ValueError, match="is 2 or more, with which"):
        optimize_codes(pretrained, 3, prior=heavy, progress=False)
    found = optimize_codes(pretrained, 3, prior=heavy, learning_rate=0.9, progress=False)
    assert np.isfinite(found.codes).all()


def test_priors_make_clear_digits(pretrained):
    """What the issue asks to reach, through the article's own inverse."""
    table = compare_priors(pretrained, samples=6, progress=False)
    print(table.to_string(float_format="%.4f"))
    assert list(table.index) == ["none", *KINDS, "real"]
    for kind in KINDS:
        row = table.loc[kind]
        assert row.least_confidence >= 0.95
        assert row.least_confidence_fed_back >= 0.95
        assert row.border_noise <= table.border_noise["none"] / 3
        assert row.nearest_code < 0.8 * table.nearest_code["none"]
    assert table.nearest_code["class"] < table.nearest_code["gaussian"]
    assert table.diversity["none"] == pytest.approx(0, abs=1e-6)
    assert table.diversity["diverse"] > 0.4 * table.diversity["real"]


def test_measures_are_what_they_say(pretrained, sample):
    table = compare_priors(pretrained, [3, 5], images=sample.test.images, samples=2, progress=False)
    made = optimize_codes(pretrained, [3, 3, 5, 5], progress=False)
    seen = pretrained.classify(pretrained.encode(made.images.clip(0, 1)))[range(4), [3, 3, 5, 5]]
    border = made.images.clip(0, 1)
    border[:, 4:24, 4:24] = 0
    real = pretrained.encode(sample.test.images)
    real = real[pretrained.classify(real).max(1) > 0.8]
    nearest = [np.linalg.norm(real - code, axis=1).min() for code in made.codes]
    row = table.loc["none"]
    assert row.least_confidence == pytest.approx(made.probabilities[range(4), [3, 3, 5, 5]].min())
    assert row.least_confidence_fed_back == pytest.approx(seen.min(), abs=1e-4)
    count = 4 * (28 * 28 - 20 * 20)
    assert row.border_noise == pytest.approx(np.sqrt((border**2).sum() / count), rel=1e-3)
    assert row.nearest_code == pytest.approx(np.mean(nearest), rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"samples": 1}, "samples is 1"),
        ({"classes": 11}, "class 11"),
        ({"weight": -1}, "weight -1"),
    ],
)
def test_bad_comparisons_are_refused(pretrained, arguments, message):
    with pytest.raises(ValueError, match=message):
        compare_priors(pretrained, **arguments)


def test_images_without_a_border_are_refused(network, images):
    with pytest.raises(ValueError, match="no border"):
        compare_priors(network, images=images)


def test_what_a_network_was_trained_on_is_not_guessed():
    """Digits' names and shape are not the bundled digits."""
    network = untrained(device="cpu")
    with pytest.raises(ValueError, match=r"images are needed.*training_record"):
        CodePrior.fit(network)
    network.training_record["data"] = "mnist"
    CodePrior.fit(network, confidence=0)
