"""The grid of misclassified samples in JupyterLab, driven as a person would."""

from __future__ import annotations

import re

import numpy as np
import pytest
from _common import wait_until
from _grid import DATA, ORDERED, SHOW, SMALL, Grid, assert_pixels, ready
from _widget import FASHION

# A million samples from a hundred digits: memory once, and quickly evaluated.
MILLION = (
    SMALL
    + "n, some = 1_000_000, np.arange(100)\n"
    + "images = np.broadcast_to((255 * digits.images[:100]).astype('uint8'), (10_000, 100, 28, 28))\n"  # noqa: E501
    + "images = images.reshape(n, 28, 28)\n"
    + "labels = np.tile(digits.labels[:100], 10_000)\n"
    + "grid = MisclassifiedGrid(network, images, labels, filter={'misclassified': False},\n"
    + "    sort='index', descending=False)"
)


def test_shows_what_the_network_gets_wrong(lab):
    lab.run_notebook([DATA.format(name="mnist", split="test") + SHOW])
    grid = ready(Grid(lab))
    assert grid.count == lab.python("len(wrong)")
    text = grid.part("count").inner_text()
    assert text == f"{grid.count} of 10,000 samples"
    surest = lab.python("wrong[np.argsort(-found.confidences[wrong], kind='stable')].tolist()")
    assert grid.shown() == surest[: len(grid.shown())]
    for index in surest[:6]:
        assert_pixels(grid, index)
        true, predicted, confidence = lab.python(
            f"[int(digits.labels[{index}]), int(found.predictions[{index}]), "
            f"float(found.confidences[{index}])]"
        )
        label = grid.tile(index).get_attribute("aria-label")
        assert label == f"{true} taken for {predicted}, {100 * confidence:.1f} % sure"
        assert f"{100 * confidence:.1f} %" in grid.tile(index).inner_text()
    grid.cell(9, 9).wait_for()
    lab.page.mouse.move(0, 0)
    lab.screenshot("grid")
    assert lab.console_errors == []


def test_every_sort_in_both_directions(grid):
    lab = grid.lab
    for key in ("loss", "margin", "index", "confidence"):
        grid.part("sort").select_option(key)
        for direction in ("descending", "ascending"):
            sign = "-" if direction == "descending" else ""
            column = "wrong" if key == "index" else f"grid.rows().set_index('index').{key}[wrong]"
            expected = lab.wait_python(
                f"wrong[np.argsort({sign}np.array({column}), kind='stable')].tolist()"
                f" if (grid.sort, grid.descending) == ({key!r}, {direction == 'descending'})"
                " else None"
            )
            grid.wait_shown(*expected[:8])
            assert lab.python(ORDERED) == expected
            grid.part("descending").click()
    assert lab.wait_python("(grid.sort, grid.descending) == ('confidence', True)")


def test_every_filter_counts_what_numpy_counts(grid):
    lab = grid.lab
    grid.part("all").click()
    grid.wait_count(1000)
    grid.part("true-class").select_option("4")
    grid.wait_count(lab.python("int((digits.labels == 4).sum())"))
    grid.part("predicted-class").select_option("9")
    both = "(digits.labels == 4) & (found.predictions == 9)"
    grid.wait_count(lab.python(f"int(({both}).sum())"))
    grid.part("misclassified").click()
    grid.part("predicted-class").select_option("")
    grid.wait_count(lab.python("int((digits.labels[wrong] == 4).sum())"))
    grid.part("reset").click()
    grid.wait_count(lab.python("len(wrong)"))
    assert grid.part("reset").is_disabled()
    grid.slide("confidence-low", 0.6)
    grid.slide("confidence-high", 0.9)
    sure = "(found.confidences >= np.float32(0.6)) & (found.confidences <= np.float32(0.9))"
    grid.wait_count(lab.python(f"int(({sure})[wrong].sum())"))
    assert lab.wait_python("grid.filter['confidence'] == (0.6, 0.9)")
    assert lab.python("grid.count") == grid.count
    # Neither end passes the other.
    grid.slide("confidence-low", 0.95)
    assert lab.wait_python("grid.filter['confidence'] == (0.95, 0.95)")
    grid.wait_count(0)
    assert grid.root.get_by_text("No sample passes").is_visible()
    assert grid.part("tile").count() == 0
    lab.screenshot("grid-nothing")


def test_a_cell_of_the_confusion_matrix_shows_its_samples(grid):
    lab = grid.lab
    true, predicted = lab.python("[int(digits.labels[wrong[0]]), int(found.predictions[wrong[0]])]")
    grid.cell(true, predicted).hover()
    count = lab.python(f"int(found.confusion_matrix[{true}, {predicted}])")
    said = grid.part("matrix-readout").filter(
        has_text=re.compile(f"^{true} taken for {predicted}: {count}$")
    )
    said.wait_for()
    grid.cell(true, predicted).click()
    grid.wait_count(count)
    said.wait_for()  # as long as the pointer is there
    assert lab.wait_python(f"grid.filter['true'] == {true}")
    assert lab.python("grid.filter['predicted']") == predicted
    assert grid.part("true-class").input_value() == str(true)
    chosen = grid.part("matrix").locator(".heatmapcell[data-chosen]")
    assert chosen.count() == 1
    lab.screenshot("grid-cell")
    grid.cell(true, predicted).click()  # again: all of them
    grid.wait_count(lab.python("len(wrong)"))
    assert chosen.count() == 0
    grid.cell(3, 3).click()  # the diagonal has no mistakes
    grid.wait_count(lab.python("int(found.confusion_matrix[3, 3])"))
    assert grid.part("all").get_attribute("aria-pressed") == "true"
    first = grid.part("tile").first
    assert re.match(r"3 recognized, .* sure", first.get_attribute("aria-label"))


def test_selecting_with_the_mouse(grid):
    lab = grid.lab
    shown = grid.shown()
    grid.tile(shown[1]).click()
    assert lab.wait_python(f"grid.selected == ({shown[1]},)")
    assert lab.wait_python(f"grid.current == {shown[1]}")
    np.testing.assert_array_equal(
        lab.python("grid.image.tolist()"), lab.python(f"digits.images[{shown[1]}].tolist()")
    )
    grid.tile(shown[4]).click(modifiers=["Shift"])
    assert lab.wait_python(f"grid.selected == {tuple(sorted(shown[1:5]))}")
    grid.tile(shown[2]).click(modifiers=["ControlOrMeta"])
    grid.tile(shown[6]).click(modifiers=["ControlOrMeta"])
    wanted = sorted([shown[1], shown[3], shown[4], shown[6]])
    assert lab.wait_python(f"grid.selected == {tuple(wanted)}")
    assert grid.selected() == wanted
    assert grid.part("count").inner_text().endswith(", 4 selected")
    lab.screenshot("grid-selected")
    # The selection stays while other samples are shown, and is still there afterwards.
    grid.part("sort").select_option("index")
    grid.wait_shown(lab.python("int(wrong[-1])"))
    assert lab.python("list(grid.selected)") == wanted
    frame = lab.python("grid.rows(grid.selected).to_dict('list')")
    assert frame["index"] == wanted
    assert frame["true"] == lab.python(f"digits.labels[{wanted}].tolist()")


def test_selecting_with_the_keyboard(grid):
    lab, page = grid.lab, grid.page
    order = lab.python(ORDERED)
    across = int(grid.part("tiles").get_attribute("aria-colcount"))
    grid.part("predicted-class").focus()
    tabbable = grid.root.locator('[data-part="tile"][tabindex="0"]')
    assert tabbable.count() == 1
    tabbable.focus()
    assert grid.focused() == str(order[0])

    def move(key, position):
        page.keyboard.press(key)
        wait_until(lambda: grid.focused() == str(order[position]), f"{key} to reach {position}")

    move("ArrowRight", 1)
    move("ArrowDown", 1 + across)
    move("ArrowLeft", across)
    move("ArrowUp", 0)
    assert lab.wait_python(f"grid.current == {order[0]}")
    page.keyboard.press("Space")
    assert lab.wait_python(f"grid.selected == ({order[0]},)")
    move("Shift+ArrowRight", 1)
    move("Shift+ArrowRight", 2)
    assert lab.wait_python(f"grid.selected == {tuple(sorted(order[:3]))}")
    move("Shift+ArrowLeft", 1)
    assert lab.wait_python(f"grid.selected == {tuple(sorted(order[:2]))}")
    page.keyboard.press("Space")
    assert lab.wait_python(f"grid.selected == ({order[0]},)")
    move("End", -1)
    assert lab.wait_python(f"grid.current == {order[-1]}")
    assert grid.tile(order[-1]).is_visible()
    move("Home", 0)
    page.keyboard.press("PageDown")
    wait_until(lambda: grid.focused() not in (None, str(order[0])), "another page")
    assert order.index(int(grid.focused())) % across == 0
    move("PageUp", 0)
    # A range begins at the tile that got the focus, however it got it.
    grid.tile(order[3]).focus()
    move("Shift+End", -1)
    assert lab.wait_python(f"grid.selected == {tuple(sorted(order[3:]))}")
    move("Shift+Home", 0)
    assert lab.wait_python(f"grid.selected == {tuple(sorted(order[:4]))}")
    grid.tile(order[2]).click()
    page.keyboard.press("Shift+End")
    assert lab.wait_python(f"grid.selected == {tuple(sorted(order[2:]))}")
    move("Home", 0)
    page.keyboard.press("Control+a")
    assert lab.wait_python(f"grid.selected == {tuple(sorted(order))}")
    page.keyboard.press("Escape")
    assert lab.wait_python("grid.selected == ()")
    page.keyboard.press("Enter")
    assert lab.wait_python(f"grid.selected == ({order[0]},)")


def test_python_sets_everything(grid):
    lab = grid.lab
    lab.execute("grid.filter = {'true': 4}")
    grid.wait_count(lab.python("int((digits.labels[wrong] == 4).sum())"))
    assert grid.part("true-class").input_value() == "4"
    lab.execute("grid.filter = {'misclassified': False}; grid.sort = 'index'")
    lab.execute("grid.descending = False")
    grid.wait_shown(0, 1, 2)
    lab.execute("grid.selected = (2, 0)")
    wait_until(lambda: grid.selected() == [0, 2], "the selection")
    lab.execute("grid.current = 700")
    grid.tile(700).wait_for()
    wait_until(lambda: grid.tile(700).get_attribute("data-current") is not None, "sample 700")
    wait_until(lambda: 700 in lab.python("list(grid.visible)"), "Python to hear of it")
    lab.execute("grid.visible = (300,)")
    across = int(grid.part("tiles").get_attribute("aria-colcount"))
    # A report of what was in view before may still come in between.
    assert lab.wait_python(f"len(grid.visible) > 1 and 0 <= 300 - grid.visible[0] < {across}")
    lab.execute("grid.flip = True")
    wait_until(lambda: grid.part("flip").is_checked(), "the tick")


def test_what_python_sorts_while_a_person_goes_on_stays(grid, tmp_path):
    lab = grid.lab
    grid.tile(grid.shown()[0]).click()
    lab.wait_python("grid.current >= 0")
    for number, change in enumerate(("grid.sort = 'loss'", "grid.filter = {'true': 3}")):
        gone_on = tmp_path / f"gone-on-{number}"
        lab.start(
            "import pathlib, time\n"
            f"while not pathlib.Path({str(gone_on)!r}).exists(): time.sleep(0.01)\n{change}"
        )
        for _ in range(5):
            grid.page.keyboard.press("ArrowRight")
        gone_on.touch()
        lab.wait_ready()
    grid.settle()
    assert lab.python("[grid.sort, grid.filter['true']]") == ["loss", 3]
    grid.wait_shown(*lab.python(ORDERED)[:5])
    assert grid.part("true-class").input_value() == "3"


def test_flipping_shows_one_picture_and_the_other_on_hover_and_focus(grid):
    first, second, *_ = grid.shown()
    grid.part("flip").check()
    picture = grid.tile(first).locator('[data-part="reconstruction"]')
    other = grid.tile(second).locator('[data-part="reconstruction"]')
    grid.page.mouse.move(0, 0)
    picture.wait_for(state="hidden")
    grid.tile(first).hover()
    picture.wait_for()
    assert other.is_hidden()
    grid.page.mouse.move(0, 0)
    grid.tile(first).focus()
    grid.page.keyboard.press("ArrowRight")
    other.wait_for()
    assert picture.is_hidden()
    assert grid.lab.wait_python("grid.flip")
    assert_pixels(grid, first)
    grid.lab.screenshot("grid-flip")


def test_the_picture_goes_to_a_canvas(lab):
    lab.run_notebook(
        [
            SMALL + SHOW,
            "import ipywidgets\ncanvas = DrawingCanvas(network)\n"
            "ipywidgets.dlink((grid, 'image'), (canvas, 'image'))\ncanvas",
        ]
    )
    grid = ready(Grid(lab))
    index = grid.shown()[2]
    grid.tile(index).click()
    assert lab.wait_python(f"np.array_equal(canvas.image, digits.images[{index}])")
    canvas = lab.page.locator('[data-invertviz="drawing-canvas"]')
    predicted = lab.python(f"int(found.predictions[{index}])")
    canvas.locator("output").filter(has_text=str(predicted)).wait_for()


def test_two_views_are_scrolled_apart_and_selected_together(lab):
    lab.run_notebook([DATA.format(name="mnist", split="test") + SHOW, "grid"])
    one, two = ready(Grid(lab)), ready(Grid(lab, 1))
    one.part("all").click()
    for view in (one, two):
        view.wait_count(10_000)
    order = lab.python(ORDERED)
    two.part("tiles").evaluate("panel => { panel.scrollTop = panel.scrollHeight; }")
    wait_until(lambda: two.shown()[-1:] == order[-1:], "the last samples in the second view")
    wait_until(lambda: one.shown()[:1] == order[:1], "the first ones in the first")
    one.tile(order[1]).click()
    two.tile(order[-1]).click(modifiers=["ControlOrMeta"])
    assert lab.wait_python(f"grid.selected == {tuple(sorted([order[1], order[-1]]))}")
    wait_until(lambda: one.selected() == [order[1]], "the first view's share")
    wait_until(lambda: two.selected() == [order[-1]], "the second view's share")
    # Python hears of the one that was scrolled last, not of the one that was painted last.
    one.part("tiles").evaluate("panel => { panel.scrollTop += 1000; }")
    seen = lab.wait_python("0 < grid._top < 5000 and list(grid.visible)")
    assert order[0] not in seen
    assert order[-1] not in seen
    # Each request tells what is visible: the second one, how things are once the first is answered.
    for index in (order[-1], order[-2]):
        two.tile(index).click()
        assert lab.wait_python(f"grid.selected == ({index},)")
        two.settle()
        assert lab.python("list(grid.visible)") == seen


def test_a_scroll_outlives_a_repaint(lab):
    lab.run_notebook([DATA.format(name="mnist", split="test") + SHOW])
    grid = ready(Grid(lab))
    order = lab.python(ORDERED)
    grid.part("tiles").evaluate(
        """panel => {
            panel.querySelector('[data-part="tile"]').click();  // painted before a scroll is heard
            panel.scrollTop = panel.scrollHeight;
        }"""
    )
    wait_until(lambda: grid.shown()[-1:] == order[-1:], "the last samples")
    assert lab.wait_python(f"grid.selected == ({order[0]},)")


def test_a_million_samples(lab):
    lab.run_notebook([MILLION, "grid"])
    grid = ready(Grid(lab))
    grid.wait_count(1_000_000)
    grid.wait_shown(0, 1, 2)
    assert grid.part("tile").count() < 80
    panel = grid.part("tiles")
    panel.evaluate("panel => { panel.scrollTop = panel.scrollHeight; }")
    wait_until(lambda: grid.shown()[-1:] == [999_999], "the last sample")
    assert grid.part("tile").count() < 80
    lab.screenshot("grid-million")

    # A wheel moves row by row, there too.
    before = grid.shown()
    panel.hover()
    lab.page.mouse.wheel(0, -300)
    wait_until(lambda: grid.shown()[-1:] not in ([], before[-1:]), "the wheel to turn")
    assert len(set(before) & set(grid.shown())) > 3
    # All the way up from a place in between, by keys and by Python.
    grid.lab.execute("grid.current = 123_456")
    grid.tile(123_456).wait_for()
    grid.tile(123_456).focus()
    lab.page.keyboard.press("ArrowRight")
    assert lab.wait_python("grid.current == 123_457")
    lab.page.keyboard.press("Shift+End")
    assert lab.wait_python("len(grid.selected) == 1_000_000 - 123_457")
    assert lab.python("[grid.selected[0], grid.selected[-1]]") == [123_457, 999_999]
    assert lab.wait_python("grid.current == 999_999")
    wait_until(lambda: grid.focused() == "999999", "the focus to arrive")


def test_what_python_sets_before_it_is_shown_is_shown(lab):
    lab.run_notebook([MILLION, "grid.current = 765_432; grid.selected = (765_433,)", "grid"])
    grid = ready(Grid(lab))
    grid.tile(765_432).wait_for()

    def in_view():
        panel, tile = grid.part("tiles").bounding_box(), grid.tile(765_432).bounding_box()
        above, below = tile["y"] - panel["y"], tile["y"] + tile["height"] - panel["y"]
        return above >= 0 and below <= panel["height"]

    wait_until(in_view, "the current sample in view")
    assert grid.selected() == [765_433]
    assert grid.tile(765_432).get_attribute("data-current") is not None
    wait_until(lambda: lab.python("765_432 in grid.visible"), "Python to hear")
    lab.screenshot("grid-before")


def test_class_names_are_text(lab):
    evil = "</script><img src=x onerror='window.hacked = 1'>"
    lab.run_notebook(
        [
            SMALL
            + f"network.class_names = ({evil!r}, *map(str, range(1, 9)), '<b>nine</b>')\n"
            + SHOW
        ]
    )
    grid = ready(Grid(lab))
    grid.cell(0, 0).click()
    grid.wait_count(lab.python("int(found.confusion_matrix[0, 0])"))
    assert evil in grid.part("tile").first.get_attribute("aria-label")
    assert grid.part("tile").first.inner_text().startswith("</script><img")
    assert grid.root.locator("img, b b").count() == 0
    assert lab.page.evaluate("window.hacked ?? null") is None
    lab.screenshot("grid-names")


def test_long_names_are_read_in_full(lab):
    lab.run_notebook([SMALL + f"network.class_names = {FASHION}\n" + SHOW])
    grid = ready(Grid(lab))
    lines = grid.part("tile").locator(".iv-said")
    assert lines.count() >= 12
    cut = lines.evaluate_all("all => all.filter(e => e.scrollWidth > e.clientWidth + 1).length")
    assert cut == 0
    index = grid.shown()[0]
    true, predicted = (
        FASHION[lab.python(f"int({array}[{index}])")]
        for array in ("digits.labels", "found.predictions")
    )
    told = grid.tile(index).inner_text().split("\n")
    assert told[:2] == [true, predicted]
    assert sorted(names_at_matrix(grid)) == sorted(2 * FASHION)
    lab.screenshot("grid-long-names")


def test_of_many_classes_some_are_named(lab):
    many = (
        "names = [f'class {i}' for i in range(60)]\n"
        "network = invertviz.untrained([784, 20, 20, 60], class_names=names, seed=0)\n"
    )
    lab.run_notebook([SMALL + many + SHOW])
    grid = ready(Grid(lab))
    grid.cell(59, 59).wait_for()
    assert sorted(names_at_matrix(grid)) == sorted(2 * [f"class {i}" for i in range(0, 60, 5)])
    lab.screenshot("grid-many-classes")


def names_at_matrix(grid):
    """What is written along the confusion matrix: within it, and nothing upon another."""
    names = grid.part("matrix").locator(".axis .tick text").filter(has_text=re.compile(r"\S"))
    names.first.wait_for()
    boxes = [name.bounding_box() for name in names.all()]
    matrix = grid.part("matrix").bounding_box()
    for i, box in enumerate(boxes):
        assert inside(box, matrix)
        assert not any(overlap(box, other) for other in boxes[:i])
    return names.all_text_contents()


def inside(box, other):
    return all(
        other[start] <= box[start] and box[start] + box[size] <= other[start] + other[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def overlap(box, other):
    return all(
        box[start] < other[start] + other[size] and other[start] < box[start] + box[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def test_dark_theme(open_lab):
    lab = open_lab(theme="Dark", scale=2)
    lab.run_notebook([SMALL + SHOW])
    grid = ready(Grid(lab))
    tick = grid.part("matrix").locator(".axis .tick text").first
    for element in (grid.root, grid.part("tile").first):
        colour = element.evaluate("e => getComputedStyle(e).color")
        assert min(int(level) for level in re.findall(r"\d+", colour)[:3]) > 180
    fill = tick.evaluate("e => getComputedStyle(e).fill")
    assert min(int(level) for level in re.findall(r"\d+", fill)[:3]) > 180
    grid.tile(grid.shown()[2]).click()
    lab.screenshot("grid-dark")


@pytest.mark.parametrize("width", [400, 560, 900])
def test_tiles_fill_any_width(grid, width):
    grid.root.evaluate("(root, width) => { root.parentElement.style.width = `${width}px`; }", width)
    grid.page.wait_for_function(
        "([root, width]) => root.clientWidth <= width && root.scrollWidth <= root.clientWidth",
        arg=[grid.root.element_handle(), width],
    )

    def filled():
        first, *others = grid.part("tile").evaluate_all(
            """tiles => tiles.map(tile => tile.getBoundingClientRect())
                .map(({ x, y, width }) => ({ x, y, width }))
                .sort((a, b) => a.y - b.y || a.x - b.x)"""
        )
        top = [first] + [box for box in others if abs(box["y"] - first["y"]) < 1]
        gaps = np.diff([box["x"] for box in top]) - first["width"]
        end = grid.part("tiles").evaluate("p => p.getBoundingClientRect().x + p.clientWidth")
        return np.allclose(gaps, 6, atol=0.6) and abs(top[-1]["x"] + first["width"] - end) < 1

    wait_until(filled, "tiles that fill the panel")
    for name in ("sort", "all", "true-class", "confidence-high", "matrix"):
        box, root = grid.part(name).bounding_box(), grid.root.bounding_box()
        assert box["x"] >= root["x"]
        assert box["x"] + box["width"] <= root["x"] + root["width"] + 0.5
    grid.root.screenshot(path=grid.lab.screenshot(f"grid-{width}"))
    grid.tile(grid.shown()[1]).click()
    assert grid.lab.wait_python("len(grid.selected) == 1")


def test_an_error_in_an_observer_is_shown_and_the_next_choice_works(grid):
    lab = grid.lab
    lab.execute("def trip(change):\n    raise RuntimeError('<b>no more mistakes</b>')")
    lab.execute("grid.observe(trip, 'filter')")
    grid.part("all").click()
    grid.part("message").filter(has_text="RuntimeError: <b>no more mistakes</b>").wait_for()
    assert grid.state["state"] == "error"
    lab.execute("grid.unobserve(trip, 'filter')")
    grid.part("true-class").select_option("5")
    grid.wait_count(lab.python("int((digits.labels == 5).sum())"))
    grid.settle()
    assert grid.part("message").inner_text() == ""
