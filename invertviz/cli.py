"""The commands: train, figures, compare, lab, info.

Exit codes: 0 fine; 1 it could not be done (a file, the disk or the network failed); 2 the input is
wrong; 130 interrupted.
"""

from __future__ import annotations

import importlib.util
import io
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from invertviz._files import check_writable, written_whole

# torch and matplotlib are imported where they are used, so that --help does not wait for them.
if TYPE_CHECKING:
    from invertviz.network import InvertibleNetwork

_UNITS = 1000  # a figure of more shows nothing


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
            _say("interrupted")
            raise typer.Exit(130) from None
        except OSError as error:
            _say(str(error))
            raise typer.Exit(1) from None
        except (ValueError, TypeError) as error:
            _say(str(error))
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

_Data = Annotated[
    str,
    typer.Option(
        help="mnist-sample (5,000 digits, comes with invertviz), mnist or fashion-mnist (taken "
        "from $INVERTVIZ_DATA, or downloaded), or a folder of IDX files.",
        metavar="NAME|FOLDER",
    ),
]
_Network = Annotated[
    Path | None,
    typer.Option(
        help="A network that `invertviz train` or network.save() wrote; the one that comes with "
        "invertviz if left out.",
        metavar="FILE",
        show_default=False,
    ),
]
_Seed = Annotated[
    int,
    typer.Option(
        min=0, max=2**32 - 1, metavar="N", help="Of everything random: same seed, same files."
    ),
]
_Count = partial(typer.Option, metavar="N")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; always ends in SystemExit.

    Args:
        arguments: those after the program's name; `sys.argv`'s if None.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an arrow must not stop anyone with LANG=C
    app(args=arguments, prog_name="invertviz")


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


@app.command()
def train(
    data: _Data = "mnist",
    steps: Annotated[int, _Count(min=0, help="Steps of the classifier.")] = 2000,
    inverse_steps: Annotated[int, _Count(min=0, help="Steps of its inverse.")] = 1000,
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
    batch_size: Annotated[int, _Count(min=1, help="Images a step.")] = 1000,
    learning_rate: Annotated[float, typer.Option(help="Of Adagrad.", metavar="X")] = 0.01,
    confidence: Annotated[
        float,
        typer.Option(
            help="The inverse learns only from images that the classifier is more confident of: "
            "from 0 up to 1.",
            metavar="X",
        ),
    ] = 0.8,
    seed: _Seed = 0,
    device: Annotated[
        str, typer.Option(help="auto (CUDA when present), cpu, cuda, cuda:1, …", metavar="NAME")
    ] = "auto",
    skip: Annotated[
        int | None,
        _Count(
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
    from invertviz import datasets, evaluate, evaluate_inverse, training
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
    network = training.train(
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
    _table(_quality_lines(result, quality))
    typer.echo(f"saved {target}")


@app.command()
def figures(
    out: Annotated[
        Path, typer.Option(help="The folder to write to; made if need be.", metavar="FOLDER")
    ] = Path("figures"),
    kind: Annotated[
        Format, typer.Option("--format", help="Of the files.", metavar="png|svg|pdf")
    ] = Format.png,
    network: _Network = None,
    data: _Data = "mnist-sample",
    seed: _Seed = 0,
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

    _check_folder(out)
    net = _load_network(network)
    _check_pictures(net)
    found = datasets.load(data)
    images, labels = found.test.images, found.test.labels
    result = evaluate(net, images, labels)

    def few(indices: Any) -> Any:
        chosen = np.random.default_rng(seed).permutation(len(indices))[:36]
        return indices[np.sort(chosen)]

    samples = images[few(np.arange(len(images)))]
    digits = net.class_names == tuple("0123456789")
    classes = range(1 if digits else 0, len(net.class_names))
    generated = optimize_codes(net, classes)
    few_units = range(min(net.code_size, 12))
    drawn = {
        "samples": draw.sample_grid(samples),
        "projections": draw.sample_grid(net.reconstruct(samples).images),
        "generated": draw.generated_samples(
            generated.images,
            generated.probabilities[range(len(classes)), classes],
            [net.class_names[k] for k in classes],
        ),
        "units": draw.unit_projections(project_units(net, range(min(net.code_size, _UNITS)))),
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
        _say(f"no test sample of {found.name} is misclassified, so there is no such figure")
    out.mkdir(exist_ok=True)
    for name, figure in drawn.items():
        typer.echo(str(draw.save_figure(figure, out / f"{name}.{kind.value}")))


@app.command()
def compare(
    network: _Network = None,
    data: _Data = "mnist-sample",
    inverses: Annotated[
        str,
        typer.Option(
            help="Which to fit and compare: learned, ridge, pseudo, decoder, gradient.",
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
    steps: Annotated[int, _Count(min=1, help="Steps of each of those decoders.")] = 1200,
    out: Annotated[
        Path, typer.Option(help="The folder to write to; made if need be.", metavar="FOLDER")
    ] = Path("comparison"),
    kind: Annotated[
        Format, typer.Option("--format", help="Of the figures.", metavar="png|svg|pdf")
    ] = Format.png,
    seed: _Seed = 0,
) -> None:
    """Fit the ways back through a network, and compare what each can and cannot tell.

    They are fitted on the training images and measured on the test images.

    \b
    inverses.csv   errors, consistency and times, with the bounds that no inverse can beat
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
    from invertviz.inverses import INVERSES

    names = [name.strip() for name in inverses.split(",")] if inverses else list(INVERSES)
    for name in names:
        if name not in INVERSES:
            raise ValueError(f"--inverses has {name!r}; choose from {', '.join(INVERSES)}.")
    _check_folder(out)
    net = _load_network(network)
    _check_pictures(net)
    found = datasets.load(data)
    images, labels, known = found.test.images, found.test.labels, found.train.images
    bar = sys.stderr.isatty()

    ready = comparison.fit_inverses(net, known, names, seed=seed, progress=bar)
    table = comparison.compare_inverses(net, images, labels, fit_images=known, inverses=ready)
    few = np.sort(np.random.default_rng(seed).permutation(len(images))[:12])
    shown = {
        name: net.with_inverse(way).reconstruct(images[few]).images for name, way in ready.items()
    }
    drawn = {"inverses": draw.inverse_comparison(images[few], shown)}
    tables = {"inverses": table}
    if trade_off:
        tables["trade_off"] = comparison.trade_off(
            net, images, labels, fit_images=known, steps=steps, seed=seed, progress=bar
        )
        drawn["trade_off"] = draw.trade_off_curve(tables["trade_off"], table.loc[names])
    out.mkdir(exist_ok=True)
    for name, numbers in tables.items():
        typer.echo(numbers.to_string(float_format="%.4f"))
        typer.echo()
        with written_whole(out / f"{name}.csv") as part:
            numbers.to_csv(part)
    for name in tables:
        typer.echo(str(out / f"{name}.csv"))
    for name, figure in drawn.items():
        typer.echo(str(draw.save_figure(figure, out / f"{name}.{kind.value}")))


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
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
    command = [sys.executable, "-m", "jupyterlab", *given]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # root's JupyterLab does not start without it
    if os.name == "nt":
        raise typer.Exit(subprocess.call(command))
    sys.stdout.flush()
    os.execv(sys.executable, command)


@app.command()
def info(network: _Network = None, data: _Data = "mnist-sample") -> None:
    """Tell versions, and what a network is like and good for.

    \b
    Examples:
      invertviz info
      invertviz info --network net.safetensors --data mnist
    """  # noqa: D301
    import torch

    from invertviz import __version__, datasets, evaluate, evaluate_inverse, optimize_codes

    net = _load_network(network)
    found = datasets.load(data)
    cuda = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    _table(
        [
            ("invertviz", __version__),
            ("torch", torch.__version__),
            ("python", platform.python_version()),
            ("devices", ", ".join(["cpu", *(f"cuda:{i} ({name})" for i, name in enumerate(cuda))])),
            ("", ""),
            ("network", "the one that comes with invertviz" if network is None else str(network)),
            ("layers", " → ".join(map(str, net.layer_sizes))),
            ("activation", net.activation.name),
            ("parameters", f"{sum(p.numel() for p in net.parameters()):,}"),
            *((f"  {key}", str(value)) for key, value in net.training_record.items()),
            ("", ""),
        ]
    )
    result = evaluate(net, found.test.images, found.test.labels)
    quality = evaluate_inverse(net, found.test.images, found.test.labels)
    generated = optimize_codes(net, range(len(net.class_names)), progress=sys.stderr.isatty())
    sure = generated.probabilities.diagonal()
    _table(
        [
            ("data", f"{found.name}, {len(found.test.labels):,} test images"),
            *_quality_lines(result, quality),
            ("", ""),
            ("generated", "confidence after 1,000 steps"),
            *((f"  {name}", f"{p:.4f}") for name, p in zip(net.class_names, sure, strict=True)),
        ]
    )


def _load_network(path: Path | None) -> InvertibleNetwork:
    from invertviz import load, load_pretrained

    return load_pretrained() if path is None else load(path)


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; name a folder.")
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"there is no folder {out.absolute().parent}; create it first.")


def _check_pictures(network: InvertibleNetwork) -> None:
    if len(network.image_shape) != 2:
        shape = network.image_shape
        raise ValueError(f"figures need images with a height and a width, not {shape}.")


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


def _quality_lines(result: Any, quality: Any) -> list[tuple[str, str]]:
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


def _table(lines: Iterable[tuple[str, str]]) -> None:
    for name, value in lines:
        typer.echo(f"{name:<24}{value}".rstrip())


def _widths(given: Sequence[str]) -> list[int]:
    try:
        widths = [int(width) for width in ",".join(given).split(",")]
    except ValueError:
        widths = []
    if not widths or min(widths) < 1:
        raise ValueError(f"--hidden is {','.join(given)}; give positive widths, such as 100,100.")
    return widths


def _tour() -> Path:
    packaged = Path(__file__).parent / "notebooks" / "tour.ipynb"
    if packaged.is_file():  # installed from a wheel, in a folder that is not for editing
        mine = Path("invertviz-tour.ipynb")
        if not mine.exists():
            with written_whole(mine) as part:
                shutil.copyfile(packaged, part)
            typer.echo(f"copied the tour to {mine}")
        return mine
    tour = Path(__file__).parents[1] / "notebooks" / "tour.ipynb"
    if not tour.is_file():
        raise FileNotFoundError(f"there is no {tour}; install invertviz again, or name a notebook.")
    return tour


def _say(message: str) -> None:
    typer.echo(f"invertviz: {message}", err=True)
