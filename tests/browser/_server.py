"""A real JupyterLab server, with nothing of the user's."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nbformat
from _common import ROOT, SECONDS, wait_until
from nbformat.sign import NotebookNotary

SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Light"},
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
}
# What `invertviz lab` adds to the server's arguments.
WITHOUT_DELAY = "--ServerApp.jpserver_extensions=invertviz.server=True"


class LabServer:
    """A JupyterLab of its own: a copy of notebooks/, no settings of the user's, a free port.

    Notebook 7 and Voilà are extensions of the same server. `arguments` are more of the server's,
    `variables` more of its environment.
    """

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[str] = (),
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.notebooks = folder / "notebooks"
        shutil.copytree(ROOT / "notebooks", self.notebooks)
        self.runtime = folder / "runtime"
        self.settings = folder / "config" / "lab" / "user-settings"
        self.configure(SETTINGS)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.token = secrets.token_hex()
        self.log = folder / "server.log"
        # The environment's own kernels and extensions stay visible: they lie under sys.prefix.
        environment = os.environ | {
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "IPYTHONDIR": str(folder / "ipython"),
        }
        for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
            environment.pop(name, None)
        environment |= variables
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"),
            *("--allow-root", f"--ServerApp.root_dir={self.notebooks}"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
            f"--IdentityProvider.token={self.token}",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            *arguments,
        ]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            wait_until(self._answers, "JupyterLab to start")
        except BaseException:
            self.stop()
            raise

    def configure(self, settings: dict[str, dict[str, Any]]) -> None:
        """Write settings of JupyterLab's plugins, for the pages opened from now on."""
        for name, values in settings.items():
            path = self.settings / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))

    def write_notebook(self, cells: Sequence[str]) -> str:
        """Write a notebook with these code cells, and return its name."""
        name = f"test-{secrets.token_hex(4)}.ipynb"
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in cells]
        )
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, self.notebooks / name)
        return name

    def trust(self, name: str) -> None:
        """Trust a notebook of the folder, as its author's own: widgets are shown in such only."""
        notary = NotebookNotary(data_dir=str(self.runtime.parent / "data"))
        notary.sign(nbformat.read(self.notebooks / name, as_version=4))
        notary.store.close()

    def request(self, path: str, method: str = "GET") -> Any:
        """Return what the server's REST interface answers."""
        request = urllib.request.Request(
            f"{self.url}/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.loads(answer.read() or "null")

    def stop(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"JupyterLab ended at once:\n{self.log.read_text()}")
        try:
            return bool(self.request("api"))
        except OSError:
            return False
