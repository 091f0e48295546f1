"""invertviz compare."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from invertviz._files import written_whole

from ._app import (
    Count,
    Data,
    Format,
    Network,
    Seed,
    check_folder,
    check_pictures,
    load_network,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def compare(
    network: Network = None,
    data: Data = "mnist-sample",
    inverses: Annotated[
        str,
        typer.Option(
            help="Which to fit and compare: learned (the article's), ridge, pseudo, decoder, "
            "gradient.",
            metavar="NAME,…",
            show_default="all",
        ),
    ] = "",
    trade_off: Annotated[
        bool,
        typer.Option(
            "--trade-off",
            help="Also fit a decoder for each of several weights, and draw what being faithful "
            "to the network costs in pixels.",
        ),
    ] = False,
    steps: Annotated[int, Count(min=1, help="Steps of each of those decoders.")] = 1200,
    out: Annotated[
        Path, typer.Option(help="The folder to write to; made if need be.", metavar="FOLDER")
    ] = Path("comparison"),
    kind: Annotated[
        Format, typer.Option("--format", help="Of the figures.", metavar="png|svg|pdf")
    ] = Format.png,
    seed: Seed = 0,
) -> None:
    """Fit the ways back through a network, and compare what each can and cannot tell.

    They are fitted on the training images and measured on the test images.

    \b
    inverses.csv   errors, consistency and times, with bounds to compare with
    inverses       the same 12 test samples through every inverse
    trade_off.csv  pixel error and representation distance of decoders (--trade-off)
    trade_off      the curve of it

    \b
    Examples:
      invertviz compare
      invertviz compare --data mnist --trade-off
      invertviz compare --inverses ridge,decoder --network net.safetensors
    """  # noqa: D301
    import numpy as np

    from invertviz import comparison, datasets
    from invertviz import figures as draw

    kinds = comparison.KINDS
    names = [name.strip() for name in inverses.split(",")] if inverses else None
    for name in names or ():
        if name not in kinds:
            raise ValueError(f"--inverses has {name!r}; choose from {', '.join(kinds)}.")
    check_folder(out)
    net = load_network(network)
    check_pictures(net)
    found = datasets.load(data)
    images, labels, known = found.test.images, found.test.labels, found.train.images
    bar = sys.stderr.isatty()

    ready = comparison.fit_inverses(net, known, names, seed=seed, progress=bar)
    table = comparison.compare_inverses(net, images, labels, fit_images=known, inverses=ready)
    few = np.sort(np.random.default_rng(seed).permutation(len(images))[:12])
    shown = {
        name: net.with_inverse(way).reconstruct(images[few]).images for name, way in ready.items()
    }
    out.mkdir(exist_ok=True)

    def write(name: str, numbers: pd.DataFrame, figure: Figure) -> None:
        typer.echo(numbers.to_string(float_format="%.4f"))
        typer.echo()
        with written_whole(out / f"{name}.csv") as part:
            numbers.to_csv(part)
        typer.echo(str(out / f"{name}.csv"))
        typer.echo(str(draw.save_figure(figure, out / f"{name}.{kind.value}")))

    write("inverses", table, draw.inverse_comparison(images[few], shown))
    if trade_off:
        costs = comparison.trade_off(
            net, images, labels, fit_images=known, steps=steps, seed=seed, progress=bar
        )
        write("trade_off", costs, draw.trade_off_curve(costs, table.loc[[*ready]]))
