"""Write the browser libraries that exported pages carry into invertviz/exporting/vendor/.

They come from npm, at the versions that invertviz/exporting/_libraries.py names. Run it with
`make vendor`, and commit what it writes.
"""

from __future__ import annotations

import lzma
import subprocess
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from invertviz.exporting._libraries import FONTS, HTML_MANAGER, REQUIRE, VENDOR, Library

FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]


def main() -> None:
    """Download each package with npm; keep its one file compressed, its fonts as they are."""
    for path in VENDOR.glob(f"*{FONTS}"):
        path.unlink()
    for library in (REQUIRE, HTML_MANAGER):
        for path in vendor(library):
            print(
                f"{path.name}: {path.stat().st_size:,} bytes, {library.package} {library.version}"
            )


def vendor(library: Library) -> list[Path]:
    """Keep a package's file and fonts; return the paths written."""
    written = []
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{library.package}@{library.version}"]
        packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        with tarfile.open(Path(folder) / packed.stdout.split()[-1]) as archive:
            for member in archive.getmembers():
                inside = PurePosixPath(member.name).relative_to("package")
                if inside != PurePosixPath(library.file) and inside.suffix != FONTS:
                    continue
                file = archive.extractfile(member)
                assert file is not None
                data = file.read()
                if inside.suffix != FONTS:
                    data = lzma.compress(data, filters=FILTERS)
                path = VENDOR / (inside.name if inside.suffix == FONTS else library.kept)
                path.write_bytes(data)
                written.append(path)
    return written


if __name__ == "__main__":
    main()
