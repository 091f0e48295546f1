"""Gradients of sigmoid networks written out, into buffers that every step uses again.

The plain losses, through autograd, say the same: they serve every other activation, and tests hold
these to them. What is gained is in benchmarks/RESULTS.md. Rows are
samples, W is `[in, out]`, ⊙ is elementwise; σ' = a ⊙ (1 - a) for a = σ(z).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from invertviz.dense import DenseClassifier, times_slope_


class ClassifierGradient:
    """Gradient of a batch's summed cross-entropy with respect to all W, then all b.

    With a₀ = x, aₗ = σ(aₗ₋₁ Wₗ + bₗ) and p the softmax of the last layer:

        δ = p - onehot(label) at the last layer, δₗ₋₁ = (δₗ Wₗᵀ) ⊙ σ'ₗ₋₁ before it
        ∂Wₗ = aₗ₋₁ᵀ δₗ,  ∂bₗ = Σ δₗ over the batch

    Args:
        classifier: of sigmoid units.
        pixels: all images, float `[N, pixels]`.
        labels: theirs, int64 `[N]`.
        batch_size: samples in each batch.
    """

    def __init__(
        self, classifier: DenseClassifier, pixels: Tensor, labels: Tensor, batch_size: int
    ) -> None:
        self.pixels, self.labels = pixels.detach(), labels
        self.weights = [W.detach() for W in classifier.weights]
        self.biases = [b.detach() for b in classifier.biases]
        first, *widths = classifier.sizes
        self.a = [pixels.new_empty(batch_size, first)]
        self.a += [_by_unit(pixels, batch_size, width) for width in widths]
        self.delta = [torch.empty_like(a) for a in self.a[1:]]
        self.by_weight = [_by_unit(W, *W.shape) for W in self.weights]
        self.by_bias = [torch.empty_like(b) for b in self.biases]
        self.minus_one = pixels.new_full((1, batch_size), -1)

    def __call__(self, batch: Tensor) -> list[Tensor]:
        """The gradient for the samples with these indices; valid until the next call."""
        a, delta, W = self.a, self.delta, self.weights
        last = len(W) - 1
        torch.index_select(self.pixels, 0, batch, out=a[0])
        for layer in range(last + 1):
            torch.addmm(self.biases[layer], a[layer], W[layer], out=a[layer + 1])
            if layer < last:
                a[layer + 1].sigmoid_()
        by_class = torch.softmax(a[-1].T, 0, out=delta[-1].T)
        labels = torch.index_select(self.labels, 0, batch)
        by_class.scatter_add_(0, labels[None], self.minus_one)
        for layer in reversed(range(last + 1)):
            torch.mm(a[layer].T, delta[layer], out=self.by_weight[layer])
            torch.sum(delta[layer], 0, out=self.by_bias[layer])
            if layer:
                torch.mm(delta[layer], W[layer].T, out=delta[layer - 1])
                times_slope_(delta[layer - 1], a[layer])
        return [*self.by_weight, *self.by_bias]


class InverseGradient:
    """Gradient of a batch's `inverse_loss` with respect to the inverse's matrices M.

    Forward, from the code back, with u the squashed estimate before its ·0.99 + 0.005 = s:

        c₁ = z - β₁,  ãₗ = cₗ Mₗ,  cₗ₊₁ = logit(sₗ) - βₗ₊₁,  x̂ = the last ã

    Backward, with low and high the places of each row's smallest and largest ã, where u is 0 and 1:

        δ = sign(x̂ - x) at the pixels,  ∂Mₗ = cₗᵀ δₗ,  ∂s = (δₗ₊₁ Mₗ₊₁ᵀ) / (s ⊙ (1 - s))
        δₗ = 0.99 [∂s - onehot(low)·Σ ∂s (1 - u) - onehot(high)·Σ ∂s u] / (max - min of the row),
        and, for the smallest and the largest ã of the batch, ã and ã - 1 more.

    Args:
        matrices: M of each layer, from the code to the pixels, `[in, out]`.
        biases: β of each.
        codes: all codes, float `[N, units]`.
        pixels: their images, float `[N, pixels]`.
        batch_size: samples in each batch.
    """

    def __init__(
        self,
        matrices: Sequence[Tensor],
        biases: Sequence[Tensor],
        codes: Tensor,
        pixels: Tensor,
        batch_size: int,
    ) -> None:
        self.matrices, (first, *self.biases) = matrices, biases
        self.centred, self.pixels = codes.detach() - first, pixels.detach()
        self.c = codes.new_empty(batch_size, codes.shape[1])
        self.hidden = [_Squashed(pixels, batch_size, len(bias)) for bias in self.biases]
        self.x = pixels.new_empty(batch_size, pixels.shape[1])
        self.delta = torch.empty_like(self.x)
        self.by_matrix = [torch.empty_like(M) for M in self.matrices]

    def __call__(self, batch: Tensor) -> list[Tensor]:
        """The gradient for the samples with these indices; valid until the next call."""
        M = self.matrices
        c = [torch.index_select(self.centred, 0, batch, out=self.c)]
        for layer, (hidden, bias) in enumerate(zip(self.hidden, self.biases, strict=True)):
            c.append(hidden.logit(c[layer], M[layer]).sub_(bias))
        x = torch.index_select(self.pixels, 0, batch, out=self.x)
        delta = torch.mm(c[-1], M[-1], out=self.delta).sub_(x).sign_()
        torch.mm(c[-1].T, delta, out=self.by_matrix[-1])
        for layer in reversed(range(len(self.hidden))):
            delta = self.hidden[layer].back(delta, M[layer + 1])
            torch.mm(c[layer].T, delta, out=self.by_matrix[layer])
        return self.by_matrix


class _Squashed:
    """A hidden layer on the inverse's way: estimates ã `[N, units]` squashed to s, and back."""

    def __init__(self, like: Tensor, batch_size: int, units: int) -> None:
        self.estimate = _by_unit(like, batch_size, units)
        self.u, self.s, self.c, self.delta = (torch.empty_like(self.estimate) for _ in range(4))
        self.floor = like.new_full((), 0.005)

    def logit(self, c: Tensor, M: Tensor) -> Tensor:
        """The logit of s, where ã = c M; valid until the next call."""
        estimate = torch.mm(c, M, out=self.estimate)
        self.low, self.high = estimate.amin(1, keepdim=True), estimate.amax(1, keepdim=True)
        span = self.high - self.low
        self.span = span.masked_fill_(span < torch.finfo(estimate.dtype).tiny, 1)  # as in squash
        torch.sub(estimate, self.low, out=self.u).div_(self.span)
        torch.add(self.floor, self.u, alpha=0.99, out=self.s)
        return torch.logit(self.s, out=self.c)

    def back(self, delta: Tensor, M: Tensor) -> Tensor:
        """δ from the next layer's δ and M, the loss's own terms of ã included."""
        by_logit = torch.mm(delta, M.T, out=self.delta)
        slope = torch.addcmul(self.s, self.s, self.s, value=-1, out=self.estimate)
        by_s = by_logit.div_(slope)
        through_high = torch.mul(by_s, self.u, out=self.estimate).sum(1, keepdim=True)
        through_low = by_s.sum(1, keepdim=True) - through_high
        by_s.addcmul_(torch.eq(self.u, 0, out=self.estimate), through_low, value=-1)
        by_s.addcmul_(torch.eq(self.u, 1, out=self.estimate), through_high, value=-1)
        delta = by_s.mul_(0.99 / self.span)
        low, row = self.low.min(0)
        _add_at_(delta, row, self.u.index_select(0, row).argmin(1), low)
        high, row = self.high.max(0)
        _add_at_(delta, row, self.u.index_select(0, row).argmax(1), high - 1)
        return delta


def _by_unit(like: Tensor, rows: int, units: int) -> Tensor:
    """An empty `[rows, units]` that lies unit by unit: most products are written so the fastest."""
    return like.new_empty(units, rows).T


def _add_at_(values: Tensor, row: Tensor, unit: Tensor, more: Tensor) -> None:
    """Add to one value of `[N, units]` of `_by_unit`; row and unit are int `[1]`; never waits."""
    values.T.view(-1).index_add_(0, unit.mul_(values.shape[0]).add_(row), more)
