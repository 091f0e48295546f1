"""A module as a graph of operations: which layers everything passes, and the two sides of one.

The graph is `torch.export`'s, with any number of images. Each call of a submodule is marked in it
by an operation of our own that names the submodule and gives back what it returned. A layer can be
cut at if its mark lies on every path from the image to the class scores: if it *dominates* them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import torch
from torch import Tensor, fx, nn
from torch.export.graph_signature import InputKind, OutputKind

from invertviz.splitting._doubles import Double, unwrapped
from invertviz.splitting._scores import Scores
from invertviz.splitting._tracing import MARK, NoGraphError, in_place, operation, traced

Run: TypeAlias = Callable[[Tensor], Tensor]

aten = torch.ops.aten

_SHAPE_ONLY = {
    aten.sym_size.int,
    aten.new_empty.default,
    aten.new_full.default,
    aten.new_ones.default,
    aten.new_zeros.default,
    aten.empty_like.default,
    aten.full_like.default,
    aten.ones_like.default,
    aten.zeros_like.default,
}
"""Operations that ask a tensor for its shape and type, not for its values."""

_JOINS = {
    "add": "adds",
    "sub": "subtracts",
    "mul": "multiplies by",
    "cat": "joins",
    "stack": "joins",
}


_NOT_NEEDED = "the class scores do not depend on it"

_MOVES = {"_to_copy", "_unsafe_view", "alias", "clone", "contiguous", "flatten", "permute"} | {
    *("reshape", "select", "slice", "squeeze", "to", "transpose", "unsqueeze", "view")
}
"""Operations that change no values."""


class Slice:
    """One side of a cut: it reads parameters and buffers from the module at each call."""

    def __init__(self, graph: fx.Graph, bound: Iterable[tuple[dict[str, Any], str]]) -> None:
        self._run = fx.GraphModule(nn.Module(), graph).forward
        self._bound = tuple(bound)

    def __call__(self, value: Tensor) -> Tensor:
        """What this side gives for images or codes."""
        tensors = [holder[name] for holder, name in self._bound]
        if torch.is_grad_enabled():
            tensors = [tensor.detach() for tensor in tensors]
        return self._run(value, *tensors)


class LayerGraph:
    """The graph of a module, with its layers in it.

    Args:
        double: of the module.
        module: whose parameters are read at each call.
        scores: where its class scores are.
        argument: an example of its argument, of three samples.

    Raises:
        NoGraphError: there is none.
    """

    def __init__(self, double: Double, module: nn.Module, scores: Scores, argument: Tensor) -> None:
        graph = traced(double, scores, argument)
        self._values: dict[fx.Node, tuple[dict[str, Any], str]] = {}
        self._image = self._bind(graph, module)
        self._nodes = list(graph.graph.nodes)
        (self._scores,) = (
            node
            for node, spec in zip(
                self._nodes[-1].args[0],
                graph.graph_signature.output_specs,
                strict=True,
            )
            if spec.kind == OutputKind.USER_OUTPUT
        )
        if any(node.op == "get_attr" for node in self._nodes):
            raise NoGraphError("it has a region of its own (no_grad, autocast, a condition).")
        self._marks: dict[str, fx.Node] = {}
        for node in self._nodes:
            if node.target is MARK:
                self._marks.setdefault(str(node.args[1]), node)
        self._place = {node: place for place, node in enumerate(self._nodes)}
        self._above = self._dominators()

    @property
    def last_operation(self) -> str:
        """What the scores come from, such as "linear" or "sigmoid"."""
        node = self._scores
        while node.target is MARK or operation(node) in _MOVES:
            node = node.args[0]
        return operation(node)

    def run(self, argument: Tensor) -> Tensor:
        """The scores, by the graph."""
        return self._side(self._image, self._scores)(argument)

    def reason(self, name: str) -> str:
        """Why a layer cannot be cut at; "" if it can."""
        mark = self._marks.get(name)
        if mark is None:  # torch.export leaves out what nothing depends on
            return _NOT_NEEDED
        if mark not in self._above:
            return "its output does not depend on the image"
        if self._passes(mark, self._scores):
            return ""
        after = self._reached({mark})
        if self._scores not in after:
            return _NOT_NEEDED
        around = self._reached({self._image}, but=mark)
        needed = self._needed(self._scores)
        join = next(n for n in self._nodes if n in after and n in around and n in needed)
        verb = _JOINS.get(operation(join).rstrip("_"), "also takes")
        return f"{self._owner(join)} {verb} what did not come through it"

    def cut(self, name: str) -> tuple[Run, Run]:
        """The two sides of a layer that can be cut at: to its output, and on to the scores.

        Raises:
            NoGraphError: the later side needs a size that its input does not tell.
        """
        mark = self._marks[name]
        return self._side(self._image, mark), self._side(mark, self._scores)

    def _bind(self, program: torch.export.ExportedProgram, module: nn.Module) -> fx.Node:
        """Find what each placeholder stands for; gives the image's."""
        inputs = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
        for node in program.graph.nodes:
            if node.op != "placeholder":
                continue
            spec = inputs[node.name]
            if spec.kind == InputKind.USER_INPUT:
                image = node
            elif spec.kind in (InputKind.PARAMETER, InputKind.BUFFER):
                path, _, attribute = spec.target.removeprefix("root.").rpartition(".")
                owner = _submodule(module, path)
                holds = owner._parameters if attribute in owner._parameters else owner._buffers
                self._values[node] = (holds, attribute)
            elif isinstance(program.constants.get(spec.target), Tensor):
                self._values[node] = (program.constants, spec.target)
            else:
                raise NoGraphError(f"it holds {spec.kind}.")
        return image

    def _dominators(self) -> dict[fx.Node, fx.Node]:
        """The nearest node that everything from the image to a node passes; no entry: constant."""
        above = {self._image: self._image}
        for node in self._nodes:
            parents = [parent for parent in _sources(node) if parent in above]
            if parents:
                nearest = parents[0]
                for parent in parents[1:]:
                    while nearest is not parent:
                        if self._place[nearest] > self._place[parent]:
                            nearest = above[nearest]
                        else:
                            parent = above[parent]
                above[node] = nearest
        return above

    def _passes(self, mark: fx.Node, node: fx.Node) -> bool:
        """Whether a node gets nothing from the image but through the mark."""
        while node in self._above and self._place[node] > self._place[mark]:
            node = self._above[node]
        return node is mark or node not in self._above

    def _reached(self, start: set[fx.Node], but: fx.Node | None = None) -> set[fx.Node]:
        reached = set(start)
        for node in self._nodes:
            if node is not but and any(source in reached for source in _sources(node)):
                reached.add(node)
        return reached

    def _needed(self, *ends: fx.Node) -> set[fx.Node]:
        needed = set(ends)
        for node in reversed(self._nodes):
            if node in needed:
                needed.update(node.all_input_nodes)
        return needed

    def _owner(self, node: fx.Node) -> str:
        """The module whose forward has the operation."""
        stack = list(node.meta.get("nn_module_stack", {}).values())
        path = str(stack[-1][0]) if stack else ""
        name = path.removeprefix("L['self'].").removeprefix("root").removeprefix(".")
        return name or "the module's own forward"

    def _side(self, start: fx.Node, end: fx.Node) -> Slice:
        """The operations from one node to another as a function of the first."""
        graph = fx.Graph()
        value = graph.placeholder("value")
        bound: list[tuple[dict[str, Any], str]] = []
        copies: dict[fx.Node, Any] = {start: value}

        def size(length: int | torch.SymInt) -> Any:
            images = _images_in(length)
            if images is None:
                return length
            count = graph.call_function(aten.sym_size.int, (value, 0))
            return count if images == 1 else graph.call_function(operator.mul, (count, images))

        def copy(node: fx.Node) -> Any:
            if node in copies:
                return copies[node]
            if node in self._above and not self._passes(start, node):  # asked for its shape only
                shape = [size(length) for length in node.meta["val"].shape]
                copies[node] = graph.call_function(
                    aten.new_empty.default, (value, shape), {"dtype": node.meta["val"].dtype}
                )
                return copies[node]
            raise NoGraphError(f"{node} is not at hand.")

        needed = self._between(start, end)
        for node in self._nodes:  # parameters first: they are arguments, too
            if node in needed and node in self._values:
                copies[node] = graph.placeholder(node.name)
                bound.append(self._values[node])
        for node in self._nodes:
            if node not in needed or node in copies:
                continue
            if node.target is MARK:
                copies[node] = copy(node.args[0])
            elif node.target is aten.sym_size.int and node.args[0] not in copies:
                copies[node] = size(node.meta["val"])
            else:
                copies[node] = graph.node_copy(node, copy)
                if in_place(node) and copies[node].args[0] is value:  # the caller's: left alone
                    with graph.inserting_before(copies[node]):
                        own = graph.call_function(aten.clone.default, (value,))
                    copies[node].update_arg(0, own)
        graph.output(copies[end])
        graph.lint()
        return Slice(graph, bound)

    def _between(self, start: fx.Node, end: fx.Node) -> set[fx.Node]:
        """What has to be worked out to get from one node to another."""
        needed, ahead = {end}, {start}
        for node in reversed(self._nodes):
            if node not in needed or node in ahead:
                continue
            if node in self._above and not self._passes(start, node):
                ahead.add(node)
                needed.discard(node)
            else:
                needed.update(node.all_input_nodes)
        return needed - ahead


def _sources(node: fx.Node) -> list[fx.Node]:
    """The nodes whose values a node's value depends on."""
    return [] if node.target in _SHAPE_ONLY else node.all_input_nodes


def _images_in(length: int | torch.SymInt) -> int | None:
    """How many times the number of images a length is; None if it is one for any number.

    Raises:
        NoGraphError: it depends on the number in another way.
    """
    if isinstance(length, int):
        return None
    expression = length.node.expr
    (count,) = expression.free_symbols or (None,)
    if count is None:
        raise NoGraphError(f"a length is {expression}.")
    times = expression / count
    if not times.is_Integer:
        raise NoGraphError(f"a length is {expression}.")
    return int(times)


def _submodule(module: nn.Module, path: str) -> nn.Module:
    """A submodule by its path in the double, where no wrappers are."""
    for name in filter(None, path.split(".")):
        module = unwrapped(module.get_submodule(name))
    return module
