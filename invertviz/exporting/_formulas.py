"""Formulas as MathML, which browsers draw by themselves: no MathJax, no network.

Temml (https://temml.org) translates them, in an engine of JavaScript that comes with a package.
"""

from __future__ import annotations

import json
import re
import secrets
from html import escape, unescape
from typing import Any

from bs4 import BeautifulSoup, Tag

from ._libraries import TEMML, TEMML_STYLE

_DELIMITED = re.compile(
    r"\s*(?:\$\$(?P<a>.+)\$\$|\$(?P<b>.+)\$|\\\[(?P<c>.+)\\\]|\\\((?P<d>.+)\\\))\s*", re.DOTALL
)
_BODY = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_OPERATOR = re.compile(r"\\DeclareMathOperator(\*?)\s*\{?\s*(\\[A-Za-z]+)\s*\}?\s*" + _BODY)
_LINK = re.compile(r"\\href\s*\{[^{}]*\}")  # formulas lead nowhere; what is linked stays
_DEFINES = re.compile(r"\\(?:def|let|(?:re|provide)?newcommand)(?![A-Za-z])")

# A string that JavaScript joined from parts is none to the engine's package: JSON is. What a
# formula defines holds for those after it, and may be defined again, as MathJax has it.
_TRANSLATE = """\
let macros = {};
const first = (texts, act) => {
  for (const text of texts) {
    try {
      return act(text);
    } catch (error) {
      if (!(error instanceof temml.ParseError)) throw error;
    }
  }
  return null;
};
(tex, displayMode, defines) => {
  const swapped = (a, b) => tex.replaceAll(`\\\\${a}command`, `\\\\${b}command`);
  const texts = defines ? [tex, swapped("new", "renew"), swapped("renew", "new")] : [tex];
  const options = { displayMode, macros, throwOnError: true };
  const html = first(texts, (text) => temml.renderToString(text, options));
  const defined = defines && html && first(texts, (text) => temml.definePreamble(text));
  macros = { ...macros, ...(defined || {}) };
  return JSON.stringify(html);
}
"""
_SECONDS, _BYTES = 5, 200_000_000  # that one formula may take; each takes a millisecond


class Formulas:
    """The formulas of one page, in their order: numbered, and referred to by number.

    Attributes:
        untranslated: TeX that stands as it is, because Temml knows no such command or none could;
            references to no label.
    """

    def __init__(self) -> None:
        self.untranslated: list[str] = []
        self._engine: Any = None
        self._drawn: set[str] = set()
        self._number = 0
        self._labels: dict[str, str] = {}
        self._mark = secrets.token_hex(8)

    def mathml(self, tex: str, *, block: bool = False) -> str:
        """A formula as HTML: MathML, or its TeX, readable, where that cannot be translated.

        Args:
            tex: without delimiters.
            block: it stands on lines of its own.
        """
        html = self._translated(tex, block)
        if html is None:
            self.untranslated.append(tex.strip())
            return f'<code class="iv-tex">{escape(tex.strip())}</code>'
        if 'class="tml-' in html:
            html = self._numbered(html)
        self._drawn |= set(unescape(re.sub("<[^>]*>", "", html)))
        return html

    def output(self, text: str) -> str:
        """What a text/latex output says, as HTML: one formula in its delimiters, or text."""
        found = _DELIMITED.fullmatch(text)
        if not found:
            environment = text.lstrip().startswith(r"\begin")
            return self.mathml(text, block=True) if environment else f"<p>{escape(text)}</p>"
        tex = next(filter(None, found.groups())).replace(r"\displaystyle", "")
        return self.mathml(tex, block=found["b"] is None and found["d"] is None)

    def finished(self, html: str) -> str:
        """A page with the numbers that its formulas refer to."""

        def number(found: re.Match[str]) -> str:
            kind, name = found.groups()
            if name not in self._labels:
                self.untranslated.append(f"\\{kind}{{{name}}} (there is no such label)")
            text = self._labels.get(name, "(???)")
            return text if kind == "eqref" else text.strip("()")

        return re.sub(rf"{self._mark}:(\w+):(.*?):", number, html)

    def style(self) -> str:
        """The CSS of the formulas, with the font that they need; "" if there are none."""
        if not self._drawn:
            return ""
        from ._fonts import math_font

        return style(math_font("".join(self._drawn)))

    def _translated(self, tex: str, block: bool) -> str | None:
        from quickjs import Context, JSException, StackOverflow

        if self._engine is None:
            context = Context()
            context.set_memory_limit(_BYTES)
            context.set_time_limit(_SECONDS)
            context.eval(TEMML.source)
            self._engine = context.eval(_TRANSLATE)
        tex = _LINK.sub("", _OPERATOR.sub(r"\\def\2{\\operatorname\1{\3}}", tex)).strip()
        try:
            html = json.loads(self._engine(tex, block, _DEFINES.search(tex) is not None))
        except (JSException, StackOverflow):  # it took too long, or too much
            self._engine = None
            return None
        return str(html) if html else None

    def _numbered(self, html: str) -> str:
        soup = BeautifulSoup(html, features="html.parser")
        for row in soup.find_all("mtr"):
            own = row.find(class_="tml-eqn")
            tag = row.find(class_="tml-tag")
            if isinstance(own, Tag):
                self._number += 1
                own.string = f"({self._number})"
                del own.attrs["class"]  # Temml's style would count, too
            number = own or tag
            if row.attrs.get("id") and number is not None:
                self._labels[str(row.attrs["id"])] = number.get_text()
        for reference in soup.find_all("a", class_="tml-ref"):
            name = str(reference.attrs["href"]).removeprefix("#")
            kind = "eqref" if "tml-eqref" in reference.attrs["class"] else "ref"
            reference.string = f"{self._mark}:{kind}:{name}:"
            if reference.find_parent("math"):  # Temml gives one that stands alone as a link
                reference.wrap(soup.new_tag("mtext"))
        return str(soup)


def style(font: str) -> str:
    """The CSS of formulas, with the address of their font."""
    return re.sub(r"src:[^;]*;", f'src: url("{font}");', TEMML_STYLE.source, count=1)


def mathml(tex: str, *, block: bool = False) -> str:
    """One formula alone: see `Formulas.mathml`."""
    return Formulas().mathml(tex, block=block)
