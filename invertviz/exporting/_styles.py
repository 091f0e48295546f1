"""CSS of a notebook that makes no request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinycss2

# Functions in which a string is an address.
_FETCHING = {"url", "src", "image", "image-set", "-webkit-image-set"}
_NOTHING = "data:,"


def closed(css: str, embedded: Callable[[str], str | None]) -> str:
    """CSS whose addresses stand in it as data:, or are gone.

    Args:
        css: a style sheet, or the declarations of an element.
        embedded: gives the data: address of an address; None if it is left out.

    Returns:
        `css` as it is, where nothing is to be fetched; "" where it is nested too deeply.
    """
    if not any(sign in css for sign in "(@\\"):
        return css
    nodes = tinycss2.parse_component_value_list(css)
    if not _close(nodes, embedded):
        return css
    try:
        text = str(tinycss2.serialize(nodes))
    except RecursionError:
        return ""
    # An escape in a string is written out, and could end the element that the style stands in.
    return text.replace("</", "<\\/")


def _close(nodes: list[Any], embedded: Callable[[str], str | None]) -> bool:
    """Close what was parsed, in place; say whether anything changed."""
    changed = False
    waiting: list[tuple[list[Any], bool]] = [(nodes, False)]
    while waiting:
        inside, fetching = waiting.pop()
        rule = ""  # the at-rule whose prelude this is
        for at, node in enumerate(inside):
            if node.type == "at-keyword":
                rule = node.lower_value
            elif node.type == "{} block" or node == ";":
                rule = ""
            if node.type == "function":
                waiting.append((node.arguments, node.lower_name in _FETCHING))
            elif node.type.endswith(" block"):
                waiting.append((node.content, False))
            elif rule == "namespace":
                continue
            elif node.type == "url" or (node.type == "string" and (fetching or rule == "import")):
                address = node.value if node.value.startswith("#") else embedded(node.value)
                if address != node.value:
                    inside[at] = _token(node.type, address or _NOTHING)
                    changed = True
    return changed


def _token(kind: str, address: str) -> Any:
    text = f'"{address}"' if kind == "string" else f'url("{address}")'
    return tinycss2.parse_component_value_list(text)[0]
