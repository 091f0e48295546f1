"""IDX, the format of MNIST and its kin: an array a file, and names that belong together."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from invertviz.datasets._dataset import Dataset, Samples, assembled
from invertviz.datasets._pixels import Reading, as_images
from invertviz.datasets._stream import check_promise, opened, read_up_to

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_NAME = re.compile(
    r"(?P<prefix>.*?)(?P<split>train|training|t10k|test|testing)[-_. ](?P<kind>images|labels)"
    r"(?:[-_.]idx\d)?(?:[-_.](?:ubyte|byte|short|int|float|double))?(?:\.idx)?(?P<zip>\.gz)?",
    re.IGNORECASE,
)
_EMNIST = re.compile(r"emnist-(letters|digits|balanced|byclass|bymerge|mnist)-", re.IGNORECASE)
_CLASS_COLUMN = 0  # of labels with columns, as QMNIST has them

DIGITS = tuple(string.digits)
EMNIST_CLASSES = {
    "digits": DIGITS,
    "mnist": DIGITS,
    # In the order of EMNIST's mapping files; merged letters are called by their capital.
    "letters": tuple(string.ascii_uppercase),
    "balanced": (*DIGITS, *string.ascii_uppercase, *"abdefghnqrt"),
    "bymerge": (*DIGITS, *string.ascii_uppercase, *"abdefghnqrt"),
    "byclass": (*DIGITS, *string.ascii_uppercase, *string.ascii_lowercase),
}


class Digest(Protocol):
    """One of hashlib's."""

    def update(self, data: bytes | bytearray, /) -> None:
        """Take more data in."""


class Files(NamedTuple):
    """The files of a data set; `test_images` and `test_labels` are both there, or both None."""

    prefix: str
    train_images: Path
    train_labels: Path
    test_images: Path | None
    test_labels: Path | None


def read_idx(path: Path, digest: Digest | None = None) -> NDArray[Any]:
    """The array in an IDX file of any type, compressed or not.

    Args:
        path: the file.
        digest: is given all of its contents.

    Raises:
        OSError: not to be read.
        ValueError: no IDX file, or one that holds less or more than it says.
    """
    with opened(path) as stream:
        head, shape, dtype = _head(stream, path)
        promised = math.prod(shape) * dtype.itemsize
        check_promise(promised, path.stat().st_size, path)
        data = read_up_to(stream, promised + 1)
    if len(data) != promised:
        raise ValueError(
            f"{path} is truncated or too long: it says it holds {promised} bytes of values (shape "
            f"{list(shape)}), and has {'more' if len(data) > promised else len(data)}. Get it "
            "again."
        )
    if promised == 0:
        raise ValueError(f"{path} holds no images and no labels (shape {list(shape)}).")
    if digest is not None:
        digest.update(head)
        digest.update(data)
    return np.frombuffer(data, dtype).reshape(shape)


def images_of(
    values: NDArray[Any], path: Path, reading: Reading, *, any_scale: bool = False
) -> NDArray[np.float32]:
    """What an IDX file of images holds; EMNIST's, which lie on their side, are put upright.

    Raises:
        ValueError: no images.
    """
    if values.ndim not in (3, 4):
        raise ValueError(
            f"{path} should hold images (3 dimensions, 4 in colour), but says it has "
            f"{values.ndim}: images and labels mixed up?"
        )
    if _EMNIST.match(path.name):
        values = values.swapaxes(1, 2)
    return as_images(values, str(path), reading, any_scale=any_scale)


def labels_of(values: NDArray[Any], path: Path) -> NDArray[Any]:
    """The class numbers that an IDX file of labels holds, from 0 on: the first of several columns.

    Raises:
        ValueError: no labels.
    """
    if values.ndim not in (1, 2):
        raise ValueError(
            f"{path} should hold labels (1 dimension, or 2 as QMNIST's), but says it has "
            f"{values.ndim}: images and labels mixed up?"
        )
    if values.ndim == 2 and not _is_one_hot(values):
        values = values[:, _CLASS_COLUMN]
    part = _EMNIST.match(path.name)
    if part and part[1].lower() == "letters":
        if values.min() < 1 or values.max() > len(EMNIST_CLASSES["letters"]):
            raise ValueError(
                f"{path} has labels from {values.min()} to {values.max()}; EMNIST numbers its "
                "letters from 1 to 26. Give files that are numbered otherwise another name."
            )
        values = values.astype(np.int64) - 1
    return values


def find_files(folder: Path, prefix: str | None = None) -> Files | None:
    """The IDX files in a folder that belong together by their names.

    Args:
        folder: where they are.
        prefix: what their names begin with; None: there is one such set.

    Returns:
        The files, or None if there are none.

    Raises:
        FileNotFoundError: one of them is missing.
        ValueError: there are several sets, none of which was chosen.
    """
    sets: dict[str, dict[tuple[str, str], Path]] = {}
    for path in sorted(folder.iterdir(), key=lambda path: (path.suffix == ".gz", path.name)):
        if (part := _NAME.fullmatch(path.name)) and path.is_file():
            split = "train" if part["split"].lower().startswith("train") else "test"
            found = sets.setdefault(part["prefix"].lower(), {})
            found.setdefault((split, part["kind"].lower()), path)  # the uncompressed one first
    if prefix is not None:
        sets = {key: found for key, found in sets.items() if key == prefix.lower()}
    if len(sets) > 1:
        choices = [min(found.values()) for found in sets.values()]
        raise ValueError(
            f"{folder} holds the files of {len(sets)} data sets. Name a file of the one that you "
            "want: " + " or ".join(f"load({str(path)!r})" for path in choices) + "."
        )
    for key, found in sets.items():
        wanted = [(split, kind) for split in ("train", "test") for kind in ("images", "labels")]
        if not any(split == "test" for split, _ in found):
            wanted = wanted[:2]
        if missing := [one for one in wanted if one not in found]:
            raise FileNotFoundError(
                f"{folder} lacks {', '.join(_usual_name(key, *one) for one in missing)} "
                "(each may also end in .gz): images and labels of a training and a test split are "
                "needed, as in MNIST's four files."
            )
        paths = [found.get(one) for one in wanted]
        return Files(key, *paths, *[None] * (4 - len(paths)))  # type: ignore[arg-type]
    return None


def prefix_of(path: Path) -> str | None:
    """What the names of a file and of those that belong to it begin with; None: no such name."""
    part = _NAME.fullmatch(path.name)
    return part["prefix"] if part else None


def load_idx(
    name: str, files: Files, reading: Reading, class_names: Sequence[str] | None
) -> Dataset:
    """A data set of IDX files, as they are and whatever it is.

    Raises:
        OSError: files that cannot be read.
        ValueError: files that are no IDX files, damaged, or do not fit together.
    """
    part = _EMNIST.fullmatch(files.prefix)
    if class_names is None and part:
        class_names = EMNIST_CLASSES[part[1].lower()]
    train = _samples(files.train_images, files.train_labels, reading)
    test = None
    if files.test_images is not None and files.test_labels is not None:
        test = _samples(files.test_images, files.test_labels, reading)
    return assembled(name, train, test, class_names)


def _samples(images: Path, labels: Path, reading: Reading) -> Samples:
    return Samples(
        images_of(read_idx(images), images, reading),
        labels_of(read_idx(labels), labels),
        str(images),
        str(labels),
    )


def _head(stream: BinaryIO, path: Path) -> tuple[bytes, tuple[int, ...], np.dtype[Any]]:
    """Two zeros, a type, the number of dimensions, and their sizes."""
    magic = read_up_to(stream, 4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        zipped = ", and not a whole gzip file" if path.suffix == ".gz" else ""
        raise ValueError(
            f"{path} is not an IDX file{zipped}; it starts with {magic.hex(' ') or '-'}."
        )
    if magic[2] not in _TYPES:
        raise ValueError(
            f"{path} holds values of type 0x{magic[2]:02x}; IDX knows "
            + ", ".join(f"0x{code:02x}" for code in _TYPES)
            + "."
        )
    if not 1 <= magic[3] <= 4:
        raise ValueError(f"{path} has {magic[3]} dimensions; images and labels have 1 to 4.")
    sizes = read_up_to(stream, 4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise ValueError(f"{path} is truncated in its head. Get it again.")
    # Python's integers: the product of four sizes is beyond numpy's.
    shape = tuple(int.from_bytes(sizes[at : at + 4], "big") for at in range(0, len(sizes), 4))
    return bytes(magic + sizes), shape, np.dtype(_TYPES[magic[2]])


def _is_one_hot(rows: NDArray[Any]) -> bool:
    return rows.shape[1] > 1 and bool(((rows != 0).sum(1) == 1).all() and (rows.max(1) == 1).all())


def _usual_name(prefix: str, split: str, kind: str) -> str:
    """How a missing file would be called."""
    if split == "test" and not prefix:
        split = "t10k"
    return f"{prefix}{split}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
