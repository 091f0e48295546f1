"""Files read in bounded time and memory, whatever they promise."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

_GZIP = b"\x1f\x8b"
_LAYERS = 3  # of compression
_PIECE = 1 << 20

# More than that of a file is a bomb: black images are compressed a thousandfold, those with a
# single bright pixel each a hundredfold.
_SMALL = 1 << 26
_RATIO = 200

DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)
"""What reading from a damaged archive raises."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The contents of a file, decompressed as often as it was compressed by gzip.

    Decided by what is in the file: a name that ends in .gz, or does not, proves nothing.

    Raises:
        OSError: no file, or not to be read.
        ValueError: no whole gzip file.
    """
    if not path.is_file():  # a pipe or a device would keep us waiting
        raise FileNotFoundError(f"there is no file {path}.")
    with path.open("rb") as file:
        stream = cast(BinaryIO, file)
        try:
            for _ in range(_LAYERS):
                if stream.read(2) != _GZIP:
                    break
                stream.seek(0)
                stream = cast(BinaryIO, gzip.GzipFile(fileobj=stream, mode="rb"))
            stream.seek(0)
            yield stream
        except DAMAGED as error:
            raise ValueError(f"{path} is not a whole gzip file ({error}). Get it again.") from error


def read_up_to(stream: BinaryIO, count: int) -> bytearray:
    """As many bytes as there are, at most `count`: memory grows with what is there."""
    data = bytearray()
    while len(data) < count:
        piece = stream.read(min(_PIECE, count - len(data)))
        if not piece:
            break
        data += piece
    return data


def check_promise(promised: int, size: int, path: Path) -> None:
    """Refuse a file of `size` bytes that promises more than any of its size can hold.

    Raises:
        ValueError: it does.
    """
    if promised > most_of(size):
        raise ValueError(
            f"{path} has {size:,} bytes and promises {promised:,}: it is damaged, or made to fill "
            "the memory. Get it again."
        )
    check_memory(promised, str(path))


def most_of(size: int) -> int:
    """The most bytes that are read out of an archive of `size` bytes."""
    return max(_SMALL, _RATIO * size)


def check_memory(needed: int, what: str) -> None:
    """Refuse what this machine's memory cannot hold, where that is known.

    Raises:
        ValueError: more is needed than there is.
    """
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on this system
        return
    if needed > there:
        raise ValueError(
            f"{what} needs {needed / 2**30:.1f} GiB of memory, and this machine has "
            f"{there / 2**30:.1f}. Load fewer or smaller images."
        )
