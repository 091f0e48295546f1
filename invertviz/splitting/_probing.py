"""What a module takes and gives, found out by calling it on a few pictures."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from invertviz.images import ImageSpec
from invertviz.splitting._doubles import Double, is_plain
from invertviz.splitting._scores import Scores, find_scores

_TOLERANCE = {torch.float64: 1e-7, torch.float32: 1e-4}
_COARSE = 3e-2  # of half precision
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


@dataclasses.dataclass
class Call:
    """What a submodule did in one forward.

    Attributes:
        name: its name.
        output: what it returned; of a tensor, the first samples: see `record`.
        times: how often it was called.
        done_before: how many submodules had returned when it was first called.
        shape: of its output for all pictures; () where it is no tensor.
        same: whether its output is what the submodule before it returned, in value and shape.
    """

    name: str
    output: Any
    times: int
    done_before: int
    shape: tuple[int, ...] = ()
    same: bool = False


@dataclasses.dataclass(frozen=True)
class Probe:
    """A module's answers to a few pictures.

    Attributes:
        inputs: how it is called.
        images: the pictures, float32 `[count, *shape]`.
        scores: where its scores are.
        raw: their scores, `[count, width]`.
        tolerance: by how much two right answers may differ, as a share of the largest.
    """

    inputs: Inputs
    images: Tensor
    scores: Scores
    raw: Tensor
    tolerance: float

    def agree(self, a: Tensor, b: Tensor) -> bool:
        """Whether two answers are the same but for rounding."""
        a, b = a.double(), b.double()
        scale = max(1.0, float(b.abs().max()))
        return a.shape == b.shape and bool(((a - b).abs() <= self.tolerance * scale).all())


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
    inputs, output = _first_that_works(double.root, spec, images, member, dtype)
    scores = find_scores(output, len(images), member)

    def answer(some: Tensor) -> Tensor:
        return scores.raw(double.root(inputs(some)), len(some)).clone()

    raw = scores.raw(output, len(images)).clone()
    finite = torch.isfinite(raw).all(-1)
    if int(finite.sum()) < _ENOUGH:  # some modules divide by an image's own contrast
        raise ValueError("the module's class scores are not finite for images in [0, 1].")
    images, raw = images[finite], raw[finite]
    found = Probe(inputs, images, scores, raw, _TOLERANCE.get(dtype, _COARSE))
    if not all(found.agree(answer(images), raw) for _ in range(2)):
        raise ValueError(
            "the module answers by chance: two calls with the same images differ, in evaluation "
            "mode, too. Make its noise (or what it remembers) depend on self.training."
        )
    if not found.agree(answer(images[:2]), raw[:2]):
        raise ValueError(
            f"{_mixing_part(double, found)} mixes the images of a batch: what it gives for one "
            "image depends on the others beside it, in evaluation mode, too."
        )
    try:
        alone = torch.cat([answer(image) for image in images[:3].split(1)])
    except Exception as error:
        raise ValueError(
            f"the module fails for one image alone ({_brief(error)}); it must take any number."
        ) from error
    if not found.agree(alone, raw[:3]):
        raise ValueError(
            "the module gives something else for an image alone than for the same one among "
            "others, in evaluation mode, too."
        )
    return found


def record(double: Double, argument: Tensor, keep: int = 0) -> tuple[dict[str, Call], Any]:
    """Call a double and note what its submodules return, in the order in which they do.

    Args:
        double: what is called.
        argument: its argument.
        keep: of each output, copies of how many samples are kept.

    Returns:
        The calls by name, and the module's output.
    """
    calls: dict[str, Call] = {}
    begun: dict[str, int] = {}
    before: list[Tensor] = []

    def start(name: str) -> Callable[..., None]:
        def hook(*_: Any) -> None:
            begun.setdefault(name, len(calls))

        return hook

    def note(name: str) -> Callable[..., None]:
        def hook(_module: nn.Module, _arguments: Any, output: Any) -> None:
            if name in calls:
                calls[name].times += 1
                return
            call = Call(name, output, 1, begun.get(name, 0))
            if is_plain(output):
                call.shape = tuple(output.shape)
                call.same = bool(before) and _equal(before[0], output)
                before[:] = [output.detach().clone()]
                call.output = output[:keep].clone() if output.ndim else output
            calls[name] = call

        return hook

    hooks = []
    for name, part in double.parts.items():
        if name:
            hooks.append(part.register_forward_pre_hook(start(name), prepend=True))
            hooks.append(part.register_forward_hook(note(name)))
    try:
        output = double.root(argument)
    finally:
        for handle in hooks:
            handle.remove()
    return calls, output


def _first_that_works(
    root: nn.Module, spec: ImageSpec, images: Tensor, member: int | str | None, dtype: torch.dtype
) -> tuple[Inputs, Any]:
    """How the module can be called, and what it gave."""
    failures = []
    unread: Exception | None = None
    for flat in (False, True):
        inputs = Inputs(spec, flat, dtype)
        argument = inputs(images)
        try:
            output = root(argument)
        except Exception as error:
            failures.append((list(argument.shape[1:]), error))
            continue
        try:
            find_scores(output, len(images), member)
        except (TypeError, ValueError) as error:
            unread = unread or error
            continue
        return inputs, output
    if unread is not None:
        raise unread
    tried = "; ".join(
        f"[N, {', '.join(map(str, shape))}]: {_brief(error)}" for shape, error in failures
    )
    raise ValueError(
        f"the module gives no class scores for images of shape {list(spec.shape)}. Tried {tried}. "
        + _advice(root)
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


def _mixing_part(double: Double, found: Probe) -> str:
    """The first submodule whose output for an image changes with the others beside it."""
    few, _ = record(double, found.inputs(found.images[:2]), keep=1)
    many, _ = record(double, found.inputs(found.images), keep=1)
    for name, call in many.items():
        one = few.get(name)
        if (
            one is not None
            and is_plain(one.output)
            and is_plain(call.output)
            and not found.agree(one.output, call.output)
        ):
            return f"{name} ({type(double.parts[name]).__name__})"
    return "the module's own forward"


def _brief(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and torch.equal(a, b)
