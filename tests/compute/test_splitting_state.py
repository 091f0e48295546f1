"""The module stays as it is: after every call, a failure, an interrupt, beside other threads."""

from __future__ import annotations

import copy
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from zoo import GREY, REFUSED, ZOO, Does

from invertviz.images import ImageSpec
from invertviz.splitting import ModuleClassifier

SOME = ["resnet", "functional_lenet", "lstm_over_rows", "weight_normed", "hooked_resnet"]
ODD = [
    *("batch_norm_1d", "functional_only", "group_and_instance_norm", "ignored_result"),
    *("recurrent_by_hand", "tied_names", "torch_encoder", "unregistered_part"),
    *("without_gradient_inside", "without_parameters", "written_through_a_view"),
]


def state_of(module: nn.Module) -> dict[str, Any]:
    """All that is in a module, by identity and by value."""
    state: dict[str, Any] = {}
    for name, part in module.named_modules(remove_duplicate=False):
        for key, value in vars(part).items():
            state[f"{name}:{key}"] = (id(value), repr(list(value)) if "hooks" in key else None)
        state[f"{name}:training"] = part.training
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        lazy = isinstance(tensor, nn.parameter.UninitializedTensorMixin) or tensor.is_meta
        grad = tensor.grad
        state[name] = (
            id(tensor),
            None if lazy else tensor.data_ptr(),
            None if lazy else tensor.detach().double().tolist(),
            None if lazy else tensor._version,
            tensor.requires_grad,
            None if grad is None else (id(grad), grad.tolist()),
        )
    return state


def numpy_numbers() -> list[int]:
    return np.random.get_state()[1].tolist()  # noqa: NPY002


@contextmanager
def unchanged(module: nn.Module) -> Iterator[None]:
    """Holds a module, and everybody's random numbers, to what they were."""
    before = state_of(module)
    numbers = torch.get_rng_state(), numpy_numbers(), random.getstate()
    grad = torch.is_grad_enabled()
    yield
    assert state_of(module) == before
    assert torch.equal(torch.get_rng_state(), numbers[0])
    assert numpy_numbers() == numbers[1]
    assert random.getstate() == numbers[2]
    assert torch.is_grad_enabled() == grad


def with_history(module: nn.Module) -> nn.Module:
    """A module in use: mixed modes, a frozen parameter, gradients, hooks."""
    parts = list(module.modules())
    for place, part in enumerate(parts):
        part.training = place % 2 == 0
    parameters = list(module.parameters())
    for place, parameter in enumerate(parameters):
        parameter.grad = torch.full_like(parameter, float(place))
    if parameters:
        parameters[0].requires_grad_(False)
    parts[-1].register_forward_hook(lambda *_: None)
    parts[-1].register_full_backward_hook(lambda *_: None)
    return module


@pytest.mark.parametrize("name", SOME + ODD)
def test_nothing_changes_by_looking_and_cutting(name: str) -> None:
    animal = ZOO[name]
    module = with_history(animal.module())
    spec = ImageSpec(animal.image_shape)
    with unchanged(module):
        found = ModuleClassifier(module, spec, **animal.options)
        images = torch.rand(2, *spec.shape, generator=torch.Generator().manual_seed(1))
        usable = [layer.name for layer in found.layers if layer.usable]
        for layer in {usable[0], usable[-1]}:
            split = found.split(layer)
            loss = split.head(split.encoder(images.requires_grad_())).sum()
            if loss.requires_grad:
                loss.backward()


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_changes_by_a_refusal(name: str) -> None:
    module = REFUSED[name][0]()
    if not any(map(nn.parameter.is_lazy, module.parameters())):
        module = with_history(module) if name != "on_meta" else module
    with unchanged(module), pytest.raises((ValueError, TypeError)):
        ModuleClassifier(module, ImageSpec(GREY))


@pytest.mark.parametrize("name", ["resnet", "hooked_resnet"])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
def test_nothing_changes_when_it_is_interrupted(name: str, kind: type[BaseException]) -> None:
    animal = ZOO[name]
    module = with_history(animal.module())
    calls = {"left": 10**9}

    def interrupt(*_: Any) -> None:
        calls["left"] -= 1
        if calls["left"] < 0:
            raise kind("stop")

    for part in module.modules():
        part.register_forward_hook(interrupt)
    spec = ImageSpec(animal.image_shape)
    split = ModuleClassifier(module, spec).split()
    made = 10**9 - calls["left"]
    images = torch.rand(2, *spec.shape)
    with unchanged(module):
        for left in range(0, made, made // 7):
            calls["left"] = left
            with suppress(KeyboardInterrupt, RuntimeError, ValueError):
                ModuleClassifier(module, spec)
        if name == "hooked_resnet":  # the other one's sides call no hooks
            calls["left"] = 3
            with pytest.raises(kind):
                split.head(split.encoder(images))
        calls["left"] = 10**9
    itself = copy.deepcopy(module).eval()
    torch.testing.assert_close(split.head(split.encoder(images)), itself(images), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["resnet", "hooked_resnet"])
def test_threads_do_not_disturb_each_other_nor_a_training(name: str) -> None:
    animal = ZOO[name]
    module = animal.module().train()
    found = ModuleClassifier(module, ImageSpec(animal.image_shape))
    splits = [found.split(layer.name) for layer in found.layers if layer.usable][:4]
    itself = copy.deepcopy(module).eval()
    batches = [torch.rand(count, *animal.image_shape) for count in (1, 2, 3, 5)]
    expected = [itself(batch).detach() for batch in batches]
    failures: list[str] = []
    stop = threading.Event()

    def work(place: int) -> None:
        for turn in range(40):
            at = (place + turn) % len(batches)
            split = splits[place // 2 % len(splits)]
            with torch.no_grad():
                logits = split.head(split.encoder(batches[at]))
            if not torch.allclose(logits, expected[at], atol=1e-5):
                failures.append(f"{split.layer.name}, {len(batches[at])} images")

    def train() -> None:
        twin = copy.deepcopy(module)
        while not stop.is_set():  # the module is called in its own mode, beside us
            out = module(batches[-1])
            module.load_state_dict(twin.state_dict())
            if not out.requires_grad or not module.training:
                failures.append("the training")

    beside = threading.Thread(target=train) if name == "resnet" else None
    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 0.0  # so that what we compare with stays
    for thread in [*threads, *([beside] if beside else [])]:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    if beside:
        beside.join()
    assert not failures


def test_what_a_forward_leaves_behind_stays_in_the_double() -> None:
    def forward(s: Any, x: Tensor) -> Tensor:
        s.last = s.hidden(x.flatten(1))
        s.seen.append(x.shape[0])
        return s.fc(s.last)

    module = Does(forward, hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10), seen=[], last=None)
    with unchanged(module):
        ModuleClassifier(module, ImageSpec(GREY)).split()
    assert module.seen == []
    assert module.last is None


@pytest.mark.parametrize("name", SOME)
def test_a_module_can_go_on_training_after_a_backward_through_us(name: str) -> None:
    animal = ZOO[name]
    module = animal.module().train()
    spec = ImageSpec(animal.image_shape)
    images = torch.rand(2, *spec.shape)
    inputs = images.flatten(1) if animal.flat else images.reshape(2, -1, *spec.shape[-2:])
    loss = module(inputs).sum()  # a graph is waiting while we work
    split = ModuleClassifier(module, spec).split()
    split.head(split.encoder(images.clone().requires_grad_())).sum().backward()
    assert all(parameter.grad is None for parameter in module.parameters())
    loss.backward()
    assert any(parameter.grad is not None for parameter in module.parameters())
