"""The article's system in eager PyTorch with autograd, as one would write it down."""

from __future__ import annotations

import torch
from torch import nn


class EagerNetwork(nn.Module):
    """784 → 100 → 100 → 10 and its inverse, with an InvertibleNetwork's weights."""

    def __init__(self, network):
        super().__init__()
        copies = [
            nn.ParameterList(p.detach().clone() for p in group)
            for group in (
                network.classifier.weights,
                network.classifier.biases,
                network.inverse.matrices,
            )
        ]
        self.W, self.b, self.M = copies

    def encode(self, x):
        for i in range(len(self.W) - 1):
            x = (torch.sigmoid(x) if i else x) @ self.W[i] + self.b[i]
        return x

    def logits(self, z):
        return torch.sigmoid(z) @ self.W[-1] + self.b[-1]

    def estimates(self, z):
        found = []
        for i in range(len(self.M)):
            if i:
                a = found[-1]
                low, high = a.amin(1, keepdim=True), a.amax(1, keepdim=True)
                z = torch.logit((a - low) / (high - low) * 0.99 + 0.005)
            found.append((z - self.b[-2 - i]) @ self.M[i])
        return found

    def forward(self, x):
        z = self.encode(x)
        return self.estimates(z)[-1], z, self.logits(z).softmax(1)


def adagrad(parameters):
    return torch.optim.Adagrad(parameters, lr=0.01, initial_accumulator_value=0.1, eps=0)


def classifier_step(eager, pixels, labels):
    """A function of a batch's indices that trains the classifier one step."""
    parameters = [*eager.W, *eager.b]
    optimizer = adagrad(parameters)

    def step(batch):
        logits = eager.logits(eager.encode(pixels[batch]))
        loss = nn.functional.cross_entropy(logits, labels[batch], reduction="sum")
        optimizer.zero_grad()
        loss.backward(inputs=parameters)
        optimizer.step()

    return step


def inverse_step(eager, codes, pixels):
    """A function of a batch's indices that trains the inverse one step."""
    parameters = [*eager.M]
    optimizer = adagrad(parameters)

    def step(batch):
        *hidden, estimate = eager.estimates(codes[batch])
        loss = (pixels[batch] - estimate).abs().sum()
        for a in hidden:
            loss = loss + a.min() ** 2 / 2 + (a.max() - 1) ** 2 / 2
        optimizer.zero_grad()
        loss.backward(inputs=parameters)
        optimizer.step()

    return step


def descend(eager, targets, steps):
    """Latent optimization from zeros; gives the trajectory."""
    z = torch.zeros(len(targets), eager.W[-1].shape[0], device=targets.device)
    trajectory = [z]
    for _ in range(steps):
        z = z.detach().requires_grad_(True)
        loss = (targets - eager.logits(z).softmax(1)).abs().sum()
        (gradient,) = torch.autograd.grad(loss, z)
        z = z.detach() - gradient
        trajectory.append(z)
    return torch.stack(trajectory)
