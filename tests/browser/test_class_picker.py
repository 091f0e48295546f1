"""The class picker in JupyterLab, driven as a person would."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from _common import ARTEFACTS, wait_until
from _picker import CELLS, FRAMES, Picker, end_of_run
from _widget import FASHION, levels


def test_a_seven_streams_in_as_pytorch_makes_it(picker):
    lab = picker.lab
    assert picker.part("run").is_disabled()
    picker.part("run").press("Enter")
    assert picker.state["state"] == "idle"  # it does nothing
    picker.pick(7)
    assert picker.part("class").nth(7).get_attribute("aria-pressed") == "true"
    picker.root.evaluate(FRAMES)
    picker.run()
    frames = lab.page.evaluate("window.frames")
    before_the_end = [frame for frame in frames if frame[2] == "busy"]
    print(f"{len(before_the_end)} frames before the end; {frames[-1][0] - frames[0][0]:.0f} ms")
    assert len(before_the_end) >= 5
    assert frames[-1][3] == "step 1,000 of 1,000"

    assert {frame[3].split(" of ")[1] for frame in before_the_end if frame[3]} == {"1,000"}
    assert picker.probabilities()[7] >= 0.99
    lab.execute("own = invertviz.optimize_codes(network, [7], record_every=5, progress=False)")
    own = np.array(lab.python("own.images[0].tolist()"))
    assert picker.rgba("generated").shape == (28, 28, 4)
    assert np.abs(picker.generated() - levels(own)).max() <= 1
    assert lab.python("bool(np.allclose(picker.trajectory, own.trajectory, atol=1e-5))")
    assert lab.python("[list(picker.classes), picker.running, picker.step]") == [[7], False, 1000]
    found = end_of_run(picker)
    assert found["codes"].shape == (1, 100)
    assert found["images"].shape == (1, 28, 28)
    assert found["trajectory"].shape == (201, 1, 100)
    np.testing.assert_allclose(picker.probabilities(), found["probabilities"][0], atol=1e-6)
    fed_back = lab.python("network.reconstruct(picker.images.clip(0, 1)).probabilities[0].tolist()")
    np.testing.assert_allclose(picker.fed_back(), fed_back, atol=1e-5)
    assert picker.part("probability-sentence").inner_text() == "99.6 % sure it is a “7”"
    assert "“7”" in picker.part("fed-back-sentence").inner_text()

    # The curve that bqplot draws is that of the trajectory.
    wait_until(lambda: len(picker.curve()) > 100, "the whole curve")
    curve = np.array(picker.curve())
    height = curve[:, 1].max() - curve[:, 1].min()
    sure = np.array(lab.python("picker.curves[:, 0, 7].tolist()"))[::2]
    drawn = (curve[:, 1].max() - curve[:, 1]) / height * np.ptp(sure) + sure.min()
    np.testing.assert_allclose(drawn, sure, atol=0.01)
    assert lab.console_errors == []
    lab.page.mouse.move(0, 0)
    picker.root.screenshot(path=ARTEFACTS / "class_picker.png")


def test_other_cells_run_meanwhile_and_it_stops_resumes_and_restarts(lab):
    wide = "invertviz.untrained((784, 100, 1000, 10))"
    lab.run_notebook([CELLS[0].replace("invertviz.load_pretrained()", wide)])
    picker = Picker(lab)
    picker.pick(*range(10))
    picker.give("steps", 20000)
    picker.give("samples", 16)  # 160 codes of 1,000 units: it takes its time
    idle = [timed(lambda: lab.python("1")) for _ in range(20)]
    picker.part("run").click()
    lab.wait_python("picker.running and picker.step > 0")
    trips = [timed(lambda: lab.python("1")) for _ in range(20)]
    assert lab.python("picker.running")
    reached = lab.python("picker.step")
    print(
        f"a cell's round trip: {1000 * np.median(idle):.0f} ms idle, while it runs "
        f"{1000 * np.median(trips):.0f} ms (longest {1000 * max(trips):.0f} ms, {len(trips)})"
    )
    assert np.median(trips) < 0.25
    assert picker.part("resume").is_disabled()
    picker.part("stop").click()
    picker.settle()
    stopped = lab.python("picker.step")
    assert 0 < reached <= stopped < 20000
    assert lab.python("[picker.running, picker.recorded[-1]]") == [False, stopped]
    assert picker.part("stop").is_disabled()
    assert focused(picker) == "stop"
    lab.execute("stopped_at = picker.codes")

    picker.part("resume").click()
    lab.wait_python(f"picker.step > {stopped}")
    assert picker.part("resume").is_disabled()
    assert focused(picker) == "resume"
    picker.part("stop").click()
    picker.settle()
    assert lab.python(f"picker.recorded.index({stopped}) > 0")
    there = f"picker.trajectory[picker.recorded.index({stopped})]"
    assert lab.python(f"np.allclose({there}, stopped_at, rtol=0, atol=1e-6)")
    assert lab.python("len(picker.recorded)") <= 402

    # Restart: anew, from the start, while it runs.
    picker.part("resume").click()
    lab.wait_python("picker.running")
    picker.part("run").filter(has_text="Restart").wait_for()  # the page has heard it, too
    picker.give("steps", 200)
    picker.part("run").click()
    picker.settle()
    assert picker.part("step").inner_text() == "step 200 of 200"
    assert lab.python("[picker.step, picker.running]") == [200, False]
    assert lab.python("[picker.recorded[0], picker.recorded[-1]]") == [0, 200]


def focused(picker):
    return picker.page.evaluate("document.activeElement.dataset.part")


def timed(act):
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def test_the_scrubber_goes_through_the_trajectory(picker):
    lab, keyboard = picker.lab, picker.page.keyboard
    picker.pick(2, 5)
    picker.run()
    picker.part("sample").nth(1).click()
    picker.settle()
    assert picker.part("sample").nth(1).get_attribute("aria-pressed") == "true"
    scrubber = picker.part("scrubber")
    scrubber.focus()
    keyboard.press("Home")
    picker.settle()
    assert lab.python("[picker.position, picker.chosen]") == [0, 1]
    for position in (0, 1, 2, 40, 200):
        scrubber.evaluate(
            "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }",
            position,
        )
        picker.settle()
        own = lab.python(f"network.invert(picker.trajectory[{position}, 1])[0].tolist()")
        assert np.abs(picker.generated(1) - levels(np.array(own))).max() <= 1
        same = f"np.array_equal(picker.code, picker.trajectory[{position}, 1])"
        assert lab.python(f"bool({same})")
        sure = lab.python(f"picker.curves[{position}, 1].tolist()")
        np.testing.assert_allclose(picker.probabilities(), sure, atol=1e-5)
        step = f"step {5 * position:,} of 1,000"
        assert picker.part("step").inner_text() == step
    # The other picture stays as it came out.
    last = np.array(lab.python("picker.images[0].tolist()"))
    assert np.abs(picker.generated(0) - levels(last)).max() <= 1
    lab.execute("picker.position = 10")
    wait_until(lambda: scrubber.input_value() == "10", "the scrubber to follow Python")
    lab.execute("picker.position = 9999")  # beyond the last, Python looks at the last
    wait_until(lambda: scrubber.input_value() == "200", "the scrubber to follow Python")
    assert picker.part("step").inner_text() == "step 1,000 of 1,000"
    assert scrubber.get_attribute("aria-valuetext") == "step 1000"


def test_a_mixture_by_hand(picker):
    lab = picker.lab
    picker.pick(3, 8)
    picker.part("mix").check()
    assert picker.part("weight").count() == 2
    picker.give("weight", 60)  # the first; the other takes the rest
    assert [picker.part("weight").nth(i).input_value() for i in (0, 1)] == ["60", "40"]
    assert lab.wait_python("picker.classes == {3: 0.6, 8: 0.4}")
    picker.give("rate", 5)  # at 1, it swings for long
    picker.give("steps", 4000)
    picker.run()
    assert picker.part("generated").count() == 1
    assert picker.probabilities()[[3, 8]] == pytest.approx([0.6, 0.4], abs=0.02)
    assert "“3” and" in picker.part("probability-sentence").inner_text()
    assert picker.part("sample").inner_text().startswith("60 % 3 + 40 % 8")
    own = np.array(lab.python("network.invert(picker.codes)[0].tolist()"))
    assert np.abs(picker.generated() - levels(own)).max() <= 1
    assert [*picker.lines().values()] == ["3", "8"]
    lab.screenshot("class-picker-mixture")
    # One class taken out leaves the other alone; Python may set it again.
    picker.pick(3)
    assert lab.wait_python("picker.classes == (8,)")
    assert picker.part("weight").count() == 0 or picker.part("weight").first.is_hidden()
    lab.execute("picker.classes = {'1': 3, '7': 1}")
    wait_until(
        lambda: [picker.part("weight").nth(i).input_value() for i in (0, 1)] == ["75", "25"],
        "the weights to follow Python",
    )


def test_the_legend_tells_lines_apart(lab):
    lab.run_notebook([CELLS[0].replace("picker =", f"network.class_names = {FASHION}\npicker =")])
    picker = Picker(lab)
    assert picker.lines() == {}  # nothing is drawn yet
    lab.execute("picker.classes = dict.fromkeys(range(10), 0.1)")
    picker.run()
    wait_until(lambda: [*picker.lines().values()] == [*FASHION], "a line of its own for each")
    legend, scrubber = picker.part("legend").bounding_box(), picker.part("scrubber").bounding_box()
    assert legend["x"] + legend["width"] <= scrubber["x"] + scrubber["width"]
    lab.screenshot("class-picker-names")


def test_several_classes_and_samples(picker):
    lab = picker.lab
    lab.execute("heard = []; picker.observe(lambda c: heard.append(c['new']), 'code')")
    picker.pick(0, 1, 2)
    picker.give("samples", 3)
    assert "every sample would be the same" in picker.part("hint").inner_text()
    picker.give("seed", 5)
    picker.run()
    assert picker.part("generated").count() == 9
    images = np.array(lab.python("picker.images.tolist()"))
    for index in range(9):
        assert np.abs(picker.generated(index) - levels(images[index])).max() <= 1
    sure = lab.python("[float(picker.probabilities[i, i // 3]) for i in range(9)]")
    assert min(sure) >= 0.99
    # The first is the article's; the others differ from it and from one another.
    lab.execute("own = invertviz.optimize_codes(network, [0, 1, 2], progress=False)")
    assert lab.python("bool(np.allclose(picker.codes[::3], own.codes, atol=1e-4))")
    codes = np.array(lab.python("picker.codes.tolist()"))
    assert min(np.abs(codes[i] - codes[j]).max() for i in range(3) for j in range(i)) > 0.5
    picker.part("sample").nth(4).click()
    picker.settle()
    assert lab.python("heard[-1].tolist() == picker.codes[4].tolist()")
    assert picker.probabilities()[1] >= 0.99
    picker.page.keyboard.press("ArrowRight")
    picker.settle()
    assert lab.python("picker.chosen") == 5
    lab.screenshot("class-picker-samples")
    lab.execute("figure = picker.figure(); picker.save_figure('picker.pdf')")
    assert lab.python("len(figure.axes)") == 9
    lab.execute("picker.classes, picker.samples = [5], 1; picker.run()")
    lab.wait_python("not picker.running")
    wait_until(lambda: picker.part("generated").count() == 1, "the one picture")
    picker.settle()
    assert lab.console_errors == []


def test_controls_keep_their_bounds(picker):
    lab = picker.lab
    bounds = {"steps": (1, 20000), "rate": (0.001, 100), "samples": (1, 16)}
    for part, (low, high) in bounds.items():
        picker.give(part, 10**7)
        assert float(picker.part(part).input_value()) == high
        picker.give(part, -3)
        assert float(picker.part(part).input_value()) == low
        picker.give(part, "")
        assert float(picker.part(part).input_value()) == low
    assert lab.wait_python("[picker.steps, picker.learning_rate, picker.samples] == [1, 0.001, 1]")
    picker.pick(*range(10))
    lab.execute("picker.samples = 16")
    assert picker.part("run").is_enabled()
    picker.part("class").nth(3).click()
    lab.execute("picker.steps = 77")
    wait_until(lambda: picker.part("steps").input_value() == "77", "the page to follow Python")
    with pytest.raises(RuntimeError, match="steps is 0; give 1 to 20000"):
        lab.execute("picker.steps = 0")


AWAIT = """result = await picker.run()
assert not picker.running and result.steps == 3000, result.steps
assert result.probabilities[0, 6] > 0.99"""


def test_a_cell_awaits_the_end_and_the_page_follows(lab):
    made = CELLS[0].replace("(network)", "(network, classes=[6], steps=3000)")
    lab.run_notebook([made, AWAIT])
    picker = Picker(lab)
    picker.settle()
    assert picker.part("step").inner_text() == "step 3,000 of 3,000"
    assert picker.probabilities()[6] > 0.99
    # While a cell waits, the page's stop is heard.
    lab.execute("picker.classes, picker.samples, picker.steps = range(10), 16, 20000")
    lab.start("stopped = await picker.run()")
    picker.root.locator('[data-part="stop"][aria-disabled="false"]').click()
    picker.settle()
    assert 0 < lab.wait_python("globals().get('stopped') and stopped.steps") < 20000


def test_an_error_in_an_observer_is_shown_and_the_next_run_works(picker):
    lab = picker.lab
    lab.execute(
        "def trip(change):\n    if change['new'] > 400: raise RuntimeError('<b>no further</b>')"
    )
    lab.execute("picker.observe(trip, 'step')")
    picker.pick(1)
    picker.part("run").click()
    picker.part("message").filter(has_text="RuntimeError: <b>no further</b>").wait_for()
    assert picker.state["state"] == "error"
    assert lab.python("[picker.running, picker.step < 1000]") == [False, True]
    lab.execute("picker.unobserve(trip, 'step')")
    picker.run()
    assert picker.part("message").inner_text() == ""
    assert picker.probabilities()[1] >= 0.99


def test_keyboard_alone(picker):
    lab, keyboard = picker.lab, picker.page.keyboard
    picker.part("class").nth(0).focus()
    for _ in range(5):
        keyboard.press("Tab")
    keyboard.press("Space")
    assert lab.wait_python("picker.classes == (5,)")
    for _ in range(20):
        if focused(picker) == "run":
            break
        keyboard.press("Tab")
    keyboard.press("Enter")
    picker.settle()
    assert picker.probabilities()[5] >= 0.99
    for control in picker.root.locator("button:not(.jupyter-button), input, select").all():
        name = control.evaluate(
            "e => e.ariaLabel || e.labels?.[0]?.textContent || e.textContent || ''"
        )
        assert name.strip(), control.evaluate("e => e.outerHTML")


def test_dark(open_lab):
    lab = open_lab(theme="Dark", scale=2)
    lab.run_notebook(CELLS)
    picker = Picker(lab)
    picker.pick(3, 8, 9)
    picker.run()
    colour = picker.root.evaluate("root => getComputedStyle(root).color")
    assert min(int(level) for level in re.findall(r"\d+", colour)[:3]) > 180
    wait_until(lambda: len(picker.curve()) > 100, "the curve")
    picker.lab.screenshot("class-picker-dark")


def test_fits_a_phone(picker):
    picker.pick(3, 8)
    picker.part("mix").check()
    picker.run()
    picker.root.evaluate("root => { root.parentElement.style.width = '400px'; }")
    picker.page.wait_for_function(
        "root => root.clientWidth <= 400 && root.scrollWidth <= root.clientWidth",
        arg=picker.root.element_handle(),
    )
    root = picker.root.bounding_box()
    for part in ("generated", "run", "stop", "resume", "scrubber", "weight", "probability"):
        box = picker.part(part).last.bounding_box()
        assert box["x"] >= root["x"]
        assert box["x"] + box["width"] <= root["x"] + root["width"] + 0.5
    picker.root.screenshot(path=ARTEFACTS / "class-picker-phone.png")


def test_displayed_twice_it_is_one_picker(lab):
    lab.run_notebook([*CELLS, "picker"])
    first, second = Picker(lab, 0), Picker(lab, 1)
    first.pick(6)
    assert second.part("class").nth(6).get_attribute("aria-pressed") == "true"
    second.run()
    first.settle()
    np.testing.assert_array_equal(first.generated(), second.generated())
    first.part("scrubber").focus()
    lab.page.keyboard.press("Home")
    second.settle()
    assert second.part("scrubber").input_value() == "0"
    np.testing.assert_array_equal(first.generated(), second.generated())
    lab.execute("picker.close()")
    wait_until(
        lambda: lab.page.locator('[data-invertviz="class-picker"]').count() == 0,
        "the views to go",
    )
    assert lab.console_errors == []
