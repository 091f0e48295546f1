"""CIFAR-10 in its two layouts: batches of records, and batches that Python pickled."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from invertviz._files import written_whole
from invertviz.datasets._catalogue import (
    CIFAR_ARCHIVES,
    CIFAR_BATCHES,
    CIFAR_CLASSES,
    CIFAR_MIRRORS,
)
from invertviz.datasets._dataset import Dataset, Samples, assembled
from invertviz.datasets._download import VARIABLE, cache_of, data_folder, fetch, sum_of
from invertviz.datasets._pickled import read_pickled
from invertviz.datasets._pixels import Reading, as_images
from invertviz.datasets._stream import check_memory

_SHAPE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32
_BATCH = 10_000  # images in each published batch
_MOST_BYTES = 1 << 30  # of a batch; the published ones have 31 MB
_FOLDERS = ("cifar-10-batches-bin", "cifar-10-batches-py")
_ENDS = (".bin", "")  # of the names of batches


def load_cifar10(progress: bool) -> Dataset:
    """CIFAR-10, or the part of it that lies in the folder which INVERTVIZ_DATA names.

    Raises:
        FileNotFoundError: INVERTVIZ_DATA names a folder without it.
        OSError: a download that no mirror could serve, files that cannot be read.
        ValueError: batches that are not the published ones.
    """
    root = data_folder()
    if root is None:
        return _load(_downloaded(progress), "cifar10")
    for folder in (*(root / name for name in _FOLDERS), root):
        if find_batches(folder):
            return _load(folder, "cifar10")
    for name, known in CIFAR_ARCHIVES.items():
        if (root / name).is_file():
            return _load(_unpacked(root / name, known), "cifar10")
    raise FileNotFoundError(
        f"{VARIABLE} names {root}, but cifar10 is not there: none of "
        f"{', '.join((*_FOLDERS, *CIFAR_ARCHIVES))}. Put one of them there, or unset {VARIABLE} to "
        "download it."
    )


def load_cifar_folder(
    name: str, folder: Path, reading: Reading, class_names: Sequence[str] | None
) -> Dataset:
    """A folder of batches in one of CIFAR-10's layouts, whatever they are.

    Raises:
        OSError: a batch that cannot be read, or no test batch.
        ValueError: no batches of that format.
    """
    if reading != Reading():
        raise ValueError("image_shape and white are not for CIFAR-10's batches: they say theirs.")
    return _load(folder, name, class_names or _names_in(folder), published=False)


def find_batches(folder: Path) -> dict[str, Path]:
    """The batches in a folder, by their published names."""
    found: dict[str, Path] = {}
    for batch in CIFAR_BATCHES:
        for end in _ENDS:
            if (folder / f"{batch}{end}").is_file():
                found.setdefault(batch, folder / f"{batch}{end}")
    return found


def _load(
    folder: Path,
    name: str,
    class_names: Sequence[str] | None = CIFAR_CLASSES,
    *,
    published: bool = True,
) -> Dataset:
    found = find_batches(folder)
    *training, test = CIFAR_BATCHES
    used = [batch for batch in training if batch in found]
    if test not in found or not used:
        raise FileNotFoundError(
            f"{folder} lacks {test if used else training[0]}: a training batch and the test batch "
            "are needed at least."
        )
    check_memory(5 * sum(path.stat().st_size for path in found.values()), str(folder))
    records = {batch: _read(path) for batch, path in found.items()}
    notes = []
    if published:
        for batch, path in found.items():
            _verify(records[batch], batch, path)
        if missing := [batch for batch in training if batch not in found]:
            notes.append(
                f"a part: {_BATCH * len(used):,} of {_BATCH * len(training):,} training images, "
                f"without {', '.join(missing)}."
            )
    train, held_out = (
        _samples(np.concatenate([records[batch] for batch in batches]), str(folder))
        for batches in (used, [test])
    )
    return assembled(name, train, held_out, class_names, notes)


def _samples(records: NDArray[np.uint8], source: str) -> Samples:
    images = records[:, 1:].reshape(-1, *_SHAPE)
    reading = Reading(_SHAPE)
    return Samples(as_images(images, source, reading, any_scale=True), records[:, 0], source)


def _read(path: Path) -> NDArray[np.uint8]:
    """The records of a batch: a label, and 1,024 values each of red, green and blue."""
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise ValueError(f"{path} has {size:,} bytes; a batch has 31 MB. What is it?")
    data = path.read_bytes()
    if path.suffix == ".bin":
        if len(data) % _RECORD or not data:
            raise ValueError(
                f"{path} has {len(data):,} bytes, which are no whole records of {_RECORD} (a label "
                "and 32×32 pixels in colour). It is truncated, or no CIFAR-10. Get it again."
            )
        return np.frombuffer(data, np.uint8).reshape(-1, _RECORD)
    images, labels = read_pickled(data, path)
    if images.shape != (len(labels), _RECORD - 1):
        raise ValueError(
            f"{path} holds data of shape {list(images.shape)} and {len(labels)} labels; CIFAR-10's "
            f"batches have [N, {_RECORD - 1}] and N. Get it again."
        )
    return np.column_stack([labels, images])


def _verify(records: NDArray[np.uint8], batch: str, path: Path) -> None:
    found = f"sha1:{hashlib.sha1(records.tobytes(), usedforsecurity=False).hexdigest()}"
    if found != CIFAR_BATCHES[batch]:
        raise ValueError(
            f"{path} is not the published batch of cifar10: it holds {len(records):,} images of "
            f"{_BATCH:,}, and its records have {found} instead of {CIFAR_BATCHES[batch]}. Get it "
            "again. Batches of your own have no name: pass their folder, "
            f"load({str(path.parent)!r})."
        )


def _names_in(folder: Path) -> tuple[str, ...] | None:
    """The class names in batches.meta.txt, if it is there."""
    path = folder / "batches.meta.txt"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        lines = file.read(1 << 16).decode(errors="replace").split("\n")
    return tuple(line.strip() for line in lines if line.strip()) or None


def _downloaded(progress: bool) -> Path:
    archive, known = next(iter(CIFAR_ARCHIVES.items()))
    folder = cache_of("cifar10")
    return _unpacked(fetch(archive, known, CIFAR_MIRRORS, folder, progress), known)


def _unpacked(archive: Path, known: str) -> Path:
    """The folder of batches of a published archive, unpacked once into the cache.

    Raises:
        ValueError: another file under its name.
    """
    found = sum_of(archive, known.partition(":")[0])
    if found != known:
        raise ValueError(
            f"{archive} is not the published archive: it has {found} instead of {known}. Get it "
            "again."
        )
    folder = cache_of("cifar10") / archive.name.partition(".")[0]
    folder.mkdir(parents=True, exist_ok=True)
    if len(find_batches(folder)) < len(CIFAR_BATCHES):
        with tarfile.open(archive) as tar:
            for member in tar:
                file = Path(member.name).name
                if file.partition(".")[0] in CIFAR_BATCHES and (packed := tar.extractfile(member)):
                    with packed, written_whole(folder / file) as part, part.open("wb") as unpacked:
                        shutil.copyfileobj(packed, unpacked)
    return folder
