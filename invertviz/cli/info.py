"""invertviz info."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Any

from ._app import Data, Network, load_network, quality_lines, table

if TYPE_CHECKING:
    from invertviz.network import InvertibleNetwork


def _described(network: InvertibleNetwork) -> list[tuple[str, Any]]:
    described = network.classifier.description()
    layers = " → ".join(map(str, described.pop("layer_sizes")))
    return [("layers", layers), *described.items()]


def info(network: Network = None, data: Data = "mnist-sample") -> None:
    """Tell versions, and what a network is like and good for.

    \b
    Examples:
      invertviz info
      invertviz info --network net.safetensors --data mnist
    """  # noqa: D301
    import torch

    from invertviz import __version__, datasets, evaluate, evaluate_inverse, optimize_codes

    net = load_network(network)
    found = datasets.load(data)
    cuda = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    table(
        [
            ("invertviz", __version__),
            ("torch", torch.__version__),
            ("python", platform.python_version()),
            ("devices", ", ".join(["cpu", *(f"cuda:{i} ({name})" for i, name in enumerate(cuda))])),
            ("", ""),
            ("network", "the one that comes with invertviz" if network is None else str(network)),
            *((name, str(value)) for name, value in _described(net)),
            ("parameters", f"{sum(p.numel() for p in net.parameters()):,}"),
            *((f"  {key}", str(value)) for key, value in net.training_record.items()),
            ("", ""),
        ]
    )
    result = evaluate(net, found.test.images, found.test.labels)
    quality = evaluate_inverse(net, found.test.images, found.test.labels)
    generated = optimize_codes(net, range(len(net.class_names)), progress=sys.stderr.isatty())
    sure = generated.probabilities.diagonal()
    table(
        [
            ("data", f"{found.name}, {len(found.test.labels):,} test images"),
            *quality_lines(result, quality),
            ("", ""),
            ("generated", "confidence after 1,000 steps"),
            *((f"  {name}", f"{p:.4f}") for name, p in zip(net.class_names, sure, strict=True)),
        ]
    )
