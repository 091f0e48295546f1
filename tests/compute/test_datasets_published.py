"""Names are given to what has the checksum of the published files, and to nothing else."""

import gzip
import hashlib
import pickle
import zipfile

import numpy as np
import pooch
import pytest
from idx_files import idx, write_set

from invertviz import datasets
from invertviz.datasets import _catalogue

IDX_SETS = list(_catalogue.SOURCES)


def digest_of(data, algorithm="sha256"):
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """INVERTVIZ_DATA, and a cache beside it."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("INVERTVIZ_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    return tmp_path / "data"


@pytest.fixture
def published(monkeypatch, tmp_path):
    """A function that publishes a small set under a name: the archives of its files."""

    def publish(name, contents_known=True, **sizes):
        source = _catalogue.SOURCES[name]
        train, test = (source.files[at].name.partition("-images")[0] for at in (0, 2))
        prefix = train[: -len("train")]
        folder = tmp_path / "original"
        folder.mkdir()
        made = write_set(folder, prefix, test[len(prefix) :], **sizes)
        archives = {}
        files = []
        for file, array in zip(source.files, made.values(), strict=True):
            contents = idx(array)
            archives[f"{file.name}.gz"] = data = gzip.compress(contents, mtime=0)
            known = digest_of(contents) if contents_known else ""
            files.append(file._replace(archive=digest_of(data, "md5"), contents=known))
        monkeypatch.setitem(_catalogue.SOURCES, name, source._replace(files=tuple(files)))
        return archives

    return publish


@pytest.mark.parametrize("name", IDX_SETS)
def test_anybody_s_files_are_refused_under_a_name(here, name):
    source = _catalogue.SOURCES[name]
    folder = here / source.folder / "raw"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for file in source.files:
        shape = (9, 28, 28) if "images" in file.name else (9,)
        (folder / file.name).write_bytes(idx(rng.integers(1, 4, shape)))
    with pytest.raises(ValueError, match=rf"not the published file of {name}: it holds uint8\["):
        datasets.load(name)
    (folder / source.files[2].name).unlink()
    with pytest.raises(FileNotFoundError, match=f"lacks {source.files[2].name}"):
        datasets.load(name)


@pytest.mark.parametrize("name", ["fashion-mnist", "kmnist"])
@pytest.mark.parametrize("place", ["{}/raw", "{}", "."])
def test_the_archives_are_known(here, published, name, place):
    folder = here / place.format(_catalogue.SOURCES[name].folder)
    folder.mkdir(parents=True, exist_ok=True)
    for file, data in published(name, contents_known=False).items():
        (folder / file).write_bytes(data)
        (folder / file.removesuffix(".gz")).write_bytes(b"unpacked, and damaged")
    data = datasets.load(name)
    assert data.name == name
    assert data.train.images.shape == (12, 4, 3)
    assert data.class_names == _catalogue.SOURCES[name].class_names


def test_contents_are_known_where_the_archive_was_made_again(here, published):
    for file, data in published("fashion-mnist").items():
        contents = gzip.decompress(data)
        (here / file).write_bytes(gzip.compress(contents, 1, mtime=7))
    assert datasets.load("fashion-mnist").class_names[9] == "Ankle boot"


def test_unpacked_files_of_unknown_contents_are_refused_with_advice(here, published):
    for file, data in published("kmnist", contents_known=False).items():
        (here / file.removesuffix(".gz")).write_bytes(gzip.decompress(data))
    with pytest.raises(ValueError, match=r"Put the published train-images-idx3-ubyte.gz there"):
        datasets.load("kmnist")
    assert datasets.load(here).class_names == ("0", "1", "2")  # without the name


def test_kmnist_is_not_taken_for_fashion(here, published):
    for file, data in published("kmnist", contents_known=False).items():
        (here / file).write_bytes(data)
    with pytest.raises(ValueError, match=r"is of kmnist, not of fashion-mnist"):
        datasets.load("fashion-mnist")
    assert datasets.load("kmnist").class_names[1] == "ki"


def test_emnist_out_of_its_zip_archive(here, published):
    archives = published("emnist-letters", contents_known=False, classes=26, first=1)
    raw = here / "EMNIST" / "raw"
    raw.mkdir(parents=True)
    with zipfile.ZipFile(raw / "gzip.zip", "w") as bundle:
        for name, data in archives.items():
            bundle.writestr(f"gzip/{name}", data)
            (raw / name.removesuffix(".gz")).write_bytes(gzip.decompress(data))
    data = datasets.load("emnist-letters")
    np.testing.assert_array_equal(data.train.labels, np.arange(12))
    assert data.class_names[0] == "A"
    assert datasets.load("emnist-letters").train.images.tobytes() == data.train.images.tobytes()


def test_a_damaged_zip_archive(here):
    raw = here / "EMNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "gzip.zip").write_bytes(b"PK\3\4")
    with pytest.raises(ValueError, match=r"gzip.zip is not the published archive"):
        datasets.load("emnist-digits")


def test_a_family_s_name_is_answered_with_its_members():
    with pytest.raises(ValueError, match="did you mean 'emnist-letters' or 'emnist-digits'"):
        datasets.load("emnist")


def test_what_is_for_one_s_own_data_is_refused():
    with pytest.raises(ValueError, match="for your own data"):
        datasets.load("mnist-sample", white=16)


def test_every_mirror_is_encrypted_and_every_file_known():
    for source in _catalogue.SOURCES.values():
        assert all(mirror.startswith("https://") for mirror in source.mirrors)
        assert all(mirror.endswith("/") for mirror in source.mirrors)
        assert len(source.files) == 4
        lengths = {"md5": 32, "sha1": 40, "sha256": 64}
        for file in source.files:
            for known in filter(None, (file.archive, file.contents)):
                algorithm, digest = known.split(":")
                assert len(digest) == lengths[algorithm]
    assert all(mirror.startswith("https://") for mirror in _catalogue.CIFAR_MIRRORS)
    sums = [file.archive for source in _catalogue.SOURCES.values() for file in source.files]
    assert len(set(sums)) == len(sums) == 4 * len(IDX_SETS)


# CIFAR-10


def records(count=20, seed=0):
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 256, (count, 3073), np.uint8)
    made[:, 0] = np.arange(count) % 10
    return made


def pickled(made, protocol=2, **changes):
    batch = {b"labels": made[:, 0].tolist(), b"data": made[:, 1:], b"filenames": [b"a.png"]}
    return pickle.dumps(batch | changes, protocol)


@pytest.fixture
def batches(monkeypatch):
    """Small batches, published: name → records."""
    made = {name: records(seed=at) for at, name in enumerate(_catalogue.CIFAR_BATCHES)}
    for name, one in made.items():
        known = digest_of(one.tobytes(), "sha1")
        monkeypatch.setitem(_catalogue.CIFAR_BATCHES, name, known)
    return made


def check_cifar(data, made, used):
    train = np.concatenate([made[f"data_batch_{at}"] for at in used])
    assert data.train.images.dtype == np.float32
    np.testing.assert_allclose(
        data.train.images, train[:, 1:].reshape(-1, 3, 32, 32) / 255, atol=1e-7
    )
    np.testing.assert_array_equal(data.train.labels, train[:, 0])
    np.testing.assert_array_equal(data.test.labels, made["test_batch"][:, 0])
    assert data.class_names[::9] == ("airplane", "truck")


@pytest.mark.parametrize("layout", ["bin", "py"])
def test_cifar10(here, batches, layout):
    folder = here / f"cifar-10-batches-{layout}"
    folder.mkdir()
    for name, one in batches.items():
        end = ".bin" if layout == "bin" else ""
        (folder / f"{name}{end}").write_bytes(one.tobytes() if end else pickled(one))
    data = datasets.load("cifar10")
    check_cifar(data, batches, range(1, 6))
    assert data.note == ""
    for at in (1, 4):
        (folder / f"data_batch_{at}{end}").unlink()
    data = datasets.load("cifar10")
    check_cifar(data, batches, (2, 3, 5))
    assert data.note.startswith("a part: 30,000 of 50,000 training images, without data_batch_1")
    (folder / f"data_batch_2{end}").write_bytes(one[:-1].tobytes() if end else pickled(one[:-1]))
    with pytest.raises(ValueError, match=r"data_batch_2.* not the published batch.*sha1"):
        datasets.load("cifar10")
    (folder / f"test_batch{end}").unlink()
    with pytest.raises(FileNotFoundError, match="lacks test_batch"):
        datasets.load("cifar10")


def test_cifar10_as_it_is_here(monkeypatch, request):
    data = datasets.load("cifar10")
    assert data.train.images.shape[1:] == (3, 32, 32)
    assert list(data.test.labels[:10]) == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    means = data.test.images.mean((0, 2, 3))
    np.testing.assert_allclose(means, [0.494, 0.485, 0.450], atol=6e-4)


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_of_any_age(tmp_path, protocol):
    made = records()
    for name in ("data_batch_1", "test_batch"):
        (tmp_path / name).write_bytes(pickled(made, protocol))
    data = datasets.load(tmp_path)
    np.testing.assert_allclose(
        data.test.images, made[:, 1:].reshape(-1, 3, 32, 32) / 255, atol=1e-7
    )
    assert data.class_names == tuple(map(str, range(10)))


def test_batches_of_one_s_own_have_their_names(tmp_path):
    for name in ("data_batch_1", "test_batch"):
        (tmp_path / f"{name}.bin").write_bytes(records().tobytes())
    names = [f"thing {at}" for at in range(10)]
    (tmp_path / "batches.meta.txt").write_text("\n".join(names) + "\n\n")
    assert datasets.load(tmp_path).class_names == tuple(names)


class Command:
    def __reduce__(self):
        import os

        return os.mkdir, ("ran",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pickle.dumps(Command()), "asks for posix.mkdir"),
        (pickle.dumps([1]), "no batch of CIFAR-10"),
        (pickled(records(), **{"extra": Command()}), "asks for posix.mkdir"),
        (pickled(records())[:-5], "no batch"),
        (pickle.dumps({b"data": np.zeros((2, 3072)), b"labels": [1, 2]}), "no bytes"),
        (pickle.dumps({b"data": np.zeros((2, 3072), "u1"), b"labels": [1]}), "1 labels"),
        (pickle.dumps({b"data": np.zeros((2, 3072), "u1"), b"labels": [1, -2]}), "class numbers"),
        (b"\x80\x02r\xff\xff\xff\xff.", "no batch"),  # asks for a memo of 4 billion
        (b"\x80\x04\x8e" + b"\xff" * 7 + b"\x00.", "no batch"),  # bytes of exabytes
        (b"\x80\x02" + b"]" * 300_000 + b".", "too many steps"),
        (b"\x80\x04\x95\xe0\x93\x04" + bytes(5) + b"]" * 300_000 + b".", "too many steps"),
        (b"\x80\x02cnumpy._core.numeric\n_frombuffer\n(J\xff\xff\xff\x7fU\x02u1NNtR.", "no batch"),
    ],
)
def test_hostile_pickles(tmp_path, monkeypatch, data, message):
    monkeypatch.chdir(tmp_path)
    for name in ("data_batch_1", "test_batch"):
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=message):
        datasets.load(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("size", [0, 1, 3072, 3074, 30_730])
def test_batches_of_another_size(here, tmp_path, size):
    for name in ("data_batch_1.bin", "test_batch.bin"):
        (here / name).write_bytes(bytes(size))
    wanted = "not the published batch" if size == 30_730 else "no whole records"
    with pytest.raises(ValueError, match=wanted):
        datasets.load("cifar10")
