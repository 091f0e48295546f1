"""The gradients written out are those of the plain losses, and lead along the same way.

In float64 where the loss has signs in it: they magnify what float32 rounds off by 10⁵ in 20 steps.
"""

import pytest
import torch

from invertviz import optimize_codes, untrained
from invertviz.article.gradients import ClassifierGradient, InverseGradient
from invertviz.article.inverses import inverse_loss
from invertviz.article.steps import Adagrad, by_autograd
from invertviz.article.training import classifier_loss
from invertviz.dense import DenseHead
from invertviz.inverses import batches_of
from invertviz.parts import Head

DEPTHS = [(12, 7, 3), (12, 7, 5, 3), (12, 9, 7, 5, 3), (12, 1, 5, 3)]


def sigmoid_network(sizes):
    network = untrained(sizes, image_shape=(4, 3), seed=1, device="cpu")
    return network.double()


def samples(count=40):
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(count, 12, generator=generator, dtype=torch.float64)
    return pixels, torch.randint(0, 3, (count,), generator=generator)


def classifier_gradients(network, pixels, labels, batch_size):
    parameters = [*network.classifier.weights, *network.classifier.biases]
    fast = ClassifierGradient(network.classifier, pixels, labels, batch_size)
    plain = by_autograd(lambda i: classifier_loss(network, pixels[i], labels[i]), parameters)
    return fast, plain, parameters


def inverse_gradients(network, pixels, _labels, batch_size):
    inverse = network.inverse
    codes = network.encoder(pixels)
    fast = InverseGradient(inverse.matrices, inverse.biases, codes, pixels, batch_size)
    plain = by_autograd(lambda i: inverse_loss(inverse, codes[i], pixels[i]), [*inverse.matrices])
    return fast, plain, [*inverse.matrices]


def end_of_way(gradient, parameters, count, batch_size, steps):
    """Where the parameters end; they go back to where they were."""
    begin = [parameter.clone() for parameter in parameters]
    optimizer = Adagrad(parameters, 0.01)
    batches = batches_of(count, batch_size, torch.Generator().manual_seed(0), torch.device("cpu"))
    for _ in range(steps):
        optimizer.step(gradient(next(batches)))
    end = [parameter.clone() for parameter in parameters]
    for parameter, values in zip(parameters, begin, strict=True):
        parameter.copy_(values)
    return end


@pytest.mark.parametrize("sizes", DEPTHS)
@pytest.mark.parametrize("gradients", [classifier_gradients, inverse_gradients])
def test_training_gradients_and_their_way(gradients, sizes):
    network = sigmoid_network(sizes)
    fast, plain, parameters = gradients(network, *samples(), batch_size=10)
    batch = torch.tensor([3, 1, 4, 15, 9, 2, 6, 5, 35, 8])
    for _ in range(2):  # the second time in used buffers
        torch.testing.assert_close(tuple(fast(batch)), plain(batch), rtol=0, atol=1e-11)
    ways = [end_of_way(gradient, parameters, 40, 10, steps=100) for gradient in (fast, plain)]
    torch.testing.assert_close(*ways, rtol=0, atol=1e-5)
    assert not torch.equal(ways[0][0], parameters[0])
    assert not any(parameter.requires_grad for parameter in parameters)


def test_article_s_classifier_in_float32(sample):
    network = untrained(seed=0, device="cpu")
    pixels = torch.from_numpy(sample.train.images).reshape(-1, 784)
    labels = torch.from_numpy(sample.train.labels).long()
    fast, plain, parameters = classifier_gradients(network, pixels, labels, 200)
    ways = [end_of_way(g, parameters, len(pixels), 200, steps=60) for g in (fast, plain)]
    torch.testing.assert_close(*ways, rtol=0, atol=1e-5)


@pytest.mark.parametrize("prior", [None, "class"])
def test_latent_optimization_follows_autograd(pretrained, prior, monkeypatch):
    classes = [*range(10)]
    fast = optimize_codes(pretrained, classes, prior=prior, progress=False)
    monkeypatch.setattr(DenseHead, "gradient", Head.gradient)
    plain = optimize_codes(pretrained, classes, prior=prior, progress=False)
    difference = abs(fast.trajectory - plain.trajectory).max()
    assert 0 < difference < 1e-5 * abs(plain.trajectory).max()


@pytest.mark.parametrize("sizes", DEPTHS)
def test_code_gradient(sizes):
    network = sigmoid_network(sizes)
    codes = torch.randn(6, network.units, dtype=torch.float64)
    targets = torch.rand(6, 3, dtype=torch.float64)
    torch.testing.assert_close(
        network.head.gradient(targets)(codes), autograd_on_codes(network, targets, codes)
    )


def autograd_on_codes(network, targets, codes):
    codes = codes.clone().requires_grad_(True)
    p = network.head(codes).softmax(-1)
    (gradient,) = torch.autograd.grad((targets - p).abs().sum(), codes)
    return p.detach(), gradient
