"""Who answers a class picker in JupyterLab: the kernel, or the browser without it."""

from __future__ import annotations

import numpy as np
from _common import wait_until
from _picker import CELLS, FRAMES, Picker, end_of_run
from _widget import levels

from invertviz import load_pretrained, optimize_codes


def test_a_kernel_killed_in_a_run_leaves_the_run_going(picker):
    lab = picker.lab
    picker.pick(9)
    picker.give("steps", 20000)
    picker.part("run").click()
    reached = lab.wait_python("picker.step > 2000 and picker.step")
    lab.kill_kernel()
    picker.part("message").filter(has_text="Your browser goes on").wait_for()
    lab.close_dialog()
    picker.settle("browser")
    assert picker.part("step").inner_text() == "step 20,000 of 20,000"
    assert picker.probabilities()[9] > 0.99
    picker.part("chart").scroll_into_view_if_needed()
    place, chart = picker.part("chart"), picker.part("chart").locator(".bqplot")
    assert chart.bounding_box()["x"] == place.bounding_box()["x"]  # no icon pushes it aside
    lab.screenshot("class-picker-dead-kernel")
    # The scrubber goes back into what the kernel had shown, and another run works.
    picker.part("scrubber").focus()
    picker.page.keyboard.press("Home")
    _, step, *_ = picker.part("step").inner_text().split()
    assert int(step.replace(",", "")) <= reached
    picker.give("steps", 1000)
    picker.run("browser")
    assert picker.part("step").inner_text() == "step 1,000 of 1,000"
    own = load_pretrained()
    made = optimize_codes(own, [9], progress=False)
    assert np.abs(picker.generated() - levels(made.images[0])).max() <= 1


SETTINGS = {
    "zeros": {"classes": (7, 2)},
    "mean": {"classes": (7,), "start": "mean", "learning_rate": 0.5},
    "digit": {"classes": (3,), "start": "digit", "digit": 12, "steps": 300},
    "random": {"classes": (1, 4), "start": "random", "seed": 11, "samples": 2},
    "mixture": {"classes": {3: 0.6, 8: 0.4}, "samples": 2, "steps": 100},
}


def test_the_browser_makes_what_the_kernel_makes_and_python_hears(picker):
    lab = picker.lab
    for name, settings in SETTINGS.items():
        values = {"start": "zeros", "learning_rate": 1.0, "steps": 1000, "samples": 1} | settings
        lab.execute(f"for k, v in {values!r}.items(): setattr(picker, k, v)")
        lab.execute("picker.engine = 'kernel'")
        wait_until(lambda: picker.state["engine"] == "kernel", "the kernel's turn")
        picker.run()
        by_kernel = end_of_run(picker)
        pixels = [picker.generated(i) for i in range(len(by_kernel["codes"]))]
        assert lab.python("picker._run is None")

        lab.execute("picker.engine = 'browser'")
        wait_until(lambda: picker.state["engine"] == "browser", "the browser's turn")
        lab.execute("heard = []; picker.observe(lambda c: heard.append(c['new'][1]), '_command')")
        picker.root.evaluate(FRAMES)
        picker.run("browser")
        assert lab.python("set(heard) <= {'adopt'}")  # Python only listens
        assert len(lab.page.evaluate("window.frames")) >= 5
        steps = settings.get("steps", 1000)
        lab.wait_python(f"picker._command[1] == 'adopt' and picker.step == {steps}")
        lab.wait_python("not picker.running")
        by_browser = end_of_run(picker)
        for key, value in by_kernel.items():
            np.testing.assert_allclose(by_browser[key], value, atol=1e-3, err_msg=f"{name} {key}")
        for i, expected in enumerate(pixels):
            assert np.abs(picker.generated(i) - expected).max() <= 1
    assert lab.console_errors == []


def test_both_say_alike_where_nothing_can_be_started_from(lab):
    empty = CELLS[0].replace("(network)", "(network, classes=[7], start='digit')")
    lab.run_notebook([empty, CELLS[0].split("picker =")[0] + NOTHING_OFFERED])
    picker, without = Picker(lab, 0), Picker(lab, 1)
    lab.execute("picker.digit = 99")
    for shown, wrong in (picker, "digit is 99; give 0 to 29."), (without, "start is 'mean', but"):
        shown.part("run").click()
        shown.part("message").filter(has_text=wrong).wait_for()
    by_kernel = [shown.part("message").inner_text() for shown in (picker, without)]
    lab.execute("picker.engine = without.engine = 'browser'")
    for shown, told in zip((picker, without), by_kernel, strict=True):
        wait_until(lambda shown=shown: shown.state["engine"] == "browser", "the browser's turn")
        shown.part("run").click()
        said = told.removeprefix("ValueError: ")
        shown.part("message").filter(has_not_text="ValueError").filter(has_text=said).wait_for()


def test_in_the_browser_it_stops_and_python_goes_on_from_there(picker):
    lab = picker.lab
    lab.execute("picker.engine = 'browser'; picker.steps = 20000; picker.samples = 16")
    picker.pick(*range(10))
    picker.part("run").click()
    lab.wait_python("picker.running and 0 < picker.step < 20000")
    picker.part("stop").click()
    picker.settle("browser")
    lab.wait_python("not picker.running")
    stopped = lab.python("picker.step")
    assert picker.part("generated").count() == 160
    lab.execute("picker.engine = 'kernel'; picker.steps = picker.step + 50")
    wait_until(lambda: picker.state["engine"] == "kernel", "the kernel's turn")
    picker.part("resume").click()
    picker.settle()
    assert lab.python("picker.step") == stopped + 50
    assert lab.python("bool(np.allclose(picker.probabilities, network.classify(picker.codes)))")


NOTHING_OFFERED = """network.training_record = {}
without = ClassPicker(network, classes=[7], start="mean")
without"""
GAPS = """() => {
    window.gaps = [];
    let last = performance.now();
    const frame = () => {
        window.gaps.push(performance.now() - last);
        last = performance.now();
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}"""


def test_the_page_is_not_blocked_by_its_own_work(picker):
    lab = picker.lab
    lab.execute("picker.engine = 'browser'")
    wait_until(lambda: picker.state["engine"] == "browser", "the browser's turn")
    picker.pick(*range(9))
    for _ in range(5):  # compiled; and no run waits until Python has heard of the one before
        picker.run("browser")
        assert picker.part("step").inner_text() == "step 1,000 of 1,000"
    lab.page.evaluate(GAPS)
    picker.run("browser")
    gaps = np.sort(lab.page.evaluate("window.gaps"))[::-1]
    print(f"nine classes in the page: longest gaps {np.round(gaps[:5], 1).tolist()} ms")
    # How long they may be is benchmarks/engine.py's to measure; here, that the page has its turns.
    assert len(gaps) > 3
    # Python, too, may stop what runs in the page.
    lab.execute("picker.steps = 20000")
    picker.part("run").click()
    lab.wait_python("picker.running")
    lab.execute("picker.stop()")
    picker.settle("browser")
    assert lab.wait_python("not picker.running and 0 < picker.step < 20000")


def test_while_the_kernel_is_busy_no_code_has_the_picture_of_another(picker):
    lab = picker.lab
    lab.execute("picker.engine = 'kernel'; picker.steps = 200")
    picker.pick(2, 5)
    picker.run()
    generated = [picker.generated(index) for index in (0, 1)]
    says = picker.part("probability-sentence").inner_text()
    with lab.kernel_held():
        picker.part("sample").nth(1).click()
        assert picker.part("sample").nth(1).get_attribute("aria-pressed") == "true"
        for index in (0, 1):
            np.testing.assert_array_equal(picker.generated(index), generated[index])
        assert picker.part("probability-sentence").inner_text() == says
    picker.settle()
    assert picker.part("probability-sentence").inner_text().endswith("“5”")


def test_while_the_kernel_is_busy_the_page_runs(picker):
    lab = picker.lab
    picker.pick(7)
    lab.python("picker.classes")
    with lab.kernel_held():
        picker.run("browser")
        picker.part("message").filter(has_text="The kernel is busy").wait_for()
        assert picker.probabilities()[7] >= 0.99
        by_browser = picker.generated()
    picker.settle()  # the kernel has run what it was asked for
    assert lab.wait_python("picker.step == 1000 and not picker.running")
    assert np.abs(picker.generated() - by_browser).max() <= 1
    assert picker.part("message").inner_text() == ""


def test_a_late_kernel_does_not_undo_a_newer_run_of_the_page(picker):
    lab = picker.lab
    picker.pick(7)
    lab.python("picker.classes")
    with lab.kernel_held():
        picker.run("browser")  # which the kernel, too, will be asked for
        picker.give("steps", 300)
        picker.run("browser")
        pixels = picker.generated()
    picker.settle()
    assert lab.wait_python("picker.step == 300 and not picker.running and not picker._run")
    assert lab.python("[picker.recorded[0], picker.recorded[-1]]") == [0, 300]
    assert picker.part("step").inner_text() == "step 300 of 300"
    assert np.abs(picker.generated() - pixels).max() == 0
    image = np.array(lab.python("picker.image.tolist()"))
    assert np.abs(levels(image) - pixels).max() <= 1


def test_a_reopened_notebook_runs_without_its_kernel(lab, reopen):
    name = lab.run_notebook(CELLS)
    picker = Picker(lab)
    picker.pick(7)
    picker.run()
    pixels = picker.generated()
    again = reopen(lab, name)
    reopened = Picker(again)
    reopened.settle("browser")
    assert np.abs(reopened.generated() - pixels).max() <= 1
    reopened.part("scrubber").focus()
    reopened.page.keyboard.press("Home")
    assert reopened.probabilities()[7] < 0.3
    reopened.pick(7, 2)
    reopened.run("browser")
    made = optimize_codes(load_pretrained(), [2], progress=False)
    assert np.abs(reopened.generated() - levels(made.images[0])).max() <= 1
    wait_until(lambda: len(reopened.curve()) > 100, "the curve")
    assert again.console_errors == []


def test_a_prior_is_chosen_in_the_page_and_leads_both_engines_alike(picker):
    lab = picker.lab
    lab.execute("picker.steps = 200")
    picker.pick(7, 2)
    for kind in ("gaussian", "class", "diverse"):
        picker.part("prior").select_option(kind)
        lab.wait_python(f"picker.prior == {kind!r}")
        assert picker.part("start").is_hidden()
        lab.execute("picker.engine = 'kernel'")
        wait_until(lambda: picker.state["engine"] == "kernel", "the kernel's turn")
        picker.run()
        by_kernel = end_of_run(picker)
        expected = lab.python(
            f"invertviz.optimize_codes(network, [7, 2], prior={kind!r}, steps=200, "
            "progress=False).codes.tolist()"
        )
        np.testing.assert_allclose(by_kernel["codes"], expected, atol=1e-4)
        lab.execute("picker.engine = 'browser'")
        wait_until(lambda: picker.state["engine"] == "browser", "the browser's turn")
        picker.run("browser")
        lab.wait_python("picker._command[1] == 'adopt' and not picker.running")
        by_browser = end_of_run(picker)
        np.testing.assert_allclose(by_browser["codes"], by_kernel["codes"], atol=1e-3)
    picker.part("prior").select_option("none")
    assert picker.part("start").is_visible()
    assert lab.console_errors == []
