"""invertviz train."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from invertviz._files import check_writable

from ._app import Count, Data, Seed, quality_lines, table


def train(
    data: Data = "mnist",
    steps: Annotated[int, Count(min=0, help="Steps of the classifier.")] = 2000,
    inverse_steps: Annotated[int, Count(min=0, help="Steps of its inverse.")] = 1000,
    hidden: Annotated[
        list[str] | None,
        typer.Option(
            help="Widths of the hidden layers; the last is the size of the code. Or give it "
            "several times.",
            metavar="WIDTH,…",
            show_default="100,100",
        ),
    ] = None,
    activation: Annotated[
        str, typer.Option(help="sigmoid, tanh, relu, leaky_relu or softplus.", metavar="NAME")
    ] = "sigmoid",
    batch_size: Annotated[int, Count(min=1, help="Images a step.")] = 1000,
    learning_rate: Annotated[float, typer.Option(help="Of Adagrad.", metavar="X")] = 0.01,
    confidence: Annotated[
        float,
        typer.Option(
            help="The inverse learns only from images that the classifier is more confident of: "
            "from 0 up to 1.",
            metavar="X",
        ),
    ] = 0.8,
    seed: Seed = 0,
    device: Annotated[
        str, typer.Option(help="auto (CUDA when present), cpu, cuda, cuda:1, …", metavar="NAME")
    ] = "auto",
    skip: Annotated[
        int | None,
        Count(
            min=0,
            help="Hold out this many training images, the first ones.",
            show_default="a twelfth: 5,000 of MNIST's 60,000",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The file to write.", metavar="FILE")] = Path(
        "net.safetensors"
    ),
) -> None:
    """Train a classifier and its inverse; save both in one file.

    The defaults are the article's settings. The same seed gives the same file on the same machine.

    \b
    Examples:
      invertviz train
      invertviz train --data mnist-sample --steps 300 --out small.safetensors
      invertviz train --data fashion-mnist --hidden 200,50 --activation tanh
    """  # noqa: D301
    from invertviz import datasets, evaluate, evaluate_inverse, train
    from invertviz._arrays import resolve_device
    from invertviz.activations import activation_named

    widths = _widths(hidden or ["100,100"])
    if not 0 < learning_rate < float("inf"):
        raise ValueError(f"--learning-rate is {learning_rate}; give a positive number.")
    if not 0 <= confidence < 1:
        raise ValueError(f"--confidence is {confidence}; give a number from 0 up to 1.")
    activation_named(activation)
    resolve_device(device)
    target = check_writable(out)

    found = datasets.load(data)
    images, labels = found.train.images, found.train.labels
    held_out = len(images) // 12 if skip is None else skip
    if held_out >= len(images):
        raise ValueError(
            f"--skip is {held_out}, but {found.name} has {len(images)} training images; leave some."
        )
    network = train(
        images[held_out:],
        labels[held_out:],
        hidden=widths,
        activation=activation,
        class_names=found.class_names,
        steps=steps,
        inverse_steps=inverse_steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        confidence=confidence,
        seed=seed,
        device=device,
    )
    result = evaluate(network, found.test.images, found.test.labels)
    quality = evaluate_inverse(network, found.test.images, found.test.labels)
    network.training_record |= {
        "data": Path(found.name).name,  # of a folder, only what it is called
        "skip": held_out,
        "test_accuracy": round(result.accuracy, 4),
    }
    network.save(target)
    table(quality_lines(result, quality))
    typer.echo(f"saved {target}")


def _widths(given: Sequence[str]) -> list[int]:
    try:
        widths = [int(width) for width in ",".join(given).split(",")]
    except ValueError:
        widths = []
    if not widths or min(widths) < 1:
        raise ValueError(f"--hidden is {','.join(given)}; give positive widths, such as 100,100.")
    return widths
