"""Exported pages inside other pages: in frames of all kinds, and where scripts are held back."""

from __future__ import annotations

import base64
from html import escape

import pytest
from _drawing import SEVEN, CanvasView

import invertviz
from invertviz.widgets import DrawingCanvas

BLOB = """
<script type="text/plain" id="page">{data}</script><script>
  const bytes = Uint8Array.from(atob(page.textContent), (letter) => letter.charCodeAt(0));
  const frame = document.createElement("iframe");
  frame.src = URL.createObjectURL(new Blob([bytes], {{ type: "text/html" }}));
  document.body.append(frame);
</script>"""
WRITTEN = """
<script type="text/plain" id="page">{data}</script><script>
  const bytes = Uint8Array.from(atob(page.textContent), (letter) => letter.charCodeAt(0));
  const frame = document.createElement("iframe");
  document.body.append(frame);
  frame.contentDocument.write(new TextDecoder().decode(bytes));
  frame.contentDocument.close();
</script>"""
FRAMES = {
    "srcdoc": '<iframe srcdoc="{text}"></iframe>',
    "sandboxed srcdoc": '<iframe sandbox="allow-scripts" srcdoc="{text}"></iframe>',
    "sandboxed file": '<iframe sandbox="allow-scripts" src="page.html"></iframe>',
    "blob": BLOB,
    "written": WRITTEN,
}
STYLE = "<meta charset=utf-8><style>iframe { width: 100%; height: 800px }</style><body>"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    sample = invertviz.datasets.load("mnist-sample")
    canvas = DrawingCanvas(invertviz.load_pretrained(), image=sample.test.images[7])
    return invertviz.export(canvas, tmp_path_factory.mktemp("frames") / "page.html").path


class Inside:
    """A frame, with the mouse of its page."""

    def __init__(self, page):
        self.frame = page.frames[1]
        self.mouse = page.mouse

    def __getattr__(self, name):
        return getattr(self.frame, name)


def around(page, outer, head=""):
    """A page that shows the exported one."""
    text = page.read_text()
    data = base64.b64encode(text.encode()).decode()
    path = page.parent / "outer.html"
    path.write_text("<!doctype html>" + head + STYLE + outer.format(text=escape(text), data=data))
    return path


@pytest.mark.parametrize("kind", FRAMES)
def test_widgets_are_alive_in_frames_of_all_kinds(read, page, kind):
    reader = read(around(page, FRAMES[kind]))
    canvas = CanvasView(Inside(reader.page))
    canvas.settle("browser")
    assert canvas.prediction == "3"
    canvas.part("clear").click()
    canvas.draw(SEVEN, engine="browser")
    assert canvas.prediction == "7"
    reader.requests = [url for url in reader.requests if not url.endswith("page.html")]


STILL = {
    "scripts": ('<iframe sandbox srcdoc="{text}"></iframe>', "", "scripts are switched off here"),
    "its own": (FRAMES["srcdoc"], "script-src 'self'", "scripts are switched off here"),
    "compiled": (FRAMES["srcdoc"], "script-src 'unsafe-inline' blob:", "lacks 'unsafe-eval'"),
}


@pytest.mark.parametrize("kind", STILL)
def test_where_scripts_are_held_back_the_page_says_so(read, page, kind):
    outer, policy, said = STILL[kind]
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
    reader = read(around(page, outer, head))
    note = reader.page.frames[1].locator(".iv-page-note")
    note.filter(has_text=said).wait_for()
    assert note.count() == 1
    assert reader.console_errors
    reader.console_errors.clear()  # they tell of what was held back


def test_where_they_run_the_page_says_nothing(read, page):
    reader = read(page)
    CanvasView(reader.page).settle("browser")
    assert reader.page.locator(".iv-page-note:visible").count() == 0
