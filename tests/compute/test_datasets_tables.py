"""Tables of pixels and .npz files, in the forms in which people have them."""

import gzip
import io
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from invertviz import datasets

SIDE = 4


@pytest.fixture
def pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (12, SIDE * SIDE))
    pixels[:, 0] = 0
    pixels[0, 1] = 255
    return pixels


@pytest.fixture
def labels():
    return np.arange(12) % 3


def csv(rows, header=None, separator=","):
    lines = [] if header is None else [separator.join(header)]
    lines += [separator.join(map(str, row)) for row in rows]
    return "\n".join(lines) + "\n"


def table(labels, pixels, header=True, last=False):
    pairs = zip(labels, pixels, strict=True)
    rows = [[*row, label] if last else [label, *row] for label, row in pairs]
    names = [f"pixel{at}" for at in range(pixels.shape[1])]
    names = [*names, "label"] if last else ["label", *names]
    return csv(rows, names if header else None)


def check(data, pixels, labels):
    """That a table became a data set, every sixth of a class held out."""
    images = pixels.reshape(-1, SIDE, SIDE).astype(np.float32) / np.float32(255)
    assert data.train.images.dtype == np.float32
    found = [image for split in (data.train, data.test) for image in split.images]
    assert {image.tobytes() for image in found} == {one.tobytes() for one in images}
    by_image = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    for split in (data.train, data.test):
        expected = [by_image[image.tobytes()] for image in split.images]
        np.testing.assert_array_equal(split.labels, expected)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("header", [False, True])
def test_one_table(tmp_path, pixels, labels, header, last):
    path = tmp_path / "mnist.csv"
    path.write_text(table(labels, pixels, header, last))
    for place in (path, tmp_path):
        data = datasets.load(place)
        check(data, pixels, labels)
        assert "every sixth" in data.note
        assert data.class_names == ("0", "1", "2")
        np.testing.assert_array_equal(np.sort(data.test.labels), [0, 1, 2])


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train.csv", "test.csv"),
        ("mnist_train.csv", "mnist_test.csv"),
        ("a-train.tsv", "a-val.tsv"),
    ],
)
def test_two_tables(tmp_path, pixels, labels, train, test):
    text = table(labels, pixels)
    text = text.replace(",", "\t") if train.endswith("tsv") else text
    (tmp_path / train).write_text(text)
    (tmp_path / test).write_text(text)
    data = datasets.load(tmp_path)
    np.testing.assert_allclose(data.test.images, pixels.reshape(-1, SIDE, SIDE) / 255, atol=1e-7)
    np.testing.assert_array_equal(data.train.labels, labels)
    assert data.note == ""


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n\n"])
def test_compressed_and_with_a_mark(tmp_path, pixels, labels, end, start):
    data = start + table(labels, pixels, header=False).replace("\n", "\r\n").encode()
    (tmp_path / f"digits.csv{end}").write_bytes(gzip.compress(data) if end else data)
    check(datasets.load(tmp_path), pixels, labels)


@pytest.mark.parametrize(
    "header",
    [
        ["label", *(f"{row}x{column}" for row in range(SIDE) for column in range(SIDE))],
        ["label", *map(str, range(SIDE * SIDE))],
        [*map(str, range(SIDE * SIDE + 1))],
        ["Digit name", *(f"p{at}" for at in range(SIDE * SIDE))],
    ],
)
def test_headers(tmp_path, pixels, labels, header):
    path = tmp_path / "a.csv"
    path.write_text(csv(np.column_stack([labels, pixels]), header))
    check(datasets.load(path), pixels, labels)


def test_an_index_column_is_no_pixel(tmp_path, pixels, labels):
    header = ["", "label", *(f"pixel{at}" for at in range(SIDE * SIDE))]
    rows = np.column_stack([np.arange(12), labels, pixels])
    (tmp_path / "a.csv").write_text(csv(rows, header, ";"))
    check(datasets.load(tmp_path), pixels, labels)


def test_names_of_classes(tmp_path, pixels):
    names = np.array(["None", "cat, black", "dog"])[np.arange(12) % 3]
    rows = [[f'"{name}"', *row] for name, row in zip(names, pixels, strict=True)]
    path = tmp_path / "pets.csv"
    path.write_text(csv(rows))
    data = datasets.load(path)
    assert data.class_names == ("cat, black", "dog", "None")
    check(data, pixels, [(2, 0, 1)[at % 3] for at in range(12)])
    data = datasets.load(path, class_names=["dog", "None", "cat, black"])
    check(data, pixels, [(1, 2, 0)[at % 3] for at in range(12)])
    with pytest.raises(ValueError, match="'None', which class_names lacks"):
        datasets.load(path, class_names=["dog", "cat, black"])


def test_shapes(tmp_path, labels):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 3 * 4 * 4))
    path = tmp_path / "a.csv"
    path.write_text(table(labels, pixels))
    assert datasets.load(path).train.images.shape[1:] == (3, 4, 4)
    assert datasets.load(path, image_shape=(6, 8)).train.images.shape[1:] == (6, 8)
    assert datasets.load(path, image_shape=(2, 8)).train.images.shape[1:] == (3, 2, 8)
    assert datasets.load(path, image_shape=(3, 8, 2)).train.images.shape[1:] == (3, 8, 2)
    with pytest.raises(ValueError, match=r"48 columns of pixels.*not the size of"):
        datasets.load(path, image_shape=(5, 5))
    path.write_text(table(labels, pixels[:, :20]))
    with pytest.raises(ValueError, match=r"20 columns of pixels.*image_shape="):
        datasets.load(path)


@pytest.mark.parametrize("scale", [1 / 255, 1.0, 1 / 16])
def test_scales(tmp_path, pixels, labels, scale):
    path = tmp_path / "a.csv"
    path.write_text(table(labels, pixels * scale if scale < 1 else pixels.astype(float)))
    if scale == 1 / 255:
        check(datasets.load(path), pixels, labels)
        return
    with pytest.raises(ValueError, match=rf"floats from 0 to {255 * scale:.4g}.*white="):
        datasets.load(path)
    check(datasets.load(path, white=255 * scale), pixels, labels)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "is empty"),
        (lambda text: "label,pixel0\n", "no rows"),
        (lambda text: text.splitlines()[0] + "\n", "no rows"),
        (
            lambda text: text.replace("label,", "").replace("\n0,", "\n"),
            "more than the 16|has no labels",
        ),
        (lambda text: text.replace(",255,", ",,", 1), r"holds '' in its row 1 of images, column 3"),
        (
            lambda text: text.replace(",255,", ",much,", 1),
            r"holds 'much' in its row 1 of images, column 3",
        ),
        (lambda text: text.replace(",255,", ",nan,", 1), r"NaN"),
        (
            lambda text: text.replace(",255,", "," + "9" * 20 + ",", 1),
            "from 0 to 1e",
        ),
        (lambda text: text + "1,2\n", r"at row 13 with 2 columns"),
        (lambda text: text + text.splitlines()[3] + ",5\n", r"more than the 17 cells"),
        (lambda text: text.replace("\n2,", "\n-1,"), "go from -1 to 1"),
        (lambda text: text.replace("\n2,", "\n0.5,"), "holds 0.5"),
        (lambda text: text.replace("\n2,", "\n,"), "lacks 4 of 12 labels"),
        (lambda text: "\0" * 10 + text, "no table of text"),
        (lambda text: "\t\n \t\n", "is empty"),
        (lambda text: ",\n", "no table of pixels"),
        (lambda text: "Dear all,\nthese are no pixels.\n", "no table of pixels"),
    ],
)
def test_bad_tables(tmp_path, pixels, labels, change, message):
    path = tmp_path / "a.csv"
    path.write_text(change(table(labels, pixels)))
    with pytest.raises(ValueError, match=message) as raised:
        datasets.load(path)
    assert "a.csv" in str(raised.value) or "label" in str(raised.value)


@pytest.mark.parametrize("header", [False, True])
def test_a_table_without_labels(tmp_path, pixels, header):
    names = [f"pixel{at}" for at in range(SIDE * SIDE)]
    (tmp_path / "test.csv").write_text(csv(pixels, names if header else None))
    with pytest.raises(ValueError, match="has no labels: all of its 16 columns are pixels"):
        datasets.load(tmp_path / "test.csv")


def test_several_tables_are_asked_for(tmp_path, pixels, labels):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(table(labels, pixels))
    with pytest.raises(ValueError, match=r"2 tables, a.csv, b.csv: .*load\('"):
        datasets.load(tmp_path)
    np.savez(tmp_path / "c.npz", x=pixels, y=labels)
    with pytest.raises(ValueError, match=r"holds CSV tables and .npz files. Name the file"):
        datasets.load(tmp_path)


def test_a_small_archive_of_a_huge_table(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"0," * (1 << 23), 9) * 8)
    start = time.perf_counter()
    with pytest.raises(ValueError, match="small archive of a huge file"):
        datasets.load(tmp_path)
    assert time.perf_counter() - start < 2


# .npz


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "y_train", "X_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("trainImages", "trainLabels", "testImages", "testLabels"),
        ("train_x", "train_y", "val_x", "val_y"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_npz(tmp_path, pixels, labels, names, packed):
    images = pixels.reshape(-1, SIDE, SIDE).astype(np.uint8)
    save = np.savez_compressed if packed else np.savez
    arrays = images, labels, images[:5], labels[:5]
    save(tmp_path / "a.npz", **dict(zip(names, arrays, strict=True)))
    for place in (tmp_path, tmp_path / "a.npz"):
        data = datasets.load(place)
        np.testing.assert_allclose(data.train.images, images / 255, atol=1e-7)
        np.testing.assert_array_equal(data.test.labels, labels[:5])


@pytest.mark.parametrize("names", [("X", "y"), ("images", "labels"), ("data", "target")])
def test_npz_with_one_split(tmp_path, pixels, labels, names):
    arrays = pixels / 255, labels[:, None] == range(3)
    np.savez(tmp_path / "a.npz", **dict(zip(names, arrays, strict=True)))
    data = datasets.load(tmp_path)
    check(data, pixels, labels)
    assert "every sixth" in data.note


@pytest.mark.parametrize(
    ("change", "shape"),
    [
        (lambda x: x, (3, 5, 4)),
        (lambda x: np.moveaxis(x, 1, -1), (3, 5, 4)),
        (lambda x: np.asfortranarray(x / 255, np.float32), (3, 5, 4)),
        (lambda x: x[:, :1], (5, 4)),
        (lambda x: x[:, 0] > 100, (5, 4)),
        (lambda x: (x[:, 0] / 255).astype(">f8"), (5, 4)),
        (lambda x: x[:, 0].astype(np.float16) / 255, (5, 4)),
    ],
)
def test_npz_of_many_layouts(tmp_path, labels, change, shape):
    images = np.random.default_rng(0).integers(0, 256, (12, 3, 5, 4), np.uint8)
    given = change(images)
    names = np.array(["a", "b", "c"])
    np.savez(
        tmp_path / "a.npz",
        x_train=given,
        y_train=labels,
        x_test=given,
        y_test=labels,
        class_names=names,
    )
    data = datasets.load(tmp_path)
    assert data.class_names == ("a", "b", "c")
    assert data.test.images.shape == (12, *shape)
    wanted = images / 255 if len(shape) == 3 else images[:, 0] / 255
    if given.dtype == bool:
        wanted = images[:, 0] > 100
    np.testing.assert_allclose(data.test.images, wanted, atol=4e-4)


def npy(head, data=b""):
    text = head.encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def told(shape, dtype="|u1"):
    return f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n"


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (b"", "no array of numpy's"),
        (npy(told((10**9, 28, 28)), b"12"), "promises"),
        (npy(told((1 << 32, 1 << 32)), b""), "promises"),
        (npy(told((12, 4, 4)), bytes(191)), "promises 192 bytes"),
        (npy(told((12, 4, 4)), bytes(193)), "promises 192 bytes"),
        (npy(told((0, 4, 4))), "is empty"),
        (npy(told((12, 4, 4), "|O"), b"cposix\nsystem\n."), "Python objects are not read"),
        (npy(told((12, 4, 4), "<f3"), bytes(576)), "f3"),
        (npy(told((12,), "<U16"), bytes(768)), "instead of numbers"),
        (npy("{" * 9999), "no array of numbers"),
        (npy(told("(" + "1," * 3000 + ")"), b"1"), "."),
        (npy(told((12, 2, 2, 2, 2)), bytes(192)), "images are"),
    ],
)
def test_hostile_npz(tmp_path, x, message):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", x)
        data = io.BytesIO()
        np.save(data, np.arange(12))
        archive.writestr("y.npy", data.getvalue())
    tracemalloc.start()
    with pytest.raises(ValueError, match=message):
        datasets.load(tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_npz_bomb(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", npy(told((1 << 20, 28, 28))) + bytes(1 << 24))
        archive.writestr("y.npy", npy(told((4,)), bytes(4)))
    with pytest.raises(ValueError, match="promises 822,083,584"):
        datasets.load(tmp_path)


@pytest.mark.parametrize(
    "arrays", [{}, {"x": 1, "z": 2}, {"x_train": 1, "x_test": 2, "y_train": 3}]
)
def test_npz_that_lacks_arrays(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", **{key: np.zeros((3, 4, 4)) for key in arrays})
    with pytest.raises(ValueError, match=r"lacks .*; it holds .*x_train, y_train"):
        datasets.load(tmp_path)


def test_no_npz(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK\3\4 and so on")
    with pytest.raises(ValueError, match=r"not a whole .npz file"):
        datasets.load(tmp_path)
    (tmp_path / "a.h5").write_bytes(b"x")
    with pytest.raises(ValueError, match="read other formats as their library does"):
        datasets.load(tmp_path / "a.h5")
