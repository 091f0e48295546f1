"""IDX files of every type, layout and name, and how many bytes are believed of them."""

import gzip
import os
import time
import tracemalloc

import numpy as np
import pytest
from idx_files import idx, write_set

from invertviz import datasets


def write(folder, images, labels=None, kind="u1", label_kind="u1", prefix=""):
    labels = np.arange(len(images)) % 3 if labels is None else labels
    for split in ("train", "test"):
        name = f"{prefix}{split}-images-idx{images.ndim}-ubyte"
        (folder / name).write_bytes(idx(images, kind))
        name = f"{prefix}{split}-labels-idx{labels.ndim}-ubyte"
        (folder / name).write_bytes(idx(labels, label_kind))


@pytest.fixture
def pixels():
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (9, 4, 3))
    pixels[0, 0, :2] = 0, 255
    return pixels


@pytest.mark.parametrize("kind", ["u1", "i2", "i4"])
def test_integers_of_any_width(tmp_path, pixels, kind):
    write(tmp_path, pixels, kind=kind, label_kind=kind)
    data = datasets.load(tmp_path)
    np.testing.assert_allclose(data.train.images, pixels / 255, atol=1e-7)
    assert data.train.images.dtype == np.float32
    np.testing.assert_array_equal(data.test.labels, np.arange(9) % 3)


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_floats(tmp_path, pixels, kind):
    write(tmp_path, pixels / 255, kind=kind, label_kind=kind)
    data = datasets.load(tmp_path)
    np.testing.assert_allclose(data.train.images, pixels / 255, atol=1e-7)
    np.testing.assert_array_equal(data.train.labels, np.arange(9) % 3)


def test_bytes_with_a_sign(tmp_path, pixels):
    write(tmp_path, pixels // 2, kind="i1")
    np.testing.assert_allclose(
        datasets.load(tmp_path, white=127).train.images, pixels // 2 / 127, atol=1e-6
    )


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda x: x // 16, "u1", r"from 0 to 15 only.*white=15"),
        (lambda x: x - 128, "i1", r"from -128 to 127; .*What is black"),
        (lambda x: 4 * x, "i2", r"from 0 to 1020.*white=1023"),
        (lambda x: 1.0 * x, "f4", r"floats from 0 to 255.*white=255"),
        (lambda x: x / 100 - 1, "f8", r"floats from -1 to 1.55"),
        (lambda x: x * np.nan, "f4", "NaN or infinite"),
    ],
)
def test_another_scale_is_refused(tmp_path, pixels, change, kind, message):
    write(tmp_path, change(pixels), kind=kind)
    with pytest.raises(ValueError, match=message):
        datasets.load(tmp_path)


def test_what_is_white_is_said(tmp_path, pixels):
    write(tmp_path, pixels // 16)
    np.testing.assert_allclose(
        datasets.load(tmp_path, white=15).train.images, pixels // 16 / 15, atol=1e-7
    )
    with pytest.raises(ValueError, match=r"beyond white=7"):
        datasets.load(tmp_path, white=7)


@pytest.mark.parametrize("last", [False, True])
def test_colour(tmp_path, last):
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 5, 4))
    write(tmp_path, np.moveaxis(images, 1, -1) if last else images)
    np.testing.assert_allclose(datasets.load(tmp_path).train.images, images / 255, atol=1e-7)


def test_one_channel_is_grey(tmp_path, pixels):
    write(tmp_path, pixels.reshape(9, 1, 2, 6))
    assert datasets.load(tmp_path).train.images.shape == (9, 2, 6)


def test_channels_that_may_be_first_or_last_are_asked_for(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 5, 3))
    write(tmp_path, images)
    with pytest.raises(ValueError, match=r"may be first or last.*image_shape"):
        datasets.load(tmp_path)
    first = datasets.load(tmp_path, image_shape=(3, 5, 3)).train.images
    np.testing.assert_allclose(first, images / 255, atol=1e-7)
    last = datasets.load(tmp_path, image_shape=(3, 3, 5)).train.images
    np.testing.assert_allclose(last, np.moveaxis(images, -1, 1) / 255, atol=1e-7)


def test_another_shape_than_said_is_refused(tmp_path, pixels):
    write(tmp_path, pixels)
    with pytest.raises(ValueError, match=r"shape \[4, 3\], not \[3, 4\]"):
        datasets.load(tmp_path, image_shape=(3, 4))


def test_of_labels_with_columns_the_first_is_the_class(tmp_path, pixels):
    labels = np.column_stack([np.arange(9) % 3, np.arange(9) + 70_000, np.full(9, 4)])
    write(tmp_path, pixels, labels, label_kind="i4", prefix="qmnist-")
    np.testing.assert_array_equal(datasets.load(tmp_path).train.labels, np.arange(9) % 3)


def test_emnist_stands_upright_with_its_letters(tmp_path):
    made = write_set(tmp_path, "emnist-letters-", "test", classes=26, first=1)
    data = datasets.load(tmp_path)
    images = made["emnist-letters-train-images-idx3-ubyte"]
    np.testing.assert_allclose(data.train.images, images.swapaxes(1, 2) / 255, atol=1e-7)
    np.testing.assert_array_equal(data.train.labels, np.arange(12))
    assert data.class_names == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@pytest.mark.parametrize(
    ("part", "count", "at"),
    [
        ("digits", 10, (9, "9")),
        ("mnist", 10, (0, "0")),
        ("balanced", 47, (36, "a")),
        ("bymerge", 47, (46, "t")),
        ("byclass", 62, (61, "z")),
    ],
)
def test_emnist_s_other_parts_count_from_0(tmp_path, part, count, at):
    write_set(tmp_path, f"emnist-{part}-", "test")
    data = datasets.load(tmp_path)
    np.testing.assert_array_equal(data.test.labels, [0, 1, 2, 0, 1, 2])
    assert len(data.class_names) == count
    assert data.class_names[at[0]] == at[1]


def test_letters_numbered_from_0_are_refused(tmp_path):
    write_set(tmp_path, "emnist-letters-", "test")
    with pytest.raises(ValueError, match=r"labels from 0 to 2.*from 1 to 26"):
        datasets.load(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "my-train-images-idx3-ubyte",
        "train-images.idx3-ubyte",
        "train-images-idx3-ubyte.idx",
        "Train_Images",
        "training-images.idx",
        "train-images-idx3-ubyte.idx.gz",
    ],
)
def test_names_and_their_variants(tmp_path, name):
    made = write_set(tmp_path)
    for old in list(made):
        new = name.replace("train", old.partition("-")[0]).replace(
            "Train", old.partition("-")[0].title()
        )
        if "labels" in old:
            new = (
                new.replace("images", "labels").replace("Images", "Labels").replace("idx3", "idx1")
            )
        (tmp_path / old).rename(tmp_path / new.replace("t10king", "test"))
    data = datasets.load(tmp_path)
    np.testing.assert_allclose(data.train.images, made["train-images-idx3-ubyte"] / 255, atol=1e-7)


def test_of_several_sets_one_is_named(tmp_path):
    write_set(tmp_path, "a-")
    made = write_set(tmp_path, "b-", classes=2)
    with pytest.raises(ValueError, match=r"files of 2 data sets.*load\('.*b-t"):
        datasets.load(tmp_path)
    for name in made:
        assert datasets.load(tmp_path / name).class_names == ("0", "1")


def test_without_a_test_split_every_sixth_of_a_class_is_held_out(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 4))
    images[0, 0, 0] = 255
    labels = np.sort(np.arange(30) % 2)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    data = datasets.load(tmp_path)
    assert "every sixth" in data.note
    np.testing.assert_array_equal(data.test.labels, [0, 0, 1, 1])
    np.testing.assert_allclose(data.test.images, images[[5, 11, 20, 26]] / 255, atol=1e-7)
    assert len(data.train.labels) == 26


def test_class_names_of_one_s_own(tmp_path, pixels):
    write(tmp_path, pixels)
    assert datasets.load(tmp_path, class_names=["a", "b", "c"]).class_names == ("a", "b", "c")
    with pytest.raises(ValueError, match=r"3 classes apart .* class_names has 2"):
        datasets.load(tmp_path, class_names=["a", "b"])


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
@pytest.mark.parametrize("end", ["", ".gz"])
def test_compressed_or_not_whatever_the_name_says(tmp_path, layers, end):
    made = write_set(tmp_path)
    for name in made:
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).unlink()
        for _ in range(layers):
            data = gzip.compress(data)
        (tmp_path / f"{name}{end}").write_bytes(data)
    images = made["train-images-idx3-ubyte"]
    np.testing.assert_allclose(datasets.load(tmp_path).train.images, images / 255, atol=1e-7)


def head(*sizes):
    return bytes([0, 0, 8, len(sizes)]) + np.array(sizes, ">u4").tobytes()


BIG = gzip.compress(bytes(1 << 30), 9)  # a megabyte that is a gibibyte


@pytest.mark.parametrize(
    "data",
    [
        head(1 << 16, 1 << 16, 1 << 16, 1 << 16),  # 0 in 64 bits
        head((1 << 32) - 1, (1 << 32) - 1, (1 << 32) - 1),
        head(60_000, 28, 28) + bytes(100),
        gzip.compress(head(60_000, 28, 28) + bytes(100)),
        gzip.compress(head(12, 4, 3) + bytes(12 * 12)) + BIG,
        gzip.compress(head(1 << 20, 32, 32)) + BIG,
        gzip.compress(gzip.compress(head(1 << 20, 32, 32)) + BIG),
        BIG,
    ],
)
def test_what_promises_more_than_it_holds_is_refused_at_once(tmp_path, data):
    write_set(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(data)
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte.* (Get it again|of type 0x00)"):
        datasets.load(tmp_path)
    took, (_, peak) = time.perf_counter() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 1
    assert peak < 8 << 20


def test_a_pipe_is_no_file(tmp_path):
    write_set(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").unlink()
    os.mkfifo(tmp_path / "train-images-idx3-ubyte")
    with pytest.raises(FileNotFoundError, match="lacks train-images-idx3-ubyte"):
        datasets.load(tmp_path)
