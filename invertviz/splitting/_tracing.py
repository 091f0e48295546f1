"""A module's operations, as `torch.export` records them, each submodule's output marked."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from threading import Lock

import torch
from torch import Tensor, fx, nn

from invertviz.splitting._doubles import Double, is_plain
from invertviz.splitting._scores import Scores

_export_lock = Lock()  # torch.export changes global state while it works

_LOGGERS = ("torch.export._trace", "torch.fx.experimental.symbolic_shapes")

_DROPOUTS = {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}
"""Operations that give what they are given in evaluation mode, in place or not."""


@torch.library.custom_op("invertviz::layer", mutates_args=())
def _mark(output: Tensor, name: str) -> Tensor:  # noqa: ARG001
    return output.clone()


@_mark.register_fake
def _(output: Tensor, name: str) -> Tensor:  # noqa: ARG001
    return torch.empty_like(output)


MARK = torch.ops.invertviz.layer.default
"""The operation that marks what a submodule returns: of a tensor and the submodule's name."""


class NoGraphError(Exception):
    """There is no graph of a module, or not enough in it."""


class _Scored(nn.Module):
    """A double that gives its scores alone."""

    def __init__(self, root: nn.Module, scores: Scores) -> None:
        super().__init__()
        self.root, self._scores = root, scores

    def forward(self, argument: Tensor) -> Tensor:
        return self._scores.raw(self.root(argument), argument.shape[0])


def traced(double: Double, scores: Scores, argument: Tensor) -> torch.export.ExportedProgram:
    """A double's operations from its argument to its scores, for any number of images.

    Each submodule's output is marked. A node's value is the same whenever it is read.

    Args:
        double: of the module.
        scores: where its class scores are.
        argument: an example of its argument, of three samples.

    Raises:
        NoGraphError: they depend on the values of the images, or cannot be recorded.
    """
    hooks = [
        part.register_forward_hook(
            lambda _module, _arguments, output, name=name: (
                _mark(output, name) if is_plain(output) else None
            )
        )
        for name, part in double.parts.items()
        if name
    ]
    try:
        with _export_lock, _quiet(), torch.inference_mode(mode=False), torch.enable_grad():
            program = torch.export.export(
                _Scored(double.root, scores).eval(),
                (argument,),
                dynamic_shapes=({0: torch.export.Dim("images")},),
                strict=False,
            )
            if not _one_value_each(program.graph):
                program = program.run_decompositions({})
        return program
    except Exception as error:  # it fails in many ways, and there is another way
        raise NoGraphError(str(error)) from error
    finally:
        for handle in hooks:
            handle.remove()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what torch.export says of a failure: there is another way."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    try:
        for logger in loggers:
            logger.disabled = True
        with warnings.catch_warnings(), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def _one_value_each(graph: fx.Graph) -> bool:
    """Whether a node's value is the same whenever it is read.

    An operation in place is no matter where nobody reads what it has overwritten.
    """
    place = {node: at for at, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        if not in_place(node):
            continue
        overwritten = node.args[0]
        while overwritten.target is MARK:  # a layer's output is what its last operation gave
            overwritten = overwritten.args[0]
        if overwritten.op != "call_function" or (
            _aliases(overwritten) and not in_place(overwritten)
        ):
            return False
        readers = list(overwritten.users)
        for reader in readers:
            if reader.target is MARK:
                readers.extend(reader.users)
            elif reader is not node and (place[reader] > place[node] or _aliases(reader)):
                return False
        if any(argument in readers for argument in node.args[1:] if isinstance(argument, fx.Node)):
            return False
    return True


def in_place(node: fx.Node) -> bool:
    """Whether an operation overwrites what it is given."""
    return (
        isinstance(node.target, torch._ops.OpOverload)
        and node.target._schema.is_mutable
        and not _does_nothing(node)
    )


def _does_nothing(node: fx.Node) -> bool:
    return operation(node).rstrip("_") in _DROPOUTS and node.args[2] is False


def _aliases(node: fx.Node) -> bool:
    """Whether what a node gives may share memory with what it is given."""
    if not isinstance(node.target, torch._ops.OpOverload):
        return node.op == "call_function"
    returns = node.target._schema.returns
    return _does_nothing(node) or any(value.alias_info is not None for value in returns)


def operation(node: fx.Node) -> str:
    """What a node does, such as "conv2d"."""
    packet = getattr(node.target, "overloadpacket", None)
    return packet.__name__ if packet is not None else str(node.target)
