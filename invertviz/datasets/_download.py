"""Published files, downloaded once: verified, and kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import pooch

VARIABLE = "INVERTVIZ_DATA"
_PIECE = 1 << 20


def data_folder() -> Path | None:
    """The folder that INVERTVIZ_DATA names, if it names one."""
    root = os.environ.get(VARIABLE)
    return Path(root).expanduser() if root else None


def cache_of(name: str) -> Path:
    """Where what was downloaded of a data set is kept."""
    return Path(pooch.os_cache("invertviz")) / name


def fetch(file: str, known_sum: str, mirrors: Sequence[str], folder: Path, progress: bool) -> Path:
    """A published file, from the folder or from the first mirror that has it.

    Args:
        file: its name.
        known_sum: "algorithm:sum"; what has another is not kept.
        mirrors: the addresses that it may stand under.
        folder: where it is kept.
        progress: show a bar.

    Raises:
        OSError: no mirror has it.
    """
    failures = []
    for mirror in mirrors:
        try:
            return Path(
                pooch.retrieve(
                    mirror + file,
                    known_hash=known_sum,
                    fname=file,
                    path=folder,
                    progressbar=progress,
                )
            )
        except (OSError, ValueError) as error:  # not reachable, or not the file that was published
            failures.append(f"{mirror}: {error}")
    raise OSError(
        f"no mirror could serve {file}:\n  " + "\n  ".join(failures) + "\nTry again later, or put "
        f"the files into a folder and name it in the environment variable {VARIABLE}."
    )


def sum_of(path: Path, algorithm: str) -> str:
    """The "algorithm:sum" of a file."""
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return f"{algorithm}:{digest.hexdigest()}"
