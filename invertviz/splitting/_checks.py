"""Which modules cannot be worked with at all, told before any of them is called."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy


def check_module(module: nn.Module) -> None:
    """Refuse what is no module, is not ready, or lives in several places.

    Raises:
        TypeError: no module, or one that TorchScript has compiled.
        ValueError: parameters that are not there yet, that hold nothing, or on several devices.
    """
    if isinstance(module, type) and issubclass(module, nn.Module):
        raise TypeError(
            f"module is the class {module.__name__}; give a module: {module.__name__}()."
        )
    if not isinstance(module, nn.Module):
        raise TypeError(f"module is {type(module).__name__}; give a torch.nn.Module.")
    for name, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            raise TypeError(
                f"{name or 'module'} was compiled by TorchScript, which hides its layers; give the "
                "torch.nn.Module that it was made of."
            )
    tensors = [*module.named_parameters(), *module.named_buffers()]
    for name, tensor in tensors:
        if is_lazy(tensor):
            raise ValueError(
                f"{name} gets its shape from the first batch; call the module on one batch first."
            )
        if tensor.is_meta:
            raise ValueError(
                f"{name} is on the meta device, where there are shapes and no values; load the "
                "weights first: module.to_empty(device=…), module.load_state_dict(…)."
            )
    homes: dict[torch.device, str] = {}
    for name, tensor in tensors:
        homes.setdefault(tensor.device, name)
    if len(homes) > 1:
        where = ", ".join(f"{name} on {device}" for device, name in homes.items())
        raise ValueError(f"the module lives on several devices ({where}); move it to one.")


def home_of(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """The device and floating-point type of a module's parameters."""
    tensors: list[Tensor] = [*module.parameters(), *module.buffers()]
    device = next((t.device for t in tensors), torch.device("cpu"))
    return device, next((t.dtype for t in tensors if t.is_floating_point()), torch.float32)
