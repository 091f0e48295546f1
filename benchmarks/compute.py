"""Training, latent optimization and answers beside TensorFlow 1 graphs, eager PyTorch, numpy, and
the bound: the matrix products alone.

    .venv-bench/bin/python benchmarks/compute.py [--device cuda] [--quick]

Without TensorFlow in the environment its columns are left out, and that is said.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise

import numpy as np
import torch
from _measure import Report, interleaved, say, threads_from_environment
from _numpy import NumpyNetwork
from _torch import EagerNetwork, classifier_step, descend, inverse_step

import invertviz
from invertviz import untrained
from invertviz.article.gradients import ClassifierGradient, InverseGradient
from invertviz.article.steps import Adagrad, step_along

BATCH = 1000
EPOCH = 55  # steps: the article's 55,000 images. Numbers are of whole epochs, shuffling included.


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quick", action="store_true", help="few rounds, to try the script")
    options = parser.parse_args()
    device = torch.device(options.device)
    threads = threads_from_environment()
    torch.set_num_threads(threads)
    try:
        from _tensorflow import GraphNetwork
    except ImportError:
        say("TensorFlow is not installed here: its columns are left out.")
        GraphNetwork = None
    conditions = {"device": device_name(device), "threads": threads, "torch": torch.__version__}
    conditions |= {"numpy": np.__version__, "python": sys.version.split()[0]}
    if GraphNetwork:
        conditions["tensorflow"] = sys.modules["tensorflow"].__version__ + ", on the CPU"
    report = Report("compute", **conditions)
    bench = Bench(device, threads, GraphNetwork, report, rounds=3 if options.quick else 25)
    bench.training()
    bench.latent_optimization()
    bench.one_image()
    bench.many_images()
    bench.decoder()
    bench.widths()
    bench.image_sizes()
    report.write()


class Bench:
    """One network's system in every rival's hands."""

    def __init__(self, device, threads, graph, report, rounds):
        self.device, self.threads, self.report, self.rounds = device, threads, report, rounds
        self.graph = graph
        on_cuda = device.type == "cuda"
        self.settle = torch.cuda.synchronize if on_cuda else lambda: None
        self.growth_steps = 10 if on_cuda else 1  # to wait for a device takes longer than a step

    def compare(self, work, rivals, ours, wanted=None, rounds=None, repeat=1):
        rivals = {name: call for name, call in rivals.items() if call}
        samples = interleaved(
            rivals, rounds=rounds or self.rounds, repeat=repeat, settle=self.settle
        )
        self.report.add(work, samples, ours, wanted=wanted)

    def training(self):
        network = untrained(device=self.device)
        pixels, labels, batches = data(network, EPOCH * BATCH)
        codes = network.encoder(pixels)
        eager = EagerNetwork(network)
        eager_classifier = classifier_step(eager, pixels, labels)
        eager_inverse = inverse_step(eager, codes, pixels)
        gradient = ClassifierGradient(network.classifier, pixels, labels, BATCH)
        inverse_gradient = InverseGradient(
            network.inverse.matrices, network.inverse.biases, codes, pixels, BATCH
        )
        classifier_graph = inverse_graph = None
        if self.graph:
            graph = self.graph(network, self.threads)
            images = pixels.numpy(force=True)
            onehot = np.eye(10, dtype=np.float32)[labels.numpy(force=True)]
            classifier_graph = graph.classifier_step(images, onehot, BATCH)
            inverse_graph = graph.inverse_step(images, codes.numpy(force=True), BATCH)
        self.compare(
            "classifier training, a step of 1,000",
            {
                "invertviz": trainer(
                    gradient, [*network.classifier.weights, *network.classifier.biases], batches
                ),
                "bound: matrix products": step_products(network.classifier.sizes, self.device),
                "eager PyTorch": lambda: eager_classifier(next(batches)),
                "TensorFlow graph": classifier_graph,
            },
            "invertviz",
            {"bound: matrix products": "≤ 1.5", "TensorFlow graph": "≤ 0.5"},
            rounds=min(self.rounds, 7),
            repeat=EPOCH,
        )
        self.compare(
            "inverse training, a step of 1,000",
            {
                "invertviz": trainer(inverse_gradient, network.inverse.matrices, batches),
                "bound: matrix products": step_products(
                    network.classifier.sizes[-2::-1], self.device
                ),
                "eager PyTorch": lambda: eager_inverse(next(batches)),
                "TensorFlow graph": inverse_graph,
            },
            "invertviz",
            {"bound: matrix products": "≤ 1.6"},
            rounds=min(self.rounds, 7),
            repeat=EPOCH,
        )

    def latent_optimization(self):
        network = invertviz.load_pretrained().to(self.device)
        graph = self.graph and self.graph(network, self.threads)
        eager = EagerNetwork(network).requires_grad_(False)
        targets = torch.eye(10, device=self.device)[1:]
        classes = [*range(1, 10)]
        self.compare(
            "latent optimization, 9 classes x 1,000 steps",
            {
                "invertviz": lambda: invertviz.optimize_codes(network, classes, progress=False),
                "eager PyTorch": lambda: descend(eager, targets, 1000),
                "TensorFlow graph": graph and (lambda: graph.optimize_codes(1000)),
            },
            "invertviz",
            {"TensorFlow graph": "≤ 0.167"},
            rounds=min(self.rounds, 7),
        )

    def one_image(self):
        network = invertviz.load_pretrained().to(self.device)
        image = invertviz.datasets.load("mnist-sample").test.images[7]
        row = image.reshape(1, -1)
        rivals = self.answers(network, image, row)
        if self.graph:
            graph = self.graph(network, self.threads)
            rivals["TensorFlow graph, a run each"] = lambda: graph.reconstruct_by_parts(row)
        self.compare(
            "one image: encode, classify, invert",
            rivals,
            "invertviz",
            {"TensorFlow graph, a run each": "≤ 0.125", "eager PyTorch": "≤ 1"},
            repeat=100,
        )

    def many_images(self):
        network = invertviz.load_pretrained().to(self.device)
        images = np.tile(invertviz.datasets.load("mnist-sample").test.images, (20, 1, 1))[:10_000]
        rows = images.reshape(-1, 784)
        rivals = self.answers(network, images, rows)
        rivals["bound: matrix products"] = answer_products(network, rows)
        wanted = {"bound: matrix products": "≤ 1.25"}
        work = "10,000 images: encode, classify, invert"
        self.compare(work, rivals, "invertviz", wanted, rounds=min(self.rounds, 15))

    def decoder(self):
        network = invertviz.load_pretrained().to(self.device)
        settings = {"hidden": [256, 256], "activation": "relu", "output": "sigmoid"}
        settings |= {"corrections": 2}  # as DecoderInverse.fit has them
        decoder = invertviz.DecoderInverse.unfitted(network, settings).to(self.device)
        codes = torch.randn(10_000, network.units, device=self.device)
        correction = [*network.classifier.weights[:-1], decoder.gain]
        matrices = [*decoder.matrices, *correction, *correction]
        found = interleaved(
            {
                "invertviz": lambda: decoder(codes),
                "bound: matrix products": layer_products(codes, matrices),
            },
            rounds=min(self.rounds, 15),
            settle=self.settle,
        )
        self.report.add(
            "10,000 codes through the decoder",
            found | {"0.2 s": [200.0]},
            "invertviz",
            wanted={"0.2 s": "≤ 1"},
        )

    def answers(self, network, images, rows):
        eager = EagerNetwork(network).requires_grad_(False)
        plain = NumpyNetwork(network)
        graph = self.graph and self.graph(network, self.threads)
        tensor = torch.from_numpy(rows)
        return {
            "invertviz": lambda: network.reconstruct(images),
            "eager PyTorch": lambda: [t.cpu() for t in eager(tensor.to(self.device))],
            "numpy": lambda: plain.reconstruct(rows),
            "TensorFlow graph": graph and (lambda: graph.reconstruct(rows)),
        }

    def widths(self):
        """How the cost grows with the width of the hidden layers."""
        for width in (50, 100, 300, 1000, 3000):
            self.growth(f"width {width:,}", (784, width, width, 10), (28, 28))

    def image_sizes(self):
        """How the cost grows with the size of the image."""
        for side in (14, 28, 56, 112):
            self.growth(f"{side}x{side} pixels", (side * side, 100, 100, 10), (side, side))

    def growth(self, what, sizes, shape):
        network = untrained(sizes, image_shape=shape, device=self.device)
        pixels, labels, batches = data(network, 10 * BATCH)
        gradient = ClassifierGradient(network.classifier, pixels, labels, BATCH)
        rounds = max(3, self.rounds // 5)
        self.compare(
            f"classifier training step, {what}",
            {
                "invertviz": trainer(
                    gradient, [*network.classifier.weights, *network.classifier.biases], batches
                ),
                "bound: matrix products": step_products(sizes, self.device),
            },
            "invertviz",
            rounds=rounds,
            repeat=self.growth_steps,
        )
        image = np.random.default_rng(0).random(shape, dtype=np.float32)
        self.compare(
            f"one image, {what}",
            {
                "invertviz": lambda: network.reconstruct(image),
                "bound: matrix products": answer_products(network, image.reshape(1, -1)),
            },
            "invertviz",
            rounds=rounds,
            repeat=10,
        )


def data(network, count):
    """Random pixels and labels on the network's device, and endless batches of them.

    The pixels are numpy's, as a person's images are.
    """
    generator = torch.Generator().manual_seed(0)
    images = np.random.default_rng(0).random((count, network.images.pixels), dtype=np.float32)
    pixels = torch.from_numpy(images).to(network.device)
    labels = torch.randint(0, 10, (count,), generator=generator).to(network.device)
    return pixels, labels, invertviz.inverses.batches_of(count, BATCH, generator, network.device)


def trainer(gradient, parameters, batches):
    """A step of training as `invertviz.train` takes it, on a copy of the parameters."""
    optimizer = Adagrad([parameter.clone() for parameter in parameters], 0.01)
    step = step_along(gradient, optimizer, parameters[0].device)
    return lambda: step(next(batches))


def step_products(sizes, device):
    """The products of a training step, into buffers: forward, and back to W and to a."""
    a = [torch.rand(BATCH, size, device=device) for size in sizes]
    W = [torch.rand(shape, device=device) for shape in pairwise(sizes)]
    by_a, by_W = [torch.empty_like(t) for t in a], [torch.empty_like(t) for t in W]

    def products():
        for i in range(len(W)):
            torch.mm(a[i], W[i], out=by_a[i + 1])
        for i in reversed(range(len(W))):
            torch.mm(a[i].T, a[i + 1], out=by_W[i])
            if i:
                torch.mm(a[i + 1], W[i].T, out=by_a[i])

    return at_once(products, device)


def at_once(work, device):
    """On a CUDA device, work as one graph: to start its kernels one by one is no bound."""
    if device.type != "cuda":
        return work
    work()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def answer_products(network, rows):
    """The products of encode, classify and invert, into buffers; copies to a device included."""
    x = torch.from_numpy(rows)
    matrices = [*network.classifier.weights, *network.inverse.matrices]
    into = [x.new_empty(len(x), W.shape[1], device=network.device) for W in matrices]
    last = len(network.classifier.weights) - 1

    def products():
        a = x.to(network.device)
        for i, W in enumerate(matrices):
            start = into[last - 1] if i == last + 1 else a  # the inverse starts from the code
            a = torch.mm(start, W, out=into[i])
        a.cpu()

    return products


def layer_products(rows, matrices):
    """The products of rows that go through layers, into buffers."""
    into = [rows.new_empty(len(rows), W.shape[1]) for W in matrices]

    def products():
        a = rows
        for W, out in zip(matrices, into, strict=True):
            a = torch.mm(a, W, out=out)

    return products


def device_name(device):
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


if __name__ == "__main__":
    main()
