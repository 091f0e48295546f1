"""What each layer keeps: the table, its figure, and the command that lists layers."""

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from invertviz import InvertibleNetwork, ModularInverse, RidgeInverse, compare_layers, figures
from invertviz.cli import app

rng = np.random.default_rng(0)
IMAGES = rng.random((60, 3, 8, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nn.Sequential(
            nn.Conv2d(3, 4, 3, 2, 1), nn.Tanh(), nn.Flatten(), nn.Linear(48, 7), nn.Linear(7, 3)
        )
    network = InvertibleNetwork.from_module(module, image_shape=(3, 8, 6))
    fit = ModularInverse.fit(network, IMAGES, steps=4, width=64, progress=False)
    return network.with_inverse(fit)


def test_the_table_is_what_reconstructions_are(network):
    labels = rng.integers(0, 3, 60)
    table = compare_layers(network, IMAGES, labels)
    assert [*table.index] == [layer.name for layer in network.layers if layer.usable]
    assert table.loc["0", "code_shape"] == (4, 4, 3)
    assert table.loc["3", "numbers"] == 7
    here = network.at("3")
    found = here.reconstruct(IMAGES)
    error = np.square(found.images - IMAGES)
    codes = here.encode(found.images)
    predicted = found.probabilities.argmax(1)
    same = here.classify(codes).argmax(1) == predicted
    row = table.loc["3"]
    assert row.psnr == pytest.approx(-10 * np.log10(error.mean()), abs=1e-3)
    variance = np.square(IMAGES - IMAGES.mean(0)).mean()
    assert row.image_error == pytest.approx(error.mean() / variance, rel=1e-3)
    apart = np.linalg.norm(codes - found.codes, axis=1) / np.linalg.norm(found.codes, axis=1)
    assert row.representation_distance == pytest.approx(apart.mean(), rel=1e-3)
    assert row.class_consistency == pytest.approx(same.mean())
    wrong = predicted != labels
    assert row.class_consistency_misclassified == pytest.approx(same[wrong].mean())


def test_layers_are_compared_in_blocks_of_any_size(network, monkeypatch):
    whole = compare_layers(network, IMAGES)
    monkeypatch.setattr("invertviz.layers._CODES", 1000)
    blocks = compare_layers(network, IMAGES)
    assert whole.drop(columns="code_shape").astype(float).to_numpy() == pytest.approx(
        blocks.drop(columns="code_shape").astype(float).to_numpy(), rel=1e-4, nan_ok=True
    )


def test_layers_without_a_way_back_are_told(network):
    bare = InvertibleNetwork(network.classifier)
    with pytest.raises(ValueError, match="no way back from any"):
        compare_layers(bare, IMAGES)
    ridge = bare.with_inverse(RidgeInverse.fit(bare, IMAGES))
    assert [*compare_layers(ridge, IMAGES).index] == [ridge.layer.name]
    with pytest.raises(ValueError, match="no way back from 0"):
        compare_layers(ridge, IMAGES, layers=["0"])
    with pytest.raises(TypeError, match="several names"):
        compare_layers(network, IMAGES, layers="0")
    with pytest.raises(ValueError, match="two images"):
        compare_layers(network, IMAGES[0])


def test_the_figure_shows_colour_and_a_column_a_layer(network):
    table = compare_layers(network, IMAGES)
    shown = {name: network.at(name).reconstruct(IMAGES[:3]).images for name in table.index}
    figure = figures.layer_comparison(table, IMAGES[:3], shown)
    pictures = [image.get_array() for axes in figure.axes for image in axes.images]
    assert len(pictures) == 3 * (1 + len(table))
    np.testing.assert_allclose(pictures[1], IMAGES[1].transpose(1, 2, 0), atol=1e-6)
    assert figure.get_figwidth() == pytest.approx(figures.TWO_COLUMNS)
    lines = [line.get_ydata() for axes in figure.axes for line in axes.lines]
    np.testing.assert_allclose(lines[0], table["psnr"].astype(float))
    assert "class consistency" in figure.alt
    with pytest.raises(ValueError, match="lacks the layers"):
        figures.layer_comparison(table, IMAGES[:3], {})
    with pytest.raises(ValueError, match="shapes"):
        figures.layer_comparison(table, IMAGES[:2], shown)
    with pytest.raises(ValueError, match="columns"):
        figures.layer_comparison(table[["psnr"]], IMAGES[:3], shown)


def run(*arguments):
    return CliRunner().invoke(app, ["layers", *arguments])


def test_the_command_lists_layers_with_reasons():
    result = run("zoo:resnet", "--image-shape", "3,16,16")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].split() == ["layer", "code", "shape", "usable", "reason"]
    assert any(line.split() == ["conv1", "6", "x", "16", "x", "16", "yes"] for line in lines)
    assert any("layer1.0.conv1" in line and "no   " in line and "adds" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["zoo"], "names no function"),
        (["zoo:nothing", "--image-shape", "1,2"], "no function 'nothing'"),
        (["no_such_zoo:a"], "no module 'no_such_zoo'"),
        (["zoo:resnet"], "--image-shape"),
        (["zoo:resnet", "--image-shape", "large"], "whole numbers"),
    ],
)
def test_what_the_command_cannot_read_is_told(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
