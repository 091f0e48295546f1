"""Who answers unit sliders in JupyterLab: the kernel, or the browser without it."""

from __future__ import annotations

import numpy as np
from _common import wait_until
from _sliders import (
    CELLS,
    Sliders,
    assert_lines_lie_over_the_thumb,
    assert_shows_what_python_has,
)
from _widget import levels


def test_links_on_the_page_work_without_a_kernel(lab):
    linked = (
        "import ipywidgets\nother = UnitSliders(network, unit=40)\n"
        "knob = ipywidgets.FloatSlider(min=-9, max=9, step=0.1)\n"
        "ipywidgets.jsdlink((sliders, 'code'), (other, 'base'))\n"
        "ipywidgets.jslink((knob, 'value'), (other, 'value'))\n"
        "display(other, knob)"
    )
    lab.run_notebook([*CELLS, linked])
    sliders, other = Sliders(lab, 0), Sliders(lab, 1)
    sliders.move(2.5)
    expected = np.array(lab.python("network.invert(sliders.code)[0].tolist()"))
    lab.kill_kernel()
    other.part("message").filter(has_text="Python does not see").wait_for()
    lab.page.get_by_role("button", name="Ok", exact=True).click()
    sliders.move(-1.0, engine="browser")
    sliders.move(2.5, engine="browser")
    wait_until(
        lambda: np.abs(other.pixels("base") - levels(expected)).max() <= 1, "the link to carry on"
    )
    lab.page.locator(".noUi-handle").focus()
    lab.page.keyboard.press("End")
    wait_until(lambda: other.chips() == {40: 9.0}, "the linked value to arrive")
    assert other.value == 9


def test_a_killed_kernel_leaves_the_sliders_alive(sliders):
    lab = sliders.lab
    sliders.move(2.5)
    by_pytorch = sliders.pixels("projection").astype(int), sliders.probabilities()
    ranking = lab.python("sliders.ranking")
    lab.kill_kernel()
    sliders.part("message").filter(has_text="Python does not see").wait_for()
    lab.page.get_by_role("button", name="Ok", exact=True).click()
    sliders.move(-2, engine="browser")
    assert np.abs(sliders.pixels("projection") - by_pytorch[0]).max() > 1
    sliders.move(2.5, engine="browser")
    assert np.abs(sliders.pixels("projection") - by_pytorch[0]).max() <= 1
    np.testing.assert_allclose(sliders.probabilities(), by_pytorch[1], atol=1e-4)
    sliders.part("sort").select_option("effect")
    assert sliders.order() == ranking
    sliders.part("base-kind").select_option("class-3")
    sliders.settle("browser")
    assert sliders.part("base-kind").input_value() == "class-3"
    assert sliders.part("probability").nth(3).get_attribute("class") == "iv-first"
    frame = sliders.frame
    sliders.part("play").click()
    wait_until(lambda: sliders.frame > frame + 20, "the sweep to be painted")
    sliders.part("play").click()
    lab.screenshot("unit_sliders-dead-kernel")


def test_the_browser_answers_if_asked_to_and_python_follows(sliders):
    lab = sliders.lab
    lab.execute("sliders.engine = 'browser'")
    wait_until(lambda: sliders.state["engine"] == "browser", "the browser engine to be chosen")
    sliders.move(2.5, engine="browser")
    sliders.choose(3, engine="browser")
    sliders.move(-3, engine="browser")
    lab.wait_python("sliders.moved == {3: -3, 17: 2.5}")
    assert_shows_what_python_has(sliders)


def test_a_reopened_notebook_is_alive_before_its_cells_are_run(lab, reopen):
    name = lab.run_notebook(CELLS)
    sliders = Sliders(lab)
    sliders.move(2.5)
    by_pytorch = sliders.pixels("projection").astype(int)
    again = reopen(lab, name)
    reopened = Sliders(again)
    reopened.settle("browser")
    assert np.abs(reopened.pixels("projection") - by_pytorch).max() <= 1
    assert reopened.chips() == {17: 2.5}
    assert (reopened.pixels(reopened.tile(3).locator("canvas")) > 0).any()
    reopened.part("histogram").locator("path.line").first.wait_for()
    assert_lines_lie_over_the_thumb(reopened)
    reopened.choose(3, engine="browser")
    reopened.move(-3, engine="browser")
    assert reopened.chips() == {3: -3.0, 17: 2.5}
    assert_lines_lie_over_the_thumb(reopened)
