"""The application: its errors, and the options and lines that commands share."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from invertviz._files import check_writable_folder

# torch and matplotlib are imported where they are used, so that --help does not wait for them.
if TYPE_CHECKING:
    from invertviz.network import InvertibleNetwork


class Format(str, Enum):
    """Formats of the figures."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


class _Commands(TyperGroup):
    """Says in one line on stderr what a person can mend; a traceback is left for our own faults."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # a reader such as `head` has seen enough
            raise
        except KeyboardInterrupt:
            say("interrupted")
            raise typer.Exit(130) from None
        except OSError as error:
            say(str(error))
            raise typer.Exit(1) from None
        except (ValueError, TypeError) as error:
            say(str(error))
            raise typer.Exit(2) from None


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # examples stay as they are written, and fit 80 columns
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 1 it could not be done, 2 the input is wrong, 130 interrupted.",
)

Data = Annotated[
    str,
    typer.Option(
        help="mnist-sample (5,000 digits, comes with invertviz), mnist or fashion-mnist (taken "
        "from $INVERTVIZ_DATA, or downloaded), or a folder of IDX files.",
        metavar="NAME|FOLDER",
    ),
]
Network = Annotated[
    Path | None,
    typer.Option(
        help="A network that `invertviz train` or network.save() wrote; the one that comes with "
        "invertviz if left out.",
        metavar="FILE",
        show_default=False,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        min=0, max=2**32 - 1, metavar="N", help="Of everything random: same seed, same files."
    ),
]
Count = partial(typer.Option, metavar="N")


def load_network(path: Path | None) -> InvertibleNetwork:
    from invertviz import load, load_pretrained

    return load_pretrained() if path is None else load(path)


def check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; name a folder.")
    check_writable_folder(out if out.exists() else out.absolute().parent)


def check_pictures(network: InvertibleNetwork) -> None:
    if len(network.image_shape) != 2:
        shape = network.image_shape
        raise ValueError(f"figures need images with a height and a width, not {shape}.")


def quality_lines(result: Any, quality: Any) -> list[tuple[str, str]]:
    wrong = len(result.misclassified)
    lines = [
        ("accuracy", f"{result.accuracy:.4f}"),
        ("misclassified", f"{wrong:,}"),
        ("MAE", f"{quality.mae:.4f}"),
        ("MSE", f"{quality.mse:.4f}"),
        ("class consistency", f"{quality.class_consistency:.4f}"),
    ]
    if wrong:
        lines.append(
            ("  of the misclassified", f"{quality.class_consistency_misclassified:.4f}"),
        )
    return lines


def table(lines: Iterable[tuple[str, str]]) -> None:
    for name, value in lines:
        typer.echo(f"{name:<24}{value}".rstrip())


def say(message: str) -> None:
    typer.echo(f"invertviz: {message}", err=True)


def _print_version(asked: bool) -> None:
    if asked:
        from invertviz import __version__

        typer.echo(f"invertviz {__version__}")
        raise typer.Exit


@app.callback()
def invertviz(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Turn a neural network around: from a hidden representation back to the picture."""
