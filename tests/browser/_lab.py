"""A page of a real JupyterLab with one notebook open, driven as a person would."""

from __future__ import annotations

import ast
import json
import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.error import HTTPError

import psutil
from _common import ARTEFACTS, SECONDS, wait_until
from _server import LabServer
from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

VIEWPORT = {"width": 1400, "height": 1000}
# What a front end throws by itself, with an empty notebook too.
OWN_ERRORS = {
    "lab": ("Could not restore the debugger state",),  # when its notebook is closed meanwhile
    "notebook": ("Cannot read properties of undefined (reading 'schema')",),
}

# The notebook is loaded, its kernel connected and idle: commands given earlier are dropped.
READY = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const session = panel?.sessionContext;
    return !!(panel?.context?.isReady && session?.isReady && panel.content?.widgets.length
        && session.session?.kernel?.connectionStatus === 'connected'
        && session.session.kernel.status === 'idle');
}"""
OPEN = "path => void window.jupyterapp.commands.execute('docmanager:open', { path })"
# Unsaved changes are not asked about.
DISCARD = """() => {
    for (const panel of [...window.jupyterapp.shell.widgets('main')]) panel.dispose();
    return !document.querySelector('.jp-Dialog');
}"""
RUN_ALL = "window.jupyterapp.commands.execute('notebook:run-all-cells')"
SAVE = "window.jupyterapp.shell.currentWidget.context.save()"
RESTART = "window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()"
KERNEL = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.id ?? null"
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code' && cell.model.sharedModel.getSource().trim())
    .map(cell => ({
        source: cell.model.sharedModel.getSource(),
        count: cell.model.executionCount,
        error: cell.model.sharedModel.toJSON().outputs
            .filter(output => output.output_type === 'error')
            .map(output => `${output.ename}: ${output.evalue}`)[0] ?? null,
    }))"""


class Lab:
    """A page of the browser with JupyterLab in it, and the kernel of the notebook open there.

    `application` may also be "notebook", for Notebook 7. `page` is Playwright's;
    `console_errors` collects what the page logs as errors or throws, but for `OWN_ERRORS`.
    """

    _left = False

    def __init__(
        self,
        server: LabServer,
        browser: Browser,
        *,
        theme: str = "Light",
        scale: float = 1,
        application: Literal["lab", "notebook"] = "lab",
    ) -> None:
        server.configure(
            {"@jupyterlab/apputils-extension/themes": {"theme": f"JupyterLab {theme}"}}
        )
        self.server = server
        self.application = application
        self.context = browser.new_context(viewport=VIEWPORT, device_scale_factor=scale)
        self.context.set_default_timeout(SECONDS * 1000)
        self.page: Page = self.context.new_page()
        self.console_errors: list[str] = []
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("console", self._note_logged)
        self._client: BlockingKernelClient | None = None

    def open(self, notebook: str) -> None:
        """Open a notebook of the server's folder and wait until its kernel takes commands."""
        if self._left:
            self._left = False
            self.page.evaluate(OPEN, notebook)
        else:
            where = {
                "lab": f"lab/workspaces/{secrets.token_hex(4)}/tree",
                "notebook": "notebooks",
            }[self.application]
            self.page.goto(f"{self.server.url}/{where}/{notebook}?token={self.server.token}")
        self.wait_ready()

    def new_notebook(self, cells: Sequence[str]) -> str:
        """Write a notebook with these code cells, open it, and return its name."""
        name = self.server.write_notebook(cells)
        self.open(name)
        return name

    def run_notebook(self, cells: Sequence[str]) -> str:
        """Open a new notebook with these code cells, run them, and return its name."""
        name = self.new_notebook(cells)
        self.run_all()
        return name

    def wait_ready(self) -> None:
        """Wait until the notebook is loaded and its kernel is connected and idle."""
        try:
            self.page.wait_for_function(READY, timeout=SECONDS * 1000)
        except PlaywrightTimeout as error:
            log = "\n".join(self.server.log.read_text().splitlines()[-20:])
            what = f"a notebook with an idle kernel; page errors: {self.console_errors}"
            raise TimeoutError(f"waited {SECONDS:g} s for {what}\n{log}") from error

    def run_all(self, *, allow_errors: bool = False) -> None:
        """Run all cells to the end; fail if one was not run or, by default, raised an error."""
        self.wait_ready()
        self._command(RUN_ALL, "all cells to run")
        cells = self.page.evaluate(CELLS)
        errors = [f"{cell['error']}, in:\n{cell['source']}" for cell in cells if cell["error"]]
        if errors and not allow_errors:
            raise AssertionError("\n\n".join(errors))
        dropped = [cell["source"] for cell in cells if cell["count"] is None]
        if dropped and not errors:
            raise AssertionError("JupyterLab did not run these cells:\n" + "\n\n".join(dropped))
        self.wait_ready()

    def save(self) -> None:
        """Save the notebook, as the person's Ctrl+S would."""
        self._command(SAVE, "the notebook to be saved")

    def python(self, expression: str) -> Any:
        """Return the value (JSON) of an expression in the notebook's kernel."""
        content = self._ask("", {"value": f"__import__('json').dumps({expression})"})
        value = content["user_expressions"]["value"]
        if value["status"] != "ok":
            raise RuntimeError(f"{value['ename']}: {value['evalue']}, in: {expression}")
        return json.loads(ast.literal_eval(value["data"]["text/plain"]))

    def execute(self, code: str) -> None:
        """Run statements in the notebook's kernel, as another cell would."""
        self._ask(code, {})

    def start(self, code: str) -> None:
        """Start statements in the notebook's kernel, and do not wait for their end."""
        self.python("None")  # connected, and nothing else to do
        assert self._client is not None
        self._client.execute(code, store_history=False, allow_stdin=False)

    @contextmanager
    def kernel_held(self) -> Iterator[None]:
        """Hold the kernel's process still, as long work that lets nothing else run would."""
        process = self.python("__import__('os').getpid()")
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def wait_python(self, expression: str, seconds: float = SECONDS) -> Any:
        """Wait until an expression in the kernel is true, and return its value."""
        return wait_until(lambda: self.python(expression), expression, seconds)

    def kill_kernel(self) -> None:
        """Kill the kernel's process, as the system's out-of-memory killer would."""
        process = self.python("__import__('os').getpid()")
        self._forget_client()
        os.kill(process, signal.SIGKILL)

    def close_dialog(self) -> None:
        """Close the dialog in which JupyterLab says that the kernel died."""
        self.page.get_by_role("button", name="Ok", exact=True).click()

    def restart_kernel(self) -> None:
        """Restart the kernel and wait until it takes commands again."""
        self._forget_client()
        self._command(RESTART, "the kernel to restart")
        self.wait_ready()

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the page as tests/artefacts/<name>.png."""
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def leave(self) -> bool:
        """Close the notebook and end the kernels; say whether the page is as it was before."""
        if self.application != "lab" or self.page.is_closed():
            return False
        self._forget_client()
        self._left = self.page.evaluate(DISCARD)
        self.page.set_viewport_size(VIEWPORT)
        self.page.emulate_media(reduced_motion="null")
        self.page.mouse.move(0, 0)
        self._end_kernels()
        self.console_errors.clear()
        return self._left

    def close(self) -> None:
        """Close the page and end the kernels."""
        if self.page.is_closed():
            return
        self._forget_client()
        self.context.close()
        self._end_kernels()

    def _end_kernels(self) -> None:
        # To wait for their orderly end would take most of a second.
        for process in psutil.Process(self.server.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.cmdline()[-1].endswith(".json"):  # its connection file
                    process.kill()
        wait_until(self._no_session_is_left, "the server to forget its kernels")

    def _no_session_is_left(self) -> bool:
        for session in self.server.request("api/sessions"):
            with suppress(HTTPError):  # of a kernel that the server just finds dead itself
                self.server.request(f"api/sessions/{session['id']}", "DELETE")
        return not self.server.request("api/sessions")

    def _note(self, error: str) -> None:
        if not error.startswith(OWN_ERRORS[self.application]):
            self.console_errors.append(error)

    def _note_logged(self, message: Any) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            self._note(f"{message.text} ({where})" if where else message.text)

    def _command(self, promise: str, what: str) -> None:
        # Playwright waits for a promise without end; a dead kernel would leave it so.
        error = f"waited {SECONDS:g} s for {what}"
        self.page.evaluate(
            f"""() => Promise.race([
                Promise.resolve({promise}).then(() => null),
                new Promise((_, fail) => setTimeout(() => fail(new Error('{error}')), {SECONDS}e3)),
            ])"""
        )

    def _ask(self, code: str, expressions: dict[str, str]) -> dict[str, Any]:
        if self._client is None:
            kernel = self.page.evaluate(KERNEL)
            connection = self.server.runtime / f"kernel-{kernel}.json"
            self._client = BlockingKernelClient(connection_file=str(connection))
            self._client.load_connection_file()
            self._client.start_channels(hb=False, stdin=False)
        reply = self._client.execute(
            code,
            silent=not code,
            store_history=False,
            user_expressions=expressions,
            allow_stdin=False,
            reply=True,
            timeout=SECONDS,
        )
        content = reply["content"]
        if content["status"] != "ok":
            raise RuntimeError(f"{content['ename']}: {content['evalue']}, in: {code}")
        return content

    def _forget_client(self) -> None:
        if self._client is not None:
            self._client.stop_channels()
            self._client = None
