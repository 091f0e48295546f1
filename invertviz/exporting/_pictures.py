"""Pictures that stand in a page: files beside the notebook and attachments, as data: addresses."""

from __future__ import annotations

import base64
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote
from xml.parsers import expat

LARGEST = 20_000_000  # bytes of a file
_TOO_LARGE = f"it is larger than {LARGEST // 1_000_000} MB"
_ELSEWHERE = "elsewhere; the page makes no request"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):", re.IGNORECASE)  # one letter: a drive of Windows
_IMAGES = {  # what files begin with, by media type
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/avif": re.compile(rb"....ftypavi[fs]", re.DOTALL),
    "image/bmp": re.compile(rb"BM.{4}\x00{4}", re.DOTALL),
}
_ATTACHED = ("image/svg+xml", "image/png", "image/jpeg")  # the best first, as nbconvert has it


class LeftOut(Exception):  # noqa: N818
    """Why an address stands in no page, in a few words."""


class Pictures:
    """The pictures of a page.

    A file is taken if it lies in the notebook's folder, links followed, is a regular file and, by
    its bytes, an image of at most `LARGEST` bytes. A hard link cannot be told from a file: it is
    one.

    Attributes:
        left_out: why addresses are left out, by the address as it was written.
    """

    def __init__(self, folder: Path) -> None:
        self.left_out: dict[str, str] = {}
        self._folder = Path(os.path.realpath(folder))

    def embedded(
        self, written: str, attachments: Mapping[str, Mapping[str, str]] | None = None
    ) -> str | None:
        """The data: address of the picture that an address means; None if it is left out.

        Args:
            written: the address as the notebook has it.
            attachments: of its cell: data in base64 by media type, by name.
        """
        address = plain(written)
        scheme = scheme_of(address)
        try:
            if scheme == "data":
                return address
            if scheme == "attachment":
                return _attached(address.partition(":")[2], attachments or {})
            if scheme or re.match(r"[/\\]{2}", address):
                raise LeftOut(_ELSEWHERE)
            return self._file(address)
        except LeftOut as reason:
            self.left_out[written] = str(reason)
            return None

    def _file(self, address: str) -> str:
        for name in _readings(address):
            try:
                path = Path(os.path.realpath(self._folder / name))
                if not path.is_relative_to(self._folder):
                    raise LeftOut("outside the notebook's folder")
                data = _read(self._folder, path.relative_to(self._folder).parts)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, ValueError):  # too long, a NUL, links in a circle, no permission
                raise LeftOut("it cannot be read") from None
            return _data_url(_kind(data), base64.b64encode(data).decode())
        raise LeftOut("there is no such file")


def plain(address: str) -> str:
    """An address as browsers read it: without blanks around it, tabs and line ends."""
    return re.sub(r"[\t\n\r]", "", address).strip("".join(map(chr, range(33))))


def scheme_of(address: str) -> str:
    """The scheme of a `plain` address in small letters; "" if it has none."""
    found = _SCHEME.match(address)
    return found[1].lower() if found else ""


def _readings(address: str) -> Iterator[str]:
    """The names of files that an address can mean, the likeliest first."""
    for text in dict.fromkeys((address, re.split("[?#]", address)[0])):
        for name in dict.fromkeys((unquote(text, errors="surrogateescape"), text)):
            for path in dict.fromkeys((name, name.replace("\\", "/"))):
                forms = (path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD")))
                yield from dict.fromkeys(forms)


def _read(folder: Path, parts: tuple[str, ...]) -> bytes:
    descriptor = _opened(folder, parts)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise LeftOut("it is not a file")
        if found.st_size > LARGEST:
            raise LeftOut(_TOO_LARGE)
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(LARGEST + 1)  # it may grow meanwhile
    finally:
        os.close(descriptor)
    if len(data) > LARGEST:
        raise LeftOut(_TOO_LARGE)
    return data


def _opened(folder: Path, parts: tuple[str, ...]) -> int:
    """Open a file without following links, which may have been put there since, or waiting."""
    if not parts:
        raise LeftOut("it is not a file")
    if os.open not in os.supports_dir_fd:  # Windows; no pipes lie in folders there
        return os.open(folder.joinpath(*parts), os.O_RDONLY | getattr(os, "O_BINARY", 0))
    way = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=way)
            os.close(way)
            way = below
        return os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=way)
    finally:
        os.close(way)


def _kind(data: bytes) -> str:
    """The media type of an image, by its bytes."""
    for kind, start in _IMAGES.items():
        if start.match(data):
            return kind
    if _is_svg(data):
        return "image/svg+xml"
    raise LeftOut("it is not an image")


def _is_svg(data: bytes) -> bool:
    roots: list[str] = []
    reader = expat.ParserCreate()
    reader.StartElementHandler = lambda name, _: roots.append(name)
    with suppress(expat.ExpatError):  # later in the file, or it is no XML at all
        reader.Parse(data[:65_536])  # what stands before the first element is short
    return bool(roots) and roots[0].rpartition(":")[2] == "svg"


def _attached(name: str, attachments: Mapping[str, Mapping[str, str]]) -> str:
    """The attachment of that name, which front ends write encoded, or not."""
    known = {_normal(key): bundle for key, bundle in attachments.items()}
    bundle = attachments.get(name) or known.get(_normal(name))
    if not bundle:
        raise LeftOut("the cell has no such attachment")
    kind = next((kind for kind in _ATTACHED if kind in bundle), next(iter(bundle)))
    text = bundle[kind]
    return _data_url(kind, text if isinstance(text, str) else "".join(text))


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name))


def _data_url(kind: str, text: str) -> str:
    return f"data:{kind};base64,{re.sub(r'[^A-Za-z0-9+/=]', '', text)}"
