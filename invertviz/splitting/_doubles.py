"""A module's double: the same parameters, modes and hooks of its own.

Everything here runs the double, never the module that it was given, so that the module stays as it
is whatever happens: an error, an interrupt, another thread.
"""

from __future__ import annotations

import copy
import random
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_OWN = {
    "_compiled_call_impl": lambda: None,  # what module.compile() leaves
    "_backward_hooks": OrderedDict,
    "_backward_pre_hooks": OrderedDict,
}


@dataclass(frozen=True)
class Double:
    """A double in evaluation mode, and its parts by the names that the module's have.

    Attributes:
        root: what takes the module's place.
        parts: every submodule's double, by its first name in `named_modules()`.
        pairs: the doubles beside what they are doubles of.
    """

    root: nn.Module
    parts: dict[str, nn.Module]
    pairs: tuple[tuple[nn.Module, nn.Module], ...]
    _frozen: list[int] = field(default_factory=list)

    def freeze(self) -> None:
        """Take the parameters and buffers as they are now, as constants."""
        now = [
            tensor.data_ptr()
            for _, original in self.pairs
            for held in (original._parameters, original._buffers)
            for tensor in held.values()
            if tensor is not None
        ]
        if now == self._frozen:  # constants share their memory with the parameters
            return
        for part, original in self.pairs:
            for own, held in (
                (part._parameters, original._parameters),
                (part._buffers, original._buffers),
            ):
                for name, tensor in held.items():
                    own[name] = None if tensor is None else tensor.detach()  # type: ignore[assignment]
            names = getattr(part, "_flat_weights_names", None)
            if names is not None:  # a recurrent layer holds its parameters a second time
                part._flat_weights = [getattr(part, name, None) for name in names]
        self._frozen[:] = now


def unwrapped(module: nn.Module) -> nn.Module:
    """What `torch.compile` or a data-parallel wrapper holds."""
    while True:
        if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            module = module.module
        elif type(module).__name__ == "OptimizedModule" and "_orig_mod" in module._modules:
            module = module._orig_mod  # type: ignore[assignment]
        else:
            return module


def double(module: nn.Module) -> Double:
    """The double of a module; parameters and buffers are shared, not copied."""
    twins: dict[int, Any] = {}
    root = _twin(module, twins).eval()
    parts: dict[str, nn.Module] = {}
    pairs = []
    for name, original in module.named_modules():
        inner = unwrapped(original)
        twin = _twin(inner, twins)
        if all(twin is not part for part, _ in pairs[-1:]):  # a wrapper and what it holds
            parts[name] = twin
            pairs.append((twin, inner))
    return Double(root, parts, tuple(pairs))


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[list[str]]:
    """Put buffers and random numbers back; fills in the names of the buffers that had changed."""
    changed: list[str] = []
    buffers = {name: (b, b.detach().clone()) for name, b in module.named_buffers()}
    devices = {p.device for p in (*module.parameters(), *module.buffers()) if p.is_cuda}
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=sorted(devices, key=str)):
            yield changed
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        with torch.no_grad():
            for name, (buffer, before) in buffers.items():
                if not torch.equal(buffer.nan_to_num(), before.nan_to_num()):
                    changed.append(name)
                    buffer.copy_(before)


def _twin(value: Any, twins: dict[int, Any]) -> Any:
    """The value, with doubles in place of the modules in it, in containers of its own."""
    if id(value) in twins:
        return twins[id(value)]
    if isinstance(value, nn.Module):
        inner = unwrapped(value)
        if inner is not value:
            twins[id(value)] = _twin(inner, twins)
            return twins[id(value)]
        twin = object.__new__(type(value))
        twins[id(value)] = twin
        for name, attribute in vars(value).items():
            if name in _OWN:
                twin.__dict__[name] = _OWN[name]()
            elif name in ("_parameters", "_buffers"):
                twin.__dict__[name] = dict(attribute)
            else:
                twin.__dict__[name] = _twin(attribute, twins)
        return twin
    if isinstance(value, MethodType):
        return MethodType(value.__func__, _twin(value.__self__, twins))
    if isinstance(value, partial):
        arguments = (_twin(argument, twins) for argument in value.args)
        keywords = {name: _twin(argument, twins) for name, argument in value.keywords.items()}
        return partial(_twin(value.func, twins), *arguments, **keywords)
    if isinstance(value, dict):
        twins[id(value)] = twin = copy.copy(value)
        for key, item in value.items():
            twin[key] = _twin(item, twins)
        return twin
    if type(value) in (list, set):
        twins[id(value)] = twin = type(value)()
        twin.extend(_twin(i, twins) for i in value) if type(value) is list else twin.update(
            _twin(i, twins) for i in value
        )
        return twin
    if type(value) is tuple and not isinstance(value, torch.Size):
        return tuple(_twin(item, twins) for item in value)
    return value


def is_plain(value: Any) -> bool:
    """Whether a layer's output is a tensor that one can compute on."""
    return isinstance(value, Tensor) and value.layout == torch.strided and not value.is_quantized
