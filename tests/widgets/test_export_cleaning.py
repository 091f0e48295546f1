"""What HTML of a notebook stands in its page, what is taken out, and what is said of it."""

import base64

import ipywidgets
import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

import invertviz
from invertviz.exporting import export_notebook
from invertviz.exporting._cleaning import Cleaner
from invertviz.exporting._pictures import Pictures


@pytest.fixture
def clean(tmp_path):
    """Clean HTML: the result, and what is said to be left out."""

    def clean(html, *, trust=False):
        cleaner = Cleaner(Pictures(tmp_path), trust=trust)
        return cleaner.html(html), cleaner.left_out

    return clean


def page_of(tmp_path, *cells, metadata=None, **options):
    """Export a notebook of these cells: what was written, and its text."""
    path = tmp_path / "lesson.ipynb"
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata or {}), path)
    page = export_notebook(path, tmp_path / "lesson.html", **options)
    return page, page.path.read_text()


def shown(kind, value, **metadata):
    """A cell that was run, with that output."""
    output = new_output("display_data", {kind: value}, metadata=metadata)
    return new_code_cell("show()", outputs=[output], execution_count=1)


SCRIPTS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://x.example/a.js></SCRIPT>",
    '<script type="module">alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    '<img src="x" OnError = "alert(1)">',
    "<b onclick='alert(1)'>x</b>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' JaVa\tScript:alert(1)'>x</a>",
    "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "<a href='vbscript:alert(1)'>x</a>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<math><mtext><style><img src=x title='</style><img src=y onerror=alert(1)>'>",
    "<math href='javascript:alert(1)'>x</math>",
    "<details open ontoggle=alert(1)>x</details>",
    "<body onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<svg><foreignObject><iframe onload=alert(1)></iframe></foreignObject></svg>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<template shadowrootmode=open><img src=x onerror=alert(1)></template>",
]


@pytest.mark.parametrize("html", SCRIPTS)
def test_scripts_of_all_kinds_are_taken_out_and_told(clean, html):
    text, left_out = clean(html)
    for tag in BeautifulSoup(text, features="html.parser").find_all(True):
        assert tag.name not in ("script", "iframe", "template", "animate")
        assert not any(name.startswith("on") for name in tag.attrs)
        assert "script" not in str(tag.attrs.get("href", tag.attrs.get("xlink:href", ""))).lower()
    assert left_out


def test_what_is_taken_out_is_counted_and_named(clean):
    _, left_out = clean("<script>1</script><script>2</script><i onclick=f()>x</i>")
    assert left_out == [
        "<script> (a script; --trust (in Python: trust=True) keeps it; 2 times)",
        "onclick= (a script; --trust (in Python: trust=True) keeps it)",
    ]


LEADING = [
    ("<meta http-equiv=refresh content='0;url=https://x.example'>", "0;url=https://x.example"),
    ("<iframe src='https://x.example'></iframe>", "https://x.example"),
    ("<base href='https://x.example'>", "https://x.example"),
    ("<object data='https://x.example'></object>", "https://x.example"),
    ("<embed src='https://x.example'>", "https://x.example"),
    ("<form action='https://x.example'><input value=x></form>", "https://x.example"),
    ("<button formaction='https://x.example'>x</button>", "https://x.example"),
    ("<a href='#x' ping='https://x.example'>x</a>", "https://x.example"),
    ("<link rel=prefetch href='https://x.example'>", "https://x.example"),
    ("<link rel=dns-prefetch href='//x.example'>", "//x.example"),
    ("<link rel=stylesheet href='https://x.example'>", "https://x.example"),
    ("<img src='https://x.example'>", "https://x.example"),
    ("<img src='ftp://x.example'>", "ftp://x.example"),
    ("<img src='odd://x.example'>", "odd://x.example"),
    ("<img src='\\\\x.example\\a'>", "\\\\x.example\\a"),
    ("<img srcset='https://x.example/a 2x'>", "https://x.example/a"),
    ("<picture><source srcset='//x.example'></picture>", "//x.example"),
    ("<video poster='https://x.example'></video>", "https://x.example"),
    ("<video><source src='https://x.example'></video>", "https://x.example"),
    ("<audio src='https://x.example'></audio>", "https://x.example"),
    ("<track src='https://x.example'>", "https://x.example"),
    ("<input type=image src='https://x.example'>", "https://x.example"),
    ("<table background='https://x.example'></table>", "https://x.example"),
    ("<svg><image href='https://x.example'/></svg>", "https://x.example"),
    ("<svg><image xlink:href='https://x.example'/></svg>", "https://x.example"),
    ("<svg><use href='https://x.example#a'/></svg>", "https://x.example#a"),
    ("<svg><rect fill='url(https://x.example#a)'/></svg>", "https://x.example#a"),
    ("<svg><rect mask='u\\72l(https://x.example#a)'/></svg>", "https://x.example#a"),
    ("<p style='background:url(https://x.example)'>x</p>", "https://x.example"),
    ("<p style='background:image-set(\"https://x.example\" 1x)'>x</p>", "https://x.example"),
    ("<p style='--a:url(https://x.example)'>x</p>", "https://x.example"),
    ("<style>@import 'https://x.example';</style>", "https://x.example"),
    ("<style>@import url(https://x.example) screen;</style>", "https://x.example"),
    ("<style>@media all{a{b:u\\72 l('https://x.example')}}</style>", "https://x.example"),
    ("<style>@font-face{src:url(https://x.example)}</style>", "https://x.example"),
    ("<svg><style>a{fill:url(https://x.example)}</style></svg>", "https://x.example"),
]


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize(("html", "address"), LEADING)
def test_what_leads_elsewhere_or_asks_for_something_is_taken_out_and_told(
    clean, html, address, trust
):
    text, left_out = clean(html, trust=trust)
    assert "x.example" not in text
    assert any(address in said for said in left_out)


def test_style_sheets_stay_in_their_element(clean):
    text, _ = clean(r"""<style>a{b:url(https://x.example);c:"\3c/style>\3cimg src=x>"}</style>""")
    assert [tag.name for tag in BeautifulSoup(text, features="html.parser").find_all(True)] == [
        "style"
    ]


HARMLESS = [
    '<div class="a" style="color: red; width: calc(1px + 2px)">x</div>',
    '<details open=""><summary>More</summary>x</details>',
    '<table border="1" class="dataframe"><thead><tr style="text-align: right;">'
    "<th></th></tr></thead>"
    '<tbody><tr><th scope="row" colspan="2">0</th><td>a &lt; b &amp; c</td></tr></tbody></table>',
    '<style>.a > b::after { content: "(x)"; background: url(#a); }</style>',
    "<style>@namespace svg url(http://www.w3.org/2000/svg);</style>",
    '<svg viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg" width="9"><defs>'
    '<linearGradient id="g" '
    'gradientUnits="userSpaceOnUse"><stop offset="0" stop-color="red"></stop></linearGradient>'
    '<clipPath id="c"><rect width="9" height="9"></rect></clipPath></defs>'
    '<path d="M 0 0 L 9 9" fill="url(#g)" clip-path="url(#c)" transform="translate(1,2)"></path>'
    '<use xlink:href="#c"></use><text font-size="3" text-anchor="middle">x</text></svg>',
    '<math display="block"><mfrac linethickness="0"><mi mathvariant="normal">x</mi><mn>2</mn>'
    "</mfrac></math>",
    '<img src="data:image/png;base64,iVBO" alt="a (b)" width="3">',
    '<p id="x"><b>a</b> <i>b</i><br><code>c</code><kbd>d</kbd></p><hr><pre>e</pre>',
    '<ul><li><input type="checkbox" disabled="" checked=""> done</li></ul>',
    '<video controls="" src="data:video/mp4;base64,AAAA"></video>',
    '<progress value="3" max="9"></progress><meter value="1"></meter>',
    "Zürich — 图 🎨&nbsp;&lt;b&gt;",
]


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize("html", HARMLESS)
def test_what_shows_something_stays_as_it_is(clean, html, trust):
    assert clean(html, trust=trust) == (html, [])


def test_tables_of_pandas_stay_as_they_are(clean):
    table = pd.DataFrame({"digit": [3, 7], "share": [0.5, 0.25]})

    def parts(html):
        found = BeautifulSoup(html, features="html.parser").find_all(True)
        return [(tag.name, dict(tag.attrs), tag.string and tag.string.strip()) for tag in found]

    text, left_out = clean(table._repr_html_())
    assert parts(text) == parts(table._repr_html_())
    assert left_out == []


def test_links_stay_and_tell_nobody_where_they_come_from(clean):
    text, left_out = clean(
        "<a href='https://x.example/a?b=(c)' title='t'>x</a><a href='b.csv'>y</a>"
    )
    assert 'href="https://x.example/a?b=(c)"' in text
    assert 'href="b.csv"' in text
    assert text.count('rel="noopener noreferrer"') == 2
    assert left_out == []


def test_pictures_beside_the_notebook_are_taken_wherever_they_are_named(clean, tmp_path):
    data = b"GIF89a" + bytes(9)
    (tmp_path / "dot.gif").write_bytes(data)
    for html in (
        "<img src=dot.gif>",
        "<img srcset='dot.gif 1x, dot.gif 2x'>",
        "<video poster=dot.gif></video>",
        "<p style='background: url(dot.gif)'></p>",
        "<style>p { background: url('dot.gif') }</style>",
        "<svg><image href='dot.gif'/></svg>",
    ):
        text, left_out = clean(html)
        assert base64.b64encode(data).decode() in text, html
        assert left_out == []


def test_deep_and_broken_html_ends(clean):
    for html in ("<div>" * 20_000, "<" * 50_000, "<p style='" + "(" * 5_000 + "url(x)'>", "\0<b>"):
        assert isinstance(clean(html)[0], str)


def test_trusted_scripts_stay_as_they_are(clean):
    html = (
        '<div id="plot"></div>'
        '<script type="text/javascript">if (1 < 2 && "</div>") { f("<b>") }</script>'
        '<b onclick="g(1)">x</b><my-plot data-x="(1)">y</my-plot>'
    )
    assert clean(html, trust=True) == (html, [])


def test_a_page_of_scripts_says_what_it_does_without_and_how_to_keep_it(tmp_path):
    cells = [
        new_markdown_cell("Text <script>one()</script>"),
        shown("text/html", "<div>Plot</div><script>two()</script>"),
        shown("application/javascript", "three()"),
        shown("text/markdown", "**b** <i onclick=four()>x</i>"),
        new_raw_cell("<script>five()</script>"),
    ]
    page, text = page_of(tmp_path, *cells)
    for name in ("one", "two", "three", "four", "five"):
        assert f"{name}()" not in text
    assert "<div>Plot</div>" in text
    assert len(page.left_out) == 3
    assert all("trust=True" in said for said in page.left_out)
    page, text = page_of(tmp_path, *cells, trust=True)
    for name in ("one", "two", "three", "four", "five"):
        assert f"{name}()" in text
    assert page.left_out == []


def test_data_and_metadata_of_outputs_are_data(tmp_path):
    evil = '1 onload=alert(1)><img src=x onerror=alert(1)>"'
    about = {"width": evil, "height": 20, "needs_background": evil, "unconfined": True}
    cells = [
        shown("image/png", evil, **{"image/png": about}),
        shown("image/jpeg", "aaaa", **about),
        shown("image/png", "aaaa", filenames={"image/png": "secret.png"}),
        shown("text/vnd.mermaid", evil),
        shown("text/latex", f"$x${evil}"),
        shown("text/plain", evil),
        new_markdown_cell(f"```mermaid\n{evil}\n```"),
    ]
    _, text = page_of(tmp_path, *cells)
    body = BeautifulSoup(text.partition("<main>")[2], features="html.parser")
    for tag in body.find_all(True):
        assert not any(name.startswith("on") for name in tag.attrs)
        assert str(tag.attrs.get("src", "data:")).startswith("data:")
    assert len(body.find_all("img")) == 3
    assert body.find_all("img")[1]["height"] == "20"
    assert body.find_all("img")[1]["class"] == ["unconfined"]


def test_metadata_of_the_notebook_is_data(tmp_path):
    evil = "</title><script>alert(1)</script>"
    metadata = {
        "title": evil,
        "language_info": {"name": evil, "pygments_lexer": "../../x"},
        "nbconvert": {"template_file": "/etc/passwd"},
        "widgets": {},
    }
    cell = new_code_cell(
        "x", metadata={"tags": ["<b>", "remove_cell"], "transient": "x", "nbconvert": {"a": 1}}
    )
    _, text = page_of(tmp_path, cell, metadata=metadata)
    assert BeautifulSoup(text, features="html.parser").title.string == evil
    assert "<script>alert" not in text
    for title in ("", " "):
        assert "<title>lesson</title>" in page_of(tmp_path, cell, metadata={"title": title})[1]


def test_templates_that_lie_about_are_not_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("lab", "base"):
        (tmp_path / folder).mkdir()
        for name in ("index.html.j2", "base.html.j2", "null.j2", "display_priority.j2"):
            (tmp_path / folder / name).write_text("taken over")
    (tmp_path / "page.html.j2").write_text("taken over")
    (tmp_path / "lab" / "conf.json").write_text('{"base_template": "evil"}')
    assert "taken over" not in page_of(tmp_path, new_markdown_cell("Text"))[1]


def test_html_in_the_state_of_widgets_is_cleaned(tmp_path):
    evil = "<b>x</b><meta http-equiv=refresh content='0;url=https://x.example'><i onclick=f()>y</i>"
    output = ipywidgets.Output(
        outputs=(
            new_output("display_data", {"text/html": evil}),
            new_output("display_data", {"application/javascript": "taken.over()"}),
        )
    )
    box = ipywidgets.VBox([ipywidgets.HTML(evil), ipywidgets.HTMLMath(evil), output])
    page = invertviz.export(box, tmp_path / "page.html")
    text = page.path.read_text()
    assert "x.example" not in text
    assert "onclick=f" not in text
    assert "taken.over" not in text
    assert text.count(r"\u003cb>x\u003c/b>") == 3
    assert len(page.left_out) == 3
