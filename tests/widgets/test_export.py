"""Notebooks and widgets as one page: what goes in, what is said, what is refused."""

import base64
import json
import os
import re

import ipywidgets
import nbformat
import pytest
from ipywidgets import jslink

import invertviz
from invertviz.cli import main
from invertviz.exporting import export_notebook
from invertviz.programs import dense_program
from invertviz.widgets import DrawingCanvas

CODE, TEXT = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
EVIL = "</script><script>alert(1)</script><!--<script><img src=x onerror=alert(1)>"


def write(path, *cells):
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return path


def state_in(page):
    """The widget state that a page holds, as its readers' browsers parse it."""
    (found,) = re.findall(
        r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>',
        page.read_text(),
        re.DOTALL,
    )
    return json.loads(found)["state"]


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a command in this process: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return ended.value.code, out, err

    return run


@pytest.fixture
def lesson(tmp_path):
    """A notebook that shows a canvas, made without running it."""
    return write(
        tmp_path / "lesson.ipynb",
        TEXT("# A lesson"),
        CODE("from invertviz.widgets import DrawingCanvas\ncanvas = DrawingCanvas()\ncanvas"),
    )


def test_a_page_of_one_widget_holds_what_it_refers_to_and_nothing_else(tmp_path, pretrained):
    other = DrawingCanvas(pretrained)
    canvas = DrawingCanvas(pretrained)
    page = invertviz.export(canvas, tmp_path / "page.html")
    state = state_in(page.path)
    assert canvas.model_id in state
    assert canvas._network_model.model_id in state
    assert other.model_id not in state
    assert page.left_out == []


def test_weights_lie_in_the_page_once_however_many_widgets_show_them(tmp_path, pretrained):
    four = [DrawingCanvas(pretrained) for _ in range(4)]
    page = invertviz.export(four, tmp_path / "page.html")
    weights = base64.b64encode(dense_program(pretrained)).decode()
    assert page.path.read_text().count(weights) == 1
    assert page.path.read_text().count(weights[:5000]) == 1
    assert page.sizes["weights"] == len(weights)
    assert page.size == page.path.stat().st_size
    one = invertviz.export(four[0], tmp_path / "one.html")
    assert page.size - one.size < 150_000


def test_links_go_along_if_both_their_ends_do(tmp_path):
    a, b, hidden = (ipywidgets.IntSlider() for _ in range(3))
    inside = jslink((a, "value"), (b, "value"))
    outside = jslink((a, "value"), (hidden, "value"))
    state = state_in(invertviz.export(ipywidgets.VBox([a, b]), tmp_path / "page.html").path)
    assert inside.model_id in state
    assert outside.model_id not in state
    assert hidden.model_id not in state


def test_names_and_titles_are_data(tmp_path):
    network = invertviz.load_pretrained()
    network.class_names = (EVIL, *"123456789")
    canvas = DrawingCanvas(network)
    page = invertviz.export(canvas, tmp_path / "page.html", title=EVIL)
    text = page.path.read_text()
    assert "<img src=x" not in text
    assert "alert(1)</script>" not in text
    assert state_in(page.path)[canvas.model_id]["state"]["class_names"][0] == EVIL


def test_file_names_are_data(tmp_path):
    path = write(tmp_path / "<img src=x onerror=alert(1)>.ipynb", TEXT("Text"))
    page = export_notebook(path, path.with_suffix(".html")).path.read_text()
    assert "<title>&lt;img src=x onerror=alert(1)&gt;</title>" in page
    assert "<img" not in page


def test_a_notebook_without_widgets_is_a_page_without_libraries(tmp_path):
    path = write(tmp_path / "plain.ipynb", TEXT("# Only text"), CODE("1 + 1"))
    page = export_notebook(path, tmp_path / "plain.html")
    assert page.sizes["libraries"] == page.sizes["weights"] == page.sizes["data"] == 0
    text = page.path.read_text()
    assert "Only text" in text
    assert "define(" not in text
    assert page.size < 400_000


def test_cdn_pages_are_small_and_name_what_they_load_exactly(tmp_path, pretrained):
    page = invertviz.export(DrawingCanvas(pretrained), tmp_path / "page.html", cdn=True)
    assert page.size < 1_500_000
    scripts = re.findall(r"<script src=[^>]*>", page.path.read_text())
    assert len(scripts) == 2
    for script in scripts:
        assert 'src="https://cdn.jsdelivr.net/npm/' in script
        assert 'integrity="sha384-' in script
        assert 'crossorigin="anonymous"' in script


def test_the_command_runs_the_notebook_and_tells_the_size_of_each_part(run, lesson, tmp_path):
    before = lesson.read_bytes()
    code, out, err = run("export", lesson, "--execute", "-o", tmp_path / "page.html")
    assert code == 0, err
    assert "running and exporting" in err
    page = tmp_path / "page.html"
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert list(lines) == ["libraries", "weights", "data", "notebook", "total", "saved"]
    assert lines["total"] == f"{page.stat().st_size / 1e6:.2f} MB"
    assert lines["saved"] == str(page)
    assert lesson.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lesson.ipynb", "page.html"]
    assert len(state_in(page)) >= 3  # canvas, layout, network


def test_the_page_stands_beside_the_notebook_if_no_name_is_given(run, tmp_path):
    write(tmp_path / "plain.ipynb", TEXT("Text"))
    assert run("export", "plain.ipynb")[0] == 0
    assert (tmp_path / "plain.html").exists()


def test_a_notebook_that_was_not_run_is_told(run, lesson):
    told = "lesson.ipynb holds no outputs; run it first, or give --execute."
    code, _, err = run("export", "lesson.ipynb")
    assert code == 0
    assert told in err
    assert told not in run("export", "lesson.ipynb", "--execute")[2]


def test_a_notebook_without_outputs_is_not_told_to_be_run_where_that_was_done(run, tmp_path):
    write(tmp_path / "quiet.ipynb", TEXT("Text"), CODE("x = 1", execution_count=1), CODE(""))
    write(tmp_path / "text.ipynb", TEXT("Text"), CODE(""))
    for name in ("quiet.ipynb", "text.ipynb"):
        assert "outputs" not in run("export", name)[2]


def test_a_missing_state_is_told_with_the_cell(run, tmp_path):
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "abc", "version_major": 2}}
    cell = CODE("# look\ncanvas", outputs=[nbformat.v4.new_output("display_data", view)])
    write(tmp_path / "lesson.ipynb", TEXT("# A"), TEXT("# B"), cell)
    code, _, err = run("export", "lesson.ipynb")
    assert code == 2
    assert "cell 3 (# look)" in err
    assert "--execute" in err
    assert not (tmp_path / "lesson.html").exists()


def test_a_failed_cell_is_told_with_its_number_and_error(run, tmp_path):
    write(tmp_path / "lesson.ipynb", TEXT("# A"), CODE("x = 1"), CODE("\nx / 0"))
    (tmp_path / "page.html").write_text("before")
    code, _, err = run("export", "lesson.ipynb", "--execute", "-o", "page.html")
    assert code == 2
    assert "cell 3 (x / 0) failed: ZeroDivisionError: division by zero" in err
    assert (tmp_path / "page.html").read_text() == "before"


def test_a_cell_that_takes_too_long_is_told(run, tmp_path):
    write(tmp_path / "lesson.ipynb", CODE("1"), CODE("import time; time.sleep(600)"))
    code, _, err = run("export", "lesson.ipynb", "--execute", "--timeout", "1")
    assert code == 1
    assert "cell 2 (import time; time.sleep(600)) took more than 1 s" in err
    assert "--timeout" in err


def test_a_kernel_that_dies_is_told(run, tmp_path):
    write(tmp_path / "lesson.ipynb", CODE("import os; os._exit(1)"))
    code, _, err = run("export", "lesson.ipynb", "--execute")
    assert code == 1
    assert "the kernel died in cell 1" in err


def test_a_kernel_that_is_not_installed_is_told(run, tmp_path):
    path = write(tmp_path / "lesson.ipynb", CODE("1"))
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.kernelspec = {"name": "no-such", "display_name": "None"}
    nbformat.write(notebook, path)
    code, _, err = run("export", "lesson.ipynb", "--execute")
    assert code == 1
    assert "'no-such'" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.ipynb"], 1, "there is no notebook none.ipynb"),
        (["."], 1, "is a folder"),
        (["text.txt"], 2, "is not a Jupyter notebook"),
        (["other.json"], 2, "is not a Jupyter notebook"),
        (["good.ipynb", "-o", "nowhere/page.html"], 1, "there is no folder nowhere"),
        (["good.ipynb", "-o", "."], 1, "is a folder"),
        (["good.ipynb", "-o", "good.ipynb"], 2, "is the notebook itself"),
        (["good.ipynb", "--theme", "pink"], 2, "pink"),
        (["good.ipynb", "--timeout", "0"], 2, "--timeout"),
    ],
)
def test_bad_input_is_told_in_a_line(run, tmp_path, arguments, code, said):
    (tmp_path / "text.txt").write_text("no JSON")
    (tmp_path / "other.json").write_text('{"cells": 3}')
    good = write(tmp_path / "good.ipynb", TEXT("Text"))
    before = good.read_bytes()
    ended, _, err = run("export", *arguments)
    assert ended == code
    assert said in err
    assert good.read_bytes() == before


def test_a_failed_write_leaves_the_old_page(run, tmp_path, monkeypatch):
    write(tmp_path / "lesson.ipynb", TEXT("Text"))
    page = tmp_path / "lesson.html"
    page.write_text("before")

    def full(*_):
        raise OSError("no space left on the disk")

    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr("pathlib.Path.replace", full)
    code, _, err = run("export", "lesson.ipynb")
    assert code == 1
    assert "no space left" in err
    assert page.read_text() == "before"
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ([], ValueError, "no widget"),
        (["canvas"], TypeError, "not str"),
        ("lesson.ipynb", TypeError, "export_notebook"),
        ([ipywidgets.Layout()], TypeError, "not Layout"),
    ],
)
def test_only_widgets_are_exported(tmp_path, given, error, said):
    with pytest.raises(error, match=said):
        invertviz.export(given, tmp_path / "page.html")


def test_a_closed_widget_or_an_unknown_theme_is_refused(tmp_path):
    slider = ipywidgets.IntSlider()
    with pytest.raises(ValueError, match="auto, light, dark"):
        invertviz.export(slider, tmp_path / "page.html", theme="pink")
    slider.close()
    with pytest.raises(ValueError, match="closed"):
        invertviz.export(slider, tmp_path / "page.html")


def test_a_widget_whose_javascript_is_not_here_is_refused_but_not_for_the_cdn(tmp_path):
    class Elsewhere(ipywidgets.DOMWidget):
        _model_module = "not-installed-here"
        _model_module_version = "1.0"

    with pytest.raises(ValueError, match=r"not-installed-here.*cdn=True"):
        invertviz.export(Elsewhere(), tmp_path / "page.html")
    assert invertviz.export(Elsewhere(), tmp_path / "page.html", cdn=True).size > 0


def test_pictures_elsewhere_are_left_out_and_told_and_those_beside_go_along(run, tmp_path):
    pixel = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
    )
    (tmp_path / "dot.png").write_bytes(pixel)
    text = (
        "![near](dot.png) ![far](https://example.org/far.png) <a href='https://example.org'>x</a>"
    )
    write(tmp_path / "lesson.ipynb", TEXT(text))
    code, _, err = run("export", "lesson.ipynb")
    assert code == 0
    assert "does without https://example.org/far.png" in err
    page = (tmp_path / "lesson.html").read_text()
    assert base64.b64encode(pixel).decode() in page
    assert "far.png" not in page
    assert 'href="https://example.org"' in page
