"""Folders of pictures: a class a folder."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from invertviz._labels import natural
from invertviz.datasets._dataset import Dataset, Samples, assembled
from invertviz.datasets._pixels import Reading, as_images
from invertviz.datasets._stream import check_memory

SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".avif"),
}
_TRAIN = ("train", "training")
_TEST = ("test", "testing")
_VALIDATION = ("val", "valid", "validation")
_GREY = {"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N", "F"}
_FEW = 3  # of many files, those that are named


def class_folders(folder: Path) -> list[Path]:
    """The folders in a folder that hold pictures, or folders of pictures, in natural order."""
    return [one for one in _folders(folder) if _pictures(one) or any(map(_pictures, _folders(one)))]


def load_folders(
    name: str, folder: Path, reading: Reading, class_names: Sequence[str] | None
) -> Dataset:
    """A data set of pictures: a folder a class, or such folders in train/ and test/.

    Raises:
        FileNotFoundError: a class without pictures.
        OSError: not to be read.
        ValueError: no pictures, damaged ones, of different sizes, classes that only one split has.
    """
    named = {one.name.lower(): one for one in _folders(folder)}
    train, test, validation = (
        next((named[word] for word in words if word in named), None)
        for words in (_TRAIN, _TEST, _VALIDATION)
    )
    notes = []
    if train is None:
        if test is not None or validation is not None:
            raise FileNotFoundError(f"{folder} has {test or validation}, but lacks train.")
        places = [folder]
    else:
        if test is not None and validation is not None:
            notes.append(f"{validation} was left out: {test} is the test split.")
        places = [place for place in (train, test or validation) if place is not None]
    classes = {place: _classes(place) for place in places}
    _check_several(classes[places[0]], places[0])
    known = [one.name for one in classes[places[0]]]
    for place in places[1:]:
        if unknown := [one.name for one in classes[place] if one.name not in known]:
            raise ValueError(f"{place} has {unknown[0]!r}, a class that {places[0]} lacks.")
    paths = {place: [path for one in classes[place] for path in _pictures(one)] for place in places}
    left_out = [path for place in places for one in classes[place] for path in _others(one)]
    if left_out:
        notes.append(f"{len(left_out)} files that are no pictures: {_some(left_out)}.")
    shape, colour = _common(
        [path for place in places for path in paths[place]], reading.image_shape
    )
    samples = [
        Samples(
            _images(paths[place], shape, colour, reading),
            [one.name for one in classes[place] for _ in _pictures(one)],
            str(place),
        )
        for place in places
    ]
    test_samples = samples[1] if len(samples) > 1 else None
    return assembled(name, samples[0], test_samples, class_names or known, notes)


def _folders(folder: Path) -> list[Path]:
    return sorted(
        (one for one in folder.iterdir() if one.is_dir() and not one.name.startswith((".", "__"))),
        key=lambda path: natural(path.name),
    )


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        (path for path in _visible(folder) if path.suffix.lower() in SUFFIXES),
        key=lambda path: natural(path.name),
    )


def _others(folder: Path) -> list[Path]:
    return sorted(path for path in _visible(folder) if path.suffix.lower() not in SUFFIXES)


def _visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]


def _classes(place: Path) -> list[Path]:
    """The folders of the classes of a split."""
    classes = _folders(place)
    if loose := _pictures(place):
        raise ValueError(
            f"{place} holds pictures that are in no class: {_some(loose)}. Give each class a "
            "folder of its own."
        )
    for one in classes:
        inside = [part for part in _folders(one) if _pictures(part) or _folders(part)]
        if inside:
            raise ValueError(
                f"{one} should be a class, a folder of pictures, but holds folders: "
                f"{_some(inside)}. Are the classes in there? load({str(one)!r})."
            )
        if not _pictures(one):
            raise FileNotFoundError(
                f"{one} holds no pictures ({', '.join(sorted(SUFFIXES))}); a folder is a class."
            )
    return classes


def _check_several(classes: list[Path], place: Path) -> None:
    if len(classes) < 2:
        raise ValueError(
            f"{place} holds {len(classes)} class folders ({_some(classes) or '-'}); classes are "
            "folders side by side, two at least."
        )


def _common(paths: list[Path], image_shape: tuple[int, ...] | None) -> tuple[tuple[int, int], bool]:
    """Height and width of all pictures, and whether they are in colour: any of them is."""
    sizes: dict[tuple[int, int], Path] = {}
    colour = False
    for path in paths:
        with _opened(path) as picture:
            width, height = picture.size
            if picture.getexif().get(0x0112, 1) >= 5:  # lies on its side
                width, height = height, width
            sizes.setdefault((height, width), path)
            colour = colour or picture.mode not in _GREY
    if image_shape is not None and len(image_shape) == 3:
        colour = image_shape[0] == 3
    if image_shape is not None:
        shape = (image_shape[-2], image_shape[-1])
    elif len(sizes) > 1:
        (one, path), (another, other), *more = sizes.items()
        raise ValueError(
            f"the pictures have {len(sizes)} sizes: {path} is {one[0]}×{one[1]} (rows × columns), "
            f"{other} {another[0]}×{another[1]}{', …' if more else ''}. Give "
            "image_shape=(height, width): they are made that size, and what sticks out is cropped "
            "evenly on both sides."
        )
    else:
        shape = next(iter(sizes))
    check_memory(4 * len(paths) * (3 if colour else 1) * shape[0] * shape[1], "all pictures")
    return shape, colour


def _images(
    paths: list[Path], shape: tuple[int, int], colour: bool, reading: Reading
) -> NDArray[np.float32]:
    images = np.empty((len(paths), *((3,) if colour else ()), *shape), np.float32)
    for at, path in enumerate(paths):
        values = _values(path, shape, colour, reading)
        told = Reading(values.shape, reading.white)  # channels first, whatever the sizes
        images[at] = as_images(values[None], str(path), told, any_scale=True)[0]
    return images


def _values(path: Path, shape: tuple[int, int], colour: bool, reading: Reading) -> NDArray[Any]:
    """A picture of that size, `[H, W]` or `[3, H, W]`: bytes, or floats of one with more bits."""
    with _opened(path) as opened:
        picture = _upright(opened, colour, reading)
        span = picture.getextrema() if picture.mode == "F" else (0, 255)
        if picture.size[::-1] != shape:
            picture = ImageOps.fit(picture, shape[::-1], Image.Resampling.LANCZOS)
        values = np.asarray(picture)
    if picture.mode == "F":
        values = values.clip(*span)  # Lanczos overshoots
        return np.stack([values] * 3) if colour else values
    return np.moveaxis(values, -1, 0) if colour else values


def _upright(opened: Image.Image, colour: bool, reading: Reading) -> Image.Image:
    """A picture as it is to be seen: turned as the camera says, on white where transparent."""
    picture: Image.Image = ImageOps.exif_transpose(opened)
    if picture.mode in ("LA", "La", "PA", "RGBa", "RGBA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    if picture.mode == "F":
        return picture
    if picture.mode.startswith("I"):  # 16 bits, which conversion would cut off
        deep = np.asarray(picture, np.float32)
        return Image.fromarray(deep if reading.white else deep / 65535)
    return picture.convert("RGB" if colour else "L")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A picture of which only the head was read.

    Raises:
        OSError: not to be read.
        ValueError: no picture, a damaged one, or one of absurd size.
    """
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Pillow finds odd and reads nevertheless
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file) as picture:
                yield picture
        except Exception as error:  # a damaged picture fails in any way
            raise ValueError(
                f"{path} cannot be read as a picture ({type(error).__name__}: {error}). Mend it, "
                "or take it out."
            ) from error


def _some(paths: list[Path]) -> str:
    more = ", …" if len(paths) > _FEW else ""
    return ", ".join(path.name for path in paths[:_FEW]) + more
