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

from invertviz.exporting._libraries import FONTS, HTML_MANAGER, LIBRARIES, VENDOR, Library

FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]


def main() -> None:
    """Download each package with npm; keep its one file compressed, fonts as they are."""
    for path in VENDOR.glob("*.woff*"):
        path.unlink()
    for library in LIBRARIES:
        for path in vendor(library):
            print(
                f"{path.name}: {path.stat().st_size:,} bytes, {library.package} {library.version}"
            )


def vendor(library: Library) -> list[Path]:
    """Keep a package's file, and html-manager's icon fonts; return the paths written."""
    written = []
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{library.package}@{library.version}"]
        packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        with tarfile.open(Path(folder) / packed.stdout.split()[-1]) as archive:
            for member in archive.getmembers():
                inside = PurePosixPath(member.name).relative_to("package")
                wanted = inside == PurePosixPath(library.file)
                icons = library is HTML_MANAGER and inside.suffix == ".woff2"
                if not wanted and not icons:
                    continue
                file = archive.extractfile(member)
                assert file is not None
                data = file.read()
                if inside.suffix not in FONTS:
                    data = lzma.compress(data, filters=FILTERS)
                path = VENDOR / (library.kept if wanted else inside.name)
                path.write_bytes(data)
                written.append(path)
    return written


if __name__ == "__main__":
    main()
