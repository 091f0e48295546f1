"""Read a notebook, run it, and see that it holds the state of the widgets it shows."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from ._state import saved_models, shown_models


def read(path: Path) -> Any:
    """The notebook, in nbformat's version 4.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: it is no notebook.
    """
    import nbformat

    if not path.exists():
        raise FileNotFoundError(f"there is no notebook {path}.")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a notebook.")
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except OSError:
        raise
    except Exception as error:  # JSON of another kind fails in many ways
        raise ValueError(
            f"{path} is not a Jupyter notebook ({_first_line(error)}); name an .ipynb file."
        ) from None
    return notebook


def run(notebook: Any, path: Path, *, timeout: int | None, progress: bool) -> None:
    """Run all cells in the notebook's folder, as Jupyter would, and keep outputs and widgets.

    Args:
        notebook: changed in place.
        path: where it lies.
        timeout: seconds that a cell may take; any time if None.
        progress: show a bar on stderr.

    Raises:
        ValueError: a cell failed.
        TimeoutError: a cell took too long.
        ChildProcessError: the kernel could not start, or died.
    """
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from tqdm.auto import tqdm

    notebook.metadata.pop("widgets", None)  # those of an earlier run
    bar = tqdm(total=len(notebook.cells), desc=path.name, unit="cell", disable=not progress)
    at = 0

    def started(cell_index: int, **_: Any) -> None:
        nonlocal at
        at = cell_index
        bar.update(cell_index - bar.n)

    client = NotebookClient(
        notebook,
        timeout=timeout,
        on_cell_start=started,
        resources={"metadata": {"path": str(path.absolute().parent)}},
    )
    try:
        client.execute(stderr=subprocess.DEVNULL)  # the kernel's own log; cells' text is kept
        bar.update(len(notebook.cells) - bar.n)
    except CellExecutionError as error:
        said = f"{error.ename}: {error.evalue}".rstrip(": ")
        raise ValueError(f"{_cell(notebook, at)} failed: {said}") from None
    except CellTimeoutError:
        raise TimeoutError(
            f"{_cell(notebook, at)} took more than {timeout} s; give it more with --timeout."
        ) from None
    except DeadKernelError:
        raise ChildProcessError(f"the kernel died in {_cell(notebook, at)}.") from None
    except NoSuchKernel as error:
        raise ChildProcessError(
            f"the notebook asks for the kernel {error.name!r}, which is not installed here; for "
            "Python's: pip install ipykernel"
        ) from None
    finally:
        bar.close()


def check_widgets(notebook: Any) -> None:
    """Refuse a notebook that shows widgets without holding their state.

    Raises:
        ValueError: says which cells.
    """
    models = saved_models(notebook)
    for number, cell in enumerate(notebook.cells):
        shown = list(shown_models(cell.get("outputs", ())))
        if not models.keys() >= set(shown):
            raise ValueError(
                f"{_cell(notebook, number)} shows a widget whose state is not in the notebook. Run "
                "it first with --execute (in Python: execute=True), or save it in JupyterLab with "
                "Settings → Save Widget State Automatically."
            )


def was_run(notebook: Any) -> bool:
    """Whether code of a notebook was run, as its outputs or numbers tell, or there is none."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    return not code or any(cell.outputs or cell.execution_count for cell in code)


def _cell(notebook: Any, number: int) -> str:
    lines = [line for line in notebook.cells[number].source.splitlines() if line.strip()]
    start = lines[0].strip() if lines else ""
    return f"cell {number + 1} ({start[:60]}{'…' if len(start) > 60 else ''})"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
