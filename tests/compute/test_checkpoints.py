"""Networks there and back, and files that are none."""

import json
import os
import tracemalloc
from importlib import resources

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from torch import nn

from invertviz import (
    CheckpointError,
    InvertibleNetwork,
    RidgeInverse,
    load,
    load_pretrained,
    untrained,
)

rng = np.random.default_rng(0)


@pytest.fixture
def network():
    network = untrained(
        (12, 8, 6, 3), activation="tanh", image_shape=(4, 3), class_names=["a", "<b>", "ç"], seed=7
    )
    network.training_record = {"seed": 7}
    return network


def test_settings_that_numpy_computed_are_kept_as_numbers(network, tmp_path):
    network.training_record = {"steps": np.int64(300), "learning_rate": np.float32(0.5)}
    network.save(tmp_path / "net.safetensors")
    record = load(tmp_path / "net.safetensors").training_record
    assert record == {"steps": 300, "learning_rate": 0.5}
    network.training_record = {"steps": object()}
    with pytest.raises(TypeError, match="cannot be written to a checkpoint"):
        network.save(tmp_path / "other.safetensors")
    assert not (tmp_path / "other.safetensors").exists()


@pytest.fixture
def saved(network, tmp_path):
    path = tmp_path / "net.safetensors"
    network.save(path)
    return path


def test_there_and_back(network, saved):
    again = load(saved)
    images = rng.random((3, 4, 3))
    for old, new in zip(network.reconstruct(images), again.reconstruct(images), strict=True):
        np.testing.assert_array_equal(old, new)
    assert repr(again) == repr(network)
    assert again.class_names == ("a", "<b>", "ç")
    assert again.training_record == {"seed": 7}


def test_same_network_same_bytes(network, saved, tmp_path):
    network.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == saved.read_bytes()


def test_the_format_of_a_learned_inverse_stays(network, saved):
    """Files that older versions wrote are read, and written again byte for byte."""
    asset = resources.files("invertviz") / "assets" / "pretrained.safetensors"
    load_pretrained().save(saved)
    assert saved.read_bytes() == asset.read_bytes()


def test_saving_over_a_file_leaves_nothing_beside_it(network, saved):
    network.save(saved)
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_failed_save_leaves_the_old_file(network, saved):
    before = saved.read_bytes()
    network.training_record = {"not": {"json"}}
    with pytest.raises(TypeError):
        network.save(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_link_is_followed_and_permissions_are_kept(network, tmp_path):
    real, link = tmp_path / "real.safetensors", tmp_path / "link.safetensors"
    link.symlink_to(real)
    network.save(link)
    (tmp_path / "new").touch()
    assert real.stat().st_mode == (tmp_path / "new").stat().st_mode
    real.chmod(0o600)
    network.training_record = {"seed": 8}
    network.save(link)
    assert link.is_symlink()
    assert load(real).training_record == {"seed": 8}
    assert real.stat().st_mode & 0o777 == 0o600


def test_unwritable_outputs_are_refused(network, tmp_path):
    with pytest.raises(FileNotFoundError, match="create it first"):
        network.save(tmp_path / "missing" / "net.safetensors")
    with pytest.raises(IsADirectoryError):
        network.save(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="device or a pipe"):
        network.save(tmp_path / "pipe")


def test_files_that_are_no_checkpoints_are_refused(saved, tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load(tmp_path / "none.safetensors")
    path = tmp_path / "bad.safetensors"
    path.write_text("hello")
    with pytest.raises(CheckpointError, match="not a readable safetensors"):
        load(path)
    path.write_bytes(saved.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="not a readable safetensors"):
        load(path)
    save_file({"weights": np.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="from_arrays"):
        load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "another version"),
        ({"layer_sizes": [12, 9, 6, 3]}, "another architecture.*W1"),
        ({"layer_sizes": [12, 8, 6, 3, 3]}, "W4 is missing"),
        ({"activation": "swish"}, "describes no network.*swish"),
        ({"layer_sizes": None}, "describes no network"),
        ({"inverse": "magic"}, "of the kind 'magic'.*'learned'"),
        (
            {"inverse": "ridge", "inverse_settings": {"penalty": 1}},
            "another architecture.*inverse1",
        ),
        ({"inverse": "decoder"}, "describes no network.*hidden"),
    ],
)
def test_descriptions_that_do_not_fit_are_refused(saved, tmp_path, change, message):
    tensors = load_file(saved)
    description = {
        "format": 1,
        "layer_sizes": [12, 8, 6, 3],
        "activation": "tanh",
        "image_shape": [4, 3],
        "class_names": ["a", "b", "c"],
        "training": {},
    }
    path = tmp_path / "other.safetensors"
    save_file(tensors, path, metadata={"invertviz": json.dumps(description | change)})
    with pytest.raises(CheckpointError, match=message):
        load(path)


def test_weights_that_are_not_finite_are_refused(saved, tmp_path, network):
    tensors = load_file(saved)
    tensors["W2"][0, 0] = np.nan
    with safe_open(saved, framework="numpy") as file:
        save_file(tensors, tmp_path / "nan.safetensors", metadata=file.metadata())
    with pytest.raises(CheckpointError, match="NaN or infinite values in W2"):
        load(tmp_path / "nan.safetensors")
    network.classifier.weights[1].data[0, 0] = np.nan
    with pytest.raises(ValueError, match="W2 holds NaN"):
        network.save(tmp_path / "new.safetensors")
    assert not (tmp_path / "new.safetensors").exists()


def test_pretrained_network_is_small_and_knows_its_origin(pretrained):
    asset = resources.files("invertviz") / "assets" / "pretrained.safetensors"
    assert len(asset.read_bytes()) <= 800_000
    assert pretrained.classifier.sizes == (784, 100, 100, 10)
    assert pretrained.training_record["images"] == 60_000 - 5_848


def test_pretrained_network_is_as_good_as_the_article(pretrained, mnist):
    result = pretrained.reconstruct(mnist.test.images)
    assert (result.probabilities.argmax(1) == mnist.test.labels).mean() >= 0.95
    assert np.abs(result.images - mnist.test.images).mean() <= 0.105


def small_module():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)
    )


@pytest.fixture
def of_a_module(tmp_path):
    module = small_module()
    module[1].running_mean += 0.5
    network = InvertibleNetwork.from_module(
        module,
        "1",
        image_shape=(3, 8, 8),
        mean=(0.1, 0.2, 0.3),
        std=0.5,
        class_names=["a", "b", "c"],
    )
    images = rng.random((40, 3, 8, 8))
    network = network.with_inverse(RidgeInverse.fit(network, images))
    network.save(tmp_path / "net.safetensors")
    return network, images, tmp_path / "net.safetensors"


def test_a_module_s_network_there_and_back(of_a_module):
    network, images, path = of_a_module
    again = load(path, module=small_module())
    for old, new in zip(network.reconstruct(images), again.reconstruct(images), strict=True):
        np.testing.assert_array_equal(old, new)
    assert repr(again) == repr(network)
    assert again.class_names == ("a", "b", "c")
    assert again.images == network.images


def test_a_module_of_another_architecture_is_told_tensor_by_tensor(of_a_module):
    _, _, path = of_a_module
    with pytest.raises(TypeError, match=r"Sequential, and no code.*module="):
        load(path)
    other = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(180, 3))
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    with pytest.raises(CheckpointError, match=r"module\.4\.weight"):
        load(path, module=other)
    wide = small_module()
    wide[0] = nn.Conv2d(3, 4, 5)
    with pytest.raises(CheckpointError, match=r"0\.weight has shape \[4, 3, 3, 3\], and \[4, 3, 5"):
        load(path, module=wide)
    for name, tensor in other.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_a_module_stays_as_it_was_if_anything_is_wrong(of_a_module, tmp_path):
    _, _, path = of_a_module
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    del tensors["inverse1"]
    save_file(tensors, tmp_path / "less.safetensors", metadata=metadata)
    module = small_module()
    before = module[0].weight.clone()
    with pytest.raises(CheckpointError, match="inverse1 is missing"):
        load(tmp_path / "less.safetensors", module=module)
    assert torch.equal(module[0].weight, before)


@pytest.mark.parametrize(
    "sizes", [[784, 10**9, 10**6, 10], [784, 1e400, 10], [12, -1, 3], [12, 10**19, 3], "ab", None]
)
def test_descriptions_that_promise_more_than_the_file_holds(sizes, tmp_path):
    described = {"format": 1, "layer_sizes": sizes, "activation": "tanh", "image_shape": [4, 3]}
    described |= {"class_names": ["a", "b", "c"], "inverse": "learned", "training": {}}
    metadata = {"invertviz": json.dumps(described)}
    save_file({"W1": np.zeros((1, 1), np.float32)}, tmp_path / "net", metadata=metadata)
    tracemalloc.start()
    with pytest.raises(CheckpointError):
        load(tmp_path / "net")
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_an_inverse_that_promises_more_than_the_file_holds(network, tmp_path):
    network.with_inverse(RidgeInverse.fit(network, rng.random((20, 4, 3)))).save(tmp_path / "net")
    with safe_open(tmp_path / "net", framework="np") as file:
        metadata = file.metadata()
    described = json.loads(metadata["invertviz"])
    described |= {
        "inverse": "decoder",
        "inverse_settings": {"hidden": [10**9], "activation": "relu"},
    }
    metadata = {"invertviz": json.dumps(described)}
    save_file(load_file(tmp_path / "net"), tmp_path / "net", metadata=metadata)
    with pytest.raises(CheckpointError, match="inverse1 has shape"):
        load(tmp_path / "net")


def test_deep_json_is_no_checkpoint(tmp_path):
    metadata = {"invertviz": "[" * 100_000}
    save_file({"W1": np.zeros((1, 1), np.float32)}, tmp_path / "net", metadata=metadata)
    with pytest.raises(CheckpointError, match="no invertviz checkpoint"):
        load(tmp_path / "net")
