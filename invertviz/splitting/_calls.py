"""What a module's submodules return in one call of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from invertviz.splitting._doubles import Double, is_plain


@dataclass
class Call:
    """What a submodule did.

    Attributes:
        output: what it returned first; of a tensor, as many samples as `record` was told to keep.
        done_before: how many submodules had returned when it was first called.
        shape: of its output; () where that is no tensor.
        times: how often it was called.
        same: whether its output is, in value and shape, what the submodule before it returned.
    """

    output: Any
    done_before: int
    shape: tuple[int, ...] = ()
    times: int = 1
    same: bool = False


class Recording(NamedTuple):
    """One call of a module.

    Attributes:
        calls: of its submodules by name, in the order in which they returned.
        output: what it returned.
        last: the type, in lower case, of the submodule that returned just that; "" if none did.
    """

    calls: dict[str, Call]
    output: Any
    last: str


def record(double: Double, argument: Tensor, keep: int = 0) -> Recording:
    """Call a double.

    Args:
        double: what is called.
        argument: with what.
        keep: copies of how many samples of each output are kept.
    """
    calls: dict[str, Call] = {}
    begun: dict[str, int] = {}
    newest: list[Any] = [None, None, ""]  # what was returned, a copy of it, and by what

    def start(name: str) -> Callable[..., None]:
        def hook(*_: Any) -> None:
            begun.setdefault(name, len(calls))

        return hook

    def note(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, _arguments: Any, output: Any) -> None:
            _, before, _ = newest
            newest[:] = [output, None, type(module).__name__.lower()]
            if is_plain(output):
                newest[1] = output.detach().clone()
            if name in calls:
                calls[name].times += 1
                return
            call = calls[name] = Call(output, begun.get(name, 0))
            if is_plain(output):
                call.shape = tuple(output.shape)
                call.same = before is not None and _equal(before, output)
                call.output = newest[1][:keep].clone() if output.ndim else newest[1]

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
    return Recording(calls, output, newest[2] if newest[0] is output else "")


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and torch.equal(a, b)
