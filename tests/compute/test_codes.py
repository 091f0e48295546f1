"""Latent optimization, unit sweeps and unit projections."""

import numpy as np
import pytest
import torch

from invertviz import (
    CodePrior,
    InvertibleNetwork,
    RidgeInverse,
    optimize_codes,
    project_units,
    sweep_unit,
    untrained,
)

rng = np.random.default_rng(0)


@pytest.fixture
def network():
    return untrained(
        (12, 8, 6, 3), image_shape=(4, 3), class_names=["ant", "bee", "cat"], device="cpu"
    )


def test_one_step_is_gradient_descent_on_the_article_s_loss(network):
    network = network.double()
    W, b = network.classifier.weights[-1].numpy(), network.classifier.biases[-1].numpy()
    z = rng.normal(size=6)
    a = 1 / (1 + np.exp(-z))
    scores = np.exp(a @ W + b)
    p = scores / scores.sum()
    d_p = np.sign(p - np.eye(3)[1])
    d_logits = p * (d_p - (d_p * p).sum())
    expected = z - 0.7 * (d_logits @ W.T) * a * (1 - a)

    result = optimize_codes(network, 1, steps=1, learning_rate=0.7, start=z, progress=False)
    np.testing.assert_allclose(result.codes[0], expected, atol=1e-12)
    np.testing.assert_allclose(result.trajectory[0, 0], z)


def test_pretrained_network_becomes_sure_of_every_class(pretrained):
    result = optimize_codes(pretrained, range(10), progress=False)
    assert result.probabilities[range(10), range(10)].min() > 0.99
    assert result.images.shape == (10, 28, 28)
    assert result.trajectory.shape == (1001, 10, 100)
    np.testing.assert_array_equal(result.trajectory[0], 0)
    np.testing.assert_array_equal(result.trajectory[-1], result.codes)
    np.testing.assert_allclose(pretrained.invert(result.codes), result.images, atol=1e-4)
    np.testing.assert_allclose(pretrained.classify(result.codes), result.probabilities, atol=1e-5)


def test_codes_descend_independently_of_their_batch(pretrained):
    together = optimize_codes(pretrained, [3, 8, 3], steps=50, progress=False)
    alone = optimize_codes(pretrained, 8, steps=50, progress=False)
    np.testing.assert_allclose(together.codes[1], alone.codes[0], atol=1e-4)
    np.testing.assert_allclose(together.codes[0], together.codes[2], atol=1e-4)


def test_classes_by_name_start_by_array_and_sparse_records(network):
    start = torch.randn(2, 6)
    by_name = optimize_codes(
        network, ["bee", "cat"], steps=25, record_every=10, start=start, progress=False
    )
    assert isinstance(by_name.codes, torch.Tensor)
    assert by_name.trajectory.shape == (4, 2, 6)  # the start, 10, 20, and the end
    assert torch.equal(by_name.trajectory[0], start)
    every = optimize_codes(network, [1, 2], steps=25, start=start, progress=False)
    assert torch.equal(by_name.trajectory[2], every.trajectory[20])
    assert torch.equal(by_name.codes, every.codes)


def test_on_step_sees_every_step_and_can_stop(network):
    seen = []

    def until_step_seven(step, codes, probabilities):
        seen.append((step, codes.copy(), probabilities.copy()))
        return step == 7

    result = optimize_codes(
        network, 0, steps=100, record_every=5, on_step=until_step_seven, progress=False
    )
    assert [step for step, *_ in seen] == [1, 2, 3, 4, 5, 6, 7]
    assert result.steps == 7
    np.testing.assert_array_equal(result.codes, seen[-1][1])
    np.testing.assert_array_equal(result.probabilities, seen[-1][2])
    assert len(result.trajectory) == 3  # the start, step 5, and where it was stopped
    assert seen[-1][2][0, 0] > seen[0][2][0, 0]


def test_no_steps_return_the_start(network):
    result = optimize_codes(network, 0, steps=0, progress=False)
    assert result.steps == 0
    assert result.trajectory.shape == (1, 1, 6)
    start = np.zeros(6, np.float32)
    found = optimize_codes(network, [0, 1], steps=0, start=start, progress=False).codes
    found[0] = 1  # a caller's own array stays as it is, and each code is one by itself
    assert not start.any()
    assert not found[1].any()


def test_progress_is_shown(network, capsys):
    optimize_codes(network, 0, steps=3)
    assert "3/3" in capsys.readouterr().err


OTHERS = CodePrior("gaussian", torch.zeros(10, 100), torch.eye(100).expand(10, 100, 100), 0.01)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"classes": []}, ValueError, "no class"),
        ({"classes": 3}, ValueError, "class 3 is unknown"),
        ({"classes": [-1]}, ValueError, "class -1"),
        ({"classes": "dog"}, ValueError, "'dog' is unknown.*bee"),
        ({"classes": 1.5}, TypeError, "not iterable|number or a name"),
        ({"classes": [True]}, TypeError, "number or a name"),
        ({"classes": 0, "steps": -1}, ValueError, "steps is -1"),
        ({"classes": 0, "learning_rate": 0}, ValueError, "learning_rate 0"),
        ({"classes": 0, "learning_rate": np.inf}, ValueError, "learning_rate inf"),
        ({"classes": 0, "record_every": 0}, ValueError, "record_every 0"),
        ({"classes": 0, "start": np.zeros(5)}, ValueError, "codes here have shape"),
        ({"classes": 0, "start": np.zeros((2, 6))}, ValueError, "2 codes for 1"),
        ({"classes": 0, "start": np.full(6, np.inf)}, ValueError, "infinite"),
        ({"classes": 0, "prior": True}, TypeError, "prior is True; give None, one of gaussian"),
        ({"classes": 0, "prior": OTHERS}, ValueError, "for 10 classes and codes of 100 units, but"),
    ],
)
def test_bad_optimizations_are_refused(network, arguments, error, message):
    with pytest.raises(error, match=message):
        optimize_codes(network, **arguments, progress=False)


def test_sweep_sets_one_unit_and_leaves_the_rest(network):
    code = rng.normal(size=6).astype(np.float32)
    values = np.linspace(-3, 3, 7)
    images = sweep_unit(network, code, 4, values)
    for image, value in zip(images, values, strict=True):
        changed = code.copy()
        changed[4] = value
        np.testing.assert_allclose(image, network.invert(changed)[0], atol=1e-5)
    assert isinstance(sweep_unit(network, torch.zeros(1, 6), 0, [1.0]), torch.Tensor)


def test_sweeps_take_values_of_any_layout(network):
    values = np.linspace(-2, 2, 5)
    there, back = (sweep_unit(network, np.zeros(6), 0, each) for each in (values, values[::-1]))
    np.testing.assert_array_equal(there, back[::-1])


@pytest.mark.parametrize(
    ("unit", "values", "code", "message"),
    [
        (6, [0.0], np.zeros(6), "unit 6 is unknown"),
        (-1, [0.0], np.zeros(6), "unit -1"),
        (0, [], np.zeros(6), "values is empty"),
        (0, [np.nan], np.zeros(6), "values holds"),
        (0, [0.0], np.zeros((2, 6)), "2 codes; give one"),
    ],
)
def test_bad_sweeps_are_refused(network, unit, values, code, message):
    with pytest.raises(ValueError, match=message):
        sweep_unit(network, code, unit, values)


def test_projection_shows_the_direction_of_the_units_row_alone(network):
    W2inv, W1inv = (m.numpy() for m in network.inverse.matrices)
    images = project_units(network)
    assert images.shape == (6, 4, 3)
    for unit in range(6):
        row = W2inv[unit]
        squashed = (row - row.min()) / (row.max() - row.min()) * 0.99 + 0.005
        expected = (
            np.log(squashed / (1 - squashed)) - network.classifier.biases[0].numpy()
        ) @ W1inv
        np.testing.assert_allclose(images[unit].ravel(), expected, atol=1e-4)
    np.testing.assert_allclose(project_units(network, [5, 2]), images[[5, 2]], atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"units": []}, "no unit"), ({"units": [6]}, "unit 6"), ({"scale": 0}, "scale is 0")],
)
def test_bad_projections_are_refused(network, arguments, message):
    with pytest.raises(ValueError, match=message):
        project_units(network, **arguments)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "softplus", "identity"])
def test_from_the_default_start_it_moves(activation):
    network = untrained((12, 8, 9, 3), activation=activation, image_shape=(4, 3), device="cpu")
    found = optimize_codes(network, [0, 1, 2], steps=300, progress=False)
    assert found.probabilities.diagonal().min() > 0.5  # of three
    again = optimize_codes(network, [0, 1, 2], steps=300, progress=False)
    np.testing.assert_array_equal(found.codes, again.codes)


def test_the_article_s_start_is_zeros(pretrained):
    found = optimize_codes(pretrained, [7], steps=1, progress=False)
    np.testing.assert_array_equal(found.trajectory[0], np.zeros((1, 100)))


def test_a_channel_is_swept_as_a_whole_to_its_mean():
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3), torch.nn.Flatten(), torch.nn.Linear(48, 2)
    )
    network = InvertibleNetwork.from_module(module, "0", image_shape=(6, 6))
    images = np.random.default_rng(0).random((40, 6, 6))
    network = network.with_inverse(RidgeInverse.fit(network, images))
    code = network.encode(images[:1])
    moved = code.copy()
    moved[:, 2] += 1.5 - moved[:, 2].mean()
    found = sweep_unit(network, code, 2, [1.5, float(code[:, 2].mean())])
    np.testing.assert_allclose(found[0], network.invert(moved)[0], atol=1e-5)
    np.testing.assert_allclose(found[1], network.invert(code)[0], atol=1e-5)
