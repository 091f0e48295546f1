"""HTML of a notebook as a page may hold it: it makes no request, leads nowhere and runs nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from string import ascii_lowercase
from typing import Any

import nh3
from bs4 import BeautifulSoup, Tag

from . import _allowed, _styles
from ._pictures import Pictures, plain, scheme_of

_LINKS = frozenset({"", "http", "https", "mailto", "tel", "ftp", "data", "file"})
# nh3 drops addresses of other schemes unseen.
_SCHEMES = {*_LINKS - {""}, "attachment", "javascript", "vbscript", "blob", *ascii_lowercase}
_PICTURES = frozenset({"src", "poster", "background"})
_SETS = frozenset({"srcset", "imagesrcset"})
_CANDIDATE = re.compile(r"[\s,]*(\S+?)(?:,(?=\s|$)|\s+([^,]*)(?:,|$)|$)")
_SCRIPT = "a script; --trust (in Python: trust=True) keeps it"
_LEADS = "it shows another page, or leads there"
_UNKNOWN = "not shown in pages"

Attachments = Mapping[str, Mapping[str, str]]


class Cleaner:
    """Makes the HTML of one page.

    Args:
        pictures: those of the page.
        trust: keep the scripts of the notebook. What leads to another page is taken out anyway.
    """

    def __init__(self, pictures: Pictures, *, trust: bool) -> None:
        self._pictures = pictures
        self.trust = trust
        self._taken_out: Counter[str] = Counter()

    @property
    def left_out(self) -> list[str]:
        """What was taken out, each with the reason."""
        addresses = [f"{address} ({why})" for address, why in self._pictures.left_out.items()]
        return addresses + [
            text if times == 1 else f"{text[:-1]}; {times} times)"
            for text, times in self._taken_out.items()
        ]

    def html(self, text: str, attachments: Attachments | None = None) -> str:
        """HTML of which nothing can be fetched, and, without trust, nothing runs.

        Args:
            text: any text; what is no HTML is shown.
            attachments: of its cell.
        """
        found = BeautifulSoup(text, features="html.parser").find_all(True)
        elements = {tag.name for tag in found}
        for tag in found:
            self._note(tag)

        met: set[str] = set()

        def kept(element: str, name: str, value: str) -> str | None:
            met.add(value)
            try:
                return self._kept(element, name.lower(), value, attachments)
            except Exception:  # of which nh3 would make nothing, and keep the value
                self._take_out(f"{name}=", "it cannot be read")
                return None

        allowed, attributes = set(_allowed.ELEMENTS), set(_allowed.ATTRIBUTES)
        content = set(_allowed.WITH_CONTENT)
        if self.trust:
            allowed |= elements - _allowed.LEADING - _allowed.SILENT
            allowed |= {name for name in _allowed.CAPITALS if name.lower() in elements}
            attributes |= {name for tag in found for name in tag.attrs} - {"rel"}
            attributes -= _allowed.LEADING_ATTRIBUTES
            content -= allowed
        clean = nh3.clean(
            text,
            tags=allowed,
            clean_content_tags=content,
            attributes={"*": attributes} | {name: {"name"} for name in _allowed.NAMED},
            attribute_filter=kept,
            generic_attribute_prefixes={"data-", "aria-"},
            url_schemes=_SCHEMES,
        )
        self._note_unmet(found, met)
        return self._with_closed_styles(clean) if "<style" in clean else clean

    def script(self, text: str) -> str:
        """A script that is an output of its own: itself, or nothing."""
        if not self.trust:
            self._take_out("application/javascript", _SCRIPT)
            return ""
        return re.sub(r"<(?=/script|!--)", r"<\\", text, flags=re.IGNORECASE)

    def picture(self, kind: str, data: str, metadata: Mapping[str, Any]) -> str:
        """A picture that is an output of its own.

        Args:
            kind: its media type.
            data: in base64.
            metadata: of the output: width, height, needs_background and unconfined are heeded.
        """
        about = metadata.get(kind, metadata)
        about = about if isinstance(about, Mapping) else {}
        classes = ["unconfined"] if about.get("unconfined") else []
        if about.get("needs_background") in ("light", "dark"):
            classes.append(f"jp-needs-{about['needs_background']}-background")
        size = "".join(
            f' {name}="{about[name]}"'
            for name in ("width", "height")
            if re.fullmatch(r"[\d.]+(px|%)?", str(about.get(name)))
        )
        text = re.sub(r"[^A-Za-z0-9+/=]", "", data)
        return f'<img src="data:{kind};base64,{text}"{size} class="{" ".join(classes)}">'

    def _take_out(self, what: str, why: str) -> None:
        self._taken_out[f"{what} ({why})"] += 1

    def _note(self, tag: Tag) -> None:
        """Say what of an element is taken out."""
        name, attributes = tag.name, tag.attrs
        for attribute, value in attributes.items():
            if attribute.startswith("on") and not self.trust:
                self._take_out(f"{attribute}=", _SCRIPT)
            elif attribute in ("action", "formaction", "ping"):
                self._take_out(f"{attribute}={value}", _LEADS)
        if name == "script":
            if not self.trust:
                self._take_out(f"<script> {attributes.get('src', '')}".strip(), _SCRIPT)
        elif name in _allowed.LEADING:
            self._note_leading(tag)
        elif name not in _ELEMENTS and name not in _allowed.SILENT and not self.trust:
            self._take_out(f"<{name}>", _UNKNOWN)

    def _note_leading(self, tag: Tag) -> None:
        values = ("src", "href", "data", "content", "archive", "code")
        address = next((str(tag.attrs[name]) for name in values if tag.attrs.get(name)), "")
        if tag.name == "meta" and "http-equiv" not in tag.attrs:
            return  # it says something of a document that this is not
        self._take_out(f"<{tag.name}> {address}".strip(), _LEADS)

    def _note_unmet(self, found: Iterable[Tag], met: set[str]) -> None:
        """Say which addresses nh3 dropped because it knows no such scheme, or cannot read them."""
        for tag in found:
            if tag.name in _allowed.LEADING or (tag.name == "script" and not self.trust):
                continue
            for name in ("src", "poster", "background", "href"):
                address = str(tag.attrs.get(name, ""))
                if address and address not in met:
                    self._pictures.left_out.setdefault(address, "not an address for pages")

    def _kept(
        self, element: str, name: str, value: str, attachments: Attachments | None
    ) -> str | None:
        def embedded(address: str) -> str | None:
            return self._pictures.embedded(address, attachments)

        if name in _PICTURES or (name == "href" and element in ("image", "feImage")):
            return embedded(value)
        if name in _SETS:
            candidates = [(embedded(a), b) for a, b in _CANDIDATE.findall(value)]
            return ", ".join(f"{a} {b}".strip() for a, b in candidates if a) or None
        if name in ("href", "xlink:href"):
            return self._link(element, value)
        if name in _TEXT or name.startswith(("on", "data-", "aria-")):
            return value
        return _styles.closed(value, embedded)  # also of fill=, mask= and others of SVG

    def _link(self, element: str, value: str) -> str | None:
        address = plain(value)
        scheme = scheme_of(address)
        if element not in ("a", "area"):
            if address.startswith("#"):
                return value
            self._pictures.left_out[value] = "elsewhere; the page makes no request"
        elif scheme in ("javascript", "vbscript"):
            if self.trust:
                return value
            self._take_out(value, _SCRIPT)
        elif scheme in _LINKS:
            return value
        else:
            self._take_out(value, "an address of an unknown kind")
        return None

    def _with_closed_styles(self, clean: str) -> str:
        soup = BeautifulSoup(clean, features="html.parser")
        changed = False
        for style in soup.find_all("style"):
            css = style.string or ""
            closed = _styles.closed(css, self._pictures.embedded)
            if closed != css:
                style.string = closed
                changed = True
        return str(soup) if changed else clean


_ELEMENTS = frozenset(name.lower() for name in _allowed.ELEMENTS)
# Attributes whose values are text, with parentheses at times.
_TEXT = frozenset(("abbr", "alt", "class", "d", "id", "label", "placeholder", "summary", "title"))
