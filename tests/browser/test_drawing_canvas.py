"""The drawing canvas in JupyterLab, driven as a person would."""

from __future__ import annotations

import re

import numpy as np
import pytest
from _common import ARTEFACTS, wait_until
from _drawing import CELLS, ONE, SEVEN, THREE, Canvas, assert_shows_what_python_has
from _widget import levels


def test_tour_inverts_what_is_drawn(open_lab):
    lab = open_lab(scale=2)
    lab.open("tour.ipynb")
    lab.run_all()
    canvas = Canvas(lab)
    canvas.part("clear").click()
    canvas.settle()
    assert lab.python("canvas.prediction") == -1
    blank = canvas.pixels("reconstruction")

    canvas.draw(THREE)
    assert lab.python("canvas.prediction") == 3
    assert lab.python("float(canvas.probabilities[3])") > 0.9
    assert canvas.prediction == "3"
    assert np.abs(canvas.pixels("reconstruction").astype(int) - blank).max() > 100
    assert_shows_what_python_has(canvas)
    lab.page.mouse.move(0, 0)
    lab.screenshot("tour")
    canvas.root.screenshot(path=ARTEFACTS / "drawing_canvas.png")  # the README's picture

    # The notebook's other pictures are there too, and nothing complained.
    lab.page.get_by_text("One unit at a time").last.scroll_into_view_if_needed()
    lab.page.locator(".jp-OutputArea-output img").last.wait_for()
    lab.screenshot("tour-end")
    assert lab.console_errors == []


def test_undo_redo_and_clear(canvas):
    lab = canvas.lab
    assert canvas.part("undo").is_disabled()
    assert canvas.part("clear").is_disabled()
    canvas.draw(ONE)
    one = lab.python("canvas.image.tolist()")
    canvas.draw([[(0.3, 0.2), (0.5, 0.2)]])
    two = lab.python("canvas.image.tolist()")
    assert one != two

    canvas.part("undo").click()
    canvas.settle()
    assert lab.python("canvas.image.tolist()") == one
    canvas.part("redo").click()
    canvas.settle()
    assert lab.python("canvas.image.tolist()") == two
    canvas.part("clear").click()
    canvas.settle()
    assert not lab.python("bool(canvas.image.any())")
    assert not canvas.ink().any()
    assert canvas.part("clear").is_disabled()
    lab.page.keyboard.press("ControlOrMeta+z")  # the focus is on the button, which nobody can use
    canvas.settle()
    assert lab.python("canvas.image.tolist()") == two
    assert_shows_what_python_has(canvas)


def test_python_sets_the_image_and_observes(canvas):
    lab = canvas.lab
    lab.execute("seen = []; canvas.observe(lambda c: seen.append(c['new']), 'prediction')")
    lab.execute("canvas.image = digits.images[7]")
    digit = np.array(lab.python("digits.images[7].tolist()"))
    wait_until(
        lambda: np.array_equal(canvas.pixels("input"), levels(digit)), "the digit to be shown"
    )
    assert_shows_what_python_has(canvas)
    # Shown on the surface too, and setting it asked nothing of the kernel.
    ink = canvas.ink()
    cell = ink.shape[0] / 28
    middles = (cell * (np.arange(28) + 0.5)).astype(int)
    assert np.abs(ink[np.ix_(middles, middles)] - levels(digit)).max() <= 2
    assert lab.python("canvas._answered") == 0

    # A stroke upon it changes only what lies beneath, and Python hears.
    lab.execute("seen.clear()")
    canvas.draw([[(0.05, 0.1), (0.95, 0.1)]])
    drawn = np.array(lab.python("canvas.image.tolist()"))
    np.testing.assert_allclose(drawn[6:], digit[6:], atol=0.005)
    assert drawn[2].mean() > 0.8
    assert lab.python("seen[-1:] == [] or seen[-1] == canvas.prediction")
    canvas.part("undo").click()
    canvas.settle()
    np.testing.assert_allclose(lab.python("canvas.image.tolist()"), digit, atol=1e-6)


def test_python_sets_how_drawings_are_fitted_and_an_image_in_one_cell(canvas):
    lab = canvas.lab
    canvas.draw(SEVEN)
    lab.execute("canvas.normalize = False; canvas.image = digits.images[7]")
    digit = np.array(lab.python("digits.images[7].tolist()"))
    wait_until(
        lambda: np.array_equal(canvas.pixels("input"), levels(digit)), "the digit to be shown"
    )
    canvas.settle()
    assert not canvas.part("normalize").is_checked()
    np.testing.assert_array_equal(lab.python("canvas.image.tolist()"), digit)
    assert_shows_what_python_has(canvas)


def test_drawings_are_fitted_as_mnist_was(canvas):
    lab = canvas.lab
    canvas.draw([[(0.05, 0.05), (0.25, 0.05), (0.15, 0.3)]])  # small, in a corner
    fitted = np.array(lab.python("canvas.image.tolist()"))
    rows, columns = np.nonzero(fitted > 0.02)
    assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22
    centre = [np.average(np.arange(28), weights=fitted.sum(axis)) for axis in (1, 0)]
    np.testing.assert_allclose(centre, 14, atol=0.05)  # where MNIST's are, pixels from 0

    canvas.part("normalize").uncheck()
    canvas.settle()
    as_drawn = np.array(lab.python("canvas.image.tolist()"))
    rows, columns = np.nonzero(as_drawn > 0.02)
    assert rows.max() <= 10
    assert columns.max() <= 9
    assert lab.python("canvas.normalize") is False
    lab.execute("canvas.normalize = True")
    wait_until(lambda: canvas.part("normalize").is_checked(), "the box to be ticked")
    np.testing.assert_allclose(
        lab.wait_python("canvas.image.tolist() if canvas.image[20:].any() else []"), fitted
    )


def test_eraser_and_brush(canvas):
    lab = canvas.lab
    lab.execute("canvas.normalize = False")
    canvas.draw([[(0.1, 0.5), (0.9, 0.5)]])
    thin = np.array(lab.python("canvas.image.tolist()")).sum()
    canvas.part("eraser").click()
    assert canvas.part("eraser").get_attribute("aria-pressed") == "true"
    canvas.draw([[(0.5, 0.3), (0.5, 0.7)]])
    erased = np.array(lab.python("canvas.image.tolist()"))
    assert erased[14, 5] > 0.9
    assert erased[14, 14] < 0.1
    canvas.part("eraser").click()

    canvas.part("clear").click()
    brush = canvas.part("brush")
    brush.focus()
    lab.page.keyboard.press("End")
    assert lab.wait_python("canvas.brush == 6.0")
    canvas.draw([[(0.1, 0.5), (0.9, 0.5)]])
    assert np.array(lab.python("canvas.image.tolist()")).sum() > 2 * thin
    # A ring shows where the pen is, and how wide.
    cells = canvas.rgba("ring")[..., 0] > 127  # its white line, not the black beside it
    for axis, share in ((1, 0.5), (0, 0.9)):
        (ring,) = np.nonzero(cells.any(axis=axis))
        size = cells.shape[1 - axis]
        ends = np.clip([share - 3 / 28, share + 3 / 28], 0, 1) * size
        assert [ring[0], ring[-1] + 1] == pytest.approx(ends, abs=1.5)
    lab.execute("canvas.brush = 1.5")
    wait_until(lambda: brush.input_value() == "1.5", "the slider to follow Python")


def test_on_a_tall_canvas_ink_is_where_the_pen_was(lab):
    tall = "invertviz.untrained((240, 20, 20, 10), image_shape=(30, 8), seed=0)"
    cell = CELLS[0].replace("invertviz.load_pretrained()", tall)
    lab.run_notebook([cell.replace("DrawingCanvas(network", "DrawingCanvas(network, brush=1")])
    canvas = Canvas(lab)
    lab.execute("canvas.normalize = False")
    wait_until(lambda: not canvas.part("normalize").is_checked(), "the box to be unticked")
    assert canvas.part("clear").bounding_box()["y"] < lab.page.viewport_size["height"]
    canvas.draw([[(2.5 / 8, 5.5 / 30), (2.5 / 8, 20.5 / 30)]])
    image = np.array(lab.python("canvas.image.tolist()"))
    rows, columns = np.nonzero(image > 0.5)
    assert set(columns) == {2}
    assert [*rows] == [*range(5, 21)]
    lab.screenshot("canvas-tall")


def test_hidden_under_the_pen(canvas):
    lab, mouse = canvas.lab, canvas.lab.page.mouse
    lab.execute("canvas.normalize = False")
    box = canvas.part("surface").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x - 40, y)
    mouse.down()
    mouse.move(x, y)
    for display in ("none", ""):
        canvas.root.evaluate("(root, display) => { root.style.display = display; }", display)
        mouse.move(x, y + 20)
    mouse.up()
    canvas.settle()
    assert_shows_what_python_has(canvas)
    image = np.array(lab.python("canvas.image.tolist()"))
    length = 60 * 28 / box["width"]
    assert image.sum() == pytest.approx(2.2 * length + np.pi * 1.1**2, rel=0.1)
    assert lab.python("canvas.error") == ""


def test_keyboard_alone(canvas):
    lab, keyboard = canvas.lab, canvas.lab.page.keyboard
    canvas.part("surface").focus()
    for _ in range(8):
        keyboard.press("ArrowUp")
    keyboard.press(" ")
    for _ in range(4):
        keyboard.press("Shift+ArrowDown")
    keyboard.press(" ")
    keyboard.press("ArrowLeft")  # lifted: no ink
    assert canvas.ring == pytest.approx([22, 13], abs=0.5)
    resolution = len(canvas.rgba("ring"))
    lab.page.set_viewport_size({"width": 900, "height": 900})
    wait_until(lambda: len(canvas.rgba("ring")) != resolution, "the surface to change its size")
    assert canvas.ring == pytest.approx([22, 13], abs=0.5)
    canvas.settle()
    assert lab.python("canvas.prediction") == 1
    image = lab.python("canvas.image.tolist()")
    keyboard.press("Control+z")
    canvas.settle()
    assert lab.python("canvas.prediction") == -1
    keyboard.press("Control+Shift+z")
    canvas.settle()
    assert lab.python("canvas.image.tolist()") == image
    keyboard.press("e")
    assert canvas.part("eraser").get_attribute("aria-pressed") == "true"
    keyboard.press("Delete")
    canvas.settle()
    assert lab.python("canvas.prediction") == -1
    # JupyterLab's own shortcuts (Z undoes, D D deletes a cell) stayed away.
    for key in "zddx":
        keyboard.press(key)
    assert lab.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length") == len(CELLS)


def test_a_drawing_that_is_undone_under_the_pen_is_not_drawn_on(canvas):
    keyboard, mouse = canvas.page.keyboard, canvas.page.mouse

    def image():
        canvas.settle()
        return canvas.lab.python("canvas.image.tolist()")

    canvas.draw(ONE)
    one = image()
    box = canvas.part("surface").bounding_box()
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 20, y)
    keyboard.press("Control+z")
    mouse.move(x + 40, y)
    mouse.up()
    assert image() == one
    keyboard.press(" ")
    keyboard.press("Shift+ArrowRight")
    keyboard.press("Control+z")
    keyboard.press("Shift+ArrowDown")
    assert image() == one
    keyboard.press(" ")  # puts the pen down again
    keyboard.press("Shift+ArrowRight")
    assert image() != one


def touch(session, kind, points):
    touches = [{"x": x, "y": y} for x, y in points]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_touch_draws_and_does_not_scroll(canvas):
    lab = canvas.lab
    session = lab.context.new_cdp_session(lab.page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    box = canvas.part("surface").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"]
    touch(session, "touchStart", [(x, y + 0.8 * box["height"])])
    for share in np.linspace(0.8, 0.2, 20):
        touch(session, "touchMove", [(x, y + share * box["height"])])
    touch(session, "touchEnd", [])
    session.detach()
    canvas.settle()
    assert lab.wait_python("canvas.prediction == 1")
    assert canvas.part("surface").bounding_box() == box


def test_pen_pressure_widens_the_stroke(canvas):
    lab = canvas.lab
    lab.execute("canvas.normalize = False")
    session = lab.context.new_cdp_session(lab.page)
    box = canvas.part("surface").bounding_box()
    for force, y in ((0.1, 0.3), (1.0, 0.7)):
        common = {"pointerType": "pen", "button": "left", "clickCount": 1, "force": force}
        y = box["y"] + y * box["height"]
        for kind, x in (("Pressed", 0.2), ("Moved", 0.8), ("Released", 0.8)):
            session.send(
                "Input.dispatchMouseEvent",
                {
                    "type": f"mouse{kind}",
                    "x": box["x"] + x * box["width"],
                    "y": y,
                    "buttons": 0 if kind == "Released" else 1,
                    **common,
                },
            )
        canvas.settle()
    image = np.array(lab.wait_python("canvas.image.tolist() if canvas.image[18:].any() else []"))
    ink = [image[:14].sum(), image[14:].sum()]
    assert ink[0] > 0
    assert ink[1] > 2 * ink[0]


def test_displayed_twice_it_is_one_drawing(lab):
    lab.run_notebook([*CELLS, "canvas"])
    first, second = Canvas(lab, 0), Canvas(lab, 1)
    Canvas(lab, 0).draw(ONE)
    second.settle()
    np.testing.assert_array_equal(first.ink() > 0, second.ink() > 0)
    assert first.ink().any()
    Canvas(lab, 1).draw([[(0.3, 0.3), (0.4, 0.4)]])
    first.settle()
    np.testing.assert_array_equal(first.pixels("reconstruction"), second.pixels("reconstruction"))
    np.testing.assert_array_equal(first.pixels("input"), second.pixels("input"))
    second.part("clear").click()
    wait_until(lambda: not first.ink().any(), "both to be cleared")
    # Closed in Python, both go, and nothing complains.
    lab.execute("canvas.close()")
    wait_until(
        lambda: lab.page.locator('[data-invertviz="drawing-canvas"]').count() == 0,
        "the views to go",
    )
    assert lab.console_errors == []


def test_an_error_in_an_observer_is_shown_and_the_next_stroke_works(canvas):
    lab = canvas.lab
    lab.execute("def trip(change):\n    raise RuntimeError('<b>no more ink</b>')")
    lab.execute("canvas.observe(trip, 'image')")
    box = canvas.part("surface").bounding_box()
    lab.page.mouse.click(box["x"] + 50, box["y"] + 50)
    canvas.part("message").filter(has_text="RuntimeError: <b>no more ink</b>").wait_for()
    assert canvas.root.get_attribute("data-state") == "error"
    lab.execute("canvas.unobserve(trip, 'image')")
    canvas.part("clear").click()
    canvas.settle()
    canvas.draw(SEVEN)
    assert lab.python("canvas.prediction") == 7
    assert canvas.part("message").inner_text() == ""


def test_class_names_are_shown_as_text(lab):
    evil = "</script><img src=x onerror=alert(1)>"
    named = f"network.class_names = [{evil!r}] * 10\ncanvas ="
    lab.run_notebook([CELLS[0].replace("canvas =", named)])
    canvas = Canvas(lab)
    canvas.draw(SEVEN)
    assert canvas.root.locator("output").inner_text() == evil
    assert canvas.part("probability").get_by_text(evil).count() == 10
    assert canvas.root.locator("img").count() == 0
    assert lab.console_errors == []


def test_of_many_classes_the_one_it_says_is_in_sight(lab):
    many = (
        "network = invertviz.untrained([784, 20, 20, 40], seed=0)\n"
        "network.classifier.biases[-1][39] += 9\n"
    )
    cell = CELLS[0].replace("network = invertviz.load_pretrained()\n", many)
    lab.run_notebook(
        [cell.replace("DrawingCanvas(network", "DrawingCanvas(network, image=digits.images[0]")]
    )
    canvas = Canvas(lab)
    bars = canvas.root.locator(".iv-probabilities")
    page_at = canvas.root.bounding_box()["y"]

    def in_sight(number):
        seen, row = bars.bounding_box(), canvas.part("probability").nth(number).bounding_box()
        below = row["y"] + row["height"] - seen["y"] - seen["height"]
        return canvas.prediction == str(number) and below < 1 and row["y"] - seen["y"] > -1

    wait_until(lambda: in_sight(39), "the last")
    for index, number in enumerate((0, 20)):
        lab.execute(f"network.classifier.biases[-1][{number}] += {20 * (index + 1)}")
        lab.execute(f"canvas.image = digits.images[{index + 1}]")
        wait_until(lambda number=number: in_sight(number), f"a {number}")
    assert canvas.root.bounding_box()["y"] == page_at
    lab.screenshot("canvas-many-classes")


def test_dark_theme_and_sharp_on_a_fine_screen(open_lab):
    lab = open_lab(theme="Dark", scale=2)
    lab.run_notebook(CELLS)
    canvas = Canvas(lab)
    canvas.draw(SEVEN)
    css = canvas.part("surface").bounding_box()
    assert canvas.ink().shape[1] == pytest.approx(2 * css["width"], abs=1)
    colour = canvas.root.evaluate("root => getComputedStyle(root).color")
    assert min(int(level) for level in re.findall(r"\d+", colour)[:3]) > 180
    assert_shows_what_python_has(canvas)
    lab.screenshot("dark")


def test_fits_a_phone(canvas):
    canvas.draw(SEVEN)
    canvas.root.evaluate("root => { root.parentElement.style.width = '400px'; }")
    canvas.page.wait_for_function(
        "root => root.clientWidth <= 400 && root.scrollWidth <= root.clientWidth",
        arg=canvas.root.element_handle(),
    )
    for name in ("surface", "reconstruction", "clear", "undo", "redo"):
        box, root = canvas.part(name).bounding_box(), canvas.root.bounding_box()
        assert box["x"] >= root["x"]
        assert box["x"] + box["width"] <= root["x"] + root["width"] + 0.5
    assert canvas.part("surface").bounding_box()["width"] > 180
    canvas.root.screenshot(path=canvas.lab.screenshot("phone"))
    canvas.draw(ONE)  # still where the pointer is
    assert canvas.lab.python("canvas.image.any().item()")


WIRE = """
window.wire = [];
const send = WebSocket.prototype.send;
const note = (name, data) => {
    const text = typeof data === 'string' ? data : new TextDecoder('latin1').decode(data);
    const found = new RegExp(`"${name}":\\\\s*(\\\\d+)`).exec(text);
    if (found) window.wire.push({ name, number: +found[1], time: performance.now() });
};
const heard = new WeakSet();
WebSocket.prototype.send = function (data) {
    if (!heard.has(this)) {
        heard.add(this);
        this.addEventListener('message', event => note('_answered', event.data));
    }
    note('_request', data);
    return send.call(this, data);
};
"""
STORM = """surface => new Promise(resolve => {
    const { left, top, width, height } = surface.getBoundingClientRect();
    const start = performance.now();
    let count = 0;
    const tick = () => {
        const due = Math.min(1000, Math.floor((performance.now() - start) / 2));
        for (; count < due; count++) {
            const angle = count / 40;
            const radius = 0.1 + 0.3 * count / 1000;
            surface.dispatchEvent(new PointerEvent('pointermove', {
                pointerId: 1, pointerType: 'mouse', buttons: 1, bubbles: true,
                clientX: left + width * (0.5 + radius * Math.cos(angle)),
                clientY: top + height * (0.5 + radius * Math.sin(angle)),
            }));
        }
        if (count < 1000) setTimeout(tick, 1);
        else resolve({ start, end: performance.now() });
    };
    tick();
})"""
FRAMES = """root => {
    window.frames_painted = [];
    new MutationObserver(() => window.frames_painted.push(performance.now()))
        .observe(root, { attributes: true, attributeFilter: ['data-frame'] });
}"""


def test_a_storm_of_strokes_never_queues(fresh_lab):
    lab = fresh_lab
    lab.page.add_init_script(WIRE)
    lab.run_notebook(CELLS)
    canvas = Canvas(lab)
    box = canvas.part("surface").bounding_box()
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lab.page.mouse.down()
    canvas.settle()
    canvas.root.evaluate(FRAMES)
    lab.page.evaluate("window.wire.length = 0")
    storm = canvas.part("surface").evaluate(STORM)
    canvas.settle()
    lab.page.mouse.up()

    wire = lab.page.evaluate("window.wire")
    in_flight, sent, trips = 0, {}, []
    for event in wire:
        if event["name"] == "_request":
            in_flight += 1
            sent[event["number"]] = event["time"]
        elif event["number"] in sent:
            in_flight -= 1
            trips.append(event["time"] - sent[event["number"]])
        assert 0 <= in_flight <= 1
    answers = [event for event in wire if event["name"] == "_answered"]
    late = [event for event in answers if event["time"] > storm["end"]]
    painted = lab.page.evaluate("window.frames_painted.at(-1)")
    print(
        f"storm: 1,000 events in {storm['end'] - storm['start']:.0f} ms, {len(trips)} round "
        f"trips, median {np.median(trips):.0f} ms; the last picture "
        f"{painted - storm['end']:.0f} ms after the last event"
    )
    assert len(trips) >= 5
    assert len(late) <= 2  # the one on its way, and the one with the last image
    assert painted - storm["end"] <= 2 * max(trips)
    assert_shows_what_python_has(canvas)
    # What was answered last is the whole drawing.
    image = np.array(lab.python("canvas.image.tolist()"))
    canvas.part("normalize").uncheck()
    canvas.part("normalize").check()
    canvas.settle()
    np.testing.assert_array_equal(lab.python("canvas.image.tolist()"), image)
