"""The layers of a module: which can be cut at, which is meant, and which is the last vector."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from torch import Tensor, nn

from invertviz.parts import Layer
from invertviz.splitting._calls import Call
from invertviz.splitting._doubles import is_plain, unwrapped
from invertviz.splitting._probing import Probe

_AXES = 3


def list_layers(module: nn.Module, probe: Probe, reason: Callable[[str], str]) -> tuple[Layer, ...]:
    """A module's submodules, in the order in which they return, the idle ones last.

    Args:
        module: the module.
        probe: what it gave for a few pictures.
        reason: why a layer that returns codes cannot be cut at, by its name; "" if it can.
    """
    layers = []
    for name, call in probe.together.calls.items():
        why = _no_codes(call, probe.alone.calls.get(name), len(probe.images)) or reason(name)
        layers.append(Layer(name, call.shape[1:], not why, why))
    for name, part in module.named_modules():
        has_forward = type(part).forward is not nn.Module.forward and unwrapped(part) is part
        if name and name not in probe.together.calls and has_forward:
            layers.append(Layer(name, (), False, "it is not called"))
    return tuple(layers)


def find_layer(layers: tuple[Layer, ...], module: nn.Module, layer: str | nn.Module) -> Layer:
    """The layer that is meant.

    Args:
        layers: of the module.
        module: as it was given, wrappers and all.
        layer: a name in it, or a submodule.

    Raises:
        TypeError: neither.
        ValueError: no such layer, or one without an output.
    """
    parts = dict(module.named_modules(remove_duplicate=False))
    inner = unwrapped(module)
    names = {id(unwrapped(part)): name for name, part in reversed([*inner.named_modules()])}
    by_name = {known.name: known for known in layers}
    if isinstance(layer, str):
        if layer in by_name:
            return by_name[layer]
        parts |= dict(inner.named_modules(remove_duplicate=False))
        near = ", ".join(difflib.get_close_matches(layer, by_name, cutoff=0.5) or by_name)
        if layer not in parts:
            raise ValueError(f"layer {layer!r} is not in the module; its layers are: {near}.")
        name = names[id(unwrapped(parts[layer]))]
    elif isinstance(layer, nn.Module):
        if id(unwrapped(layer)) not in names:
            raise ValueError(
                f"layer is a {type(layer).__name__} that is not part of the module; give one of "
                "its submodules, or a name."
            )
        name = names[id(unwrapped(layer))]
    else:
        raise TypeError(
            f"layer is {type(layer).__name__}; give a name, a submodule of the module, or None."
        )
    if name not in by_name:
        inside = ", ".join(known for known in by_name if known.startswith(f"{name}."))
        raise ValueError(
            f"layer {name!r} has no output that is a layer's; choose one of: "
            f"{inside or ', '.join(by_name)}."
        )
    return by_name[name]


def last_vector(layers: tuple[Layer, ...], module: nn.Module, calls: dict[str, Call]) -> Layer:
    """The last vector before the classes, before its activation.

    It is looked for before the last linear map or convolution. Where no layer there is a vector,
    the last one of another shape is taken.

    Args:
        layers: of the module.
        module: without wrappers.
        calls: what its submodules returned.

    Raises:
        ValueError: nothing before the classes can be cut at.
    """
    parts = {name: unwrapped(part) for name, part in module.named_modules()}
    order = [layer for layer in layers if layer.name in calls]
    maps = [place for place, layer in enumerate(order) if _is_map(parts[layer.name])]
    before = [layer for layer in order[: maps[-1] if maps else None] if layer.usable]
    if not before:
        table = "; ".join(f"{a.name}: {a.reason or 'the class scores'}" for a in layers[:8])
        raise ValueError(
            "no layer before the classes can be cut at "
            f"({table or 'the module has no submodules'}); say which layer to take."
        )
    vectors = [layer for layer in before if _is_vector(layer)]
    place = order.index((vectors or before)[-1])
    while place:
        layer, earlier = order[place], order[place - 1]
        if not earlier.usable or earlier.code_shape != layer.code_shape:
            break
        if not (calls[layer.name].same or _is_activation(parts[layer.name])):
            break
        place -= 1
    return order[place]


def _no_codes(call: Call, alone: Call | None, count: int) -> str:
    """Why what a layer returns is no code."""
    output = call.output
    if call.times > 1:
        return f"it is called {call.times} times for one image"
    if not isinstance(output, Tensor):
        return f"it returns {type(output).__name__}, not a tensor"
    if not is_plain(output) or not output.is_floating_point():
        kind = "quantized" if output.is_quantized else str(output.dtype).removeprefix("torch.")
        return f"it returns {kind} numbers, not plain floats"
    if alone is None or call.shape != (count, *alone.shape[1:]) or alone.shape[:1] != (1,):
        return (
            f"it returns {list(call.shape)} for {count} images; one code an image, on the first "
            "axis, is needed"
        )
    if not 1 <= output.ndim - 1 <= _AXES:
        return f"its codes have {output.ndim - 1} axes; 1 to {_AXES} are understood"
    return ""


def _is_map(part: nn.Module) -> bool:
    return any(parameter.ndim >= 2 for parameter in part.parameters(recurse=False))


def _is_vector(layer: Layer) -> bool:
    """Whether a code is a vector, or a map of one position."""
    return all(size == 1 for size in layer.code_shape[1:])


def _is_activation(part: nn.Module) -> bool:
    """Whether a module works on what it is given and has nothing of its own, or almost."""
    plain = not any(True for _ in (*part.parameters(), *part.buffers(), *part.children()))
    return plain or type(part).__module__ == nn.ReLU.__module__
