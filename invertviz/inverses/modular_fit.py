"""How the inverses of a network's stages are fitted: each by itself, then all together."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from invertviz._arrays import ArrayLike, generator_of
from invertviz.images import as_floats, as_stack, check_scale
from invertviz.parts import Network

from .base import batches_of
from .plan import IMAGE, Plan
from .stages import StageInverse, chained

_MANY = 2**22  # numbers of the largest code in a batch
_KEPT = 2**25  # numbers of a layer's codes that are kept to learn from
_ROWS = 2**17  # positions that a linear part is solved from
_SOLVING, _ALONE = 0.2, 0.3  # until which share of the time
_CHECKS = 10
_PATIENCE = 4
_LATE = 0.6  # share of the time before which no fit stops
_CHECKING = 0.1  # most of the time that is spent on held-out images
_WARM = 0.05


class Settings(NamedTuple):
    """How to fit; see `ModularInverse.fit`.

    Raises:
        ValueError: out of range; by `check`.
    """

    seconds: float
    steps: int | None
    representation: float
    classes: float
    batch_size: int
    learning_rate: float
    width: int

    def check(self) -> None:
        """Refuse what makes no sense."""
        positive = (self.seconds, self.batch_size, self.learning_rate, self.width)
        if not all(0 < value < math.inf for value in positive) or not (
            self.steps is None or self.steps >= 1
        ):
            raise ValueError(
                f"seconds is {self.seconds}, steps {self.steps}, batch_size {self.batch_size}, "
                f"learning_rate {self.learning_rate}, width {self.width}; give positive numbers."
            )
        if not (0 <= self.representation < math.inf and 0 <= self.classes < math.inf):
            raise ValueError(
                f"representation is {self.representation} and classes {self.classes}; give 0 or "
                "more."
            )


def fitted(
    network: Network, images: ArrayLike, settings: Settings, *, seed: int, progress: bool
) -> tuple[Plan, dict[str, StageInverse], dict[str, float]]:
    """The plan of a network, the inverses of its stages, and what each layer's reach, in dB."""
    settings.check()
    stack = as_stack(images, network.images)
    check_scale(stack)
    if len(stack) < 2:
        raise ValueError("a modular inverse needs two images or more; one was given.")
    fit = _Fit(network, stack, settings, generator_of(seed), progress)
    with fit.bar:
        fit.standardize()
        fit.solve()
        fit.learn()
    return fit.plan, fit.stages, fit.reached()


class _Budget:
    """How much of the time, or of the steps, has gone."""

    def __init__(self, seconds: float, steps: int | None, progress: bool) -> None:
        self.seconds, self.steps, self.done = seconds, steps, 0
        self.began = time.monotonic()
        bar = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
        self.bar = tqdm(total=100, desc="inverses", bar_format=bar, disable=not progress)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    @property
    def share(self) -> float:
        """From 0 to 1."""
        if self.steps is not None:
            return min(1.0, self.done / self.steps)
        return min(1.0, self.elapsed / self.seconds)

    def step(self) -> None:
        self.done += 1
        self.bar.update(round(100 * self.share - self.bar.n, 1))


class _Fit:
    def __init__(
        self,
        network: Network,
        stack: Tensor,
        settings: Settings,
        generator: torch.Generator,
        progress: bool,
    ) -> None:
        self.network, self.stack, self.settings = network, stack, settings
        self.generator = generator
        self.budget = _Budget(settings.seconds, settings.steps, progress)
        self.bar = self.budget.bar
        classifier = network.classifier
        splits = {a.name: classifier.split(a.name) for a in classifier.layers if a.usable}
        order = torch.randperm(len(stack), generator=generator)
        largest = max(math.prod(split.layer.code_shape) for split in splits.values())
        largest = max(largest, network.images.pixels)
        self.batch_size = max(2, min(settings.batch_size, _MANY // largest))
        held = min(self.batch_size, max(1, len(stack) // 10))
        self.held, self.known = order[:held], order[held:]
        self.plan = Plan.of(classifier, splits, self.images(self.known[:4]))
        self.splits = {name: splits[name] for name in self.plan.targets}
        self.stages = self.plan.stages(classifier, width=settings.width)
        for stage in self.stages.values():
            stage.draw(generator)
            stage.to(network.device, network.dtype)
        self.parts = nn.ModuleList(self.stages.values())
        self.codes: dict[str, Tensor] = {}  # of all known images, by layers with small ones

    def images(self, index: Tensor) -> Tensor:
        """Some of the images, `[N, *image_shape]`."""
        some = self.stack[index.to(self.stack.device)]
        return as_floats(some, device=self.network.device, dtype=self.network.dtype)

    @torch.no_grad()
    def standardize(self) -> None:
        """Note mean and deviation of each channel, and the variance of the pixels."""
        few = [self.images(some) for some in self.known[:512].split(self.batch_size)]
        pixels = torch.cat(few)
        self.variance = float(pixels.var(0, correction=0).mean().clamp_min(1e-6))
        for name, split in self.splits.items():
            stage = self.stages[name]
            total = square = torch.zeros((), dtype=torch.float64)
            for some in few:
                maps = stage.source.lay_out(split.encoder(some)).double()
                total = total + maps.mean((0, 2, 3)) * len(some) / len(pixels)
                square = square + maps.square().mean((0, 2, 3)) * len(some) / len(pixels)
            scale = (square - total.square()).clamp_min(0).sqrt()
            least = max(1e-6, 0.01 * float(scale.square().mean().sqrt()))
            stage.center.data.copy_(total)
            stage.scale.data.copy_(scale.clamp_min(least))  # what hardly varies is not magnified

    def solve(self) -> None:
        """Find the linear part of each stage's inverse in closed form."""
        for count, (name, stage) in enumerate(self.stages.items(), start=1):
            share = _SOLVING * count / len(self.stages)
            stage.solve(self._pairs(name, share))
            self.bar.update(0)

    def _pairs(self, name: str, share: float) -> Iterator[tuple[Tensor, Tensor]]:
        stage = self.stages[name]
        rows = 1 if stage.whole else stage.source.height * stage.source.width
        wanted = min(len(self.known), max(2 * self.batch_size, _ROWS // rows))
        seen = []
        small = wanted * math.prod(stage.source.code_shape) <= _KEPT
        for place, some in enumerate(self.known[:wanted].split(self.batch_size)):
            if place and self.settings.steps is None and self.budget.share > share:
                return
            images = self.images(some)
            with torch.no_grad():
                codes = self.splits[name].encoder(images)
            seen += [codes] if small else []
            yield stage.standardized(codes), self._standard(self.plan.targets[name], images)
        if small and wanted == len(self.known):
            self.codes[name] = torch.cat(seen)

    @torch.no_grad()
    def _standard(self, name: str, images: Tensor) -> Tensor:
        if name == IMAGE:
            spec = self.network.images
            return images.reshape(len(images), spec.channels, spec.height, spec.width)
        return self.stages[name].standardized(self.splits[name].encoder(images))

    def learn(self) -> None:
        """All learn, each by itself, then composed; what did best on held-out images stays."""
        parameters = [
            parameter
            for stage in self.stages.values()
            for name, parameter in stage.named_parameters()
            if name in ("first", "first_bias", "middle", "middle_bias", "last")
        ]
        for parameter in parameters:
            parameter.requires_grad_(True)
        optimizer = torch.optim.Adam(parameters, lr=self.settings.learning_rate, fused=True)
        starts = self._starts()
        batches = batches_of(len(self.known), self.batch_size, self.generator, torch.device("cpu"))
        keeper = _Keeper(self.stages, self.budget)
        keeper.check(self.held_out)
        while self.budget.share < 1:
            share = self.budget.share
            rate = min(1.0, (share + 0.01) / _WARM) * (1 + math.cos(math.pi * share)) / 2
            for group in optimizer.param_groups:
                group["lr"] = self.settings.learning_rate * rate
            batch = next(batches)
            images = self.images(self.known[batch])
            with torch.enable_grad():
                if share < _ALONE:
                    loss = self._apart(images)
                else:
                    start = next(starts)
                    codes = self.codes[start][batch] if start in self.codes else None
                    loss = self._composed(start, images, codes)
            gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            optimizer.step()
            self.budget.step()
            if share >= _ALONE and keeper.is_due() and keeper.check(self.held_out):
                break
        keeper.restore()
        for parameter in parameters:
            parameter.requires_grad_(False).grad = None

    def _starts(self) -> Iterator[str]:
        """Layers by chance, those that are soon inverted more often."""
        names = [*self.stages]
        work = [sum(self.stages[a].work for a in self.plan.chain(name)) for name in names]
        often = torch.tensor(work, dtype=torch.float64).rsqrt()
        while True:
            for place in torch.multinomial(
                often, 64, replacement=True, generator=self.generator
            ).tolist():
                yield names[place]

    def _apart(self, images: Tensor) -> Tensor:
        """What each stage's inverse makes of true codes, against the true code before."""
        maps = {IMAGE: self._standard(IMAGE, images)}
        maps |= {name: self._standard(name, images) for name in self.stages}
        loss = images.new_zeros(())
        for name, target in self.plan.targets.items():
            error = (self.stages[name](maps[name]) - maps[target]).square().mean()
            loss = loss + (error / self.variance if target == IMAGE else error)
        return loss

    def _composed(self, start: str, images: Tensor, codes: Tensor | None = None) -> Tensor:
        """What becomes of images from one layer back; see `ModularInverse.fit`."""
        split, settings = self.splits[start], self.settings
        if codes is None:
            with torch.no_grad():
                codes = split.encoder(images)
        found = self._inverted(start, codes).reshape(images.shape)
        loss = (found - images).square().mean() / self.variance
        if settings.representation or settings.classes:
            # A part of them tells where to go, and halves the time of a step.
            few = max(2, len(images) // 8)
            again, codes = split.encoder(found[:few]), codes[:few]
            stage = self.stages[start]
            apart = stage.standardized(again) - stage.standardized(codes)
            loss = loss + settings.representation * apart.square().mean()
            loss = loss + settings.classes * nn.functional.kl_div(
                split.head(again).log_softmax(-1),
                split.head(codes).log_softmax(-1),
                reduction="batchmean",
                log_target=True,
            )
        return loss

    def _inverted(self, start: str, codes: Tensor) -> Tensor:
        return chained([self.stages[name] for name in self.plan.chain(start)], codes)

    @torch.no_grad()
    def held_out(self) -> dict[str, float]:
        """How bad held-out images are, from each layer back."""
        images = self.images(self.held)
        return {name: float(self._composed(name, images)) for name in self.stages}

    @torch.no_grad()
    def reached(self) -> dict[str, float]:
        """Peak signal-to-noise ratio of held-out images, in dB, by layer."""
        images = self.images(self.held)
        found = {}
        for name, split in self.splits.items():
            again = self._inverted(name, split.encoder(images)).reshape(images.shape)
            error = float((again - images).square().mean())
            found[name] = -10 * math.log10(max(error, 1e-10))
        return found


class _Keeper:
    """Looks at held-out images now and then, and keeps of each stage what did best."""

    def __init__(self, stages: Mapping[str, StageInverse], budget: _Budget) -> None:
        self.stages, self.budget = stages, budget
        self.best = dict.fromkeys(stages, math.inf)
        self.states: dict[str, dict[str, Tensor]] = {}
        self.worse = 0
        self.next = _ALONE + (1 - _ALONE) / _CHECKS
        self.spent = self.last = 0.0

    def is_due(self) -> bool:
        share = self.budget.share
        if share < self.next and share < 1:
            return False
        if self.budget.steps is None and self.spent + self.last > _CHECKING * self.budget.elapsed:
            return False
        self.next += (1 - _ALONE) / _CHECKS
        return True

    def check(self, held_out: Callable[[], dict[str, float]]) -> bool:
        """Look; whether to stop."""
        began = time.monotonic()
        better = False
        for name, loss in held_out().items():
            if loss < self.best[name]:
                self.best[name], better = loss, True
                state = self.stages[name].state_dict()
                self.states[name] = {key: tensor.clone() for key, tensor in state.items()}
        self.worse = 0 if better else self.worse + 1
        self.last = time.monotonic() - began
        self.spent += self.last
        # At high rates, what is learned looks worse than it is.
        return self.worse >= _PATIENCE and self.budget.share > _LATE

    def restore(self) -> None:
        for name, state in self.states.items():
            self.stages[name].load_state_dict(state)
