"""Who answers a misclassified grid in JupyterLab: the kernel, or the browser without it."""

from __future__ import annotations

import numpy as np
from _common import wait_until
from _grid import DATA, ORDERED, SHOW, SMALL, Grid, assert_pixels, carried, ready

SOME = SHOW.replace("labels)", "labels, offline=300)")


def test_a_killed_kernel_leaves_the_samples_that_the_page_carries(grid):
    lab = grid.lab
    order = lab.python(ORDERED)
    lab.execute("grid.filter = {'misclassified': False, 'true': 3}")
    three = lab.python(ORDERED)
    grid.wait_count(len(three))
    index = grid.shown()[0]
    by_pytorch = grid.pixels(grid.tile(index).locator('[data-part="reconstruction"]')).astype(int)
    pair = lab.python("[int(digits.labels[wrong[0]]), int(found.predictions[wrong[0]])]")
    count = lab.python(f"int(found.confusion_matrix[{pair[0]}, {pair[1]}])")
    lab.kill_kernel()
    grid.part("message").filter(has_text="The kernel is gone").wait_for()
    lab.page.get_by_role("button", name="Ok", exact=True).click()  # JupyterLab's own dialog
    grid.settle("browser")
    assert grid.count == len(three)
    grid.part("reset").click()
    grid.part("misclassified").click()
    grid.wait_count(len(order))
    grid.wait_shown(*order[:8])
    grid.part("descending").click()
    grid.wait_shown(*order[::-1][:8])
    grid.cell(*pair).click()
    grid.wait_count(count)
    tile = grid.part("tile").first
    tile.click()
    assert tile.get_attribute("aria-selected") == "true"
    grid.part("reset").click()
    grid.part("all").click()
    grid.wait_count(1000)
    grid.part("true-class").select_option("3")
    grid.part("descending").click()
    grid.wait_shown(index)
    painted = grid.pixels(grid.tile(index).locator('[data-part="reconstruction"]')).astype(int)
    assert np.abs(painted - by_pytorch).max() <= 1
    lab.screenshot("grid-dead-kernel")


def test_a_busy_kernel_is_bridged_by_what_the_page_carries(lab):
    lab.run_notebook([SMALL + SOME])
    grid = ready(Grid(lab))
    here = lab.python("grid._carried_indices.tolist()")
    shown = lab.python(ORDERED)
    fours = lab.python(f"[index for index in {here} if digits.labels[index] == 4]")
    all_fours = lab.python("np.flatnonzero(digits.labels == 4).tolist()")
    with lab.kernel_held():
        grid.tile(shown[1]).click()
        grid.part("message").filter(has_text="The kernel is busy").wait_for()
        grid.settle("browser")
        assert grid.count == len(shown)  # the kernel's rows stay
        assert grid.selected() == [shown[1]]
        grid.part("all").click()
        grid.wait_count(300)
        assert "the 300 samples on this page (1,000 in all)" in grid.part("count").inner_text()
        grid.part("true-class").select_option("4")
        grid.part("sort").select_option("index")
        grid.part("descending").click()
        grid.wait_count(len(fours))
        grid.wait_shown(*fours[:8])
        grid.tile(fours[1]).click()
        grid.tile(fours[3]).click(modifiers=["Shift"])
        wait_until(lambda: grid.selected() == fours[1:4], "the selection")
        lab.screenshot("grid-busy")
    # It has the time: Python hears of all that, and all samples are shown again.
    grid.settle()
    grid.wait_count(len(all_fours))
    grid.wait_shown(*all_fours[:8])
    assert grid.part("message").inner_text() == ""
    assert lab.python("[grid.filter['true'], grid.sort, grid.descending]") == [4, "index", False]
    assert lab.wait_python(f"grid.selected == {tuple(fours[1:4])}")
    assert lab.wait_python(f"grid.current == {fours[3]}")
    wait_until(
        lambda: grid.selected() == [index for index in fours[1:4] if grid.tile(index).count()],
        "the selection among all samples",
    )


def test_a_page_that_carries_all_goes_on_with_all_of_them_while_the_kernel_is_busy(grid):
    lab = grid.lab
    threes = lab.python("np.flatnonzero(found.predictions == 3).tolist()")
    with lab.kernel_held():
        grid.part("all").click()
        grid.part("predicted-class").select_option("3")
        grid.part("sort").select_option("index")
        grid.part("descending").click()
        grid.part("message").filter(has_text="The kernel is busy").wait_for()
        grid.wait_count(len(threes))
        grid.wait_shown(*threes[:8])
        assert grid.part("count").inner_text() == f"{len(threes)} of 1,000 samples"
        grid.part("tiles").evaluate("panel => { panel.scrollTop = panel.scrollHeight; }")
        wait_until(lambda: grid.shown()[-1:] == threes[-1:], "the last samples")
        last = grid.shown()
    grid.settle()
    assert lab.wait_python("grid.filter['predicted'] == 3 and grid.sort == 'index'")
    wait_until(lambda: grid.shown() == last, "the same samples from the kernel")
    assert_pixels(grid, threes[-1])


def test_a_page_that_carries_some_says_of_how_many(lab, reopen):
    name = lab.run_notebook([DATA.format(name="mnist", split="test") + SOME])
    grid = ready(Grid(lab))
    before = grid.shown()
    # The kernel lives: other filters are answered without sending all of that again.
    lab.execute("held = grid._carried_indices")
    grid.part("predicted-class").select_option("8")
    grid.wait_count(lab.python("int((found.predictions[wrong] == 8).sum())"))
    # … but what is shown now, surest first, is carried once the person has settled on it.
    assert lab.wait_python("not grid._stale and held is not grid._carried_indices")
    eights = lab.python(ORDERED)
    held = lab.python("grid._carried_indices.tolist()")
    wait_until(lambda: carried(lab, name) == held, "the page to get what it is to carry")
    again = reopen(lab, name)
    reopened = ready(Grid(again))
    reopened.settle("browser")
    reopened.wait_count(len(eights))
    reopened.wait_shown(*eights[:8])
    assert "the 300 samples on this page (10,000 in all)" in reopened.part("count").inner_text()
    reopened.part("reset").click()
    reopened.wait_count(300)
    assert set(reopened.shown()[:2]) <= {*before, *eights}
    again.screenshot("grid-reopened")


def test_the_browser_answers_if_asked_to_and_python_follows(grid):
    lab = grid.lab
    lab.execute("grid.engine = 'browser'")
    wait_until(lambda: grid.state["engine"] == "browser", "the browser engine")
    grid.part("all").click()
    grid.wait_count(1000)
    grid.part("sort").select_option("index")
    grid.part("descending").click()
    grid.wait_shown(0, 1, 2)
    assert lab.wait_python("not grid.descending and grid.sort == 'index' and grid.count == 1000")
    assert_pixels(grid, 1)
    grid.tile(1).click()
    grid.tile(4).click(modifiers=["Shift"])
    assert lab.wait_python("grid.selected == (1, 2, 3, 4)")
    assert lab.wait_python("np.allclose(grid.image, digits.images[4])")
