"""What a module takes and gives, found out by calling it on a few pictures."""

from __future__ import annotations

import dataclasses
import inspect

import torch
from torch import Tensor, nn
from torch.nn import functional

from invertviz.images import ImageSpec
from invertviz.splitting._calls import Call, Recording, record
from invertviz.splitting._doubles import Double, is_plain
from invertviz.splitting._scores import Scores, find_scores

_TOLERANCE = {torch.float64: 1e-7, torch.float32: 1e-4}
_COARSE = 3e-2  # of half precision
_EXTREMES = (3, -1)  # the white picture and the black one, where these give scores
_ENOUGH = 4  # pictures, of which two may be black and white


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What a module is given for images in [0, 1].

    Attributes:
        spec: the images, and the mean and std that the module expects.
        flat: whether it takes `[N, pixels]`; `[N, C, H, W]` otherwise.
        dtype: its floating-point type.
    """

    spec: ImageSpec
    flat: bool
    dtype: torch.dtype

    def __call__(self, images: Tensor) -> Tensor:
        """The module's input for images `[N, *shape]`."""
        planes = self.spec.standardize(images).to(self.dtype)
        return planes.flatten(1) if self.flat else planes


@dataclasses.dataclass(frozen=True)
class Probe:
    """A module's answers to a few pictures.

    Attributes:
        inputs: how it is called.
        images: the pictures, float32 `[count, *shape]`.
        scores: where its scores are.
        raw: their scores, `[count, width]`.
        tolerance: by how much two right answers may differ, as a share of the largest.
        together: how the module came to these answers.
        alone: how it came to the first of them from that picture alone.
    """

    inputs: Inputs
    images: Tensor
    scores: Scores
    raw: Tensor
    tolerance: float
    together: Recording
    alone: Recording

    def agree(self, a: Tensor, b: Tensor) -> bool:
        """Whether two answers are the same but for rounding."""
        return _agree(a, b, self.tolerance)


def pictures(spec: ImageSpec, device: torch.device) -> Tensor:
    """Noise, soft shapes of two contrasts, black and white: float32 `[6, *shape]`."""
    seeded = torch.Generator().manual_seed(0)
    size = (spec.channels, spec.height, spec.width)

    def random(count: int, *size: int) -> Tensor:
        return torch.rand(count, *size, generator=seeded, dtype=torch.float32, device="cpu")

    noise = random(2, *size)
    soft = functional.interpolate(random(2, spec.channels, 4, 4), size[1:], mode="bilinear")
    soft[1] = 0.4 + 0.2 * soft[1]
    black = torch.zeros_like(noise[0])
    stack = torch.stack([noise[0], soft[0], soft[1], black + 1, noise[1], black])
    return stack.reshape(-1, *spec.shape).to(device)


def probe(
    double: Double,
    spec: ImageSpec,
    member: int | str | None,
    *,
    device: torch.device,
    dtype: torch.dtype,
) -> Probe:
    """Find out how a module is called and what it gives.

    `[N, C, H, W]` is tried first, `[N, pixels]` second.

    Raises:
        ValueError: it takes neither, gives no class scores, answers by chance, or answers of one
            image by the others beside it.
    """
    images = pictures(spec, device)
    inputs, together = _first_that_works(double, spec, images, member, dtype)
    scores = find_scores(together.output, len(images), member)
    raw = scores.raw(together.output, len(images)).clone()
    tolerance = _TOLERANCE.get(dtype, _COARSE)
    finite = torch.isfinite(raw).all(-1)
    if int(finite.sum()) < _ENOUGH:
        raise ValueError("the module's class scores are not finite for images in [0, 1].")
    if not bool(finite.all()):  # some modules divide by an image's own contrast
        images, raw = images[finite], raw[finite]
        together = record(double, inputs(images))

    def answer(some: Tensor) -> Tensor:
        return scores.raw(double.root(inputs(some)), len(some)).clone()

    few = answer(images[:2])
    if not _agree(few, raw[:2], tolerance):
        if not (_agree(answer(images), raw, tolerance) and _agree(answer(images[:2]), few, 0)):
            raise ValueError(
                "the module answers by chance: two calls with the same images differ, in "
                "evaluation mode, too. Make its noise (or what it remembers) depend on "
                "self.training."
            )
        few_calls, many_calls = (record(double, inputs(i), 1).calls for i in (images[:2], images))
        raise ValueError(
            f"{_mixing_part(double, few_calls, many_calls, tolerance)} mixes the images of a "
            "batch: what it gives for one image depends on the others beside it, in evaluation "
            "mode, too."
        )
    try:
        alone = record(double, inputs(images[:1]))
        singly = [scores.raw(alone.output, 1)]
        singly += [answer(images[place][None]) for place in _EXTREMES]
    except Exception as error:
        raise ValueError(
            f"the module fails for one image alone ({_brief(error)}); it must take any number."
        ) from error
    if not _agree(torch.cat(singly), raw[[0, *_EXTREMES]], tolerance):
        raise ValueError(
            "the module gives something else for an image alone than for the same one among "
            "others, in evaluation mode, too."
        )
    return Probe(inputs, images, scores, raw, tolerance, together, alone)


def _first_that_works(
    double: Double, spec: ImageSpec, images: Tensor, member: int | str | None, dtype: torch.dtype
) -> tuple[Inputs, Recording]:
    """How the module can be called, and what it gave."""
    failures = []
    unread: Exception | None = None
    for flat in (False, True):
        inputs = Inputs(spec, flat, dtype)
        argument = inputs(images)
        try:
            found = record(double, argument)
        except Exception as error:
            failures.append((list(argument.shape[1:]), error))
            continue
        try:
            find_scores(found.output, len(images), member)
        except (TypeError, ValueError) as error:
            unread = unread or error
            continue
        return inputs, found
    if unread is not None:
        raise unread
    tried = "; ".join(
        f"[N, {', '.join(map(str, shape))}]: {_brief(error)}" for shape, error in failures
    )
    raise ValueError(
        f"the module gives no class scores for images of shape {list(spec.shape)}. Tried {tried}. "
        + _advice(double.root)
    ) from failures[0][1]


def _advice(root: nn.Module) -> str:
    try:
        needed = [
            name
            for name, parameter in inspect.signature(root.forward).parameters.items()
            if parameter.default is parameter.empty
            and parameter.kind
            in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        ]
    except (TypeError, ValueError):
        needed = []
    if len(needed) > 1:
        return (
            f"Its forward needs {', '.join(needed)}: wrap it in a module whose forward takes the "
            "images alone."
        )
    return "Check image_shape, or wrap it in a module whose forward takes such images."


def _mixing_part(
    double: Double, few: dict[str, Call], many: dict[str, Call], tolerance: float
) -> str:
    """The first submodule whose output for an image changes with the others beside it."""
    for name, call in many.items():
        if name not in few:
            continue
        one, other = few[name].output, call.output
        if is_plain(one) and is_plain(other) and not _agree(one, other, tolerance):
            return f"{name} ({type(double.parts[name]).__name__})"
    return "the module's own forward"


def _agree(a: Tensor, b: Tensor, tolerance: float) -> bool:
    if a.shape != b.shape:
        return False
    a, b = a.double(), b.double()
    scale = max(1.0, float(b.abs().max())) if b.numel() else 1.0
    return bool(((a - b).abs() <= tolerance * scale).all())


def _brief(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"
