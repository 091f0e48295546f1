"""Networks there and back, and files that are none."""

import json
import os
from importlib import resources

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from invertviz import CheckpointError, load, load_pretrained, untrained

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
        ({"layer_sizes": [12, 8, 6, 3, 3]}, "lacks the tensor W4"),
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
