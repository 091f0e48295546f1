"""The server extension, in a real Jupyter server with a real kernel."""

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from invertviz.server import _load_jupyter_server_extension


def own_folders(folder):
    return {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}


def probe(folder, *arguments):
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("_server_probe.py"), *arguments],
        env=os.environ | own_folders(folder),
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_extension_sets_nodelay_and_calls_no_kernel_busy_for_a_moment(tmp_path):
    stock, _ = probe(tmp_path)
    quick, log = probe(tmp_path, "--ServerApp.jpserver_extensions=invertviz.server=True")
    assert (stock["nodelay"], quick["nodelay"]) == (False, True)
    assert "invertviz.server | extension was successfully loaded" in log
    told = [*stock["short"], *stock["long"], *quick["long"]]
    assert all(states == ["busy", "idle"] for states in told)
    assert all(states[-1] == "idle" for states in quick["short"])
    # A loaded machine may take longer than a moment for some.
    assert quick["short"].count(["idle"]) > len(quick["short"]) / 2
    before, after = (statistics.median(run["milliseconds"]) for run in (stock, quick))
    print(f"comm round trip {before:.1f} ms, without delay {after:.1f} ms: {before / after:.1f} x")


def test_the_configuration_that_the_documentation_shows_loads_it(tmp_path):
    page = (Path(__file__).parents[1] / "docs/howto/low_latency.md").read_text()
    (tmp_path / "CONFIG").mkdir()
    (line,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "CONFIG/jupyter_server_config.py").write_text(line)
    found, log = probe(tmp_path)
    assert found["nodelay"]
    assert "invertviz.server | extension was successfully loaded" in log


def test_invertviz_lab_switches_it_on_beside_what_the_person_has(tmp_path):
    config = tmp_path / "CONFIG"
    config.mkdir()
    mine = {"ServerApp": {"jpserver_extensions": {"jupyter_server_terminals": True}}}
    (config / "jupyter_server_config.json").write_text(json.dumps(mine))
    (tmp_path / "mine.ipynb").write_text("{}")
    command = [sys.executable, "-c", "from invertviz.cli import main; main()", "lab", "mine.ipynb"]
    lab = subprocess.Popen(
        [*command, "--no-browser", "--ServerApp.port=0"],
        env=os.environ | own_folders(tmp_path),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    loaded = set()
    try:
        for line in lab.stderr:
            if "extension was successfully loaded" in line:
                loaded.add(line.split("|")[0].split()[-1])
            if "is running at" in line:
                break
    finally:
        lab.terminate()
        lab.communicate()
    assert {"invertviz.server", "jupyterlab", "jupyter_server_terminals"} <= loaded


class OtherServer:
    """A server that connects kernels in a way of its own."""

    def __init__(self, connection_class):
        self.web_app = self.log = self
        self.settings = {"kernel_websocket_connection_class": connection_class}
        self.warned = []

    def warning(self, message):
        self.warned.append(message)


@pytest.mark.parametrize("connection_class", [None, "a.name", object])
def test_other_servers_are_left_alone(connection_class):
    server = OtherServer(connection_class)
    _load_jupyter_server_extension(server)
    assert server.settings["kernel_websocket_connection_class"] is connection_class
    assert "stay as they are" in server.warned[0]
