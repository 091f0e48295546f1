"""Who answers a drawing canvas in JupyterLab: the kernel, or the browser without it."""

from __future__ import annotations

import numpy as np
from _common import wait_until
from _drawing import CELLS, ONE, SEVEN, Canvas, assert_shows_what_python_has
from _widget import levels


def test_a_kernel_killed_in_a_stroke_leaves_the_canvas_alive(canvas):
    lab, page = canvas.lab, canvas.page
    canvas.draw(SEVEN)
    by_pytorch = canvas.pixels("reconstruction").astype(int), canvas.probabilities()
    undone = canvas.ink()
    canvas.part("clear").click()
    canvas.settle()
    box = canvas.part("surface").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.down()
    lab.kill_kernel()
    canvas.part("message").filter(has_text="Python does not see").wait_for()
    page.mouse.up()
    lab.close_dialog()

    # The same seven, now answered by the page itself.
    canvas.part("clear").click()
    canvas.draw(SEVEN, engine="browser")
    np.testing.assert_array_equal(canvas.ink(), undone)
    assert np.abs(canvas.pixels("reconstruction") - by_pytorch[0]).max() <= 1
    np.testing.assert_allclose(canvas.probabilities(), by_pytorch[1], atol=1e-4)
    assert canvas.prediction == "7"
    frame = canvas.frame
    canvas.draw(ONE, engine="browser")
    assert canvas.frame > frame
    lab.screenshot("dead-kernel")


def test_a_kernel_that_is_asked_for_alone_and_dies_is_said_clearly(canvas):
    canvas.lab.execute("canvas.engine = 'kernel'")
    canvas.draw(SEVEN)
    painted = canvas.pixels("reconstruction")
    canvas.lab.kill_kernel()
    canvas.part("message").filter(has_text="There is no kernel to answer").wait_for()
    assert canvas.state["state"] == "error"
    np.testing.assert_array_equal(canvas.pixels("reconstruction"), painted)


def test_a_busy_kernel_hears_what_was_drawn_when_it_can(canvas):
    lab = canvas.lab
    with lab.kernel_held():
        canvas.draw(SEVEN, engine="browser")
        canvas.part("message").filter(has_text="The kernel is busy").wait_for()
        assert canvas.prediction == "7"
        canvas.draw([[(0.3, 0.5), (0.6, 0.5)]], engine="browser")
    canvas.settle("kernel")
    assert canvas.part("message").inner_text() == ""
    assert_shows_what_python_has(canvas)


def test_a_cut_connection_is_bridged_and_python_hears_afterwards(fresh_lab):
    lab = fresh_lab
    cut, sockets = [], []

    def proxy(socket):
        if cut:
            socket.close(code=4000)
        else:
            socket.connect_to_server()
            sockets.append(socket)

    lab.page.route_web_socket("**/channels**", proxy)
    lab.run_notebook(CELLS)
    canvas = Canvas(lab)
    canvas.draw(ONE)
    cut.append(True)
    for socket in sockets:
        socket.close(code=4000)
    canvas.part("clear").click()
    canvas.draw(SEVEN, engine="browser")
    assert canvas.prediction == "7"
    assert lab.python("canvas.prediction") == 1
    cut.clear()
    canvas.settle("kernel")
    assert lab.python("canvas.prediction") == 7
    assert_shows_what_python_has(canvas)


def test_the_browser_answers_if_asked_to_and_python_follows(canvas):
    lab = canvas.lab
    lab.execute("canvas.engine = 'browser'")
    wait_until(lambda: canvas.state["engine"] == "browser", "the browser engine to be chosen")
    canvas.draw(SEVEN, engine="browser")
    assert lab.wait_python("canvas.prediction == 7")
    wait_until(
        lambda: np.array_equal(
            levels(np.array(lab.python("canvas.image.tolist()"))), canvas.pixels("input")
        ),
        "the last image to reach Python",
    )
    own = np.array(lab.python("network.reconstruct(canvas.image).images[0].tolist()"))
    assert np.abs(canvas.pixels("reconstruction") - levels(own)).max() <= 1


def test_what_the_browser_cannot_do_is_said(lab):
    lab.run_notebook(
        [
            "import invertviz\n"
            "from invertviz.widgets import DrawingCanvas\n"
            "network = invertviz.load_pretrained()\n"
            "inverse = invertviz.PseudoInverse.fit(network)\n"
            "canvas = DrawingCanvas(network, inverse=inverse, engine='browser')\n"
            "canvas"
        ]
    )
    canvas = Canvas(lab)
    canvas.draw(SEVEN, engine="kernel")
    canvas.part("message").filter(has_text="The kernel answers").wait_for()
    assert "pseudo-inverse" in canvas.part("message").inner_text()
    assert canvas.prediction == "7"
    lab.kill_kernel()
    canvas.part("message").filter(has_text="There is no kernel to answer").wait_for()
    assert "pseudo-inverse" in canvas.part("message").inner_text()
    assert canvas.state["state"] == "error"


def test_a_reopened_notebook_is_alive_before_its_cells_are_run(lab, reopen):
    name = lab.run_notebook(CELLS)
    canvas = Canvas(lab)
    canvas.draw(SEVEN)
    by_pytorch = canvas.pixels("reconstruction").astype(int)
    again = reopen(lab, name)
    reopened = Canvas(again)
    reopened.settle("browser")
    assert np.abs(reopened.pixels("reconstruction") - by_pytorch).max() <= 1
    reopened.part("clear").click()
    reopened.draw(ONE, engine="browser")
    assert reopened.prediction == "1"


def test_after_a_restart_the_canvas_serves_again(canvas):
    lab = canvas.lab
    canvas.draw(ONE)
    lab.restart_kernel()
    lab.run_all()
    fresh = Canvas(lab)
    wait_until(lambda: fresh.root.get_attribute("data-state") == "idle", "an answer")
    fresh.draw(SEVEN)
    assert lab.python("canvas.prediction") == 7
