"""A torch module as a classifier that can be cut at its layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from invertviz.images import ImageSpec
from invertviz.parts import Classifier, Encoder, Head, Split
from invertviz.splitting._checks import check_module, home_of
from invertviz.splitting._doubles import Double, same_random_numbers, unwrapped
from invertviz.splitting._graphs import LayerGraph, Run
from invertviz.splitting._hooks import HookedLayers
from invertviz.splitting._layers import find_layer, last_vector, list_layers
from invertviz.splitting._probing import Inputs, Probe, probe
from invertviz.splitting._scores import Scores, find_kind
from invertviz.splitting._tracing import NoGraphError

_SUM = {torch.float64: 1e-3, torch.float32: 1e-3}  # from 1, of probabilities
_COARSE_SUM = 2e-2


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
            found = probe(twin, images, member, device=self._device, dtype=dtype)
            self._way = _way(self._inner, twin, found)
            tolerance = _SUM.get(dtype, _COARSE_SUM)
            self.outputs = find_kind(found.raw, outputs, self._way.last_operation, tolerance)
            self._scores = dataclasses.replace(found.scores, kind=self.outputs)
            self.classes = self._scores.classes
            self.layers = list_layers(self._inner, found, self._way.reason)
            self._probe = found

    @property
    def device(self) -> torch.device:
        """Where the module's parameters are."""
        return self._device

    @property
    def dtype(self) -> torch.dtype:
        """float32, whatever the module works in."""
        return torch.float32

    def tensors(self) -> Iterator[Tensor]:
        """The module's parameters and buffers."""
        yield from self._inner.parameters()
        yield from self._inner.buffers()

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
        calls = self._probe.together.calls
        if layer is None:
            found = last_vector(self.layers, self._inner, calls)
        else:
            found = find_layer(self.layers, self.module, layer)
        if not found.usable:
            usable = [other.name for other in self.layers if other.usable]
            raise ValueError(
                f"layer {found.name!r} cannot be cut at: {found.reason}. "
                + (f"These can: {', '.join(usable)}." if usable else "No layer can.")
            )
        try:
            earlier, later = self._way.cut(found.name)
        except NoGraphError:
            earlier, later = HookedLayers(self._inner, self._probe).cut(found.name)
        dtype = calls[found.name].output.dtype
        return Split(
            found,
            _ModuleEncoder(found.code_shape, self._probe.inputs, earlier),
            _ModuleHead(dtype, self._scores, later),
        )


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


def _way(module: nn.Module, twin: Double, found: Probe) -> _Way:
    """How the module is cut."""
    try:
        graph = LayerGraph(twin, module, found.scores, found.inputs(found.images[:3]))
        if _same(graph, twin, found):
            return graph
    except NoGraphError:
        pass
    if changed := twin.changed():
        raise ValueError(
            f"the module changes its {changed[0]} when it is called, in evaluation mode, too; make "
            "that depend on self.training."
        )
    return HookedLayers(module, found)


def _same(graph: LayerGraph, twin: Double, found: Probe) -> bool:
    """Whether a graph gives the scores of the module, and their gradient."""
    for images in (found.images, found.images[:1]):
        if not found.agree(graph.run(found.inputs(images)), found.raw[: len(images)]):
            return False

    def itself(argument: Tensor) -> Tensor:
        return found.scores.raw(twin.root(argument.clone()), len(argument))

    gradients = []
    for run in (itself, graph.run):
        gradient = _gradient(run, found.inputs(found.images[:2]))
        if gradient is None:
            return run is itself  # who has none cannot have another one
        gradients.append(gradient)
    scale = gradients[0].abs().max().clamp_min(torch.finfo(gradients[0].dtype).tiny)
    return found.agree(gradients[1] / scale, gradients[0] / scale)


def _gradient(run: Run, argument: Tensor) -> Tensor | None:
    """The gradient of a mix of scores, if there is one."""
    with torch.enable_grad():
        argument = argument.clone().requires_grad_()
        try:
            scores = run(argument)
            mix = torch.arange(1, scores.numel() + 1, device=scores.device).cos()
            (gradient,) = torch.autograd.grad((scores * mix.view_as(scores)).sum(), argument)
        except RuntimeError:  # not every operation has a derivative
            return None
    return gradient
