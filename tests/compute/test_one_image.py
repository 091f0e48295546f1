"""One image in numpy gives what torch gives, for the parameters as they are at that moment."""

import copy

import numpy as np
import pytest
import torch

from invertviz import InvertibleNetwork
from invertviz._one_image import reconstruct_one
from invertviz.inverses import LearnedInverse, RidgeInverse

pytestmark = pytest.mark.filterwarnings("error")


def network_of(sizes=(12, 7, 5, 3), **settings):
    return InvertibleNetwork(sizes, image_shape=(4, 3), seed=1, device="cpu", **settings)


def some_image():
    return np.random.default_rng(0).random((4, 3), dtype=np.float32)


def assert_as_torch(network, image, atol=1e-5):
    found = reconstruct_one(network, image)
    plain = network.reconstruct(torch.from_numpy(image))
    for ours, theirs in zip(found, plain, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=atol)
        assert ours.shape == theirs.shape
    for ours, given in zip(found, network.reconstruct(image), strict=True):
        np.testing.assert_array_equal(ours, given)


@pytest.mark.parametrize("sizes", [(12, 7, 3), (12, 7, 5, 3), (12, 9, 7, 5, 3)])
def test_any_depth(sizes):
    assert_as_torch(network_of(sizes), some_image())
    assert_as_torch(network_of(sizes), some_image()[None])


def test_digits(pretrained, sample):
    for image in sample.test.images[:20]:
        assert_as_torch(pretrained, image)


def test_parameters_as_they_are_now():
    network, image = network_of(), some_image()
    before = network.reconstruct(image)
    network.weights[0].add_(0.5)  # as training does
    assert_as_torch(network, image)
    assert abs(network.reconstruct(image).codes - before.codes).max() > 0.01
    other = copy.deepcopy(network)
    other.biases[0].sub_(1)
    assert_as_torch(other, image)
    network.weights[1].data = -network.weights[1].data
    assert_as_torch(network, image)
    network.biases[1] = torch.nn.Parameter(network.biases[1] + 1, requires_grad=False)
    assert_as_torch(network, image)
    network.load_state_dict(other.state_dict(), assign=True)
    assert_as_torch(network, image)


def test_another_inverse_and_back(pretrained, sample):
    image = sample.test.images[3]
    turned = pretrained.with_inverse(RidgeInverse.fit(pretrained, sample.train.images))
    assert reconstruct_one(turned, image) is None
    assert_as_torch(pretrained, image)
    turned.inverse = pretrained.inverse
    assert_as_torch(turned, image)


def test_other_kinds_of_the_learned_inverse(pretrained, sample):
    class Clamped(LearnedInverse):
        def forward(self, codes):
            return super().forward(codes).clamp(0, 1)

    x, own = sample.test.images, pretrained.inverse
    for kind, activation in ((LearnedInverse, "relu"), (Clamped, "sigmoid")):
        inverse = kind([*own.matrices], [*own.biases], activation)
        turned = pretrained.with_inverse(inverse)
        one, many = turned.reconstruct(x[0]).images[0], turned.reconstruct(x[:2]).images[0]
        np.testing.assert_allclose(one, many, atol=1e-5)


def test_what_torch_answers():
    network, image = network_of(), some_image()
    for other in (image.tolist(), image.astype(float), image.ravel(), np.stack([image, image])):
        assert reconstruct_one(network, other) is None
    assert reconstruct_one(network_of(activation="tanh"), image) is None
    assert reconstruct_one(network, np.full_like(image, np.nan)) is None
    with pytest.raises(ValueError, match="12 values that are NaN or infinite"):
        network.reconstruct(np.full_like(image, np.inf))
    assert network.double().reconstruct(image).codes.dtype == np.float64
    assert_as_torch(network.float(), image)


def test_extreme_parameters_give_numbers_and_no_warning():
    network, image = network_of(), some_image()
    network.inverse.matrices[0].zero_()  # all estimates the same: nothing to squash
    assert_as_torch(network, image)
    network.weights[0].mul_(-1e6)
    network.biases[-1].copy_(torch.tensor([1e4, -1e4, 0]))
    assert_as_torch(network, image)
