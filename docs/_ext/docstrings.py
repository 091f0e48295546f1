"""Docstrings as this project writes them, made ready for reStructuredText.

Code stands between single backticks, as in Markdown, and examples are paragraphs that are indented;
paragraphs that start with a dash are lists.
"""

from __future__ import annotations

import re
from typing import Any


def setup(app: Any) -> dict[str, bool]:
    """Come before napoleon, which runs at the usual priority of 500."""
    app.connect("autodoc-process-docstring", _prepare, priority=400)
    return {"parallel_read_safe": True}


def _prepare(_app: Any, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    lines[:] = prepared(lines)


def prepared(lines: list[str]) -> list[str]:
    """The lines of a docstring in reStructuredText."""
    found: list[str] = []
    example = False
    for number, line in enumerate(lines):
        indented = line.startswith("    ")
        after_blank = number > 0 and not lines[number - 1].strip()
        is_list = line.lstrip().startswith("- ")
        if indented and after_blank and not is_list and not example:
            example = True
            found += ["::", ""]
        elif line.strip() and not indented:
            example = False
        found.append(line if example else _inline(line))
    return found


def _inline(line: str) -> str:
    parts = re.split(r"(`[^`]+`|\*\w[\w ]*\*)", line)
    found = [
        f"`{part}`" if part.startswith("`") else part if number % 2 else _escaped(part)
        for number, part in enumerate(parts)
    ]
    # A literal ends before a space or a sign only: a letter that follows (`jslink`s) is set off.
    return re.sub(r"(?<=``)(?=\w)(?<=[^ (\[{]``)", r"\\ ", "".join(found))


def _escaped(text: str) -> str:
    return re.sub(r"([|*]|_(?=\W|$))", r"\\\1", text)
