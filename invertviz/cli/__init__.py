"""The commands, a file each.

Exit codes: 0 fine; 1 it could not be done (a file, the disk or the network failed); 2 the input is
wrong; 130 interrupted.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from ._app import app
from .compare import compare
from .export import export
from .figures import figures
from .info import info
from .lab import lab
from .layers import layers
from .train import train

for _command in (train, figures, compare, layers, export, info):
    app.command()(_command)
_passed_on = {"ignore_unknown_options": True, "allow_interspersed_args": False}
app.command(context_settings=_passed_on)(lab)  # to JupyterLab


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; always ends in SystemExit.

    Args:
        arguments: those after the program's name; `sys.argv`'s if None.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an arrow must not stop anyone with LANG=C
    app(args=arguments, prog_name="invertviz")
