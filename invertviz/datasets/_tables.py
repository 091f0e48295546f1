"""Tables of pixels: a CSV file with a row an image, as Kaggle's digit recognizer has it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from invertviz.datasets._dataset import Dataset, Samples, assembled
from invertviz.datasets._pixels import Reading, as_images, shape_of_row
from invertviz.datasets._stream import most_of, opened, read_up_to

_LABELS = {"label", "labels", "class", "target", "y", "category", "digit", "letter", "character"}
_NO_DATA = {"id", "index", "unnamed: 0", ""}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_CELL = re.compile(r"could not convert string (.*) to float32 at row (\d+), column (\d+)")
_EXACT = 1 << 24  # below that float32 has every integer
_LONGEST_ROW = 1 << 22  # bytes
_MOST_COLUMNS = 3 * 512 * 512 + 16
_SEEN = 200  # rows by which the columns are known


class _Columns(NamedTuple):
    """What the columns of a table are."""

    separator: str
    header: bool
    width: int
    label: int
    pixels: list[int]
    named: bool  # labels are strings
    whole: bool  # pixels are integers


def load_tables(
    name: str,
    train: Path,
    test: Path | None,
    reading: Reading,
    class_names: Sequence[str] | None,
) -> Dataset:
    """A data set of one table, or of two: one to train and one to test.

    Raises:
        OSError: not to be read.
        ValueError: no table of pixels, or one without labels.
    """
    return assembled(
        name, _read(train, reading), _read(test, reading) if test else None, class_names
    )


def _read(path: Path, reading: Reading) -> Samples:
    text = _text(path)
    try:
        columns = _columns(text, path, reading)
        labels, pixels = _values(text, columns)
    except (ValueError, csv.Error) as error:
        if str(error).startswith(str(path)):
            raise
        if cell := _CELL.match(str(error)):
            raise ValueError(
                f"{path} holds {cell[1]} in its row {int(cell[2]) + 1} of images, column "
                f"{cell[3]}, where a number is needed."
            ) from error
        raise ValueError(f"{path} is no table of pixels: {error}") from error
    return Samples(as_images(pixels, str(path), reading), labels, str(path))


def _values(text: bytearray, columns: _Columns) -> tuple[NDArray[Any], NDArray[Any]]:
    """Labels `[N]` and pixels `[N, pixels]`."""
    if columns.named:
        labels = _cells(text, columns, [columns.label], str)[:, 0]
        pixels = _cells(text, columns, columns.pixels, np.float32)
    else:
        cells = _cells(text, columns, [columns.label, *columns.pixels], np.float32)
        labels, pixels = cells[:, 0], cells[:, 1:]
    separators = (len(labels) + columns.header) * (columns.width - 1)
    if b'"' not in text and text.count(columns.separator.encode()) != separators:
        raise ValueError(f"some rows have more than the {columns.width} cells of the first one")
    if columns.whole and (abs(pixels) < _EXACT).all() and (pixels == np.floor(pixels)).all():
        pixels = pixels.astype(np.int32)
    return labels, pixels


def _cells(text: bytearray, columns: _Columns, used: list[int], dtype: type) -> NDArray[Any]:
    return np.loadtxt(
        io.TextIOWrapper(io.BytesIO(text), "utf-8"),
        dtype=dtype,
        comments=None,
        delimiter=columns.separator,
        skiprows=int(columns.header),
        usecols=used,
        quotechar='"',
        ndmin=2,
    )


def _text(path: Path) -> bytearray:
    most = most_of(path.stat().st_size)
    with opened(path) as stream:
        text = read_up_to(stream, most + 1)
    if len(text) > most:
        raise ValueError(f"{path} is a small archive of a huge file, made to fill the memory.")
    text = text.lstrip(b"\xef\xbb\xbf\r\n ")  # a byte order mark, empty lines
    if not text:
        raise ValueError(f"{path} is empty.")
    if b"\0" in text[:4096]:
        raise ValueError(f"{path} is no table of text; it starts with {bytes(text[:8])!r}.")
    return text


def _columns(text: bytearray, path: Path, reading: Reading) -> _Columns:
    """Find the labels and the pixels."""
    if len(text) > _LONGEST_ROW and b"\n" not in text[:_LONGEST_ROW]:
        raise ValueError(f"{path} has a first row of more than {_LONGEST_ROW:,} bytes.")
    lines = text[: 2 * _LONGEST_ROW].decode(errors="replace").splitlines()
    lines = [line for line in lines if line.strip()][:_SEEN]
    if not lines:
        raise ValueError(f"{path} is empty.")
    separator = max(",;\t", key=lines[0].count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    width = len(rows[0])
    if width > _MOST_COLUMNS:
        raise ValueError(
            f"{path} has {width:,} columns; a table has {_MOST_COLUMNS:,} at most. Of larger "
            "images give an .npz file, or a folder of pictures."
        )
    names = [cell.lower() for cell in rows[0]]
    header = _is_header(names)
    kept = [at for at in range(width) if not header or names[at] not in _NO_DATA]
    if len(kept) < 2:
        raise ValueError(
            f"{path} is no table of pixels: its first line is {lines[0]!r:.60}. A row is an image: "
            "a label and its pixels, with commas between."
        )
    body = [row for row in rows[header:] if len(row) == width]
    if not body:
        raise ValueError(f"{path} holds no images: it has no rows of {width} cells.")
    label = _named_label_column(names, kept, path, reading) if header else None
    if label is None:
        label = _unnamed_label_column(kept, body, path, reading)
    pixels = [at for at in kept if at != label]
    if shape_of_row(len(pixels), reading.image_shape) is None:
        raise ValueError(
            f"{path} has {len(pixels)} columns of pixels beside one of labels, "
            + (
                f"which is not the size of image_shape={reading.image_shape}."
                if reading.image_shape
                else "which are no square image, grey or in colour: give image_shape=(height, "
                "width)."
            )
        )
    return _Columns(
        separator,
        header,
        width,
        label,
        pixels,
        named=not all(_is_number(row[label]) for row in body),
        whole=not any("." in row[at] for row in body for at in pixels),
    )


def _is_header(names: list[str]) -> bool:
    """Whether a first row names the columns: by words, or by numbers from 0 or 1 on."""
    numbers = [name for name in names if _is_number(name)]
    counted = [float(number) - at for at, number in enumerate(numbers)]
    return (
        bool(_LABELS & set(names))
        or 2 * len(numbers) < len(names)
        or (len(numbers) > 2 and counted[0] in (0, 1) and len(set(counted)) == 1)
    )


def _named_label_column(
    names: list[str], kept: list[int], path: Path, reading: Reading
) -> int | None:
    """The column that is called so, or as no other is; None: the header does not tell."""
    called = [at for at in kept if names[at] in _LABELS]
    if len(called) > 1:
        raise ValueError(
            f"{path} has several columns of labels: {', '.join(names[at] for at in called)}. Keep "
            "one."
        )
    stems = [re.sub(r"[\W\d_]+", "", names[at]) for at in kept]
    often = Counter(stems)
    alone = [at for at, stem in zip(kept, stems, strict=True) if often[stem] == 1]
    if not called and len(often) == 1 and _is_image(len(kept), reading):
        raise ValueError(_no_labels(path, len(kept)))
    return next(iter(called or (alone if len(alone) == 1 else [])), None)


def _unnamed_label_column(
    kept: list[int], body: list[list[str]], path: Path, reading: Reading
) -> int:
    """The first column or the last, whichever holds classes; the first where both may."""
    if _is_image(len(kept), reading) and not _is_image(len(kept) - 1, reading):
        raise ValueError(_no_labels(path, len(kept)))
    first, last = (_number_of_classes([row[at] for row in body]) for at in (kept[0], kept[-1]))
    if first and last and first > last:
        raise ValueError(
            f"{path} may have its labels in the first or in the last column. Give it a header with "
            "a column that is called label."
        )
    return kept[-1] if last and not first else kept[0]


def _is_image(pixels: int, reading: Reading) -> bool:
    return shape_of_row(pixels, reading.image_shape) is not None


def _number_of_classes(cells: list[str]) -> int:
    """How many classes a column tells apart, or 0 if it looks like pixels."""
    different = set(cells)
    if any(not _is_number(cell) for cell in different):
        return len(different)
    numbers = sorted(map(float, different))
    whole = all(number.is_integer() and number >= 0 for number in numbers)
    return len(numbers) if whole and len(numbers) > 1 and numbers[-1] <= 2 * len(numbers) else 0


def _no_labels(path: Path, columns: int) -> str:
    return (
        f"{path} has no labels: all of its {columns} columns are pixels, as in the test table of a "
        "competition. Give a table with a column that is called label."
    )


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None
