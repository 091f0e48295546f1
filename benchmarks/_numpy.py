"""The article's network in numpy, as one would write it down."""

from __future__ import annotations

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class NumpyNetwork:
    """784 → 100 → 100 → 10 and its inverse, from the arrays of an InvertibleNetwork."""

    def __init__(self, network):
        self.W = [W.numpy(force=True) for W in network.classifier.weights]
        self.b = [b.numpy(force=True) for b in network.classifier.biases]
        self.M = [M.numpy(force=True) for M in network.inverse.matrices]

    def reconstruct(self, x):
        (W1, W2, W), (b1, b2, b), (W2inv, W1inv) = self.W, self.b, self.M
        z2 = sigmoid(x @ W1 + b1) @ W2 + b2
        scores = sigmoid(z2) @ W + b
        scores = np.exp(scores - scores.max(1, keepdims=True))
        a1 = (z2 - b2) @ W2inv
        low, high = a1.min(1, keepdims=True), a1.max(1, keepdims=True)
        squashed = (a1 - low) / (high - low) * 0.99 + 0.005
        estimate = (np.log(squashed / (1 - squashed)) - b1) @ W1inv
        return estimate, z2, scores / scores.sum(1, keepdims=True)
