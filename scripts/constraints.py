"""Print constraints.txt: the installed version of everything that invertviz[test] pulls in.

Run it with the environment whose versions were tested: `make constraints`.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

OLDEST = "3.10"  # the oldest Python of pyproject.toml

HEADER = """\
# The versions that the tests run with, on Python {python}: all that invertviz[test] pulls in.
# Made by `make constraints` from what is installed in .venv. To move on to the newest versions:
#     rm -rf .venv && python3 -m venv .venv && .venv/bin/pip install -e '.[test]'
#     touch .venv/.test && make constraints && make test
# What has a marker does not exist for older Pythons: there pip takes the newest version that does.
"""


def dependencies(name: str, extras: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the names (with the extras asked of them) that `name[extras]` needs, all levels."""
    found: dict[str, frozenset[str]] = {}
    waiting = [(name, extras)]
    while waiting:
        parent, wanted = waiting.pop()
        for line in distribution(parent).requires or []:
            needed = Requirement(line)
            contexts = [{"extra": extra} for extra in ("", *wanted)]
            if needed.marker and not any(needed.marker.evaluate(context) for context in contexts):
                continue
            key = canonicalize_name(needed.name)
            known = found.get(key)
            both = frozenset(needed.extras) | (known or frozenset())
            if known != both:
                found[key] = both
                waiting.append((key, both))
    return found


def pin(name: str) -> str:
    """Return the constraint of an installed package, with a marker if older Pythons lack it."""
    package = distribution(name)
    version = Version(package.version).public  # without a local part such as torch's +cpu
    line = f"{canonicalize_name(package.name)}=={version}"
    pythons = SpecifierSet(package.metadata["Requires-Python"] or "")
    if pythons.contains(OLDEST):
        return line
    bounds = [s.version for s in pythons if s.operator == ">="]
    return f'{line}; python_full_version >= "{max(bounds, key=Version)}"'


def main() -> None:
    """Print the file."""
    lines = []
    for name in dependencies("invertviz", frozenset({"test"})):
        if name == "invertviz":
            continue
        try:
            lines.append(pin(name))
        except PackageNotFoundError as error:
            raise SystemExit(f"{name} is not installed: run `make test` first") from error
    python = default_environment()["python_version"]
    print(HEADER.format(python=python), *sorted(lines), sep="\n")


if __name__ == "__main__":
    main()
