"""Write a file wholly or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_writable(path: str | os.PathLike[str]) -> Path:
    """Refuse a path that cannot be written, before any work is done for it.

    Raises:
        OSError: the folder does not exist, is no folder, or may not be written to; what is there
            under that name is no file.

    Returns:
        The file to write; of a link, the one that it leads to.
    """
    target = Path(path).expanduser()
    if target.is_symlink():
        target = target.resolve()
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder; name a file to write.")
    if target.exists() and not target.is_file():
        raise OSError(f"{target} is a device or a pipe; name a file to write.")
    check_writable_folder(target.parent)
    return target


def check_writable_folder(folder: Path) -> None:
    """Refuse a folder in which nothing can be written.

    Raises:
        OSError: it does not exist, is no folder, or may not be written to.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}; create it first.")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"the folder {folder} may not be written to; choose another.")


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` if the block succeeds.

    Raises:
        OSError: see `check_writable`.
    """
    target = check_writable(path)
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    part.touch(exist_ok=False)  # with the permissions that new files get
    try:
        yield part
        if target.exists():
            part.chmod(stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
