"""Arrays in an .npz file, as Keras and MedMNIST keep their data sets."""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from invertviz.datasets._dataset import Dataset, Samples, assembled
from invertviz.datasets._pixels import Reading, as_images
from invertviz.datasets._stream import check_promise, read_up_to

_IMAGES = {"x", "image", "images", "data", "pixels"}
_LABELS = {"y", "label", "labels", "target", "targets", "class", "classes"}
_SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "t10k": "test",
    "val": "val",
    "valid": "val",
    "validation": "val",
}
_MOST_HEAD = 10_000  # numpy's own limit
_HEAD = re.compile(
    rb"\{'descr': '(?P<dtype>[<>|=][biufUS]\d{1,5})', 'fortran_order': (?:True|False), "
    rb"'shape': \((?P<shape>(?:\d{1,20}L?, ?)*(?:\d{1,20}L?)?)\),? ?\} *\n"
)


def load_npz(name: str, path: Path, reading: Reading, class_names: Sequence[str] | None) -> Dataset:
    """A data set of arrays that are called x_train, y_train, train_images, … or x and y alone.

    Raises:
        OSError: not to be read.
        ValueError: no such arrays, arrays of Python objects, damaged ones.
    """
    found: dict[tuple[str, str], str] = {}
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
            for key in members:
                if (role := _role(key)) is not None:
                    found.setdefault(role, key)
            chosen = _chosen(found, path, list(members))
            names = "class_names" if "class_names" in members else None
            for key in {*chosen.values(), *([names] if names else [])}:
                arrays[key] = _array(archive, members[key], path)
    # A damaged archive, one of a kind that numpy does not write, an encrypted one.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{path} is not a whole .npz file ({error}). Get it again.") from error
    if class_names is None and names is not None:
        class_names = [str(one) for one in arrays[names].reshape(-1)]
    splits = {split for split, _ in chosen}
    samples = {
        split: Samples(
            as_images(arrays[key := chosen[split, "images"]], f"{key} in {path}", reading),
            arrays[chosen[split, "labels"]],
            str(path),
        )
        for split in splits
    }
    notes = []
    if "val" in {split for split, _ in found} - splits:
        notes.append(f"{path} has validation images, too, which were left out.")
    test = samples.get("test", samples.get("val"))
    return assembled(name, samples["train"], test, class_names, notes)


def _role(key: str) -> tuple[str, str] | None:
    """The split and the kind that an array's name tells of; the split "" where it tells none."""
    parts = re.findall(r"[a-z]+(?:10k)?", re.sub(r"([a-z])([A-Z])", r"\1 \2", key).lower())
    kinds = [kind for kind, words in (("images", _IMAGES), ("labels", _LABELS)) if words & {*parts}]
    splits = {_SPLITS[part] for part in parts if part in _SPLITS}
    if len(kinds) != 1 or len(splits) > 1 or len(parts) != 1 + len(splits):
        return None
    return (splits.pop() if splits else ""), kinds[0]


def _chosen(
    found: dict[tuple[str, str], str], path: Path, keys: list[str]
) -> dict[tuple[str, str], str]:
    """The arrays to read: of a training and a test split, or of one that holds all."""
    train = "train" if ("train", "images") in found else ""
    test = next((one for one in ("test", "val") if (one, "images") in found), None)
    splits = [train] if test is None or train == "" else [train, test]
    wanted = [(split, kind) for split in splits for kind in ("images", "labels")]
    if missing := [one for one in wanted if one not in found]:
        lacks = " and ".join(f"{kind} of the {split or 'one'} split" for split, kind in missing)
        raise ValueError(
            f"{path} lacks {lacks}; it holds {', '.join(keys[:12]) or 'nothing'}. Call its arrays "
            "x_train, y_train, x_test and y_test, or x and y if there is one split."
        )
    return {(split or "train", kind): found[split, kind] for split, kind in wanted}


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> NDArray[Any]:
    """An array, once its head is known to promise no more than there is."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{path} is compressed in a way that numpy does not write.")
    with archive.open(member) as packed:
        stream = cast(BinaryIO, packed)
        start, head = _head(stream, member.filename, path)
        dtype = _dtype(head["dtype"].decode(), member, path)
        shape = tuple(int(size) for size in re.findall(rb"\d+", head["shape"]))
        promised = math.prod(shape) * dtype.itemsize
        check_promise(promised, member.compress_size, path)
        if promised != member.file_size - start:
            raise ValueError(
                f"{member.filename} in {path} promises {promised:,} bytes (shape {list(shape)}), "
                f"and has {member.file_size - start:,}. Get it again."
            )
        data = read_up_to(stream, promised + 1)
    if len(data) != promised:
        raise ValueError(f"{member.filename} in {path} is truncated. Get it again.")
    if promised == 0:
        raise ValueError(f"{member.filename} in {path} is empty (shape {list(shape)}).")
    values = np.frombuffer(data, dtype)
    by_columns = b"'fortran_order': True" in head[0]
    return values.reshape(shape[::-1]).T if by_columns else values.reshape(shape)


def _dtype(text: str, member: zipfile.ZipInfo, path: Path) -> np.dtype[Any]:
    try:
        return np.dtype(text)
    except TypeError as error:
        raise ValueError(f"{member.filename} in {path} holds {text}: {error}.") from error


def _head(stream: BinaryIO, name: str, path: Path) -> tuple[int, re.Match[bytes]]:
    """Where the values of an .npy file begin, and what its head says of them."""
    magic = read_up_to(stream, 8)
    if len(magic) < 8 or not magic.startswith(b"\x93NUMPY"):
        raise ValueError(f"{name} in {path} is no array of numpy's.")
    width = 2 if magic[6] == 1 else 4
    length = int.from_bytes(read_up_to(stream, width), "little")
    text = read_up_to(stream, min(length, _MOST_HEAD))
    head = _HEAD.fullmatch(text)
    if head is None:
        raise ValueError(
            f"{name} in {path} is no array of numbers or strings; it says {bytes(text[:80])!r}. "
            "Python objects are not read: they could run anything. Save numbers."
        )
    return 8 + width + length, head
