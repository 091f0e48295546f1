"""Real digits, every place they may come from, and every way a file can be wrong."""

import gzip
import hashlib
import http.server
import threading

import numpy as np
import pooch
import pytest
from idx_files import idx

from invertviz import datasets
from invertviz.datasets import _catalogue

FILES = [file.name for file in _catalogue.SOURCES["mnist"].files]


@pytest.fixture
def small():
    """The four files of a small data set: name → bytes."""
    rng = np.random.default_rng(0)
    made = {}
    for split, count in (("train", 12), ("t10k", 5)):
        made[f"{split}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (count, 4, 3)))
        made[f"{split}-labels-idx1-ubyte"] = idx(np.arange(count) % 3)
    return made


@pytest.fixture
def folder(tmp_path, small):
    for name, data in small.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_sample(sample):
    assert sample.class_names == tuple("0123456789")
    for split, each in ((sample.train, 400), (sample.test, 100)):
        assert split.images.shape == (10 * each, 28, 28)
        assert split.images.dtype == np.float32
        assert split.labels.dtype == np.int64
        assert (split.images.min(), split.images.max()) == (0, 1)
        np.testing.assert_array_equal(np.bincount(split.labels), np.full(10, each))
        assert len(set(split.labels[:20])) > 5  # in mixed order


def test_every_sample_is_among_the_first_training_images_of_mnist(sample, mnist):
    known = {
        image.tobytes(): label
        for image, label in zip(mnist.train.images[:5848], mnist.train.labels[:5848], strict=True)
    }
    for split in (sample.train, sample.test):
        for image, label in zip(split.images, split.labels, strict=True):
            assert known.pop(image.tobytes()) == label  # popped: none of them twice


def test_mnist(mnist):
    assert mnist.train.images.shape == (60_000, 28, 28)
    assert mnist.test.images.shape == (10_000, 28, 28)
    assert mnist.train.images.dtype == np.float32
    assert mnist.train.images.max() == 1
    assert list(mnist.train.labels[:5]) == [5, 0, 4, 1, 9]
    assert list(mnist.test.labels[:5]) == [7, 2, 1, 0, 4]


@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("zipped", [False, True])
def test_any_folder(tmp_path, small, zipped, dotted):
    for name, data in small.items():
        name = name.replace("-idx", ".idx") if dotted else name
        path = tmp_path / (f"{name}.gz" if zipped else name)
        path.write_bytes(gzip.compress(data) if zipped else data)
    data = datasets.load(tmp_path)
    assert data.train.images.shape == (12, 4, 3)
    assert data.class_names == ("0", "1", "2")
    first = np.frombuffer(small[FILES[0]][16:28], np.uint8).reshape(4, 3) / 255
    np.testing.assert_allclose(data.train.images[0], first, atol=1e-7)
    np.testing.assert_array_equal(data.test.labels, [0, 1, 2, 0, 1])


def test_the_variable_s_folder_lacks_the_data(tmp_path, monkeypatch):
    monkeypatch.setenv("INVERTVIZ_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte.*unset INVERTVIZ_DATA"):
        datasets.load("mnist")


def test_mnist_is_not_taken_for_fashion(tmp_path, mnist, monkeypatch):
    names = {"train": mnist.train, "t10k": mnist.test}
    for name, split in names.items():
        images = np.round(255 * split.images).astype(np.uint8)
        (tmp_path / f"{name}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{name}-labels-idx1-ubyte").write_bytes(idx(split.labels))
    monkeypatch.setenv("INVERTVIZ_DATA", str(tmp_path))
    np.testing.assert_array_equal(datasets.load("mnist").test.labels, mnist.test.labels)
    with pytest.raises(ValueError, match=r"is of mnist, not of fashion-mnist.*FashionMNIST/raw"):
        datasets.load("fashion-mnist")


def test_mnist_with_a_wrong_checksum(folder, monkeypatch):
    monkeypatch.setenv("INVERTVIZ_DATA", str(folder))
    with pytest.raises(ValueError, match="train-images-idx3-ubyte is not the published file"):
        datasets.load("mnist")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (FILES[0], lambda data: data[:-1], "truncated or too long"),
        (FILES[0], lambda data: data + b"x", "truncated or too long"),
        (FILES[0], lambda data: data[:7], "truncated in its head"),
        (FILES[0], lambda data: b"", "not an IDX file"),
        (FILES[0], lambda data: b"PK\3\4" + data, "not an IDX file"),
        (FILES[0], lambda data: data[:2] + b"\x0a" + data[3:], "type 0x0a"),
        (FILES[0], lambda data: idx(np.zeros((0, 4, 3))), "holds no images"),
        (FILES[0], lambda data: idx(np.zeros((11, 4, 3))), "11 images, but .* 12 labels"),
        (FILES[0], lambda data: idx(np.zeros((12, 3, 4))), "do not belong together"),
        (FILES[0], lambda data: idx(np.zeros(12)), "images and labels mixed up"),
        (FILES[3], lambda data: idx(np.zeros((5, 4, 3))), "images and labels mixed up"),
    ],
)
def test_bad_files_are_refused(folder, name, change, message):
    path = folder / name
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=message):
        datasets.load(folder)


@pytest.mark.parametrize("spoil", [lambda data: data[:-9], lambda data: b"x" + data])
def test_a_broken_archive_is_refused(folder, spoil):
    path = folder / FILES[1]
    (folder / f"{FILES[1]}.gz").write_bytes(spoil(gzip.compress(path.read_bytes())))
    path.unlink()
    with pytest.raises(ValueError, match="not a whole gzip file"):
        datasets.load(folder)


def test_missing_files_are_named(folder):
    (folder / FILES[2]).unlink()
    with pytest.raises(FileNotFoundError, match="lacks t10k-images-idx3-ubyte"):
        datasets.load(folder)


def test_unknown_names_come_with_advice(tmp_path):
    with pytest.raises(ValueError, match="did you mean 'mnist-sample'"):
        datasets.load("mnist_sample")
    with pytest.raises(ValueError, match="neither a data set nor a folder"):
        datasets.load(tmp_path / "nowhere")


@pytest.fixture
def mirrors(tmp_path, small, monkeypatch):
    """Fashion-MNIST from two local mirrors: the first lacks everything."""
    served = tmp_path / "good"
    served.mkdir()
    (tmp_path / "bad").mkdir()
    archives = [gzip.compress(small[name], mtime=0) for name in FILES]
    for name, data in zip(FILES, archives, strict=True):
        (served / f"{name}.gz").write_bytes(data)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path))

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        source = _catalogue.SOURCES["fashion-mnist"]
        files = [
            file._replace(archive=f"md5:{hashlib.md5(data).hexdigest()}")
            for file, data in zip(source.files, archives, strict=True)
        ]
        source = source._replace(mirrors=(f"{url}/bad/", f"{url}/good/"), files=tuple(files))
        monkeypatch.setitem(_catalogue.SOURCES, "fashion-mnist", source)
        monkeypatch.delenv("INVERTVIZ_DATA", raising=False)
        cache = tmp_path / "cache"
        monkeypatch.setattr(pooch, "os_cache", lambda name: cache / name)
        yield served, cache
        server.shutdown()


def test_download_from_the_first_mirror_that_serves(mirrors):
    served, cache = mirrors
    data = datasets.load("fashion-mnist", progress=False)
    assert data.train.images.shape == (12, 4, 3)
    for path in served.iterdir():
        path.unlink()
    again = datasets.load("fashion-mnist", progress=False)  # from the cache
    np.testing.assert_array_equal(data.test.images, again.test.images)
    assert len(list((cache / "invertviz" / "fashion-mnist").iterdir())) == 4


def test_a_tampered_download_is_refused_and_not_kept(mirrors):
    served, cache = mirrors
    (served / f"{FILES[0]}.gz").write_bytes(b"something else")
    with pytest.raises(OSError, match=r"(?s)no mirror could serve.*hash.*INVERTVIZ_DATA"):
        datasets.load("fashion-mnist", progress=False)
    assert not list((cache / "invertviz" / "fashion-mnist").iterdir())
