"""A real JupyterLab, driven in a browser: the server, and a page with one notebook open."""

from __future__ import annotations

import ast
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.error import HTTPError

import nbformat
import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from nbformat.sign import NotebookNotary
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "tests" / "artefacts"
SECONDS = 60.0  # how long anything that is waited for may take
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Light"},
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
}
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


def wait_until(condition: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """Return the condition's first true value; fail saying `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)
    return value


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
