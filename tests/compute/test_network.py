"""The article's equations, and what comes in and goes out."""

import copy
import pickle

import numpy as np
import pytest
import torch

from invertviz import (
    InvertibleNetwork,
    RidgeInverse,
    evaluate,
    fit_classifier,
    train,
    untrained,
)
from invertviz.activations import ACTIVATIONS, squash
from invertviz.images import ImageSpec, as_stack
from invertviz.programs import dense_program

rng = np.random.default_rng(0)


def article_arrays():
    """Random weights in the article's layout: eight arrays."""
    sizes = [(784, 100), (100, 100), (100, 10)]
    classifier = [(rng.normal(0, 0.1, s), rng.normal(0, 0.1, s[1])) for s in sizes]
    inverse = [rng.normal(0, 0.1, (100, 100)), rng.normal(0, 0.1, (100, 784))]
    return classifier, inverse


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_from_arrays_follows_the_equations():
    classifier, inverse = article_arrays()
    (W1, b1), (W2, b2), (W, b) = classifier
    W2inv, W1inv = inverse
    x = rng.random((5, 784))

    z2 = sigmoid(x @ W1 + b1) @ W2 + b2
    scores = np.exp(sigmoid(z2) @ W + b)
    a1 = (z2 - b2) @ W2inv
    low, high = a1.min(1, keepdims=True), a1.max(1, keepdims=True)
    squashed = (a1 - low) / (high - low) * 0.99 + 0.005
    image = (np.log(squashed / (1 - squashed)) - b1) @ W1inv

    network = InvertibleNetwork.from_arrays(classifier=classifier, inverse=inverse)
    result = network.reconstruct(x.reshape(5, 28, 28).astype(np.float32))
    np.testing.assert_allclose(result.codes, z2, atol=1e-5)
    np.testing.assert_allclose(
        result.probabilities, scores / scores.sum(1, keepdims=True), atol=1e-5
    )
    np.testing.assert_allclose(result.images.reshape(5, 784), image, atol=1e-4)
    np.testing.assert_allclose(network.invert(result.codes), result.images, atol=1e-5)
    np.testing.assert_allclose(network.classify(result.codes), result.probabilities, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "layer"),
    [
        ("sigmoid", torch.nn.Sigmoid),
        ("tanh", torch.nn.Tanh),
        ("relu", torch.nn.ReLU),
        ("leaky_relu", torch.nn.LeakyReLU),
        ("softplus", torch.nn.Softplus),
    ],
)
def test_a_torch_model_is_taken_as_own_network_md_shows(activation, layer):
    linear = [torch.nn.Linear(784, 30), layer(), torch.nn.Linear(30, 20), layer()]
    model = torch.nn.Sequential(torch.nn.Flatten(), *linear, torch.nn.Linear(20, 10))
    layers = [(layer.weight.T, layer.bias) for layer in model if isinstance(layer, torch.nn.Linear)]
    images, mean, std = torch.rand(5, 28, 28), 0.1307, 0.3081
    (W1, b1), *others = layers
    standardized = [(W1 / std, b1 - W1.sum(0) * mean / std), *others]
    for taken, seen in ((layers, images), (standardized, (images - mean) / std)):
        network = InvertibleNetwork.from_arrays(taken, activation=activation, device="cpu")
        found = network.classify(network.encode(images))
        torch.testing.assert_close(found, model(seen).softmax(-1), atol=1e-5, rtol=0)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("hidden", [(7,), (12, 5), (9, 8, 7, 6)])
def test_any_depth_and_activation_reconstructs(activation, hidden):
    network = untrained((30, *hidden, 3), activation=activation, image_shape=(6, 5))
    result = network.reconstruct(rng.random((4, 6, 5), dtype=np.float32))
    assert result.images.shape == (4, 6, 5)
    assert result.codes.shape == (4, hidden[-1])
    assert np.isfinite(result.images).all()
    np.testing.assert_allclose(result.probabilities.sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_backward_undoes_forward_up_to_squashing(activation):
    function = ACTIVATIONS[activation]
    z = torch.linspace(0.1, 3, 50, dtype=torch.float64)[None]
    back = function.backward(function.forward(z))
    if function.low is not None and function.high is not None:
        # squashing stretches each row over the whole range: order is kept, scale is not
        assert bool((back.diff() > 0).all())
    else:
        torch.testing.assert_close(back, z, atol=1e-6, rtol=0)


def test_layouts_of_the_same_images_agree():
    network = untrained(device="cpu")
    as_bytes = rng.integers(0, 256, (3, 28, 28), dtype=np.uint8)
    as_floats = as_bytes.astype(np.float32) / 255
    expected = network.encode(as_floats)
    for same in (
        as_bytes,
        as_bytes.astype(np.int64),
        as_floats.reshape(3, 784),
        as_floats.astype(np.float64),
        as_floats.astype(">f4"),
        as_bytes.astype(">i4"),
        as_floats[:, ::-1, :][:, ::-1, :],
        as_floats.tolist(),
    ):
        np.testing.assert_allclose(network.encode(same), expected, atol=1e-5)
    for single in (as_floats[0], as_floats[0].ravel(), as_bytes[0]):
        assert network.encode(single).shape == (1, 100)
        np.testing.assert_allclose(network.encode(single)[0], expected[0], atol=1e-5)


def test_numpy_gives_numpy_and_torch_gives_torch():
    network = untrained(device="cpu")
    x = rng.random((2, 28, 28), dtype=np.float32)
    assert isinstance(network.encode(x), np.ndarray)
    assert network.encode(x).dtype == np.float32
    result = network.reconstruct(torch.from_numpy(x))
    assert all(isinstance(part, torch.Tensor) for part in result)
    np.testing.assert_allclose(result.images.numpy(), network.reconstruct(x).images, atol=1e-6)


def test_gradients_reach_torch_inputs():
    x = torch.rand(2, 28, 28, requires_grad=True)
    untrained(device="cpu").reconstruct(x).images.sum().backward()
    assert x.grad is not None
    assert float(x.grad.abs().sum()) > 0


def test_seed_decides_the_weights():
    a, b, c = (untrained(seed=seed, device="cpu") for seed in (1, 1, 2))
    assert torch.equal(a.classifier.weights[0], b.classifier.weights[0])
    assert not torch.equal(a.classifier.weights[0], c.classifier.weights[0])
    assert float(a.classifier.weights[0].abs().max()) <= 0.2
    assert float(a.classifier.weights[0].std()) == pytest.approx(
        0.088, abs=0.002
    )  # σ=0.1 cut at ±2σ
    assert torch.equal(a.classifier.biases[1], torch.full((100,), 0.1))


def test_moving_and_casting_keeps_the_inverse_on_the_same_biases():
    network = untrained(device="cpu").double()
    assert network.inverse.biases[0] is network.classifier.biases[1]
    assert network.inverse.biases[0].dtype == torch.float64
    assert network.encode(np.zeros((1, 784))).dtype == np.float64


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((0, 28, 28)), ValueError, "empty"),
        (np.zeros((2, 27, 28)), ValueError, r"\[2, 27, 28\].*\[N, 28, 28\]"),
        (np.zeros((2, 783)), ValueError, "784"),
        (np.zeros(()), ValueError, "shape"),
        (np.full((1, 784), np.nan), ValueError, "784 values that are NaN"),
        (np.full((1, 784), np.inf), ValueError, "infinite"),
        (np.full((1, 784), 256), ValueError, "0 to 255"),
        (np.full((1, 784), -1), ValueError, "0 to 255"),
        (np.full((1, 784), "a"), TypeError, "numbers"),
        (np.full((1, 784), 1j), TypeError, "numbers"),
        (torch.zeros(1, 784, dtype=torch.complex64), TypeError, "complex"),
        ([[1, 2], [3]], ValueError, "rectangular"),
        (None, TypeError, "numbers"),
    ],
)
def test_bad_images_are_refused(images, error, message):
    with pytest.raises(error, match=message):
        untrained(device="cpu").reconstruct(images)


@pytest.mark.parametrize("codes", [np.zeros((2, 99)), np.zeros((0, 100)), np.full(100, np.nan)])
def test_bad_codes_are_refused(codes):
    network = untrained(device="cpu")
    for method in (network.classify, network.invert):
        with pytest.raises(ValueError, match="codes"):
            method(codes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer_sizes": (784, 10)}, "at least one hidden"),
        ({"layer_sizes": (784, 0, 10)}, "2 or more"),
        ({"image_shape": (28, 27)}, "756 pixels"),
        ({"class_names": ["a", "b"]}, "2 class names"),
        ({"activation": "swish"}, "choose one of"),
        ({"device": "tpu9"}, "not known"),
    ],
)
def test_networks_that_do_not_fit_together_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        untrained(**arguments)


def test_cuda_is_refused_where_there_is_none():
    if torch.cuda.is_available():
        assert untrained(device="cuda").device.type == "cuda"
    else:
        with pytest.raises(ValueError, match="CUDA is not available"):
            untrained(device="cuda")


def test_a_device_that_is_not_there_is_refused():
    assert torch.cuda.device_count() < 99
    for device in ("cuda:99", "mps" if not torch.backends.mps.is_available() else "xpu"):
        with pytest.raises(ValueError, match=f"'{device}' was asked for, but .*available here"):
            untrained(device=device)


def test_from_arrays_takes_any_layout_and_has_no_way_back_if_none_is_given():
    classifier, inverse = article_arrays()
    (W1, b1), *others = classifier
    whole = InvertibleNetwork.from_arrays(classifier, inverse)
    flipped = [(np.flip(np.flip(W1).copy()), np.flip(b1[::-1].copy())), *others]
    again = InvertibleNetwork.from_arrays(flipped, inverse)
    assert torch.equal(again.classifier.weights[0], whole.classifier.weights[0])
    assert torch.equal(again.classifier.biases[0], whole.classifier.biases[0])
    without = InvertibleNetwork.from_arrays(classifier)
    assert torch.equal(without.classifier.weights[0], whole.classifier.weights[0])
    with pytest.raises(ValueError, match=r"no way back .* yet; fit one"):
        without.reconstruct(rng.random((1, 784)))


def test_from_arrays_refuses_what_does_not_fit():
    classifier, inverse = article_arrays()
    transposed = [(W.T, b) for W, b in classifier]
    for arguments, message in [
        ((transposed, inverse), "shape"),
        ((classifier, inverse[::-1]), r"inverse matrix 1 has shape \[100, 784\]"),
        ((classifier, inverse[:1]), "2 hidden layers"),
        ((classifier[:1], inverse), "at least one hidden"),
        (([(W * np.nan, b) for W, b in classifier], inverse), "NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            InvertibleNetwork.from_arrays(*arguments)


def test_numbers_of_every_type_and_layout_are_taken():
    network, image = untrained(device="cpu"), rng.integers(0, 256, (2, 28, 28))
    wanted = network.encode(image)
    for dtype in (torch.uint8, torch.int16, torch.uint16, torch.uint32, torch.uint64):
        found = network.encode(torch.from_numpy(image).to(dtype)).numpy()
        np.testing.assert_array_equal(found, wanted)
    records = np.zeros(2, [("label", "u1"), ("image", "f4", (28, 28))])  # no whole steps of 4 bytes
    records["image"] = image / np.float32(255)
    np.testing.assert_allclose(network.encode(records["image"]), wanted, rtol=1e-5)


def test_what_is_given_is_neither_copied_nor_written_to(recwarn):
    images = rng.random((3, 28, 28)).astype(np.float32)
    images.flags.writeable = False  # as a memory map that is only read
    before = images.tobytes()
    rows = as_stack(images, ImageSpec((28, 28)))
    assert np.shares_memory(rows.numpy(), images)
    untrained(device="cpu").reconstruct(images)
    assert images.tobytes() == before
    assert not recwarn.list


def test_an_inverse_may_serve_networks_of_several_types(sample):
    network = untrained(device="cpu", seed=1)
    ridge = RidgeInverse.fit(network, sample.train.images)
    turned = network.with_inverse(ridge)
    assert turned.inverse is ridge
    before = turned.reconstruct(sample.test.images[:3]).images
    double = copy.deepcopy(network).double().with_inverse(ridge)
    assert double.reconstruct(sample.test.images[:3]).images.dtype == np.float64
    np.testing.assert_array_equal(turned.reconstruct(sample.test.images[:3]).images, before)


def test_networks_can_be_pickled():
    network = untrained((12, 7, 3), image_shape=(4, 3), activation="tanh", device="cpu")
    found = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(found.encode(np.ones((4, 3))), network.encode(np.ones((4, 3))))
    assert found.classifier.activation is network.classifier.activation


def test_a_layer_of_one_unit_is_squashed_with_a_gradient():
    estimates = torch.full((2, 1), 0.3, requires_grad=True)
    torch.logit(squash(estimates)).backward(torch.full((2, 1), 7.0))
    np.testing.assert_array_equal(estimates.grad, np.zeros((2, 1)))


def test_a_network_answers_through_its_parts_alone():
    for name in ("encode", "classify", "invert", "reconstruct", "forward"):
        with pytest.raises(TypeError, match=f"overrides {name}.*a part of your own"):
            type("Other", (InvertibleNetwork,), {name: lambda self, given: given})
    plain = type("Named", (InvertibleNetwork,), {"title": "mine"})
    images = rng.random((3, 28, 28))
    one = plain.from_arrays(*article_arrays(), device="cpu")
    np.testing.assert_allclose(one.encode(images[:1]), one.encode(images)[:1], atol=1e-6)


@pytest.mark.parametrize("part", ["encoder", "head", "inverse"])
def test_parts_that_a_file_cannot_tell_are_not_written(part, tmp_path):
    network = untrained(device="cpu")
    own = copy.deepcopy(getattr(network, part))
    own.__class__ = type("Own", (type(own),), {"forward": lambda self, given: 2 * given})
    setattr(network, part, own)
    with pytest.raises(ValueError, match=f"{part} is a Own"):
        network.save(tmp_path / "net.safetensors")
    with pytest.raises(ValueError, match=f"{part} is a Own"):
        dense_program(network)
    assert not [*tmp_path.iterdir()]


def test_replaced_layers_and_hooks_are_not_written(tmp_path):
    network, other = untrained(device="cpu", seed=1), untrained(device="cpu", seed=2)
    network.encoder = other.encoder
    with pytest.raises(ValueError, match="was replaced"):
        network.save(tmp_path / "net.safetensors")
    other.head.register_forward_hook(lambda *_: None)
    with pytest.raises(ValueError, match="hooks"):
        other.save(tmp_path / "net.safetensors")


def test_the_module_s_forward_gives_logits():
    network = untrained(device="cpu")
    images = torch.rand(4, 28, 28)
    torch.testing.assert_close(
        network(images).softmax(-1), network.classify(network.encode(images))
    )


@pytest.mark.parametrize(("activation", "dtype"), [("relu", "bfloat16"), ("sigmoid", "float16")])
def test_networks_of_few_bits_answer_in_float32(activation, dtype):
    network = untrained(activation=activation, device="cpu")
    images = rng.random((3, 28, 28))
    exact = network.reconstruct(images)
    found = network.to(getattr(torch, dtype)).reconstruct(images)
    assert {part.dtype for part in found} == {np.dtype(np.float32)}
    np.testing.assert_allclose(found.codes, exact.codes, atol=0.1)
    assert network.encode(torch.rand(1, 28, 28)).dtype == torch.float32
    assert evaluate(network, images, [0, 1, 2]).probabilities.dtype == np.float32


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_codes_that_overflow_are_refused(activation):
    network = untrained(activation=activation, device="cpu")
    huge = np.full((1, 100), 3e38, np.float32) * np.sign(rng.normal(size=100))
    with pytest.raises(ValueError, match="overflows: the image"):
        network.invert(huge)
    if activation == "relu":
        with pytest.raises(ValueError, match="overflows: the answer"):
            network.classify(huge)
    else:
        assert np.isfinite(network.classify(huge)).all()


@pytest.mark.parametrize(
    ("names", "message"),
    [(["a", "b", "a"], r"names \['a'\] are given more than once"), (["a", "", "c"], "empty")],
)
def test_class_names_tell_classes_apart(names, message):
    with pytest.raises(ValueError, match=message):
        untrained((12, 4, 3), image_shape=(3, 4), class_names=names)


def test_at_another_layer_the_article_s_inverse_goes_the_rest_of_its_way():
    classifier, inverse = article_arrays()
    (W1, b1), *_ = classifier
    network = InvertibleNetwork.from_arrays(classifier, inverse, device="cpu")
    assert [layer.name for layer in network.layers] == ["hidden1", "hidden2"]
    first = network.at("hidden1")
    images = rng.random((5, 28, 28))
    found, whole = first.reconstruct(images), network.reconstruct(images)
    z1 = images.reshape(5, 784) @ W1 + b1
    np.testing.assert_allclose(found.codes, z1, atol=1e-4)
    np.testing.assert_allclose(found.probabilities, whole.probabilities, atol=1e-6)
    np.testing.assert_allclose(found.images.reshape(5, 784), (z1 - b1) @ inverse[1], atol=1e-3)
    again = first.at("hidden2").reconstruct(images)
    np.testing.assert_array_equal(again.images, whole.images)
    with pytest.raises(ValueError, match=r"'hidden3' is unknown.*hidden1.*hidden2"):
        network.at("hidden3")


def test_made_in_inference_mode_it_can_be_fitted_later(sample):
    with torch.inference_mode():
        network = train(
            sample.train.images[:50],
            sample.train.labels[:50],
            steps=1,
            inverse_steps=1,
            confidence=0,
            activation="relu",
            device="cpu",
            progress=False,
        )
    fit_classifier(network, sample.train.images, sample.train.labels, steps=1, progress=False)


def test_a_module_gets_images_as_they_are_unless_it_expects_others():
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 5), torch.nn.Linear(5, 3))
    images = torch.rand(4, 3, 2, 2)
    for settings, seen in (
        ({}, images),
        ({"mean": 0.4, "std": 0.2}, (images - 0.4) / 0.2),
        ({"device": "cpu"}, images),
    ):
        network = InvertibleNetwork.from_module(module, image_shape=(3, 2, 2), **settings)
        found = network.classify(network.encode(images))
        torch.testing.assert_close(found, module(seen).softmax(-1).detach())
    with pytest.raises(ValueError, match=r"module is on cpu: move it there first"):
        InvertibleNetwork.from_module(module, image_shape=(3, 2, 2), device="meta")
