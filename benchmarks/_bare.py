"""A JupyterLab in a Chromium that nothing watches.

Playwright has DevTools copy what comes through a WebSocket, and the copies stay in the page's
process: of 5 MB, some 3 MB. What a page holds for itself is seen without it.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import websocket
from _browser import ARGUMENTS, executable
from _common import wait_until
from _lab import Lab
from _server import LabServer

PATIENCE = 600  # seconds


class PageError(RuntimeError):
    """What the page threw, or why it could not answer."""


class BareLab(Lab):
    """A `Lab` on a page of its own, with a browser of its own."""

    def __init__(self, server: LabServer) -> None:
        self.server, self.application = server, "lab"
        self.page = self.context = BarePage()
        self.console_errors = []
        self._client = None


class BarePage:
    """Of Playwright's page what `Lab` calls, by the DevTools protocol and its Runtime alone."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [executable(), *ARGUMENTS, "--headless", "--window-size=1400,1100"]
        command += ["--remote-debugging-port=0", f"--user-data-dir={self._folder.name}"]
        self._process = psutil.Popen([*command, "about:blank"], stderr=subprocess.DEVNULL)
        found = Path(self._folder.name) / "DevToolsActivePort"
        wait_until(lambda: found.exists() and found.read_text(), "Chromium to start")
        port = found.read_text().splitlines()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            addresses = {e["type"]: e["webSocketDebuggerUrl"] for e in json.load(answer)}
        self._socket = websocket.create_connection(
            addresses["page"], PATIENCE, suppress_origin=True
        )
        self._asked = 0
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)  # JupyterLab looks at it
        self.version = self.send("Browser.getVersion")["product"].partition("/")[2]

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._asked:
            pass
        if "error" in answer:
            raise PageError(answer["error"]["message"])
        return answer["result"]

    def evaluate(self, code: str, argument: Any = None) -> Any:
        """The value of an expression, or what a function gives for the argument."""
        call = f"typeof it === 'function' ? it({json.dumps(argument)}) : it"
        expression = f"(async () => {{ const it = {code}; return {call}; }})()"
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise PageError(answer["exceptionDetails"]["exception"].get("description", "?"))
        return answer["result"].get("value")

    def wait_for_function(self, code: str, timeout: float) -> None:
        """Wait, at most so many milliseconds, until the page says yes."""

        def says_yes() -> bool:
            with contextlib.suppress(PageError):  # it is between two documents
                return bool(self.evaluate(code))
            return False

        wait_until(says_yes, "the page", timeout / 1000)

    def add_init_script(self, script: str) -> None:
        self.send("Page.enable")
        self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    def goto(self, url: str) -> None:
        self.send("Page.navigate", url=url)

    def private_bytes(self) -> int:
        """What the page's process shares with no other, after garbage was collected."""
        self.send("HeapProfiler.collectGarbage")
        children = self._process.children(recursive=True)
        pages = [child for child in children if "--type=renderer" in child.cmdline()]
        return max(page.memory_full_info().uss for page in pages)  # one may be empty, in reserve

    def is_closed(self) -> bool:
        return not self._process.is_running()

    def close(self) -> None:
        self._socket.close()
        for process in [self._process, *self._process.children(True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()
        self._folder.cleanup()
