"""invertviz figures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ._app import Data, Format, Network, Seed, check_folder, check_pictures, load_network, say

if TYPE_CHECKING:
    from invertviz.network import InvertibleNetwork

UNITS = 1000  # a figure of more shows nothing


def figures(
    out: Annotated[
        Path, typer.Option(help="The folder to write to; made if need be.", metavar="FOLDER")
    ] = Path("figures"),
    kind: Annotated[
        Format, typer.Option("--format", help="Of the files.", metavar="png|svg|pdf")
    ] = Format.png,
    network: Network = None,
    data: Data = "mnist-sample",
    seed: Seed = 0,
) -> None:
    """Draw the article's figures of a network.

    \b
    samples           36 test samples, drawn at random (--seed)
    projections       what the network sees in them: their reconstructions
    generated         an image of each class that it is sure of (digits: 1 to 9)
    units             a picture of each unit of the code
    unit_portraits    twelve units: that picture, what the unit changes, what drives it
    misclassified     36 mistakes, each beside its reconstruction
    confusion_matrix  how often each class is taken for each other

    \b
    Examples:
      invertviz figures
      invertviz figures --out paper --format pdf --network net.safetensors
    """  # noqa: D301
    import numpy as np

    from invertviz import datasets, evaluate, optimize_codes, project_units
    from invertviz import figures as draw

    check_folder(out)
    net = load_network(network)
    check_pictures(net)
    found = datasets.load(data)
    images, labels = found.test.images, found.test.labels
    result = evaluate(net, images, labels)

    def few(indices: Any) -> Any:
        chosen = np.random.default_rng(seed).permutation(len(indices))[:36]
        return indices[np.sort(chosen)]

    samples = images[few(np.arange(len(images)))]
    digits = net.class_names == tuple("0123456789")
    classes = range(1 if digits else 0, len(net.class_names))
    generated = optimize_codes(net, classes, progress=sys.stderr.isatty())
    few_units = range(min(net.units, 12))
    drawn = {
        "samples": draw.sample_grid(samples),
        "projections": draw.sample_grid(net.reconstruct(samples).images),
        "generated": draw.generated_samples(
            generated.images,
            generated.probabilities[range(len(classes)), classes],
            [net.class_names[k] for k in classes],
        ),
        "units": draw.unit_projections(project_units(net, range(min(net.units, UNITS)))),
        "unit_portraits": draw.unit_portraits(_portraits(net, images, few_units), few_units),
        "confusion_matrix": draw.confusion_matrix(result.confusion_matrix, net.class_names),
    }
    wrong = few(result.misclassified)
    if len(wrong):
        drawn["misclassified"] = draw.misclassified_pairs(
            images[wrong],
            net.reconstruct(images[wrong]).images,
            labels[wrong],
            result.predictions[wrong],
            class_names=net.class_names,
        )
    else:
        say(f"no test sample of {found.name} is misclassified, so there is no such figure")
    out.mkdir(exist_ok=True)
    for name, figure in drawn.items():
        typer.echo(str(draw.save_figure(figure, out / f"{name}.{kind.value}")))


def _portraits(network: InvertibleNetwork, images: Any, units: Sequence[int]) -> dict[str, Any]:
    from invertviz import driving_samples, maximize_units, project_units, unit_differences

    driving = driving_samples(network, images, units, count=1)
    return {
        "projection": project_units(network, units),
        "difference": unit_differences(network, units, images=images),
        "maximized": maximize_units(network, units, images=images),
        "driven most by": images[driving.most[:, 0]],
        "driven least by": images[driving.least[:, 0]],
    }
