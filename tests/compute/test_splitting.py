"""Any module of the zoo at any layer: exact, or refused by name."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from zoo import GREY, REFUSED, ZOO, Animal, Does

from invertviz.images import ImageSpec
from invertviz.splitting import ModuleClassifier

GRAPHLESS = {
    "course_by_the_code",
    "course_by_the_image",
    "through_numpy",
    "hooked_resnet",
    "without_gradient_inside",
    "gradient_of_its_own",
    "written_through_a_view",
}
GRADIENTS = ["resnet", "vit", "hooked_resnet", "gradient_of_its_own", "written_through_a_view"]
HIDDEN = {"integers_inside", "vit"}
"""What goes round is multiplied by 0, or is in tokens that are not read."""


def classifier(
    module: nn.Module, shape: tuple[int, ...] = GREY, **options: Any
) -> ModuleClassifier:
    return ModuleClassifier(module, ImageSpec(shape), **options)


@cache
def cut(name: str) -> tuple[Animal, nn.Module, ModuleClassifier]:
    """An animal, its module in evaluation mode and its classifier: for looking at only."""
    animal = ZOO[name]
    module = animal.module()
    found = classifier(module, animal.image_shape, **animal.options)
    return animal, copy.deepcopy(module).eval(), found


def fresh_images(shape: tuple[int, ...], count: int, seed: int = 11) -> Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(seed))


def scores_of(animal: Animal, module: nn.Module, images: Tensor) -> Tensor:
    """What the module itself gives for images, as logits."""
    planes = images.reshape(len(images), -1, *animal.image_shape[-2:])
    with torch.no_grad():
        output = module(images.flatten(1) if animal.flat else planes)
    if isinstance(output, dict):
        output = output["out"]
    elif isinstance(output, tuple):
        output = output.logits if hasattr(output, "logits") else output[0]
    output = output.reshape(len(images), -1)
    if output.shape[1] == 1:
        other = 1 - output if animal.kind == "probabilities" else torch.zeros_like(output)
        output = torch.cat([other, output], 1)
    return output.log() if animal.kind == "probabilities" else output


def replaced(module: nn.Module, name: str, code: Tensor) -> Callable[[], None]:
    hook = module.get_submodule(name).register_forward_hook(lambda *_: code.clone())
    return hook.remove


def captured(module: nn.Module, name: str, call: Callable[[], Any]) -> Tensor:
    codes: list[Tensor] = []
    hook = module.get_submodule(name).register_forward_hook(lambda *a: codes.append(a[2].clone()))
    call()
    hook.remove()
    return codes[0]


@pytest.mark.parametrize("name", ZOO)
def test_every_usable_layer_is_cut_exactly(name: str) -> None:
    animal, itself, found = cut(name)
    assert found.classes == animal.classes
    for layer in found.layers:
        if not layer.usable:
            assert layer.reason
            continue
        split = found.split(layer.name)
        assert split.layer == layer
        assert split.encoder.code_shape == layer.code_shape
        for count in (1, 3):
            images = fresh_images(animal.image_shape, count)
            expected = scores_of(animal, itself, images)
            codes = split.encoder(images)
            before = codes.clone()
            logits = split.head(codes)
            assert codes.shape == (count, *layer.code_shape)
            assert logits.shape == (count, animal.classes)
            assert codes.dtype == logits.dtype == torch.float32
            torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(codes, before, atol=0, rtol=0)
            code = captured(itself, layer.name, lambda i=images: scores_of(animal, itself, i))
            torch.testing.assert_close(codes, code, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ZOO)
def test_nothing_goes_round_a_usable_layer_and_something_round_the_others(name: str) -> None:
    animal, itself, found = cut(name)
    dark, third = (0.4 * fresh_images(animal.image_shape, 4)).split(2)
    bright = 1 - 0.4 * fresh_images(animal.image_shape, 2, seed=12)
    for layer in found.layers:
        round_it = re.search("did not come through|goes round|another way", layer.reason)
        if not layer.usable and (not round_it or animal.name in HIDDEN):
            continue
        code = captured(itself, layer.name, lambda: scores_of(animal, itself, third))
        undo = replaced(itself, layer.name, code)
        first, second = (scores_of(animal, itself, images) for images in (dark, bright))
        undo()
        if layer.usable:
            torch.testing.assert_close(first, second, atol=1e-5, rtol=1e-5)
            logits = found.split(layer.name).head(code)
            torch.testing.assert_close(logits, first, atol=1e-5, rtol=1e-5)
        else:
            assert not torch.allclose(first, second, atol=1e-5)


@pytest.mark.parametrize("name", ZOO)
def test_layers_have_names_order_shapes_and_reasons(name: str) -> None:
    animal, module, found = cut(name)
    layers = {layer.name: layer for layer in found.layers}
    assert len(layers) == len(found.layers)
    assert set(layers) <= set(dict(module.named_modules())) - {""}
    for layer, words in animal.unusable.items():
        assert not layers[layer].usable
        assert words in layers[layer].reason
        with pytest.raises(ValueError, match=re.escape(words)):
            found.split(layer)
    if animal.last:
        assert found.split().layer.name == animal.last
    else:
        with pytest.raises(ValueError, match="no layer before the classes"):
            found.split()
    way = type(found._way).__name__
    assert way == ("HookedLayers" if name in GRAPHLESS else "LayerGraph")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_by_name(name: str) -> None:
    make, words = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        classifier(make())


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_flow_through_both_sides_and_stop_at_the_parameters(name: str) -> None:
    animal = ZOO[name]
    module = animal.module()
    itself = copy.deepcopy(module).eval()
    split = classifier(module, animal.image_shape).split()
    images = fresh_images(animal.image_shape, 2)
    ours, theirs = images.clone().requires_grad_(), images.clone().requires_grad_()
    split.head(split.encoder(ours)).square().sum().backward()
    itself(theirs.reshape(2, -1, *animal.image_shape[-2:])).square().sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=1e-4)
    assert all(p.grad is None for p in module.parameters())
    plain = split.encoder(images)
    assert not plain.requires_grad
    p, gradient = split.head.gradient(torch.full((2, 10), 0.1))(plain)
    assert p.shape == (2, 10)
    assert gradient.shape == plain.shape
    assert float(gradient.abs().max()) > 0


@pytest.mark.parametrize("name", ["lenet", "resnet", "hooked_resnet", "lstm_over_rows"])
def test_training_goes_on_to_show(name: str) -> None:
    animal = ZOO[name]
    module = animal.module()
    split = classifier(module, animal.image_shape).split()
    images = fresh_images(animal.image_shape, 3)
    module.train()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    module(images.reshape(3, -1, *animal.image_shape[-2:])).square().sum().backward()
    optimizer.step()
    expected = scores_of(animal, copy.deepcopy(module).eval(), images)
    torch.testing.assert_close(split.head(split.encoder(images)), expected, atol=1e-5, rtol=1e-5)


def test_a_state_that_is_loaded_shows() -> None:
    animal = ZOO["resnet"]
    module, other = animal.module(), animal.make()
    split = classifier(module, animal.image_shape).split("layer1")
    module.load_state_dict(other.state_dict(), assign=True)
    images = fresh_images(animal.image_shape, 2)
    expected = scores_of(animal, other.eval(), images)
    torch.testing.assert_close(split.head(split.encoder(images)), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("lenet", torch.float16),
        ("resnet", torch.float64),
        ("resnet", torch.bfloat16),
        ("hooked_resnet", torch.float16),
    ],
)
def test_other_precisions_take_and_give_float32(name: str, dtype: torch.dtype) -> None:
    animal = ZOO[name]
    module = animal.module().to(dtype)
    found = classifier(module, animal.image_shape)
    split = found.split()
    images = fresh_images(animal.image_shape, 3)
    logits = split.head(split.encoder(images))
    assert split.encoder(images).dtype == logits.dtype == torch.float32
    expected = copy.deepcopy(module).eval()(images.to(dtype).reshape(3, -1, *images.shape[-2:]))
    tolerance = 1e-5 if dtype == torch.float64 else 3e-2
    torch.testing.assert_close(logits, expected.float(), atol=tolerance, rtol=tolerance)


def test_mean_and_std_are_the_modules() -> None:
    animal = ZOO["resnet"]
    module = animal.module()
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)
    split = ModuleClassifier(module, ImageSpec(animal.image_shape, mean, std)).split()
    images = fresh_images(animal.image_shape, 3)
    standard = (images - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    expected = scores_of(animal, copy.deepcopy(module).eval(), standard)
    torch.testing.assert_close(split.head(split.encoder(images)), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "wrap", [nn.DataParallel, torch.compile, lambda m: torch.compile(nn.DataParallel(m))]
)
def test_wrappers_are_taken_off(wrap: Callable[[nn.Module], nn.Module]) -> None:
    animal = ZOO["lenet"]
    module = animal.module()
    wrapped = wrap(module)
    found = classifier(wrapped, animal.image_shape)
    assert found.layers == classifier(module, animal.image_shape).layers
    images = fresh_images(animal.image_shape, 3)
    expected = scores_of(animal, copy.deepcopy(module).eval(), images)
    inner = next(n for n, p in wrapped.named_modules() if p is module.features)
    assert inner != "features"
    for layer in ("features", inner, module.features):
        split = found.split(layer)
        assert split.layer.name == "features"
        logits = split.head(split.encoder(images))
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


def test_wrapped_parts_keep_their_names() -> None:
    module = ZOO["lenet"].module()
    module.features = torch.compile(module.features)
    module.compile()
    found = classifier(module)
    names = [layer.name for layer in found.layers if layer.usable]
    assert names[0] == "features._orig_mod.0"
    assert "features" in names
    images = fresh_images(GREY, 2)
    module.features = module.features._orig_mod
    expected = scores_of(ZOO["lenet"], copy.deepcopy(module).eval(), images)
    split = found.split("features._orig_mod.2")
    torch.testing.assert_close(split.head(split.encoder(images)), expected, atol=1e-5, rtol=1e-5)


def test_channels_last_and_gradients_off_by_the_user() -> None:
    animal = ZOO["resnet"]
    module = animal.module().to(memory_format=torch.channels_last).requires_grad_(False)
    images = fresh_images(animal.image_shape, 3)
    expected = scores_of(animal, copy.deepcopy(module).eval(), images)
    with torch.inference_mode():
        split = classifier(module, animal.image_shape).split("layer1")
        logits = split.head(split.encoder(images))
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


def test_a_layer_is_named_or_given() -> None:
    module = ZOO["tied_names"].module()
    found = classifier(module)
    assert found.split(module.alias).layer.name == found.split("alias").layer.name == "hidden"
    with pytest.raises(ValueError, match=r"'hiden' is not in the module; its layers are: hidden"):
        found.split("hiden")
    with pytest.raises(ValueError, match="not part of the module"):
        found.split(nn.Linear(2, 2))
    with pytest.raises(TypeError, match="layer is int"):
        found.split(3)
    with pytest.raises(
        ValueError, match=r"no output that is a layer's; choose one of: layers\.0, layers\.1"
    ):
        classifier(ZOO["densenet"].module(), ZOO["densenet"].image_shape).split("layers")


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("lenet", {"outputs": "softmax"}, "outputs is 'softmax'; give \"logits\""),
        ("lenet", {"outputs": "probabilities"}, "sums to"),
        ("lenet", {"outputs": "log_probabilities"}, "its exp sums to"),
        ("one_logit", {"outputs": "log_probabilities"}, "one number an image"),
        ("lenet", {"member": 0}, "gives one tensor"),
        ("two_outputs", {"member": 2}, "choose one of these"),
        ("scores_and_maps", {"member": "maps"}, "class scores are floats"),
    ],
)
def test_what_was_said_of_the_outputs_is_checked(
    name: str, options: dict[str, Any], words: str
) -> None:
    animal = ZOO[name]
    with pytest.raises(ValueError, match=re.escape(words)):
        classifier(animal.module(), animal.image_shape, **options)


@pytest.mark.parametrize("name", ["one_probability", "probabilities", "log_probabilities"])
def test_outputs_are_found_out_or_said(name: str) -> None:
    animal, _, found = cut(name)
    assert found.outputs == animal.kind
    assert classifier(animal.module(), outputs=animal.kind).outputs == animal.kind
    assert classifier(animal.module(), outputs="logits").outputs == "logits"


def test_the_head_of_certain_probabilities_stays_finite() -> None:
    certain = nn.Linear(144, 3)
    with torch.no_grad():
        certain.bias.copy_(torch.tensor([900.0, 0.0, -900.0]))
    module = nn.Sequential(nn.Flatten(), certain, nn.Softmax(1))
    split = classifier(module).split("1")
    logits = split.head(split.encoder(fresh_images(GREY, 2)))
    assert torch.isfinite(logits).all()
    torch.testing.assert_close(logits.softmax(1), torch.tensor([[1.0, 0, 0]]).expand(2, 3))


def test_modules_that_are_none() -> None:
    with pytest.raises(TypeError, match=r"is the class Linear; give a module: Linear\(\)"):
        classifier(nn.Linear)
    with pytest.raises(TypeError, match="module is function"):
        classifier(lambda x: x)
    lenet = ZOO["lenet"].module().eval()
    traced = torch.jit.trace(lenet, torch.rand(2, 1, *GREY))
    with pytest.raises(TypeError, match="TorchScript"):
        classifier(nn.Sequential(traced))


def test_a_layer_after_a_choice_by_the_image_is_not_taken() -> None:
    """The later side must not work with what a blank image would have chosen."""

    def forward(s: Any, x: Tensor) -> Tensor:
        bright = float(x.mean()) > 0.45
        x = s.hidden(x.flatten(1))
        return s.fc(x if bright else -x)

    module = Does(forward, hidden=nn.Linear(144, 8), fc=nn.Linear(8, 10))
    with pytest.raises(ValueError, match="image alone than for the same one among"):
        classifier(module)
