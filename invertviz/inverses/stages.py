"""One small inverse of a stage: from the maps of one layer to those of an earlier one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .grids import Grid

_WIDEST = 512
_NARROWEST = 16
_MOST_FEATURES = 2400  # numbers around a position that its outputs are a linear function of
_MOST_NUMBERS = 4096  # in maps that give images as wholes
_MOST_WEIGHTS = 2**24
_SIDE = 3


class StageInverse(nn.Module):
    """From the maps of a layer to those of an earlier one, or to images: x̂ = A z + g(z).

    A is linear, found in closed form: a ridge regression from all of the map where that gives
    images and has few numbers, a convolution of 3 x 3 positions elsewhere. g, three convolutions,
    starts at 0 and learns what is not linear. Each position of the map gives a
    rectangle of positions of the result (Shi et al., 2016): where the layer halved the map, 2 x 2.

    Maps come and go standardized, channel by channel; images as they are, no pixel outside [0, 1].

    Args:
        source: the maps that it takes.
        target: the maps that it gives.
        images: whether these are images.
        width: channels of g in a map of one position, as far as they make sense; in larger maps
            there are fewer, so that each costs as much.
    """

    first: nn.Parameter
    first_bias: nn.Parameter
    middle: nn.Parameter
    middle_bias: nn.Parameter
    last: nn.Parameter
    straight: nn.Parameter
    bias: nn.Parameter
    center: nn.Parameter
    scale: nn.Parameter

    def __init__(self, source: Grid, target: Grid, *, images: bool, width: int = 768) -> None:
        super().__init__()
        self.source, self.target, self.images = source, target, images
        # A vector gives a large picture in a coarser one: its weights must stay few.
        high, wide = target.height, target.width
        while target.channels * high * wide * min(source.channels, _WIDEST) > _MOST_WEIGHTS and (
            source.height < high or source.width < wide
        ):
            high, wide = math.ceil(high / 2), math.ceil(wide / 2)
        self.down, self.across = (
            _Axis(min(a, b), b) for a, b in ((source.height, high), (source.width, wide))
        )
        channels = source.channels
        side = _SIDE if max(source.height, source.width) > 1 else 1
        hidden = width / math.sqrt(self.down.size * self.across.size)
        hidden = round(min(max(hidden, _NARROWEST), _WIDEST))
        outputs = target.channels * self.down.times * self.across.times
        self.whole = images and gives_images(source, target)
        reach = side if channels * side**2 <= _MOST_FEATURES else 1
        self.linear = self.whole or channels * reach**2 <= _MOST_FEATURES
        shapes: dict[str, tuple[int, ...]] = {
            "first": (hidden, channels, side, side),
            "middle": (hidden, hidden, side, side),
            "last": (outputs, hidden, side, side),
        }
        if self.whole:
            shapes["straight"] = (math.prod(target[1:4]), math.prod(source[1:4]))
        elif self.linear:
            shapes["straight"] = (outputs, channels, reach, reach)
        for name, shape in shapes.items():
            setattr(self, name, _parameter(*shape))
        self.first_bias, self.middle_bias = _parameter(hidden), _parameter(hidden)
        self.bias = _parameter(len(self.straight) if self.linear else outputs)
        self.center, self.scale = _parameter(channels), _parameter(channels)

    def draw(self, generator: torch.Generator) -> None:
        """Draw where learning starts, on the CPU: a seed gives the same on every device."""
        for weight in (self.first, self.middle):
            fan = math.prod(weight.shape[1:])
            drawn = torch.empty(weight.shape).normal_(0, (2 / fan) ** 0.5, generator=generator)
            weight.data.copy_(drawn)

    def standardized(self, codes: Tensor) -> Tensor:
        """Codes `[N, *code_shape]` as maps whose channels have mean 0 and variance 1."""
        maps = self.source.lay_out(codes)
        return (maps - self.center[:, None, None]) / self.scale[:, None, None]

    def forward(self, maps: Tensor) -> Tensor:
        """Maps of the target `[N, C, H, W]` from standardized ones of the source."""
        whole, maps = maps, self._padded(maps)
        h = functional.relu(_convolved(maps, self.first, self.first_bias))
        h = h + functional.relu(_convolved(h, self.middle, self.middle_bias))
        found = _convolved(h, self.last)
        if self.whole:
            straight = functional.linear(whole.flatten(1), self.straight, self.bias)
            found = self._spread(found)
            return self._bounded(found + straight.reshape(found.shape))
        if self.linear:
            found = found + _convolved(maps, self.straight)
        return self._bounded(self._spread(found + self.bias[:, None, None]))

    @property
    def work(self) -> int:
        """Multiplications for one code, more or less."""
        weights = self.first.numel() + self.middle.numel() + self.last.numel()
        return weights * self.down.size * self.across.size

    @torch.no_grad()
    def solve(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Find the linear part in closed form.

        Args:
            pairs: standardized maps of the source and maps of the target, batch by batch.
        """
        if not self.linear:
            return
        weights = math.prod(self.straight.shape[1:])
        moments = self.straight.new_zeros(weights + 1, weights + 1, dtype=torch.float64)
        answers = moments.new_zeros(weights + 1, len(self.straight))
        rows = 0
        for maps, wanted in pairs:
            z, y = self._regressed(maps, wanted)
            z = torch.cat([z, z.new_ones(len(z), 1)], 1)
            moments += (z.T @ z).double()
            answers += (z.T @ y).double()
            rows += len(z)
        diagonal = moments.diagonal()[:-1]
        diagonal += max(1e-7, 0.1 * weights / max(rows, 1)) * diagonal.mean().clamp_min(1e-9)
        factor, failed = torch.linalg.cholesky_ex(moments)
        if not rows or bool(failed):
            return
        solved = torch.cholesky_solve(answers, factor).to(self.straight.dtype)
        self.straight.data.copy_(solved[:-1].T.reshape(self.straight.shape))
        self.bias.data.copy_(solved[-1])

    def _regressed(self, maps: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Rows of what the linear part takes, and of what it is to give."""
        if self.whole:
            return maps.flatten(1), wanted.flatten(1)
        reach = self.straight.shape[-1]
        seen = functional.unfold(self._padded(maps), reach, padding=reach // 2)
        z = seen.transpose(1, 2).flatten(0, 1)
        y = self._gathered(wanted)
        known = y.isfinite().all(1)
        return z[known], y[known]

    def _padded(self, maps: Tensor) -> Tensor:
        size = self.down.size, self.across.size
        if maps.shape[2:] != size:
            maps = functional.adaptive_avg_pool2d(maps, size)
        edges = (*self.across.edges, *self.down.edges)
        return functional.pad(maps, edges) if any(edges) else maps

    def _spread(self, found: Tensor) -> Tensor:
        """Each position's outputs at their places in the result."""
        high, wide = self.down.times, self.across.times
        if high * wide > 1:
            count, _, rows, columns = found.shape
            parts = found.reshape(count, -1, high, wide, rows, columns)
            found = parts.permute(0, 1, 4, 2, 5, 3).reshape(count, -1, rows * high, columns * wide)
        found = found[:, :, self.down.kept, self.across.kept]
        if found.shape[2:] != (self.target.height, self.target.width):
            size = self.target.height, self.target.width
            found = functional.interpolate(found, size, mode="bilinear")
        return found

    def _gathered(self, wanted: Tensor) -> Tensor:
        """The reverse of `_spread`: `[N · positions, outputs]`, NaN where nothing is wanted."""
        down, across = self.down, self.across
        if wanted.shape[2:] != (down.wanted, across.wanted):
            wanted = functional.interpolate(
                wanted, (down.wanted, across.wanted), mode="bilinear", antialias=True
            )
        blank = wanted.new_full((*wanted.shape[:2], down.all, across.all), math.nan)
        blank[:, :, down.kept, across.kept] = wanted
        count, channels = wanted.shape[:2]
        parts = blank.reshape(
            count, channels, -1, down.times, across.all // across.times, across.times
        )
        return parts.permute(0, 2, 4, 1, 3, 5).reshape(-1, channels * down.times * across.times)

    def _bounded(self, found: Tensor) -> Tensor:
        if not self.images:
            return found
        # What is clipped still learns: the clipping counts as a constant.
        return found + (found.clamp(0, 1) - found).detach()


def gives_images(source: Grid, target: Grid) -> bool:
    """Whether maps have so few numbers that images are a linear function of all of them."""
    numbers = math.prod(source[1:4])
    return numbers <= _MOST_NUMBERS and numbers * math.prod(target[1:4]) <= _MOST_WEIGHTS


class _Axis:
    """How positions along one axis become those of the result.

    Each becomes `times`, `edges` more are put around them, of the result `kept` is kept.
    """

    def __init__(self, size: int, wanted: int) -> None:
        self.size, self.wanted = size, wanted
        self.times = max(1, round(wanted / size))
        more = max(0, math.ceil((wanted - self.times * size) / self.times))
        self.edges = (math.ceil(more / 2), more // 2)
        self.all = (size + more) * self.times
        middle = (self.edges[0] + size / 2) * self.times  # stays in the middle
        start = min(max(math.floor(middle - wanted / 2), 0), self.all - wanted)
        self.kept = slice(start, start + wanted)


def _parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape), requires_grad=False)


def _convolved(maps: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return functional.conv2d(maps, weight, bias, padding=weight.shape[-1] // 2)


def chained(stages: Sequence[StageInverse], codes: Tensor) -> Tensor:
    """Maps that the last stage gives of codes that the first one takes."""
    maps = stages[0].standardized(codes)
    for stage in stages:
        maps = stage(maps)
    return maps
