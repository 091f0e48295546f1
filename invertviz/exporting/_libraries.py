"""The JavaScript that a page's widgets run on: carried along, or loaded from a CDN."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import lzma
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

VENDOR = Path(__file__).parent / "vendor"
CDN = "https://cdn.jsdelivr.net"
# html-manager brings these along.
_BUILT_IN = {"@jupyter-widgets/base", "@jupyter-widgets/controls", "@jupyter-widgets/output"}


@dataclass(frozen=True)
class Library:
    """A file of an npm package; the very same one lies in `VENDOR`, compressed.

    Attributes:
        package: its name.
        version: its version.
        file: the file's path in the package.
    """

    package: str
    version: str
    file: str

    @property
    def kept(self) -> str:
        """The name of the file in `VENDOR`: fonts are compressed by themselves."""
        name = Path(self.file).name
        return name if Path(name).suffix in FONTS else f"{name}.xz"

    @property
    def url(self) -> str:
        """Where the CDN has the file."""
        return f"{CDN}/npm/{self.package}@{self.version}/{self.file}"

    @cached_property
    def data(self) -> bytes:
        """The file's bytes."""
        data = (VENDOR / self.kept).read_bytes()
        return lzma.decompress(data) if self.kept.endswith(".xz") else data

    @cached_property
    def source(self) -> str:
        """The file's text."""
        return self.data.decode()


FONTS = {".woff", ".woff2"}
REQUIRE = Library("requirejs", "2.3.8", "require.js")
HTML_MANAGER = Library("@jupyter-widgets/html-manager", "1.0.15", "dist/embed-amd.js")

# Formulas become MathML as the page is written; the page carries the style and part of the font.
TEMML = Library("temml", "0.13.5", "dist/temml.min.js")
TEMML_STYLE = Library("temml", "0.13.5", "dist/Temml-STIX2.css")
MATH_FONT = Library(
    "@fontsource/stix-two-math", "5.3.0", "files/stix-two-math-latin-400-normal.woff"
)
LIBRARIES = (REQUIRE, HTML_MANAGER, TEMML, TEMML_STYLE, MATH_FONT)

# html-manager's icon fonts: how it names them, and which they are in VENDOR.
_FONT = re.compile(r'[\w$]+\.p\+"([0-9a-f]{20}\.\w+)"')
_ICONS = "*.woff2"

# Where html-manager takes its own address from: a page in a frame may have none (about:srcdoc).
_ADDRESS = re.compile(r"document\.location(?=\))|document\.baseURI\|\|self\.location\.href")
_HERE = """\
const invertvizHere = ["http:", "https:", "file:"].includes(location.protocol)
  ? location.href
  : "https://page.invalid/";
"""

_MODULE = """\
(define => {{
{source}
}})(Object.assign((...given) => window.define({name}, ...given), {{amd: {{}}}}));
"""

# The libraries would be half of the tour's page and more; compressed, they take a third of that.
# html-manager starts by itself, however late it comes.
_UNPACK = """\
(async () => {
  const { nonce, previousElementSibling: packed } = document.currentScript;
  const bytes = Uint8Array.from(atob(packed.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  for (const source of await new Response(stream).json()) {
    const script = document.createElement("script");
    script.nonce = nonce;
    script.textContent = source;
    document.head.append(script);
  }
  packed.remove();
})().catch((error) => {
  console.error(error);
  document.body.prepend("The interactive parts of this page need a newer browser.");
});
"""


def widget_modules(state: dict[str, dict[str, object]]) -> list[str]:
    """The modules that models need beside html-manager, those that others need first.

    Args:
        state: model states by id, of a widget manager's state.
    """
    names = {str(model["model_module"]) for model in state.values()} - _BUILT_IN
    if "bqplot" in names:
        names.add("bqscales")  # its scales live there
    return sorted(names, key=lambda name: (name != "bqscales", name))


def find_module(name: str) -> Path | None:
    """The AMD module that an installed Python package ships for classic pages, if one does."""
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("nbextensions"):
        path = Path(folder) / name / "index.js"
        if path.is_file():
            return path
    return None


def sources(modules: Iterable[str]) -> list[str]:
    """The JavaScript of all scripts, in the order in which they run: require.js is the first.

    Args:
        modules: what `widget_modules` says; each can be found by `find_module`.
    """
    parts = [REQUIRE.source]
    for name in modules:
        path = find_module(name)
        assert path is not None, name
        source = path.read_text(encoding="utf-8")
        # These files define a module without a name; here they stand in one page and need one.
        parts.append(_MODULE.format(source=source, name=json.dumps(name)))
    parts += _html_manager()
    return [re.sub(r"^//# sourceMappingURL=.*$", "", part, flags=re.MULTILINE) for part in parts]


def inlined(modules: Iterable[str], nonce: str) -> tuple[str, str]:
    """`sources` as script elements: for the page's head and, compressed, for its end.

    Args:
        modules: see `sources`.
        nonce: tells the page's Content-Security-Policy that they are the page's own.
    """
    require, *rest = sources(modules)
    return _script(require, nonce), _packed(rest, nonce)


def linked(nonce: str) -> tuple[str, str]:
    """As `inlined`, but loaded from the CDN; there html-manager finds the modules itself."""
    # html-manager looks for its icon fonts where require.js says that its modules come from.
    folder = HTML_MANAGER.url.rpartition("/")[0]
    paths = {
        HTML_MANAGER.package: f"{folder}/index",
        f"{HTML_MANAGER.package}/dist/libembed-amd": f"{folder}/libembed-amd",
    }
    config = f"requirejs.config({json.dumps({'paths': paths})});"
    return _link(REQUIRE) + _script(config, nonce), _link(
        HTML_MANAGER, "data-jupyter-widgets-cdn-only"
    )


def _html_manager() -> list[str]:
    fonts = {
        path.name: f"data:font/woff2;base64,{base64.b64encode(path.read_bytes()).decode()}"
        for path in sorted(VENDOR.glob(_ICONS))
    }

    def font(found: re.Match[str]) -> str:
        return f'invertvizIconFonts["{found[1]}"]' if found[1] in fonts else '"data:,"'

    return [
        f"const invertvizIconFonts = {json.dumps(fonts)};\n{_HERE}",
        _ADDRESS.sub("invertvizHere", _FONT.sub(font, HTML_MANAGER.source)),
    ]


def _packed(sources: Iterable[str], nonce: str) -> str:
    data = gzip.compress(json.dumps([*sources]).encode(), mtime=0)
    text = base64.b64encode(data).decode()
    return f'<script type="application/gzip">{text}</script>\n{_script(_UNPACK, nonce)}'


def _script(source: str, nonce: str) -> str:
    # Inside strings, templates and patterns these escapes mean the same, and end no script element.
    source = re.sub(r"<(?=/script|!--)", r"<\\", source, flags=re.IGNORECASE)
    return f'<script nonce="{nonce}">\n{source}\n</script>\n'


def _link(library: Library, attribute: str = "") -> str:
    digest = hashlib.sha384(library.source.encode()).digest()
    integrity = f"sha384-{base64.b64encode(digest).decode()}"
    trusted = f'integrity="{integrity}" crossorigin="anonymous"'
    return f'<script src="{library.url}" {trusted} {attribute}></script>\n'
