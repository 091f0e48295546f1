"""The training mathematics against gradients derived by hand, and what training refuses."""

import numpy as np
import pytest
import torch

from invertviz import fit_classifier, fit_inverse, train, untrained

rng = np.random.default_rng(0)
LEARNING_RATE = 0.01


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def adagrad(parameter, gradient):
    """One step of TensorFlow 1's Adagrad from its initial accumulator of 0.1, no epsilon."""
    return parameter - LEARNING_RATE * gradient / np.sqrt(0.1 + gradient**2)


@pytest.fixture
def network():
    return untrained((12, 7, 5, 3), image_shape=(4, 3), seed=1, device="cpu").double()


@pytest.fixture
def batch():
    return rng.random((20, 12)), rng.integers(0, 3, 20)


def parameters(network):
    return (
        [w.numpy().copy() for w in network.classifier.weights],
        [b.numpy().copy() for b in network.classifier.biases],
        [m.numpy().copy() for m in network.inverse.matrices],
    )


def test_one_classifier_step_is_the_one_derived_by_hand(network, batch):
    x, labels = batch
    (W1, W2, W), (b1, b2, b), inverse = parameters(network)

    a1 = sigmoid(x @ W1 + b1)
    a2 = sigmoid(a1 @ W2 + b2)
    scores = np.exp(a2 @ W + b)
    p = scores / scores.sum(1, keepdims=True)
    d = p - np.eye(3)[labels]  # of the summed cross-entropies with respect to the logits
    d2 = (d @ W.T) * a2 * (1 - a2)
    d1 = (d2 @ W2.T) * a1 * (1 - a1)
    expected_W = [
        adagrad(W1, x.T @ d1),
        adagrad(W2, a1.T @ d2),
        adagrad(W, a2.T @ d),
    ]
    expected_b = [adagrad(b1, d1.sum(0)), adagrad(b2, d2.sum(0)), adagrad(b, d.sum(0))]

    fit_classifier(network, x, labels, steps=1, progress=False)
    new_W, new_b, new_inverse = parameters(network)
    for new, expected in zip([*new_W, *new_b], [*expected_W, *expected_b], strict=True):
        np.testing.assert_allclose(new, expected, atol=1e-10, rtol=0)
    for new, old in zip(new_inverse, inverse, strict=True):
        np.testing.assert_array_equal(new, old)


def test_one_inverse_step_is_the_one_derived_by_hand(network, batch):
    x, _ = batch
    (W1, W2, _), (b1, b2, _), (W2inv, W1inv) = parameters(network)

    z2 = sigmoid(x @ W1 + b1) @ W2 + b2
    a1 = (z2 - b2) @ W2inv
    rows = np.arange(len(x))
    lowest, highest = a1.argmin(1), a1.argmax(1)
    low, high = a1[rows, lowest][:, None], a1[rows, highest][:, None]
    unit = (a1 - low) / (high - low)
    squashed = unit * 0.99 + 0.005
    z1 = np.log(squashed / (1 - squashed))
    estimate = (z1 - b1) @ W1inv

    d = np.sign(estimate - x)
    grad_W1inv = (z1 - b1).T @ d
    d_unit = (d @ W1inv.T) / (squashed * (1 - squashed)) * 0.99
    d_a1 = d_unit / (high - low)
    d_a1[rows, lowest] += (d_unit * (unit - 1)).sum(1) / (high - low)[:, 0]
    d_a1[rows, highest] -= (d_unit * unit).sum(1) / (high - low)[:, 0]
    d_a1[np.unravel_index(a1.argmin(), a1.shape)] += a1.min()
    d_a1[np.unravel_index(a1.argmax(), a1.shape)] += a1.max() - 1
    grad_W2inv = (z2 - b2).T @ d_a1

    fit_inverse(network, x, steps=1, confidence=0, progress=False)
    new_W, new_b, (new_W2inv, new_W1inv) = parameters(network)
    np.testing.assert_allclose(new_W2inv, adagrad(W2inv, grad_W2inv), atol=1e-10, rtol=0)
    np.testing.assert_allclose(new_W1inv, adagrad(W1inv, grad_W1inv), atol=1e-10, rtol=0)
    np.testing.assert_array_equal(new_W[0], W1)
    np.testing.assert_array_equal(new_b[0], b1)


def test_inverse_learns_from_confident_images_only(sample):
    images, labels = sample.train.images[:1000], sample.train.labels[:1000]
    network = untrained(seed=0, device="cpu").double()  # signs magnify what is rounded
    fit_classifier(network, images, labels, steps=150, batch_size=200, progress=False)
    confidences = network.classify(network.encode(images)).max(1)
    sure = confidences > 0.8
    assert 0 < sure.sum() < len(images)
    twin = untrained(seed=0, device="cpu").double()
    fit_classifier(twin, images, labels, steps=150, batch_size=200, progress=False)

    fit_inverse(network, images, steps=20, progress=False)
    fit_inverse(twin, images[sure], steps=20, confidence=0, progress=False)
    torch.testing.assert_close(network.inverse.matrices[1], twin.inverse.matrices[1])


def test_training_learns_digits_and_their_way_back(sample):
    network = train(
        sample.train.images,
        sample.train.labels,
        steps=300,
        inverse_steps=150,
        device="cpu",
        progress=False,
    )
    images, labels = sample.test.images, sample.test.labels
    result = network.reconstruct(images)
    assert (result.probabilities.argmax(1) == labels).mean() > 0.85
    assert np.abs(result.images - images).mean() < np.abs(images - images.mean(0)).mean()
    assert network.training_record["steps"] == 300


def test_seed_decides_the_training(sample):
    def trained(seed):
        return train(
            sample.train.images[:500],
            sample.train.labels[:500],
            steps=5,
            inverse_steps=5,
            batch_size=100,
            confidence=0,
            seed=seed,
            device="cpu",
            progress=False,
        )

    a, b, c = trained(1), trained(1), trained(2)
    assert torch.equal(a.inverse.matrices[0], b.inverse.matrices[0])
    assert torch.equal(a.classifier.weights[0], b.classifier.weights[0])
    assert not torch.equal(a.classifier.weights[0], c.classifier.weights[0])


def test_other_shapes_depths_and_activations_train(sample):
    small = sample.train.images[:400, ::2, ::2]
    for activation in ("tanh", "relu"):
        network = train(
            small,
            sample.train.labels[:400],
            hidden=(30, 20, 10),
            activation=activation,
            class_names=list("abcdefghij"),
            steps=50,
            inverse_steps=50,
            confidence=0,
            device="cpu",
            progress=False,
        )
        assert network.classifier.sizes == (196, 30, 20, 10, 10)
        assert network.class_names[0] == "a"
        assert np.isfinite(network.reconstruct(small).images).all()


def test_parameters_are_frozen_again_also_after_an_error(sample):
    network = untrained(device="cpu")
    with pytest.raises(ValueError, match="confident"):
        fit_inverse(network, sample.train.images[:10], confidence=0.999, progress=False)
    fit_classifier(
        network, sample.train.images[:10], sample.train.labels[:10], steps=1, progress=False
    )
    assert not any(p.requires_grad or p.grad is not None for p in network.parameters())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"labels": np.full(10, 10)}, ValueError, "labels go from 10 to 10"),
        ({"labels": np.full(10, -1)}, ValueError, "labels"),
        ({"labels": np.zeros(9, int)}, ValueError, "10 images"),
        ({"labels": np.zeros(10)}, TypeError, "integers"),
        ({"images": np.zeros((10, 784)) + 2}, ValueError, "from 0 to 1"),
        ({"images": np.zeros((0, 784))}, ValueError, "empty"),
        ({"images": np.full((10, 784), np.nan)}, ValueError, "NaN"),
        ({"steps": -1}, ValueError, "steps"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"learning_rate": 0}, ValueError, "learning_rate"),
    ],
)
def test_bad_input_is_refused_before_any_work(change, error, message):
    network = untrained(device="cpu")
    before = network.classifier.weights[0].clone()
    arguments = {"images": np.zeros((10, 784)), "labels": np.zeros(10, int), **change}
    with pytest.raises(error, match=message):
        fit_classifier(network, progress=False, **arguments)
    assert torch.equal(network.classifier.weights[0], before)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"confidence": 1}, ValueError, "confidence is 1"),
        ({"inverse_steps": -1}, ValueError, "inverse_steps is -1"),
        ({"learning_rate": float("inf")}, ValueError, "learning_rate is inf"),
        ({"labels": [0, 1, 10**9]}, ValueError, "the largest label is 1000000000"),
        ({"labels": [0, 1, -1]}, ValueError, "from 0 on"),
        ({"labels": [0, 1, np.nan]}, TypeError, "must be integers"),
        ({"labels": [0, 1]}, ValueError, "one label an image"),
    ],
)
def test_nothing_is_trained_with_what_will_not_do(change, error, message, monkeypatch):
    def began(*_arguments, **_settings):
        raise AssertionError("the classifier was trained")

    monkeypatch.setattr("invertviz.article.training.fit_classifier", began)
    settings = {"images": np.zeros((3, 4, 3), np.uint8), "labels": [0, 1, 2], **change}
    with pytest.raises(error, match=message):
        train(**settings)


def test_a_hidden_layer_of_one_unit_is_learned(sample):
    few = {"hidden": (1, 10), "activation": "tanh", "steps": 300, "inverse_steps": 30}
    network = train(sample.train.images, sample.train.labels, confidence=0.1, progress=False, **few)
    assert np.isfinite(network.reconstruct(sample.test.images[:5]).images).all()
