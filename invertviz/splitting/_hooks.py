"""The two sides of a layer by hooks, for modules that have no graph.

The earlier side ends the module's forward where the layer returns. The later side runs it on blank
images with the code in the layer's place; what is worked out before the layer is left out where
nothing else depends on it. Whatever goes round the layer is missing then, and shows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from invertviz.splitting._doubles import Double
from invertviz.splitting._graphs import Run
from invertviz.splitting._probing import Probe


class _Reached(BaseException):  # no forward's `except Exception` catches it
    def __init__(self, code: Tensor) -> None:
        self.code = code


class HookedLayers:
    """A module's layers by hooks.

    Args:
        module: the module.
        probe: what it gave for a few pictures.
    """

    def __init__(self, module: nn.Module, probe: Probe) -> None:
        self._module, self._probe = module, probe
        self._sides: dict[str, tuple[Run, Run]] = {}

    @property
    def last_operation(self) -> str:
        """What the scores come from, such as "linear" or "sigmoid"; "" if unknown."""
        return self._probe.together.last

    def reason(self, name: str) -> str:
        """Why a layer cannot be cut at; "" if it can."""
        argument = self._probe.inputs(self._probe.images)
        try:
            scores = self._probe.scores.raw(Double(self._module).root(argument), len(argument))
            image, code = _gradients(Double(self._module), name, argument, self._probe)
            if image:
                return "something goes round it to the class scores"
            if not code:
                return "the class scores do not depend on it"
            for later in (self._skipping(name), _Later(self._module, name, self._probe, {})):
                encode = _Earlier(self._module, name)
                try:
                    codes = encode(argument)
                    if self._probe.agree(later(codes), scores):
                        self._sides[name] = encode, later
                        return ""
                except Exception:
                    continue  # what was left out was needed
        except Exception as error:
            return f"the module fails when its output is replaced ({type(error).__name__}: {error})"
        return "the class scores depend on the image in another way, too"

    def cut(self, name: str) -> tuple[Run, Run]:
        """The two sides of a layer that can be cut at."""
        if name not in self._sides and (reason := self.reason(name)):
            raise RuntimeError(reason)
        return self._sides[name]

    def _skipping(self, name: str) -> _Later:
        calls = self._probe.together.calls
        known = {
            other: call.shape[1:]
            for other, call in list(calls.items())[: calls[name].done_before]
            if call.times == 1 and call.shape and call.shape[0] == len(self._probe.images)
        }
        return _Later(self._module, name, self._probe, known)


class _Earlier:
    """From a module's argument to a layer's output."""

    def __init__(self, module: nn.Module, name: str) -> None:
        self._double = Double(module)
        self._double.parts[name].register_forward_hook(self._stop)
        self._lock = Lock()

    def __call__(self, argument: Tensor) -> Tensor:
        with self._lock:
            self._double.freeze()
            try:
                self._double.root(argument)
            except _Reached as reached:
                return reached.code
        raise RuntimeError("the module did not come to this layer for these images.")

    @staticmethod
    def _stop(_module: nn.Module, _arguments: Any, output: Tensor) -> NoReturn:
        raise _Reached(output)


class _Later:
    """From a layer's output to the class scores."""

    def __init__(
        self, module: nn.Module, name: str, probe: Probe, known: dict[str, tuple[int, ...]]
    ) -> None:
        self._double: Double = Double(module)
        self._probe = probe
        self._lock = Lock()
        self._codes = torch.empty(0)
        self._put(name, lambda: self._codes.clone())
        for other, shape in known.items():
            self._put(other, self._blank(shape))

    def __call__(self, codes: Tensor) -> Tensor:
        inputs = self._probe.inputs
        blank = inputs(codes.new_zeros(len(codes), *inputs.spec.shape, dtype=torch.float32))
        with self._lock:
            self._codes = codes
            self._double.freeze()
            return self._probe.scores.raw(self._double.root(blank), len(codes))

    def _put(self, name: str, give: Callable[[], Tensor]) -> None:
        part = self._double.parts[name]
        part.__dict__.update(_forward_hooks=OrderedDict(), _forward_pre_hooks=OrderedDict())
        part.forward = lambda *_, **__: give()

    def _blank(self, shape: tuple[int, ...]) -> Callable[[], Tensor]:
        return lambda: self._codes.new_zeros(len(self._codes), *shape)


def _gradients(twin: Double, name: str, argument: Tensor, probe: Probe) -> tuple[bool, bool]:
    """Whether, once a layer's output is replaced, the scores depend on image and code."""
    codes: list[Tensor] = []

    def replace(_module: nn.Module, _arguments: Any, output: Tensor) -> Tensor:
        codes.append(output.detach().clone().requires_grad_())
        return codes[-1].clone()

    twin.freeze()
    twin.parts[name].register_forward_hook(replace)
    with torch.enable_grad():
        argument = argument.detach().clone().requires_grad_()
        scores = probe.scores.raw(twin.root(argument.clone()), len(argument))
        if not scores.requires_grad:
            return False, True  # no gradient to tell by
        found = torch.autograd.grad(scores.sum(), [argument, codes[0]], allow_unused=True)
    return found[0] is not None, found[1] is not None
