"""invertviz lab."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from invertviz._files import written_whole

ASSETS = Path(__file__).parents[1] / "assets"


def lab(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NOTEBOOK] [JUPYTERLAB OPTIONS]",
            help="A notebook (the tour if left out), then whatever `jupyter lab` takes.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Open JupyterLab on a notebook; on the tour if none is named.

    Its server sends without delay, see invertviz/server.py.

    The tour is copied to invertviz-tour.ipynb in the current folder, unless it is there already.

    \b
    Examples:
      invertviz lab
      invertviz lab lesson.ipynb --no-browser --port=9999
    """  # noqa: D301
    if importlib.util.find_spec("jupyterlab") is None:
        raise FileNotFoundError(
            "JupyterLab is not installed; install it with: pip install 'invertviz[lab]'"
        )
    given = arguments or []
    if given and not given[0].startswith("-"):
        if not Path(given[0]).exists():
            raise FileNotFoundError(f"there is no notebook {given[0]}.")
    else:
        given = [str(_tour()), *given]
    # One folder more in which servers look for extensions: invertviz.server is enabled there.
    folders = [str(ASSETS / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, folders))
    command = [sys.executable, "-m", "jupyterlab", *given]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # root's JupyterLab does not start without it
    if os.name == "nt":
        raise typer.Exit(subprocess.call(command))
    sys.stdout.flush()
    os.execv(sys.executable, command)


def _tour() -> Path:
    packaged = Path(__file__).parents[1] / "notebooks" / "tour.ipynb"
    if packaged.is_file():  # installed from a wheel, in a folder that is not for editing
        mine = Path("invertviz-tour.ipynb")
        if not mine.exists():
            with written_whole(mine) as part:
                shutil.copyfile(packaged, part)
            typer.echo(f"copied the tour to {mine}")
        return mine
    tour = Path(__file__).parents[2] / "notebooks" / "tour.ipynb"
    if not tour.is_file():
        raise FileNotFoundError(f"there is no {tour}; install invertviz again, or name a notebook.")
    return tour
