"""One JupyterLab and one Chromium for all browser tests; a notebook and a kernel for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import _drawing
import _grid
import _picker
import _sliders
import pytest
from _forked_kernels import forked_kernels
from _lab import Lab
from _page import Reader
from _server import WITHOUT_DELAY, LabServer
from chromium import MEND, find_chromium
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name resolves: what needs the network fails, here as in a class room without one.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have the widgets' tests run in another front end, when that is asked for."""
    parser.addoption(
        "--application",
        choices=["lab", "notebook"],
        default="lab",
        help="what notebooks are opened in: JupyterLab, or Notebook 7",
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield a headless Chromium, closed at the end of the session."""
    executable = find_chromium()
    if executable is None:
        pytest.fail(MEND)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


def serving(
    folder: Path, arguments: Sequence[str] = (), variables: Mapping[str, str] = MappingProxyType({})
) -> Iterator[LabServer]:
    """Yield a running server with that folder of its own, stopped at the end."""
    server = LabServer(folder, arguments, variables)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """Yield a running JupyterLab server whose folder is a copy of notebooks/."""
    with forked_kernels(tmp_path_factory.mktemp("kernels")) as variables:
        yield from serving(tmp_path_factory.mktemp("lab"), variables=variables)


@pytest.fixture(scope="session")
def notebook_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """Yield one for Notebook 7: jupyter_server mixes up what both front ends have by one name."""
    yield from serving(tmp_path_factory.mktemp("notebook"))


@pytest.fixture(scope="session")
def quick_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """Yield a JupyterLab server with the server extension, as `invertviz lab` starts it."""
    yield from serving(tmp_path_factory.mktemp("quick"), [WITHOUT_DELAY])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Keep pictures of the test's pages when its body fails."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    if report.failed and report.when == "call":
        opened = [lab for lab in item.stash.get(LABS, []) if not lab.page.is_closed()]
        for number, lab in enumerate(opened):
            lab.screenshot(f"failed-{item.name}-{number}".replace("/", "-"))
    return report


LABS = pytest.StashKey[list[Lab]]()
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def left() -> Iterator[list[Lab]]:
    """Yield at most one page that the test before left; to load another takes seconds."""
    labs: list[Lab] = []
    yield labs
    for lab in labs:
        lab.context.close()  # its server has ended


@pytest.fixture
def open_lab(
    request: pytest.FixtureRequest, browser: Browser, left: list[Lab]
) -> Iterator[Callable[..., Lab]]:
    """Yield a function that gives a page: `open_lab(theme="Dark", scale=2)`.

    Without options it may be one that another test has left; `open_lab(fresh=True)` never is.
    """
    labs = request.node.stash.setdefault(LABS, [])
    usual = request.config.getoption("--application", "lab")
    usable = []

    def make(application: str = usual, *, fresh: bool = False, **options: Any) -> Lab:
        any_will_do = application == "lab" and not fresh and not options
        if any_will_do and left:
            labs.append(left.pop())
        else:
            server = request.getfixturevalue(f"{application}_server")
            labs.append(Lab(server, browser, application=application, **options))
        if any_will_do:
            usable.append(labs[-1])
        return labs[-1]

    yield make
    for lab in labs:
        reusable = lab in usable and not left and not request.node.stash.get(FAILED, False)
        if reusable and lab.leave():
            left.append(lab)
        else:
            lab.close()


@pytest.fixture
def lab(open_lab: Callable[..., Lab]) -> Lab:
    """Return a page with the light theme at a scale of 1."""
    return open_lab()


@pytest.fixture
def fresh_lab(open_lab: Callable[..., Lab]) -> Lab:
    """Return such a page that no other test has used, to change what it does itself."""
    return open_lab(fresh=True)


@pytest.fixture
def reopen(open_lab: Callable[..., Lab]) -> Callable[[Lab, str], Lab]:
    """Return a function that saves a notebook and opens it in another page: `reopen(lab, name)`."""

    def in_another(lab: Lab, name: str) -> Lab:
        lab.save()
        lab.close()
        again = open_lab(fresh=True)
        again.open(name)
        return again

    return in_another


@pytest.fixture
def canvas(lab: Lab) -> _drawing.Canvas:
    """Return the `canvas` of a new notebook."""
    lab.run_notebook(_drawing.CELLS)
    return _drawing.Canvas(lab)


@pytest.fixture
def sliders(lab: Lab) -> _sliders.Sliders:
    """Return the `sliders` of a new notebook."""
    lab.run_notebook(_sliders.CELLS)
    return _sliders.Sliders(lab)


@pytest.fixture
def picker(lab: Lab) -> _picker.Picker:
    """Return the `picker` of a new notebook."""
    lab.run_notebook(_picker.CELLS)
    return _picker.Picker(lab)


@pytest.fixture
def grid(lab: Lab) -> _grid.Grid:
    """Return the `grid` of a new notebook, its first tiles shown."""
    lab.run_notebook([_grid.SMALL + _grid.SHOW])
    return _grid.ready(_grid.Grid(lab))


@pytest.fixture
def read(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Yield a function that opens an exported page: `read(path, width=400)`.

    At the end, see that the page asked nobody for anything and complained of nothing.
    """
    readers = []

    def read(path: Path, **options: Any) -> Reader:
        readers.append(Reader(browser, path, **options))
        return readers[-1]

    yield read
    for reader in readers:
        assert reader.console_errors == []
        assert reader.context.pages == [reader.page]
        if not reader.page.evaluate("navigator.onLine"):
            assert reader.requests == []
        reader.context.close()
