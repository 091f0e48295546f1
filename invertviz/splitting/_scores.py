"""Class scores: where a module's output has them, and what they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, cast, get_args

import torch
from torch import Tensor

Kind: TypeAlias = Literal["logits", "probabilities", "log_probabilities"]

SIGMOIDS = frozenset({"sigmoid", "hardsigmoid"})
LINEAR = frozenset({"linear", "addmm", "mm", "matmul", "bilinear", "conv2d", "convolution"})
"""Operations (and modules, in lower case) after which a number is squashed, or is not."""


@dataclasses.dataclass(frozen=True)
class Scores:
    """How to read the class scores off what a module gives.

    Attributes:
        member: its key or index in a mapping or sequence; None where the output is the scores.
        width: numbers for one image; one number stands for two classes.
        kind: what they are.
    """

    member: int | str | None
    width: int
    kind: Kind = "logits"

    @property
    def classes(self) -> int:
        """How many the module tells apart."""
        return max(self.width, 2)

    def raw(self, output: Any, count: int) -> Tensor:
        """The scores `[count, width]` as the module gives them."""
        scores = output if self.member is None else members(output)[self.member]
        return scores.reshape(count, self.width)

    def logits(self, raw: Tensor) -> Tensor:
        """Logits `[N, classes]`, float32, of scores `[N, width]`: their softmax is p."""
        raw = raw.float()
        if self.kind == "probabilities":
            p = raw if self.width > 1 else torch.cat([1 - raw, raw], -1)
            return p.clamp_min(torch.finfo(p.dtype).tiny).log()
        if self.width == 1:
            return torch.cat([torch.zeros_like(raw), raw], -1)
        return raw


def members(output: Any) -> dict[int | str, Any]:
    """What is in a module's output, by key or index.

    Raises:
        TypeError: nothing that has members.
    """
    if isinstance(output, Mapping):
        return dict(output)
    if isinstance(output, tuple) and hasattr(output, "_asdict"):
        return dict(output._asdict())
    if isinstance(output, tuple | list):
        return dict(enumerate(output))
    if dataclasses.is_dataclass(output):
        return {f.name: getattr(output, f.name) for f in dataclasses.fields(output)}
    raise TypeError(
        f"the module gives {type(output).__name__}; it must give a tensor of class scores, or a "
        "tuple, list, dict or dataclass that holds one."
    )


def find_scores(output: Any, count: int, member: int | str | None) -> Scores:
    """Where the class scores are in the output for `count` images.

    Args:
        output: what the module gave.
        count: of how many images.
        member: the key or index that was asked for.

    Raises:
        TypeError: an output of no known type.
        ValueError: no class scores there, or several tensors that could be them.
    """
    if isinstance(output, Tensor):
        if member is not None:
            raise ValueError(
                f"member is {member!r}, but the module gives one tensor; leave member away."
            )
        return Scores(None, _checked_width(output, count, "the module gives"))
    found = members(output)
    if member is None:
        if "logits" in found:
            member = "logits"
        else:
            fit = [key for key, value in found.items() if _width(value, count)]
            if len(fit) != 1:
                raise ValueError(
                    f"the module gives {type(output).__name__} with {_listed(found)}, of which "
                    f"{'several' if fit else 'none'} could be class scores "
                    f"[N, classes]; say which: member={next(iter(fit or found), 0)!r}."
                )
            (member,) = fit
    if member not in found:
        raise ValueError(
            f"member is {member!r}, but the module gives {type(output).__name__} with "
            f"{_listed(found)}; choose one of these."
        )
    return Scores(member, _checked_width(found[member], count, f"member {member!r} is"))


def find_kind(raw: Tensor, outputs: str, last: str, tolerance: float) -> Kind:
    """What scores are.

    Args:
        raw: scores of varied images, `[N, width]`.
        outputs: what was said of them; "auto": find out.
        last: the operation or module that they come from, in lower case; "" if unknown.
        tolerance: how far from 1 the probabilities' sum may be.

    Raises:
        ValueError: they are not what was said, or it cannot be told what they are.
    """
    kinds = get_args(Kind)
    if outputs not in (*kinds, "auto"):
        raise ValueError(
            f"outputs is {outputs!r}; give "
            + ", ".join(f'"{kind}"' for kind in kinds)
            + ' or "auto".'
        )
    if outputs == "logits":
        return "logits"
    raw = raw.double()
    single = raw.shape[1] == 1
    inside = bool((raw >= -tolerance).all() and (raw <= 1 + tolerance).all())
    if single:
        return _single_kind(inside, outputs, last, raw)
    sums = {"probabilities": raw.sum(-1), "log_probabilities": raw.exp().sum(-1)}
    fits = {
        "probabilities": inside,
        "log_probabilities": bool((raw <= tolerance).all()),
    }
    for kind, sum_ in sums.items():
        fits[kind] = fits[kind] and bool(((sum_ - 1).abs() <= tolerance).all())
    if outputs != "auto":
        if not fits[outputs]:
            low, high = (float(end) for end in sums[outputs].aminmax())
            raise ValueError(
                f'outputs is "{outputs}", but what the module gives lies in '
                f"{_range(raw)} and {'' if outputs == 'probabilities' else 'its exp '}sums to "
                f'{low:.4g} … {high:.4g} for an image, not to 1; give outputs="logits" or "auto".'
            )
        return cast(Kind, outputs)
    for kind, fit in fits.items():
        if fit:
            return cast(Kind, kind)
    if inside and last in SIGMOIDS:
        raise ValueError(
            f"the module ends in a sigmoid for each of its {raw.shape[1]} outputs, so they are no "
            'probabilities of one class or another; give outputs="logits" to take them as class '
            "scores, or leave the sigmoid away."
        )
    return "logits"


def _single_kind(inside: bool, outputs: str, last: str, raw: Tensor) -> Kind:
    if outputs == "log_probabilities" or (outputs == "probabilities" and not inside):
        raise ValueError(
            f'outputs is "{outputs}", but the module gives one number an image, in {_range(raw)}; '
            'one number is a logit (outputs="logits") or, in [0, 1], the second class\'s '
            'probability (outputs="probabilities").'
        )
    if outputs == "probabilities" or (inside and last in SIGMOIDS):
        return "probabilities"
    if inside and last not in LINEAR:
        raise ValueError(
            f"the module gives one number an image, in {_range(raw)}: a logit or a probability? "
            'Say outputs="logits" or outputs="probabilities".'
        )
    return "logits"


def _width(value: Any, count: int) -> int:
    """Scores for an image in a tensor, 0 where it holds none."""
    if not isinstance(value, Tensor) or not value.is_floating_point() or value.numel() == 0:
        return 0
    shape = tuple(value.shape)
    if count == 1 and (shape == () or (len(shape) == 1 and shape[0] > 1)):
        return value.numel()  # a squeeze has taken the batch's axis, too
    if not shape or shape[0] != count or any(size != 1 for size in shape[2:]):
        return 0
    return value.numel() // count


def _checked_width(value: Any, count: int, what: str) -> int:
    width = _width(value, count)
    if not width:
        raise ValueError(
            f"{what} {_described(value)} for {count} images; class scores are floats of shape "
            f"[{count}, classes], or one for each image."
        )
    return width


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
    return type(value).__name__


def _listed(found: dict[int | str, Any]) -> str:
    return ", ".join(f"{key!r}: {_described(value)}" for key, value in found.items()) or "nothing"


def _range(raw: Tensor) -> str:
    low, high = (float(end) for end in raw.aminmax())
    return f"{low:.4g} … {high:.4g}"
