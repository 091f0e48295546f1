"""A module's double: of the same parts, with modes and hooks of its own.

Everything here runs the double, never the module that it was given, so that the module stays as it
is whatever happens: an error, an interrupt, another thread.
"""

from __future__ import annotations

import copy
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_OWN: dict[str, Callable[[], Any]] = {
    "_compiled_call_impl": lambda: None,  # what module.compile() leaves
    "_backward_hooks": OrderedDict,
    "_backward_pre_hooks": OrderedDict,
}


class Double:
    """A module's double in evaluation mode, with copies of its parameters and buffers.

    Args:
        module: the module.

    Attributes:
        root: what takes the module's place.
        parts: every submodule's double, by its first name in `named_modules()`.
    """

    def __init__(self, module: nn.Module) -> None:
        twins: dict[int, Any] = {}
        self.root: nn.Module = _twin(module, twins).eval()
        self.parts: dict[str, nn.Module] = {}
        self._pairs: list[tuple[nn.Module, nn.Module]] = []
        self._held: list[int] = []
        for name, original in module.named_modules():
            inner = unwrapped(original)
            if twins[id(inner)] not in self.parts.values():  # a wrapper comes before its content
                self.parts[name] = twins[id(inner)]
                self._pairs.append((twins[id(inner)], inner))
        copies: dict[int, Tensor] = {}  # what is shared under two names stays shared
        self._hold(lambda tensor: copies.setdefault(id(tensor), _copied(tensor)))

    def changed(self) -> list[str]:
        """The names of parameters and buffers that its forward has changed."""
        names = {id(part): name for name, part in self.parts.items()}
        return [
            f"{names[id(part)]}.{name}".removeprefix(".")
            for part, original in self._pairs
            for own, theirs in _holders(part, original)
            for name, tensor in theirs.items()
            if tensor is not None and not torch.equal(_plain(own[name]), _plain(tensor))
        ]

    def freeze(self) -> None:
        """Take the module's own parameters and buffers, as constants."""
        held = [
            tensor.data_ptr()
            for part, original in self._pairs
            for _, theirs in _holders(part, original)
            for tensor in theirs.values()
            if tensor is not None
        ]
        if held != self._held:  # constants share their memory with what they were made of
            self._hold(lambda tensor: tensor.detach())
            self._held = held

    def _hold(self, made_of: Callable[[Tensor], Tensor]) -> None:
        for part, original in self._pairs:
            for own, theirs in _holders(part, original):
                for name, tensor in theirs.items():
                    own[name] = None if tensor is None else made_of(tensor)
            names = getattr(part, "_flat_weights_names", None)
            if names is not None:  # a recurrent layer holds its parameters a second time
                flat = [getattr(part, name, None) for name in names]
                part.__dict__["_flat_weights"] = flat


def unwrapped(module: nn.Module) -> nn.Module:
    """What `torch.compile` or a data-parallel wrapper holds."""
    while True:
        if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            module = module.module
        elif type(module).__name__ == "OptimizedModule" and "_orig_mod" in module._modules:
            module = module.get_submodule("_orig_mod")
        else:
            return module


@contextmanager
def same_random_numbers(device: torch.device) -> Iterator[None]:
    """Put the random numbers of torch, numpy and Python back."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def is_plain(value: Any) -> bool:
    """Whether a layer's output is a tensor that one can compute on."""
    return isinstance(value, Tensor) and value.layout == torch.strided and not value.is_quantized


def _twin(value: Any, twins: dict[int, Any]) -> Any:
    """The value, with doubles in place of the modules in it, in containers of its own."""
    if id(value) in twins:
        return twins[id(value)]
    if isinstance(value, nn.Module):
        return _module_twin(value, twins)
    if isinstance(value, MethodType):
        return MethodType(value.__func__, _twin(value.__self__, twins))
    if isinstance(value, partial):
        keywords = {name: _twin(item, twins) for name, item in value.keywords.items()}
        arguments = [_twin(item, twins) for item in value.args]
        return partial(_twin(value.func, twins), *arguments, **keywords)
    if isinstance(value, dict):
        mapping = twins[id(value)] = copy.copy(value)
        for key, item in value.items():
            mapping[key] = _twin(item, twins)
        return mapping
    if type(value) is list:
        items: list[Any] = []
        twins[id(value)] = items
        items.extend(_twin(item, twins) for item in value)
        return items
    if type(value) in (tuple, set):
        return type(value)(_twin(item, twins) for item in value)
    return value


def _module_twin(module: nn.Module, twins: dict[int, Any]) -> nn.Module:
    inner = unwrapped(module)
    if inner is not module:
        twins[id(module)] = _twin(inner, twins)
        return twins[id(module)]
    twin: nn.Module = object.__new__(type(module))
    twins[id(module)] = twin
    for name, attribute in vars(module).items():
        if name in _OWN:
            twin.__dict__[name] = _OWN[name]()
        elif name in ("_parameters", "_buffers"):
            twin.__dict__[name] = dict(attribute)
        else:
            twin.__dict__[name] = _twin(attribute, twins)
    return twin


def _holders(
    part: nn.Module, original: nn.Module
) -> tuple[tuple[dict[str, Any], dict[str, Any]], ...]:
    """What holds a double's parameters and buffers, each beside what holds the module's."""
    return (part._parameters, original._parameters), (part._buffers, original._buffers)


def _copied(tensor: Tensor) -> Tensor:
    own = tensor.detach().clone()
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(own, requires_grad=tensor.requires_grad)
    return own


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().nan_to_num()
