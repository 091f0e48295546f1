"""Write a file wholly or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_writable(path: str | os.PathLike[str]) -> Path:
    """Refuse a path that cannot be written, before any work is done for it.

    Raises:
        OSError: the folder does not exist, is no folder, or may not be written to.
    """
    target = Path(path).expanduser()
    folder = target.parent
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder; name a file to write.")
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}; create it first.")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"the folder {folder} may not be written to; choose another.")
    return target


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` if the block succeeds.

    Raises:
        OSError: see `check_writable`.
    """
    target = check_writable(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        # mkstemp makes private files; what a person saves gets the usual permissions.
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
