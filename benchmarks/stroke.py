"""From a stroke to its reconstruction on the screen, in a real JupyterLab and Chromium, beside a
bare comm echo of the same bytes and what one would build otherwise; and the lag after a storm.

    .venv-bench/bin/python benchmarks/stroke.py [--quick]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from _browser import chromium
from _lab import Lab
from _measure import Report, say, threads_from_environment
from _rivals import CELLS
from _server import WITHOUT_DELAY, LabServer

EVENTS = 300
STORM = 1000
BLOCKS = 5
ALL_CELLS = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
OURS = "invertviz"
ECHO = "bare comm echo"
FRAME, FRAME_MS = "one display frame", 1000 / 60
NAIVE = "anywidget, not coalesced"
RIVALS = ("ipycanvas + callback", NAIVE, "bqplot Image", "interact + matplotlib")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few events, to try the script")
    options = parser.parse_args()
    events = 20 if options.quick else EVENTS
    packages = ("jupyterlab", "jupyter_server", "ipywidgets", "anywidget", "bqplot", "ipycanvas")
    versions = {name: version(name) for name in packages}
    with chromium() as browser, ExitStack() as stack:
        report = Report(
            "stroke", threads=threads_from_environment(), chromium=browser.version, **versions
        )
        labs = {
            name: open_lab(stack, browser, arguments)
            for name, arguments in (("quick", [WITHOUT_DELAY]), ("stock", []))
        }
        compare_latencies(labs, report, events)
        compare_storms(labs["quick"], report)
        measure_browser_engine(labs["quick"], report, events)
        for lab in labs.values():
            if lab.console_errors:
                say(f"the page complained: {lab.console_errors}")
    report.write()


def open_lab(stack, browser, arguments):
    """A JupyterLab of its own with all rivals on its page."""
    server = LabServer(Path(stack.enter_context(tempfile.TemporaryDirectory())), arguments)
    stack.callback(server.stop)
    server.configure(ALL_CELLS)
    lab = Lab(server, browser)
    stack.callback(lab.close)
    lab.run_notebook(CELLS)
    lab.page.locator(".rival-bqplot svg image").wait_for(state="attached")
    lab.page.locator(".rival-interact img").wait_for()
    lab.page.mouse.move(5, 5)
    lab.page.add_script_tag(path=Path(__file__).with_name("stroke.js"))
    return lab


def compare_latencies(labs, report, events):
    """Every rival as one has it, on the stock server, and on ours what is as fast, in turn."""
    on_stock, on_ours = (OURS, ECHO, *RIVALS), (OURS, ECHO, NAIVE)
    names = {"quick": on_ours, "stock": on_stock}
    found = {server: {name: [] for name in names[server]} for server in labs}
    for block in range(BLOCKS):
        for server, lab in labs.items():
            lab.page.bring_to_front()
            for name in rotated(names[server], block):
                found[server][name] += latencies(lab.page, name, -(-events // BLOCKS))
    quick, stock = found["quick"], found["stock"]
    report.add("stroke → painted, invertviz lab", quick, OURS)
    late = {OURS: [statistics.quantiles(quick[OURS], n=20)[-1]], FRAME: [FRAME_MS]}
    report.add("the same, 95th percentile", late, OURS, wanted={FRAME: "≤ 1"})
    usual = {f"{name}, stock server": stock[name] for name in RIVALS}
    wanted = dict.fromkeys(usual, "≤ 0.333")
    work = "the same, beside others as one has them"
    report.add(work, {OURS: quick[OURS]} | usual, OURS, wanted=wanted)
    work = "stroke → painted, all on a stock server"
    report.add(work, stock, OURS, wanted={ECHO: "≤ 1.1"})
    trips = {"invertviz lab": quick[ECHO], "stock server": stock[ECHO]}
    report.add("bare comm echo", trips, "invertviz lab")


def rotated(names, block):
    """Each block begins with another: the first on a page that came to the front is slower."""
    start = block % len(names)
    return names[start:] + names[:start]


def compare_storms(lab, report):
    """What is left to do after more events than anyone can answer."""
    lab.page.bring_to_front()
    trip = statistics.median(latencies(lab.page, OURS, 30))
    lags = {}
    storms = {OURS: 3} | dict.fromkeys((ECHO, *RIVALS), 1)  # some of theirs take long to end
    for name, count in storms.items():
        lags[name] = []
        for _ in range(count):
            lags[name].append(lab.page.evaluate("([name, n]) => storm(name, n)", [name, STORM]))
            lab.wait_ready()
    limit = "two own round trips"
    work = f"lag after {STORM:,} events in 2 s, invertviz lab"
    report.add(work, lags | {limit: [2 * trip]}, OURS, wanted={limit: "≤ 1"})


def measure_browser_engine(lab, report, events):
    lab.execute("canvas.engine = 'browser'")
    lab.page.locator('.rival-invertviz [data-engine="browser"]').wait_for()
    times = [t for _ in range(BLOCKS) for t in latencies(lab.page, OURS, events // BLOCKS)]
    found = {OURS: times, "4 ms": [4.0]}
    report.add("stroke → painted, browser engine", found, OURS, wanted={"4 ms": "≤ 1"})


def latencies(page, name, count):
    return page.evaluate("([name, count]) => latencies(name, count)", [name, count])


if __name__ == "__main__":
    main()
