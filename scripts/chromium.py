"""Find a Chromium that starts, for the browser tests, and print its path.

`--install` fetches one where there is none: Playwright's, or on Debian as root the system's.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
MEND = f"""\
No Chromium that starts. Get one, then run this again:
    anywhere:  {sys.executable} -m playwright install --with-deps chromium
    Debian:    apt-get install chromium
    macOS:     brew install --cask chromium
or name yours: export INVERTVIZ_CHROMIUM=/path/to/chromium"""


def candidates() -> Iterator[str]:
    """Yield the paths where a Chromium may be, the user's choice first."""
    chosen = os.environ.get("INVERTVIZ_CHROMIUM")
    if chosen:
        yield chosen
        return
    for command in COMMANDS:
        if path := shutil.which(command):
            yield path
    yield from MAC_APPLICATIONS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    yield own


def starts(path: str) -> bool:
    """Return whether this is a browser that runs: no stub, all its shared libraries there."""
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "Chrom" in answer.stdout


def find_chromium() -> str | None:
    """Return the path of the first Chromium that starts, or None."""
    return next(filter(starts, candidates()), None)


def install_chromium() -> str | None:
    """Fetch Playwright's Chromium, or on Debian as root the system's, and return its path."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        attempts.append(["apt-get", "install", "-y", "chromium"])
        attempts.append(["sh", "-c", "apt-get update && apt-get install -y chromium"])
    for command in attempts:
        subprocess.run(command, check=False, stdout=sys.stderr)
        if found := find_chromium():
            return found
    return None


def main() -> None:
    """Print the path, or fail with the command that mends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true", help="fetch one where there is none")
    arguments = parser.parse_args()
    found = find_chromium() or (install_chromium() if arguments.install else None)
    if found is None:
        sys.exit(MEND)
    print(Path(found))


if __name__ == "__main__":
    main()
