"""invertviz layers."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from invertviz.network import InvertibleNetwork


def layers(
    function: Annotated[
        str,
        typer.Argument(
            help="What returns the module, of a module of Python's that can be imported from "
            "here: package.module:function.",
            metavar="MODULE:FUNCTION",
        ),
    ],
    image_shape: Annotated[
        str,
        typer.Option(
            help="Of the images that it takes: channels,height,width, such as 3,32,32, or "
            "height,width for grey.",
            metavar="SHAPE",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Tell the layers of a network of yours, and which of them can be inverted.

    The function takes no arguments. It returns a torch module; or a module and a dictionary of
    settings for InvertibleNetwork.from_module, such as image_shape, mean and std; or an
    InvertibleNetwork.

    \b
    Examples:
      invertviz layers my_models:small_cnn --image-shape 3,32,32
    """  # noqa: D301
    network = _network(_made(function), image_shape)
    rows = [("layer", "code shape", "usable", "reason")]
    for layer in network.layers:
        shape = " x ".join(map(str, layer.code_shape)) or "-"
        rows.append((layer.name, shape, "yes" if layer.usable else "no", layer.reason))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        typer.echo("  ".join([*cells, row[3]]).rstrip())


def _made(function: str) -> Any:
    """What the function returns."""
    module_name, _, name = function.partition(":")
    if not module_name or not name:
        raise ValueError(f"{function!r} names no function; write package.module:function.")
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  (as python -m does)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise  # it imports what is not there: a fault of its own
        raise ValueError(
            f"there is no module {module_name!r} here or among what is installed; run this in the "
            "folder that it is in, or install it."
        ) from error
    finally:
        sys.path.pop(0)
    found = getattr(module, name, None)
    if not callable(found):
        raise ValueError(f"{module_name} has no function {name!r}.")
    return found()


def _network(made: Any, image_shape: str) -> InvertibleNetwork:
    from invertviz.network import InvertibleNetwork

    if isinstance(made, InvertibleNetwork):
        if image_shape:
            raise ValueError("--image-shape is given, but the network has one already; leave it.")
        return made
    settings: dict[str, Any] = {}
    module = made
    if isinstance(made, tuple):
        if len(made) != 2 or not isinstance(made[1], dict):
            raise TypeError(
                f"the function returned a tuple of {len(made)}; give (module, settings), settings "
                "a dictionary such as {'image_shape': (3, 32, 32)}."
            )
        module, settings = made
    if image_shape:
        settings = {**settings, "image_shape": _shape(image_shape)}
    if "image_shape" not in settings:
        raise ValueError(
            "the shape of the images is not known: pass --image-shape, such as 3,32,32, or return "
            "(module, {'image_shape': (3, 32, 32)})."
        )
    return InvertibleNetwork.from_module(module, **settings)


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise ValueError(
            f"--image-shape is {text!r}; write whole numbers with commas, such as 3,32,32."
        ) from None
