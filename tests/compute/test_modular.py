"""One fit for every layer: stages' inverses, alone and composed."""

import time

import numpy as np
import pytest
import torch
from torch import nn
from zoo import ZOO

from invertviz import ImageSpec, InvertibleNetwork, ModularInverse, load
from invertviz.inverses import modular_fit
from invertviz.inverses.grids import Grid
from invertviz.inverses.plan import IMAGE, Plan
from invertviz.inverses.stages import StageInverse

QUICK = {"steps": 6, "width": 64, "progress": False}
KINDS = ["article", "lenet", "resnet", "vit", "vit_pooled", "convnext", "conv_1d", "u_net"]


def network_of(name):
    animal = ZOO[name]
    return InvertibleNetwork.from_module(
        animal.module(), image_shape=animal.image_shape, **animal.options
    )


def pictures(count, *shape, seed=0):
    """Soft pictures: noise of a few numbers, enlarged."""
    generator = torch.Generator().manual_seed(seed)
    channels = shape[0] if len(shape) == 3 else 1
    noise = torch.rand(count, channels, 4, 4, generator=generator)
    soft = nn.functional.interpolate(noise, shape[-2:], mode="bilinear")
    return soft.reshape(count, *shape).numpy()


def usable(network):
    return [layer.name for layer in network.layers if layer.usable]


def errors(network, images):
    found = {}
    for name in usable(network):
        again = network.at(name).reconstruct(images).images
        found[name] = float(np.square(again - images).mean())
    return found


@pytest.fixture(scope="module")
def colour():
    """A network whose first maps have too many numbers to be inverted as wholes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nn.Sequential(
            nn.Conv2d(3, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(24, 80, 3),
            nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(80, 5),
        )  # fmt: skip
    return InvertibleNetwork.from_module(module, image_shape=(3, 22, 18))


@pytest.mark.parametrize("name", KINDS)
def test_every_usable_layer_gives_pictures(name):
    network = network_of(name)
    images = pictures(24, *network.image_shape)
    network = network.with_inverse(ModularInverse.fit(network, images, **QUICK))
    for layer in usable(network):
        found = network.at(layer).reconstruct(images[:3]).images
        assert found.shape == (3, *network.image_shape)
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert found.max() <= 1
    assert {*network.inverse.reached} <= {*usable(network)}


def test_every_layer_does_better_than_the_mean_image_and_learning_helps(colour):
    images, fresh = pictures(200, 3, 22, 18), pictures(40, 3, 22, 18, seed=1)
    # Products are no linear function of what they are of: there is something to learn.
    images, fresh = images * images[:, :, ::-1], fresh * fresh[:, :, ::-1]
    settings = {"width": 96, "progress": False, "representation": 0, "classes": 0}
    short, long = (
        errors(
            colour.with_inverse(ModularInverse.fit(colour, images, steps=steps, **settings)), fresh
        )
        for steps in (1, 100)
    )
    mean = float(np.square(images.mean(0) - fresh).mean())
    maps = ["0", "1", "2", "3", "4"]
    assert all(long[name] < 0.5 * mean for name in maps)
    assert all(error < 1.1 * mean for error in long.values())  # an untrained network tells little
    assert long["0"] < 0.01 * mean  # a convolution of more channels than colours loses nothing
    assert np.mean([np.log(short[name] / long[name]) for name in maps]) > 0.03


def test_what_is_reached_is_measured_on_held_out_images(colour):
    images = np.ascontiguousarray(pictures(200, 3, 22, 18))
    inverse = ModularInverse.fit(colour, images, **QUICK)
    fresh = errors(colour.with_inverse(inverse), pictures(200, 3, 22, 18, seed=2))
    for layer, psnr in inverse.reached.items():
        assert psnr == pytest.approx(-10 * np.log10(fresh[layer]), abs=1.5)
    assert "dB" in repr(inverse)


def test_the_same_seed_gives_the_same(colour):
    images = pictures(40, 3, 22, 18)
    codes = torch.randn(2, *colour.code_shape)
    first, second, other = (
        ModularInverse.fit(colour, images, seed=seed, **QUICK)(codes) for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_a_fit_keeps_to_its_time_and_leaves_chance_alone(colour, monkeypatch):
    # By the processor's clock: other work on the machine must not fail this.
    monkeypatch.setattr(modular_fit.time, "monotonic", time.process_time)
    images, state = pictures(400, 3, 22, 18), torch.get_rng_state()
    began = time.process_time()
    ModularInverse.fit(colour, images, seconds=2, width=96, progress=False)
    assert 1.9 < time.process_time() - began < 6
    assert torch.equal(torch.get_rng_state(), state)


def test_the_module_stays_as_it_is():
    animal = ZOO["resnet"]
    module = animal.module()
    frozen = next(module.parameters()).requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    network = InvertibleNetwork.from_module(module, image_shape=animal.image_shape)
    inverse = ModularInverse.fit(network, pictures(24, *animal.image_shape), **QUICK)
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.parameters())
    assert [p.requires_grad for p in module.parameters()].count(False) == 1
    assert not frozen.requires_grad
    assert module.training
    assert not any(p.requires_grad or p.grad is not None for p in inverse.parameters())


@pytest.mark.parametrize("name", ["resnet", "vit", "article"])
def test_all_layers_come_back_from_a_checkpoint(name, tmp_path):
    network = network_of(name)
    images = pictures(24, *network.image_shape)
    network = network.with_inverse(ModularInverse.fit(network, images, **QUICK))
    network.save(tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors", module=ZOO[name].module())
    assert again.inverse.reached == network.inverse.reached
    for layer in usable(network):
        np.testing.assert_array_equal(
            again.at(layer).reconstruct(images[:4]).images,
            network.at(layer).reconstruct(images[:4]).images,
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seconds": 0}, "seconds is 0"),
        ({"steps": 0}, "steps 0"),
        ({"representation": -1}, "representation is -1"),
        ({"learning_rate": float("nan")}, "learning_rate nan"),
    ],
)
def test_fits_that_make_no_sense_are_refused(colour, settings, message):
    with pytest.raises(ValueError, match=message):
        ModularInverse.fit(colour, pictures(9, 3, 22, 18), progress=False, **settings)
    with pytest.raises(ValueError, match="two images"):
        ModularInverse.fit(colour, pictures(1, 3, 22, 18), progress=False)


@pytest.mark.parametrize(
    ("code_shape", "image", "expected"),
    [
        ((7,), (12, 12), (7, 1, 1)),
        ((8, 6, 5), (3, 12, 10), (8, 6, 5)),
        ((6, 5, 8), (3, 12, 10), (8, 6, 5)),
        ((16, 8), (3, 16, 16), (8, 4, 4)),
        ((17, 8), (3, 16, 16), (16, 4, 4)),
        ((198, 4), (3, 224, 224), (12, 14, 14)),
        ((8, 8), (3, 32, 16), (8, 4, 2)),
        ((11, 8), (12, 12), (88, 1, 1)),
    ],
)
def test_codes_of_every_shape_are_maps(code_shape, image, expected):
    grid = Grid.of(code_shape, ImageSpec(image))
    assert (grid.channels, grid.height, grid.width) == expected
    codes = torch.arange(2.0 * np.prod(code_shape)).reshape(2, *code_shape)
    maps = grid.lay_out(codes)
    assert maps.shape == (2, *expected)
    assert {*maps[1].flatten().tolist()} == {*codes[1].flatten().tolist()}


@pytest.mark.parametrize("size", [(11, 9), (5, 4), (6, 5), (22, 18), (3, 7), (40, 40), (1, 1)])
def test_the_linear_part_finds_what_is_linear_for_maps_of_any_size(size):
    """Maps that are means over rectangles of the image, and where they are, tell it apart."""
    images = torch.from_numpy(pictures(64, 3, 22, 18))
    maps = nn.functional.adaptive_avg_pool2d(images, size)
    source, target = Grid((3, *size), 3, *size), Grid((3, 22, 18), 3, 22, 18)
    stage = StageInverse(source, target, images=True, width=64)
    stage.scale.data.fill_(1)
    stage.solve([(maps, images)])
    error = (stage(maps) - images).square().mean() / images.var()
    assert stage(maps).shape == images.shape
    assert float(error) < (0.9 if size == (1, 1) else 0.35)


def test_stages_end_where_maps_change_their_size(colour):
    splits = {name: colour.classifier.split(name) for name in usable(colour)}
    plan = Plan.of(colour.classifier, splits, torch.rand(3, 3, 22, 18))
    assert plan.targets["0"] == plan.targets["1"] == IMAGE
    assert plan.targets["3"] == "1"
    assert plan.chain("4") == ["4", "1"]
    assert plan.targets["7"] == IMAGE  # few numbers: as a whole
    assert plan.same == {"6": "5"}
    assert "0" in plan
    assert "8" not in plan
    with pytest.raises(ValueError, match="comes later"):
        Plan.of_settings({"targets": {"a": "b", "b": ""}, "same": {}})
