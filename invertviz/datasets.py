"""Image sets: IDX folders, verified download, and the bundled sample."""

from __future__ import annotations

import difflib
import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch
from numpy.typing import NDArray

from invertviz._brief import brief

_VARIABLE = "INVERTVIZ_DATA"


@dataclass(frozen=True)
class Split:
    """Images with their labels.

    Attributes:
        images: float32 `[N, H, W]` in [0, 1].
        labels: class numbers, int64 `[N]`.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    __repr__ = brief


@dataclass(frozen=True)
class Dataset:
    """A training and a test split of the same classes.

    Attributes:
        name: what it was loaded as.
        train: to fit on.
        test: to judge by.
        class_names: one name a class.
    """

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]

    __repr__ = brief


class _Source(NamedTuple):
    """A published data set of four IDX files."""

    folder: str  # where torchvision puts it
    mirrors: tuple[str, ...]
    md5: tuple[str, ...]  # of the published archives, in the order of _FILES
    sha256: tuple[str, ...]  # of their contents; empty where nothing is known
    class_names: tuple[str, ...]


_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_DIGITS = tuple("0123456789")
_SAMPLE = "mnist-sample"
_SOURCES = {
    "mnist": _Source(
        "MNIST",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        (
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        _DIGITS,
    ),
    "fashion-mnist": _Source(
        "FashionMNIST",
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        (),
        (
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
    ),
}


def load(name_or_folder: str | os.PathLike[str], *, progress: bool = True) -> Dataset:
    """Load a data set by name, or from a folder of IDX files.

    Args:
        name_or_folder: one of

            - "mnist-sample": 5,000 real digits that come with the package, 400 of each class to
              train and 100 to test; all are MNIST training images (see assets/README.md).
            - "mnist" (60,000 to train, 10,000 to test; LeCun, Cortes, Burges) and "fashion-mnist"
              (Xiao, Rasul, Vollgraf 2017): read from the folder that the environment variable
              INVERTVIZ_DATA names, in the layout that torchvision leaves behind, or else
              downloaded once from public mirrors, verified and cached.
            - a folder with the four files of MNIST's format (train-images-idx3-ubyte,
              train-labels-idx1-ubyte, t10k-…; each may be .gz).
        progress: show a progress bar while something is downloaded.

    Raises:
        FileNotFoundError: files that are not there.
        OSError: a download that no mirror could serve.
        ValueError: an unknown name; files that are no IDX files, truncated, mislabelled, that do
            not fit together or do not have the right checksum.
    """
    name = os.fspath(name_or_folder)
    if name == _SAMPLE:
        return _load_sample()
    if name in _SOURCES:
        source = _SOURCES[name]
        root = os.environ.get(_VARIABLE)
        paths = _downloaded(name, source, progress) if root is None else _local(name, source, root)
        return _read(name, paths, source.sha256, source.class_names)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _read(name, _find_all(folder), (), ())
    names = [_SAMPLE, *_SOURCES]
    close = difflib.get_close_matches(name, names, n=1)
    raise ValueError(
        f"{name!r} is neither a data set nor a folder"
        + (f"; did you mean {close[0]!r}?" if close else ".")
        + f" Data sets: {', '.join(names)}; or give a folder of IDX files."
    )


def _load_sample() -> Dataset:
    asset = resources.files("invertviz") / "assets" / f"{_SAMPLE}.npz"
    with resources.as_file(asset) as path, np.load(path) as arrays:
        train, test = (
            Split(_scaled(arrays[f"{split}_images"]), arrays[f"{split}_labels"].astype(np.int64))
            for split in ("train", "test")
        )
    return Dataset(_SAMPLE, train, test, _DIGITS)


def _local(name: str, source: _Source, root: str) -> list[Path]:
    """The files below INVERTVIZ_DATA: torchvision's layout, or the folder of the files itself."""
    base = Path(root).expanduser()
    places = [base / source.folder / "raw", base]
    for place in places:
        if any(_find(place, file) for file in _FILES):
            paths = _find_all(place)
            _check_not_another(name, paths[-1])
            return paths
    raise FileNotFoundError(
        f"{_VARIABLE} names {base}, but {name} is neither in {places[0]} nor in {places[1]}. Put "
        f"its four files there ({', '.join(_FILES)}; .gz or not), or unset {_VARIABLE} to "
        "download it."
    )


def _check_not_another(name: str, path: Path) -> None:
    """Refuse a file that was published as part of another data set."""
    digest = hashlib.sha256(_bytes(path)).hexdigest()
    for other, source in _SOURCES.items():
        if other != name and digest in source.sha256:
            raise ValueError(
                f"{path} is of {other}, not of {name}. Put each into a folder of its own below "
                f"{_VARIABLE}: {source.folder}/raw, {_SOURCES[name].folder}/raw."
            )


def _downloaded(name: str, source: _Source, progress: bool) -> list[Path]:
    """The published archives, from the cache or the first mirror that has each."""
    folder = pooch.os_cache("invertviz") / name
    return [
        _fetch(f"{file}.gz", md5, source.mirrors, folder, progress)
        for file, md5 in zip(_FILES, source.md5, strict=True)
    ]


def _fetch(file: str, md5: str, mirrors: tuple[str, ...], folder: Path, progress: bool) -> Path:
    failures = []
    for mirror in mirrors:
        try:
            return Path(
                pooch.retrieve(
                    mirror + file,
                    known_hash=f"md5:{md5}",
                    fname=file,
                    path=folder,
                    progressbar=progress,
                )
            )
        except (OSError, ValueError) as error:  # not reachable, or not the file that was published
            failures.append(f"{mirror}: {error}")
    raise OSError(
        f"no mirror could serve {file}:\n  " + "\n  ".join(failures) + "\nTry again later, or put "
        f"the files into a folder and name it in the environment variable {_VARIABLE}."
    )


def _find_all(folder: Path) -> list[Path]:
    found = [_find(folder, file) for file in _FILES]
    missing = [file for file, path in zip(_FILES, found, strict=True) if path is None]
    if missing:
        raise FileNotFoundError(
            f"{folder} lacks {', '.join(missing)} (each may also end in .gz): the four files of "
            "MNIST's format are needed."
        )
    return [path for path in found if path is not None]


def _find(folder: Path, file: str) -> Path | None:
    # Some copies are named train-images.idx3-ubyte.
    for stem in (file, file.replace("-idx", ".idx")):
        for path in (folder / stem, folder / f"{stem}.gz"):
            if path.is_file():
                return path
    return None


def _read(
    name: str, paths: list[Path], sha256: tuple[str, ...], class_names: tuple[str, ...]
) -> Dataset:
    arrays = list(_read_all(paths, sha256))
    splits = []
    for images, labels, image_path, label_path in zip(
        arrays[::2], arrays[1::2], paths[::2], paths[1::2], strict=True
    ):
        if len(images) != len(labels):
            raise ValueError(
                f"{image_path} holds {len(images)} images, but {label_path} {len(labels)} labels; "
                "they do not belong together."
            )
        splits.append(Split(_scaled(images), labels.astype(np.int64)))
    train, test = splits
    if train.images.shape[1:] != test.images.shape[1:]:
        raise ValueError(
            f"the training images have shape {list(train.images.shape[1:])} and the test images "
            f"{list(test.images.shape[1:])}; they do not belong together."
        )
    classes = 1 + int(max(train.labels.max(), test.labels.max()))
    if class_names and classes > len(class_names):
        raise ValueError(f"{name} has labels up to {classes - 1}, beyond its classes.")
    return Dataset(name, train, test, class_names or tuple(map(str, range(classes))))


def _read_all(paths: list[Path], sha256: tuple[str, ...]) -> Iterator[NDArray[np.uint8]]:
    for index, path in enumerate(paths):
        data = _bytes(path)
        if sha256 and hashlib.sha256(data).hexdigest() != sha256[index]:
            # What the file is not says more than a sum does, where it can be said.
            _parse(data, path, dimensions=(3, 1)[index % 2])
            raise ValueError(
                f"{path} is not the published file: its SHA-256 is "
                f"{hashlib.sha256(data).hexdigest()}, and should be {sha256[index]}. Get it again."
            )
        yield _parse(data, path, dimensions=(3, 1)[index % 2])


def _bytes(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a whole gzip file ({error}). Get it again.") from error


def _parse(data: bytes, path: Path, *, dimensions: int) -> NDArray[np.uint8]:
    """An IDX file: two zeros, a type, the number of dimensions, their sizes, the values."""
    what = "images" if dimensions == 3 else "labels"
    if len(data) < 4 or data[:2] != b"\0\0":
        raise ValueError(f"{path} is not an IDX file; it starts with {data[:4].hex(' ') or '-'}.")
    if data[2] != 8:
        raise ValueError(f"{path} holds values of type 0x{data[2]:02x}; bytes (0x08) are needed.")
    if data[3] != dimensions:
        raise ValueError(
            f"{path} should hold {what} ({dimensions} dimensions), but says it has {data[3]}: "
            "images and labels mixed up?"
        )
    start = 4 + 4 * dimensions
    if len(data) < start:
        raise ValueError(f"{path} is truncated in its head. Get it again.")
    sizes = np.frombuffer(data, ">u4", dimensions, offset=4).astype(int)
    count = int(np.prod(sizes))
    if len(data) - start != count:
        raise ValueError(
            f"{path} is truncated or too long: it says it holds {count} bytes of {what}, and has "
            f"{len(data) - start}. Get it again."
        )
    if count == 0:
        raise ValueError(f"{path} holds no {what}.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(sizes)


def _scaled(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images.astype(np.float32) / np.float32(255)
