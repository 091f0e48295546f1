"""One way in for every data set: by name, from a folder, from a file."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from invertviz._labels import checked_names
from invertviz.datasets._catalogue import SOURCES
from invertviz.datasets._cifar import find_batches, load_cifar10, load_cifar_folder
from invertviz.datasets._dataset import Dataset
from invertviz.datasets._folders import class_folders, load_folders
from invertviz.datasets._idx import find_files, load_idx, prefix_of
from invertviz.datasets._npz import load_npz
from invertviz.datasets._pixels import Reading
from invertviz.datasets._published import load_published
from invertviz.datasets._tables import load_tables

_SAMPLE = "mnist-sample"
_CIFAR = "cifar10"
_NAMES = (_SAMPLE, *SOURCES, _CIFAR)
_TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_PARTS = {"train": ("train", "training"), "test": ("test", "testing", "val", "valid", "validation")}


def load(
    name_or_folder: str | os.PathLike[str],
    *,
    image_shape: Sequence[int] | None = None,
    white: float | None = None,
    class_names: Sequence[str] | None = None,
    progress: bool = True,
) -> Dataset:
    """Load a data set by name, or your own from a folder or a file.

    **By name.** Each is read from the folder that the environment variable INVERTVIZ_DATA names, in
    the layout that torchvision leaves behind (`MNIST/raw/train-images-idx3-ubyte.gz`, …), or else
    downloaded once and cached. Only files that have the checksum of the published ones are given
    the name.

    - "mnist-sample": 5,000 real digits that come with the package, 400 of each class to train and
      100 to test; all are MNIST training images (see assets/README.md).
    - "mnist" (LeCun, Cortes, Burges), "fashion-mnist" (Xiao, Rasul, Vollgraf 2017), "kmnist"
      (Clanuwat et al. 2018), "qmnist" (Yadav, Bottou 2019): 60,000 images to train, 10,000 to test
      (qmnist: 60,000).
    - "emnist-letters", "emnist-digits", "emnist-balanced", "emnist-byclass", "emnist-bymerge",
      "emnist-mnist" (Cohen et al. 2017): put upright, letters numbered from 0. Classes of which
      both cases are one are called by the capital.
    - "cifar10" (Krizhevsky 2009), in colour: 50,000 images to train, 10,000 to test, from
      `cifar-10-batches-bin`, `cifar-10-batches-py` or one of the archives. Where only some of the
      training batches are there, those are taken, and `note` says so.

    **From a path.** What is there is read, and no claim is made about what it is.

    - IDX files of any type, compressed or not: a folder with `train-images-idx3-ubyte`,
      `train-labels-idx1-ubyte`, `t10k-images-…` (or `test-images-…`), `t10k-labels-…`, with
      anything before `train` and `t10k`. In a folder of several such sets, name one of the files.
      Files called `emnist-…` are read as EMNIST; of labels with columns the first is the class.
    - A folder of batches in CIFAR-10's layout, binary or pickled; nothing that is pickled is run.
    - Pictures (PNG, JPEG, …): a folder a class, in `train/` and `test/` (or `val/`) or without.
      Classes are in natural order ("9" before "10"), as are pictures. Hidden files are passed over,
      and files that have no picture's ending are named in `note`. If any picture is in colour, all
      are; transparent ones lie on white; pictures are turned as the camera says.
    - CSV: a row an image, a column a pixel, and one column called `label` (or `class`, `target`, …;
      without a header the first or the last). `train.csv` and `test.csv` in a folder, or one file.
    - .npz: arrays `x_train`, `y_train`, `x_test`, `y_test` (or `train_images`, …), or `x` and `y`.

    Where there is no test split, every sixth sample of each class is held out as one, in the order
    in which they lie there, and `note` says so.

    Integers are 0…255 and floats 0…1; whatever is plainly on another scale is refused. Labels are
    class numbers, names or one-hot rows.

    Args:
        name_or_folder: a name from above, or where your data is.
        image_shape: `(height, width)`, or `(channels, height, width)`, of your images. Rows of
            pixels that are no square need it (channels lie one after another); pictures are resized
            to it, and what sticks out is cropped evenly on both sides.
        white: the value of white in your data, such as 16 or 65535.
        class_names: what your classes are called, in their order; where they have names, that
            order is theirs.
        progress: show a progress bar while something is downloaded.

    Returns:
        Images as float32 in [0, 1], `[N, H, W]` of grey ones, `[N, 3, H, W]` of colour ones, and
        labels as int64 `[N]`, of a training and a test split.

    Raises:
        TypeError: arguments of another kind.
        FileNotFoundError: files that are not there.
        OSError: a download that no mirror could serve; files that cannot be read.
        ValueError: an unknown name; files that are not what their name says, damaged, on another
            scale, or that do not fit together; several sets where one is needed.
    """
    name = os.fspath(name_or_folder)
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is no name and no path; give a string.")
    reading = Reading.checked(image_shape, white)
    names = None if class_names is None else checked_names(class_names)
    if name in _NAMES:
        if reading != Reading() or names is not None:
            raise ValueError(
                f"image_shape, white and class_names are for your own data; {name} has its own. "
                f"For a folder of that name give './{name}'."
            )
        return _load_published(name, progress)
    path = Path(name).expanduser()
    if path.is_dir():
        return _load_folder(name, path, reading, names)
    if path.exists():
        return _load_file(name, path, reading, names)
    close = [one for one in _NAMES if one.startswith(f"{name}-")]
    close = close or difflib.get_close_matches(name, _NAMES, n=1)
    raise ValueError(
        f"{name!r} is neither a data set nor a folder or file"
        + (f"; did you mean {' or '.join(map(repr, close))}?" if close else ".")
        + f" Data sets: {', '.join(_NAMES)}; or give a folder or file of yours."
    )


def _load_published(name: str, progress: bool) -> Dataset:
    if name == _CIFAR:
        return load_cifar10(progress)
    if name in SOURCES:
        return load_published(name, progress)
    asset = resources.files("invertviz") / "assets" / f"{_SAMPLE}.npz"
    with resources.as_file(asset) as path:
        return load_npz(_SAMPLE, path, Reading(), None)


def _load_folder(
    name: str, folder: Path, reading: Reading, class_names: Sequence[str] | None
) -> Dataset:
    """Whatever is in a folder, if it is one thing."""
    ways: dict[str, Callable[[], Dataset]] = {}
    if (files := find_files(folder)) is not None:
        ways["IDX files"] = lambda: load_idx(name, files, reading, class_names)
    if find_batches(folder):
        ways["CIFAR-10's batches"] = lambda: load_cifar_folder(name, folder, reading, class_names)
    if class_folders(folder):
        ways["folders of pictures"] = lambda: load_folders(name, folder, reading, class_names)
    if tables := [path for path in _files(folder) if _is_table(path)]:
        ways["CSV tables"] = lambda: load_tables(name, *_divided(tables), reading, class_names)
    if archives := [path for path in _files(folder) if path.suffix == ".npz"]:
        ways[".npz files"] = lambda: load_npz(name, _only(archives), reading, class_names)
    if len(ways) > 1:
        raise ValueError(
            f"{folder} holds {' and '.join(ways)}. Name the file that you want, or put each into a "
            "folder of its own."
        )
    for way in ways.values():
        return way()
    there = sorted(path.name for path in folder.iterdir())
    raise FileNotFoundError(
        f"{folder} lacks data: it needs the four IDX files of MNIST's format "
        "(train-images-idx3-ubyte, …), CIFAR-10's batches, a folder of pictures for each class, "
        f"CSV tables or an .npz file, and has {', '.join(there[:8]) or 'nothing'}"
        f"{', …' if len(there) > 8 else ''}."
    )


def _load_file(
    name: str, path: Path, reading: Reading, class_names: Sequence[str] | None
) -> Dataset:
    if not path.is_file():
        raise ValueError(f"{path} is a device or a pipe; give a folder or a file.")
    if path.suffix == ".npz":
        return load_npz(name, path, reading, class_names)
    if _is_table(path):
        return load_tables(name, path, None, reading, class_names)
    if (prefix := prefix_of(path)) is not None:
        files = find_files(path.parent, prefix)
        if files is not None:
            return load_idx(name, files, reading, class_names)
    raise ValueError(
        f"{path} is no data set that can be read: give an .npz file, a .csv table, one of a set of "
        "IDX files (…train-images-idx3-ubyte), or a folder. Unpack archives; read other formats as "
        "their library does, and pass the arrays."
    )


def _files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )


def _is_table(path: Path) -> bool:
    return path.name.lower().endswith(_TABLES)


def _divided(tables: list[Path]) -> tuple[Path, Path | None]:
    """The tables to train on and to test by, told by their names."""
    parts: dict[str, list[Path]] = {"train": [], "test": []}
    for path in tables:
        words = path.name.lower().replace("-", "_").replace(".", "_").split("_")
        for part, called in _PARTS.items():
            if set(words) & set(called):
                parts[part].append(path)
    train, test = parts["train"], parts["test"]
    if len(train) == len(test) == 1:
        return train[0], test[0]
    if len(tables) == 1:
        return tables[0], None
    raise ValueError(
        f"{tables[0].parent} holds {len(tables)} tables, "
        f"{', '.join(path.name for path in tables)}: call two of them train.csv and test.csv, or "
        f"name one: load({str(tables[0])!r})."
    )


def _only(archives: list[Path]) -> Path:
    if len(archives) > 1:
        raise ValueError(
            f"{archives[0].parent} holds {len(archives)} .npz files; name one: "
            f"load({str(archives[0])!r})."
        )
    return archives[0]
