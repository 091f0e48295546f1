"""How results show themselves: what their arrays are, not all that is in them."""

from __future__ import annotations

import textwrap
from dataclasses import fields
from typing import Any


def short_repr(result: Any) -> str:
    """A dataclass or named tuple for people: a line a field, of arrays the dtype and shape."""
    names = getattr(result, "_fields", None) or [field.name for field in fields(result)]
    lines = [f"{name}={_told(getattr(result, name))},\n" for name in names]
    return f"{type(result).__name__}(\n{textwrap.indent(''.join(lines), '    ')})"


def _told(value: Any) -> str:
    if not (hasattr(value, "dtype") and hasattr(value, "shape")):
        return repr(value)
    place = str(getattr(value, "device", "cpu"))
    array = f"{str(value.dtype).removeprefix('torch.')}{[*value.shape]}"
    return array if place == "cpu" else f"{array} on {place}"
