"""Published data sets of IDX files: only files that are known to be of a set are given its name."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from invertviz._files import written_whole
from invertviz.datasets._catalogue import SOURCES, Published, Source
from invertviz.datasets._dataset import Dataset, Samples, assembled
from invertviz.datasets._download import VARIABLE, cache_of, data_folder, fetch, sum_of
from invertviz.datasets._idx import images_of, labels_of, read_idx
from invertviz.datasets._pixels import Reading


def load_published(name: str, progress: bool) -> Dataset:
    """A published set from the folder that INVERTVIZ_DATA names, or else downloaded once.

    Raises:
        FileNotFoundError: INVERTVIZ_DATA names a folder without it.
        OSError: a download that no mirror could serve, files that cannot be read.
        ValueError: files that are not the published ones.
    """
    source = SOURCES[name]
    root = data_folder()
    found = _downloaded(name, source, progress) if root is None else _local(name, source, root)
    values, paths = zip(
        *(_verified(name, file, paths) for file, paths in zip(source.files, found, strict=True)),
        strict=True,
    )
    train, test = (
        Samples(
            images_of(values[at], paths[at], Reading(), any_scale=True),
            labels_of(values[at + 1], paths[at + 1]),
            str(paths[at]),
            str(paths[at + 1]),
        )
        for at in (0, 2)
    )
    return assembled(name, train, test, source.class_names)


def _downloaded(name: str, source: Source, progress: bool) -> list[list[Path]]:
    """The published archives, from the cache or the first mirror that has each."""
    if source.bundle is not None:
        cache = cache_of(source.folder.lower())
        if any(not (cache / f"{file.name}.gz").is_file() for file in source.files):
            bundle = source.bundle
            _unpack(fetch(bundle.name, bundle.archive, source.mirrors, cache, progress), source)
        return [[cache / f"{file.name}.gz"] for file in source.files]
    cache = cache_of(name)
    return [
        [fetch(f"{file.name}.gz", file.archive, source.mirrors, cache, progress)]
        for file in source.files
    ]


def _local(name: str, source: Source, root: Path) -> list[list[Path]]:
    """The files below INVERTVIZ_DATA, each in all its forms: in torchvision's layout, or there."""
    inside = root / source.folder
    places = [inside / "raw", inside / "raw" / "gzip", inside, root]
    for place in places:
        found = [_forms(place, file.name) for file in source.files]
        bundle = place / source.bundle.name if source.bundle else None
        if bundle is not None and bundle.is_file():
            return [
                [*forms, path] for forms, path in zip(found, _unpack(bundle, source), strict=True)
            ]
        if any(found):
            names = [
                file.name for file, forms in zip(source.files, found, strict=True) if not forms
            ]
            if names:
                raise FileNotFoundError(
                    f"{place} lacks {', '.join(names)} (each may also end in .gz) of {name}'s four "
                    "files."
                )
            return found
    raise FileNotFoundError(
        f"{VARIABLE} names {root}, but {name} is neither in {places[0]} nor in {root}. Put its "
        f"four files there ({', '.join(file.name for file in source.files)}; .gz or not), or unset "
        f"{VARIABLE} to download it."
    )


def _forms(folder: Path, name: str) -> list[Path]:
    """A file as it may lie there, most trustworthy first. Some are named images.idx3-ubyte."""
    stems = (name, name.replace("-idx", ".idx"))
    paths = [folder / f"{stem}{end}" for end in (".gz", "", ".idx") for stem in stems]
    return [path for path in paths if path.is_file()]


def _unpack(bundle: Path, source: Source) -> list[Path]:
    """The files of a zip archive, kept in the cache; each of them is verified when it is read."""
    cache = cache_of(source.folder.lower())
    cache.mkdir(parents=True, exist_ok=True)
    paths = []
    try:
        with zipfile.ZipFile(bundle) as archive:
            for file in source.files:
                path = cache / f"{file.name}.gz"
                paths.append(path)
                if path.is_file() and _is_archive(path, file):
                    continue
                member = archive.getinfo(f"gzip/{path.name}")
                if member.file_size > bundle.stat().st_size:
                    raise ValueError(f"{bundle} promises more than it holds. Get it again.")
                with archive.open(member) as packed, written_whole(path) as part:
                    part.write_bytes(packed.read())
    except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ValueError(
            f"{bundle} is not the published archive ({error}). Get it again."
        ) from error
    return paths


def _verified(name: str, file: Published, paths: list[Path]) -> tuple[NDArray[Any], Path]:
    """What is in the first of the files that is the published one.

    Raises:
        ValueError: none is; what is there instead.
    """
    for path in paths:
        if _is_archive(path, file):
            return read_idx(path), path
    for path in paths:
        digest = hashlib.sha256()
        values = read_idx(path, digest)  # what is no IDX file at all is said here
        contents = f"sha256:{digest.hexdigest()}"
        if contents == file.contents:
            return values, path
    raise _refusal(name, file, path, contents, values)


def _is_archive(path: Path, file: Published) -> bool:
    return sum_of(path, file.archive.partition(":")[0]) == file.archive


def _refusal(
    name: str, file: Published, path: Path, contents: str, values: NDArray[Any]
) -> ValueError:
    """Say what a file is that is not the published one."""
    folder = SOURCES[name].folder
    sums = {contents, *(sum_of(path, algorithm) for algorithm in ("md5", "sha256"))}
    for other, source in SOURCES.items():
        known = {one for theirs in source.files for one in (theirs.archive, theirs.contents)}
        if other != name and known & sums:
            return ValueError(
                f"{path} is of {other}, not of {name}. Put each into a folder of its own below "
                f"{VARIABLE}: {source.folder}/raw, {folder}/raw."
            )
    wanted = (
        f"its contents have {contents} and should have {file.contents}"
        if file.contents
        else f"{name} is known by its compressed files, {file.name}.gz with {file.archive}"
    )
    return ValueError(
        f"{path} is not the published file of {name}: it holds {values.dtype}{[*values.shape]}; "
        f"{wanted}. Put the published {file.name}.gz there. Files of your own have no name: pass "
        f"their folder, load({str(path.parent)!r})."
    )
