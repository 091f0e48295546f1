"""A torch module as a classifier that can be cut at its layers."""

from __future__ import annotations

import difflib
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from invertviz.images import ImageSpec
from invertviz.parts import Classifier, Encoder, Head, Layer, Split
from invertviz.splitting._checks import check_module, home_of
from invertviz.splitting._doubles import Double, is_plain, same_random_numbers, unwrapped
from invertviz.splitting._graphs import LayerGraph, NoGraphError, Run
from invertviz.splitting._hooks import HookedLayers
from invertviz.splitting._probing import Call, Inputs, Probe, probe, record
from invertviz.splitting._scores import Scores, find_kind

_SUM = {torch.float64: 1e-3, torch.float32: 1e-3}  # from 1, of probabilities
_COARSE_SUM = 2e-2
_AXES = 3


class _Way(Protocol):
    """How a module is cut at its layers."""

    @property
    def last_operation(self) -> str: ...
    def reason(self, name: str) -> str: ...
    def cut(self, name: str) -> tuple[Run, Run]: ...


class ModuleClassifier(Classifier):
    """A torch module as a classifier that can be cut at its layers.

    The module is called in evaluation mode and stays as it is: parameters, gradients, modes, hooks
    and buffers. Its parameters are read at each call, as constants, so that training goes on to
    show; a module whose submodules, device or type have changed needs a new classifier.

    Args:
        module: takes `[N, C, H, W]` or, if it does not, `[N, pixels]`; gives class scores
            `[N, classes]`, or `[N, 1]` or `[N]` of two classes, alone or in a tuple, dict or
            dataclass. What `torch.compile` or `DataParallel` holds is taken out.
        images: what it takes.
        outputs: what its scores are: "logits", "probabilities", "log_probabilities"; "auto": found
            out by what it gives for a few pictures.
        member: which member of a tuple or dict the scores are, by index or key. None: "logits", or
            the only one that can be.

    Attributes:
        module: as it was given.
        images: what it takes.
        outputs: what its scores are.
        classes: how many it tells apart.
        layers: its submodules, in the order in which they return; those that are never called
            come last.

    Raises:
        TypeError: no module, or one that TorchScript has compiled.
        ValueError: a module that is not ready, takes no such images, gives no class scores, answers
            by chance or of a batch as a whole.
    """

    def __init__(
        self,
        module: nn.Module,
        images: ImageSpec,
        *,
        outputs: str = "auto",
        member: int | str | None = None,
    ) -> None:
        check_module(module)
        self.module = module
        self.images = images
        self._inner = unwrapped(module)
        self._device, dtype = home_of(self._inner)
        with same_random_numbers(self._device), torch.no_grad():
            twin = Double(self._inner)
            self._probe = probe(twin, images, member, device=self._device, dtype=dtype)
            self._calls, output = record(twin, self._probe.inputs(self._probe.images))
            alone, _ = record(twin, self._probe.inputs(self._probe.images[:1]))
            self._way, last = _way(self._inner, twin, self._probe, self._calls, output)
            if isinstance(self._way, HookedLayers) and (changed := twin.changed()):
                raise ValueError(
                    f"the module changes its {changed[0]} when it is called, in evaluation mode, "
                    "too; make that depend on self.training."
                )
            found = self._probe.scores
            tolerance = _SUM.get(dtype, _COARSE_SUM)
            kind = find_kind(self._probe.raw, outputs, last, tolerance)
            self._scores = Scores(found.member, found.width, kind)
            self.outputs, self.classes = kind, found.classes
            self.layers = tuple(self._all_layers(alone))

    @property
    def device(self) -> torch.device:
        """Where the module's parameters are."""
        return self._device

    @property
    def dtype(self) -> torch.dtype:
        """float32, whatever the module works in."""
        return torch.float32

    def description(self) -> dict[str, Any]:
        """What the module is called, and how its answers are read."""
        images = self.images
        return {
            "module": f"{type(self._inner).__module__}.{type(self._inner).__qualname__}",
            "mean": images.mean,
            "std": images.std,
            "outputs": self.outputs,
            "member": self._scores.member,
        }

    def named_tensors(self) -> dict[str, Tensor]:
        """The module's state under the names that it has there, each after "module."."""
        return {f"module.{name}": t.detach() for name, t in self._inner.state_dict().items()}

    def split(self, layer: str | nn.Module | None = None) -> Split:
        """Cut the module at a layer.

        Args:
            layer: a name of `module.named_modules()`, or the submodule; None: the last vector
                before the classes, before its activation (the last layer before the classes of
                another shape where there is no vector).

        Raises:
            TypeError: neither.
            ValueError: no such layer, or one that cannot be cut at.
        """
        found = self._default() if layer is None else self._find(layer)
        if not found.usable:
            usable = [other.name for other in self.layers if other.usable]
            raise ValueError(
                f"layer {found.name!r} cannot be cut at: {found.reason}. "
                + (f"These can: {', '.join(usable)}." if usable else "No layer can.")
            )
        try:
            earlier, later = self._way.cut(found.name)
        except NoGraphError:
            earlier, later = HookedLayers(self._inner, self._probe, self._calls).cut(found.name)
        dtype = self._calls[found.name].output.dtype
        return Split(
            found,
            _ModuleEncoder(found.code_shape, self._probe.inputs, earlier),
            _ModuleHead(dtype, self._scores, later),
        )

    def _all_layers(self, alone: dict[str, Call]) -> list[Layer]:
        layers = []
        for name, call in self._calls.items():
            reason = self._plain_reason(call, alone.get(name)) or self._way.reason(name)
            layers.append(Layer(name, call.shape[1:], not reason, reason))
        for name, part in self._inner.named_modules():
            callable_ = type(part).forward is not nn.Module.forward
            if name and name not in self._calls and callable_ and unwrapped(part) is part:
                layers.append(Layer(name, (), False, "it is not called"))
        return layers

    def _plain_reason(self, call: Call, alone: Call | None) -> str:
        """Why what a layer returns is no code."""
        count, output = len(self._probe.images), call.output
        if call.times > 1:
            return f"it is called {call.times} times for one image"
        if not isinstance(output, Tensor):
            return f"it returns {type(output).__name__}, not a tensor"
        if not is_plain(output) or not output.is_floating_point():
            kind = "quantized" if output.is_quantized else str(output.dtype).removeprefix("torch.")
            return f"it returns {kind} numbers, not plain floats"
        if alone is None or call.shape != (count, *alone.shape[1:]) or alone.shape[:1] != (1,):
            return (
                f"it returns {list(call.shape)} for {count} images; one code an image, on the "
                "first axis, is needed"
            )
        if not 1 <= output.ndim - 1 <= _AXES:
            return f"its codes have {output.ndim - 1} axes; 1 to {_AXES} are understood"
        return ""

    def _find(self, layer: str | nn.Module) -> Layer:
        """The layer that is meant."""
        if isinstance(layer, nn.Module):
            names = {id(unwrapped(part)): name for name, part in self._inner.named_modules()}
            name = names.get(id(unwrapped(layer)))
            if name is None:
                raise ValueError(
                    f"layer is a {type(layer).__name__} that is not part of the module; give one "
                    "of its submodules, or a name."
                )
        elif isinstance(layer, str):
            name = self._own_name(layer)
        else:
            raise TypeError(
                f"layer is {type(layer).__name__}; give a name, a submodule of the module, or None."
            )
        by_name = {known.name: known for known in self.layers}
        if name in by_name:
            return by_name[name]
        if name in dict(self._inner.named_modules()):
            raise ValueError(
                f"layer {layer if isinstance(layer, str) else name!r} has no output of its own; "
                f"choose one of {', '.join(self._near(name)) or 'its parts'}."
            )
        raise ValueError(
            f"layer {layer!r} is not in the module; its layers are: {', '.join(self._near(name))}."
        )

    def _own_name(self, name: str) -> str:
        """The name without what torch.compile and DataParallel put before it, in it no alias."""
        parts = dict(self.module.named_modules(remove_duplicate=False))
        if name in parts and name not in dict(self._inner.named_modules()):
            for own, part in self._inner.named_modules():
                if unwrapped(part) is unwrapped(parts[name]):
                    return own
            for own, part in self._inner.named_modules(remove_duplicate=False):
                if own == name:
                    return next(n for n, p in self._inner.named_modules() if p is part)
        return name

    def _near(self, name: str) -> list[str]:
        names = [layer.name for layer in self.layers if layer.usable]
        return difflib.get_close_matches(name, names, n=5, cutoff=0.5) or names

    def _default(self) -> Layer:
        """The last vector before the classes."""
        order = [layer for layer in self.layers if layer.name in self._calls]
        parts = dict(self._inner.named_modules())
        maps = [
            place
            for place, layer in enumerate(order)
            if any(p.ndim >= 2 for p in unwrapped(parts[layer.name]).parameters(recurse=False))
        ]
        end = maps[-1] if maps else len(order)
        # A container that the last map is in returns after it.
        before = [layer for layer in order[:end] if layer.usable]
        if not before:
            table = (f"{a.name}: {a.reason or 'the class scores'}" for a in self.layers[:8])
            raise ValueError(
                "no layer before the classes can be cut at "
                f"({'; '.join(table) or 'the module has no submodules'}); say which layer to take."
            )
        vectors = [layer for layer in before if _is_vector(layer)]
        place = order.index((vectors or before)[-1])
        while place and self._is_after_activation(order, place):
            place -= 1
        return order[place]

    def _is_after_activation(self, order: list[Layer], place: int) -> bool:
        """Whether a layer says no more than the usable one before it, of the same shape."""
        layer, before = order[place], order[place - 1]
        if not before.usable or before.code_shape != layer.code_shape:
            return False
        part = dict(self._inner.named_modules())[layer.name]
        simple = not any(True for _ in (*part.parameters(), *part.buffers(), *part.children()))
        activation = simple or type(part).__module__ == nn.ReLU.__module__
        return self._calls[layer.name].same or activation


class _ModuleEncoder(Encoder):
    def __init__(self, code_shape: tuple[int, ...], inputs: Inputs, run: Run) -> None:
        super().__init__()
        self.code_shape = code_shape
        self._inputs, self._run = inputs, run

    def forward(self, images: Tensor) -> Tensor:
        return self._run(self._inputs(images)).float()


class _ModuleHead(Head):
    def __init__(self, dtype: torch.dtype, scores: Scores, run: Run) -> None:
        super().__init__()
        self._dtype, self._scores, self._run = dtype, scores, run

    def forward(self, codes: Tensor) -> Tensor:
        return self._scores.logits(self._run(codes.to(self._dtype)))


def _way(
    module: nn.Module, twin: Double, found: Probe, calls: dict[str, Call], output: Any
) -> tuple[_Way, str]:
    """How the module is cut, and what its scores come from."""
    try:
        graph = LayerGraph(twin, module, found.scores, found.inputs(found.images[:3]))
        if _same(graph, twin, found):
            return graph, graph.last_operation
    except NoGraphError:
        pass
    last = list(calls)[-1:]
    scored = output if found.scores.member is None else None
    same = last and isinstance(scored, Tensor) and calls[last[0]].output is scored
    return HookedLayers(module, found, calls), type(
        twin.parts[last[0]]
    ).__name__.lower() if same else ""


def _same(graph: LayerGraph, twin: Double, found: Probe) -> bool:
    """Whether a graph gives the scores of the module, and their gradient."""
    for images in (found.images, found.images[:1]):
        if not found.agree(graph.run(found.inputs(images)), found.raw[: len(images)]):
            return False

    def module(argument: Tensor) -> Tensor:
        return found.scores.raw(twin.root(argument.clone()), len(argument))

    gradients = []
    with torch.enable_grad():
        for run in (module, graph.run):
            argument = found.inputs(found.images[:3]).clone().requires_grad_()
            scores = run(argument)
            if not scores.requires_grad:
                return run is module
            weights = torch.arange(1.0, scores.numel() + 1, device=scores.device)
            loss = (scores * weights.reshape(scores.shape).cos()).sum()
            try:
                gradients.append(torch.autograd.grad(loss, argument)[0])
            except RuntimeError:  # not every operation of a graph without changes in place has one
                return run is module
    return found.agree(*(gradient / gradients[0].abs().max() for gradient in gradients))


def _is_vector(layer: Layer) -> bool:
    """Whether a code is a vector, or a map of one position."""
    return all(size == 1 for size in layer.code_shape[1:])
