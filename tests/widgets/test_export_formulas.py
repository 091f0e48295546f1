"""Formulas of exported pages: what becomes MathML, what stays TeX, and that all of it is data."""

import time
import unicodedata

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from invertviz.cli import main
from invertviz.exporting import export_notebook
from invertviz.exporting._formulas import Formulas, mathml

TRANSLATED = [
    (r"\hat z = \arg\min_z \left\| x - f(z) \right\|_2^2", "zˆ=arg minz‖x−f(z)‖22"),
    (r"\operatorname*{arg\,min}_{z} \mathcal{L}(z)", "arg minzℒ(z)"),
    (r"\operatorname{softmax}(o)_k = \frac{e^{o_k}}{\sum_j e^{o_j}}", "softmax(o)k=eok∑jeoj"),
    (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a=bc=d"),
    (r"\begin{align*} \tilde a_1 &= (z_2 - b_2) W_2^{-1} \end{align*}", "a~1=(z2−b2)W2−1"),
    (r"\begin{split} a &= b \\ &= c \end{split}", "a=b=c"),
    (r"f = \begin{cases} x & \text{if } x > 0 \\ 0 & \text{else} \end{cases}", "f={xif x>00else"),
    (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "(abcd)"),
    (r"\begin{bmatrix} 1 \\ 0 \end{bmatrix}", "[10]"),
    (r"\begin{array}{c|c} 1 & 2 \\ \hline 3 & 4 \end{array}", "1234"),
    (r"\mathbb{E}_{x \sim p}[\log p(x)]", "𝔼x∼p[log p(x)]"),
    (r"\mathbb{R}^n \mathcal{N} \mathfrak{g}", "ℝn𝒩𝔤"),
    (r"\boldsymbol{\theta} \bm{x} \mathbf{W}", "𝜽𝒙𝐖"),
    (r"\underbrace{a + b}_{\text{sum}}", "a+b⏟sum"),
    (r"\sum_{i=1}^{N} \int_0^\infty \prod_j x_{ij}\,\mathrm{d}x", "∑i=1N∫0∞∏jxij dx"),
    (r"\lim_{n \to \infty} \max_k \det A", "limn→∞maxkdet A"),
    (r"\text{p<q & r}".replace("&", r"\&"), "p<q & r"),
    (r"x \lt y \& z", "x<y&z"),
    (r"\color{red} x + \textcolor{blue}{y}", "x+y"),
    (r"\href{javascript:alert(1)}{x} + \href{https://a.b/%20#c}{y}", "x+y"),
    (r"\newcommand{\half}[1]{\frac{#1}{2}} \half{x}", "x2"),
    (r"\DeclareMathOperator*{\argmin}{arg\,min} \argmin_z f", "arg minzf"),
    (r"\def\vec#1{\mathbf{#1}} \vec{x}", "𝐱"),
    (r"\lVert x \rVert_1 \le \sqrt[3]{n}", "‖x‖1≤n3"),
    (r"\left. \frac{\partial f}{\partial x} \right|_{x=0}", "∂f∂x|x=0"),
    (
        r"\mathcal{N}(\mu, \Sigma) \propto \exp\!\left(-\tfrac12 x^\top x\right)",
        "𝒩(μ,Σ)∝exp(−12x⊤x)",
    ),
    (r"\vec{v} \cdot \dot{x} + \overline{ab} + \widehat{xy}", None),
    (r"a \xrightarrow{f} b \stackrel{!}{=} c \overset{d}{=} e", None),
    (r"\sum_{\substack{i<n \\ j<m}} x_{ij}", "∑i<nj<mxij"),
    (r"\mathop{\mathrm{arg\,max}}_\theta p", "arg maxθp"),
    (r"\dfrac{1}{1 + e^{-x}} \binom{n}{k}", "11+e−x(nk)"),
    (r"\boxed{x = 1} \phantom{x} \quad z", None),
    (r"x \in \{0, 1\}^{784}, \; \forall i \ne j", "x∈{0,1}784, ∀i≠j"),
    (r"f'(x) + x^{\prime} + \ell + \Re", None),
    (r"90^\circ + 50\% + \$5 + a\_b", "90∘+50%+$5+a_b"),
    (r"784 \to 100 \to 10", "784→100→10"),
    (r"\mathrm{KL}(q \,\|\, p) \odot \otimes \circ", None),
    (r"\min_W \lVert W \rVert_F^2 + \lambda \lVert W \rVert_*", None),
    (r"\bigl( x \bigr) \Big[ y \Big] \Bigg\{ z \Bigg\}", "(x)[y]{z}"),
    (r"E = mc^2 \tag{1}", "E=mc2(1)"),
    (r"\cancel{x} + \not= + \approx", None),
    (r"日本 \text{Größe } \alpha", "日本Größe α"),
]


def drawn(html):
    """The characters that a formula shows."""
    text = BeautifulSoup(html, features="html.parser").get_text()
    return "".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cf")


@pytest.mark.parametrize(("tex", "shown"), TRANSLATED)
def test_formulas_of_the_subject_become_mathml(tex, shown):
    formulas = Formulas()
    html = formulas.mathml(tex, block=True)
    assert html.startswith("<math")
    assert "\\" not in html
    assert formulas.untranslated == []
    if shown:
        assert "".join(drawn(html).split()) == "".join(shown.split())


def test_limits_stand_below_and_formulas_know_where_they_stand():
    assert "<munder><mi>min</mi><mi>x</mi></munder>" in mathml(r"\arg\min_x", block=True)
    assert 'display="block"' in mathml("x^2", block=True)
    assert "display" not in mathml("x^2")


EVIL = [
    r"\text{<img src=x onerror=alert(1)>}",
    r"\text{</math><script>alert(1)</script>}",
    r"\foo{<img src=x onerror=alert(1)>}",
    r"\href{javascript:alert(1)}{\text{<b>x</b>}}",
    r"\url{javascript:alert(1)}",
    r"\class{x\"onclick=alert(1)}{y}",
    r"\style{background:url(https://x.example)}{y}",
    r"\htmlData{a=b}{y}",
    r"\includegraphics{/etc/passwd}",
    r"\color{red\" onclick=\"alert(1)}x",
    r"\begin{<b>} x \end{<b>}",
    r"\label{x\" onclick=\"alert(1)} \tag{<b>}",
    "<b>x</b>",
]


@pytest.mark.parametrize("tex", EVIL)
def test_whatever_a_formula_says_is_data(tex):
    html = Formulas().mathml(tex, block=True)
    for tag in BeautifulSoup(html, features="html.parser").find_all(True):
        assert tag.name == "code" or tag.name.startswith("m") or tag.name == "span"
        assert not {name for name in tag.attrs if name.startswith("on") or name in ("src", "href")}
        assert "url" not in str(tag.attrs.get("style", ""))


def test_what_cannot_be_translated_stays_readable_and_is_named():
    formulas = Formulas()
    for tex in (r"\foo{x}", r"\frac", "{", r"a & b", r"\text{<img>}\unknown"):
        html = formulas.mathml(tex)
        assert html.startswith('<code class="iv-tex">')
        assert "<img" not in html
        assert formulas.untranslated[-1] == tex


@pytest.mark.parametrize(
    "tex",
    [
        r"\def\a{\a\a}\a",
        r"\def\b#1{#1#1#1#1#1#1#1#1}\b{\b{\b{\b{\b{\b{\b{\b{x}}}}}}}}",
        "{" * 30_000,
        r"\sqrt{" * 3_000 + "}" * 3_000,
        "x^" * 30_000,
        r"\text{" + "a" * 300_000 + "}",
    ],
)
def test_formulas_without_end_do_not_take_the_export_along(tex):
    formulas = Formulas()
    began = time.monotonic()
    formulas.mathml(tex)
    assert time.monotonic() - began < 12
    assert formulas.mathml("x^2").startswith("<math")


def test_what_a_formula_defines_holds_for_those_after_it():
    formulas = Formulas()
    formulas.mathml(r"\newcommand{\R}{\mathbb{R}} \def\x{\mathbf{x}}")
    assert drawn(formulas.mathml(r"\x \in \R")) == "𝐱∈ℝ"
    assert drawn(formulas.mathml(r"\newcommand{\R}{\mathbf{R}} \R")) == "𝐑"
    assert drawn(formulas.mathml(r"\R")) == "𝐑"
    assert drawn(Formulas().mathml(r"\R")) != "𝐑"


def test_equations_are_numbered_and_referred_to():
    formulas = Formulas()
    html = (
        formulas.mathml(r"\text{as in } \eqref{eq:b} \text{ and } \ref{eq:t}")
        + formulas.mathml(r"\begin{equation} a \end{equation}", block=True)
        + formulas.mathml(
            r"\begin{align} b \label{eq:b} \\ c \nonumber \\ d \end{align}", block=True
        )
        + formulas.mathml(r"e \label{eq:t} \tag{T}", block=True)
        + formulas.mathml(r"\eqref{none}")
    )
    page = BeautifulSoup(formulas.finished(html), features="html.parser")
    assert [link.get_text() for link in page.find_all("a")] == ["(2)", "T", "(???)"]
    assert [text.get_text() for text in page.find_all("span")] == ["(1)", "(2)", "(3)"]
    for link in page.find_all("a")[:2]:
        assert page.find(id=link["href"][1:]).name == "mtr"
    assert formulas.untranslated == [r"\eqref{none} (there is no such label)"]


def test_outputs_are_formulas_or_text():
    formulas = Formulas()
    assert formulas.output(r"$\displaystyle x^{2}$").startswith("<math>")
    assert 'display="block"' in formulas.output("$$x$$")
    assert 'display="block"' in formulas.output(r"\begin{align}a\end{align}")
    assert formulas.output("plain <b>") == "<p>plain &lt;b&gt;</p>"


def test_a_page_carries_style_and_font_only_with_formulas_and_names_what_stays_tex(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    nbformat.write(new_notebook(cells=[new_markdown_cell("Text")]), "plain.ipynb")
    assert "data:font" not in export_notebook("plain.ipynb", "plain.html").path.read_text()
    cells = [
        new_markdown_cell("$$e \\label{e} \\tag{A}$$ see $\\eqref{e}$ or $x \\eqref{e}$"),
        new_markdown_cell("$\\arg\\min_x$ and $\\foo{<b>}$ and $$\\sum_i \\bar{x}$$"),
        new_code_cell("f", outputs=[new_output("display_data", {"text/latex": "$\\int x$"})]),
    ]
    nbformat.write(new_notebook(cells=cells), "lesson.ipynb")
    page = export_notebook("lesson.ipynb", "lesson.html")
    text = page.path.read_text()
    assert text.count("<math") == 5
    links = BeautifulSoup(text, features="html.parser").select('a[href="#e"]')
    assert [link.get_text() for link in links] == ["(A)", "(A)"]
    assert [link.parent.name for link in links] == ["p", "mtext"]
    assert text.count("data:font/woff") == 1
    assert '<code class="iv-tex">\\foo{&lt;b&gt;}</code>' in text
    assert page.untranslated == [r"\foo{<b>}"]
    assert page.left_out == []
    assert page.size < 450_000
    with pytest.raises(SystemExit):
        main(["export", "lesson.ipynb"])
    assert r"this formula stays as TeX: \foo{<b>}" in capsys.readouterr().err
