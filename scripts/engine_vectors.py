"""Write what PyTorch answers for several networks, for the browser engine's tests to agree with.

One pair of files a case in js/tests/vectors/: the checkpoint, and its answers as tensors.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

import invertviz
from invertviz import untrained
from invertviz.activations import ACTIVATIONS
from invertviz.descent import Descent
from invertviz.network import InvertibleNetwork
from invertviz.parts import inverse_of_kind
from invertviz.priors import KINDS
from invertviz.widgets.class_picker.priors import Priors

FOLDER = Path(__file__).resolve().parents[1] / "js" / "tests" / "vectors"
STEPS, EVERY, SEED = 1000, 50, 5
INVERSE_SETTINGS: dict[str, dict[str, Any]] = {
    "ridge": {},
    "decoder": {"hidden": (40, 30), "activation": "tanh", "steps": 30},
    "pseudo": {},
    "gradient": {"steps": 1},
}


def cases() -> Iterator[tuple[str, InvertibleNetwork, np.ndarray]]:
    """Yield a name, a network and some images for each case."""
    digits = invertviz.datasets.load("mnist-sample").test.images[::625]
    pretrained = invertviz.load_pretrained(device="cpu")
    yield "pretrained", pretrained, digits
    few = invertviz.datasets.load("mnist-sample").test.images[::10]
    for kind, settings in INVERSE_SETTINGS.items():
        inverse = inverse_of_kind(kind).fit(pretrained, few, progress=False, **settings)
        yield f"pretrained-{kind}", pretrained.with_inverse(inverse), digits
    noise = np.random.default_rng(0).random((4, 6, 5), dtype=np.float32)
    shapes = {"one-hidden": (30, 7, 3), "deep": (30, 16, 12, 9, 4), "wide": (30, 64, 200, 5)}
    for shape, layer_sizes in shapes.items():
        for activation in ACTIVATIONS:
            network = untrained(
                layer_sizes, activation=activation, image_shape=(6, 5), seed=3, device="cpu"
            )
            with torch.no_grad():  # biases that differ, codes far from 0: nothing hides
                for parameter in network.parameters():
                    parameter.mul_(3)
                for bias in network.classifier.biases:
                    bias.add_(torch.linspace(-0.5, 0.5, len(bias)))
            yield f"{shape}-{activation}", network, noise


def prior_vectors() -> dict[str, np.ndarray]:
    """What each prior is for the page, and the way that it leads: two classes, and a mixture."""
    network = invertviz.load_pretrained(device="cpu")
    targets = torch.zeros(4, 10)
    targets[0, 7] = targets[1, 2] = targets[2, 2] = 1
    targets[3, 3], targets[3, 8] = 0.6, 0.4
    vectors = {"targets": targets.numpy()}
    priors = Priors(network, None, None)
    for kind in KINDS:
        pull = priors.of(kind).pull_towards(targets, seed=SEED)
        descent = Descent(
            network, targets, pull.mean, learning_rate=1, steps=STEPS, pull=pull, record_every=EVERY
        )
        descent.advance(STEPS)
        packed = priors.packed()[kind]
        for part in ("means", "roots"):
            vectors[f"{kind}.{part}"] = np.frombuffer(packed[part], dtype="<f4")
        vectors[f"{kind}.weight"] = np.array([packed["weight"]], dtype=np.float32)
        vectors[f"{kind}.trajectory"] = descent.course().codes.numpy()
    return vectors


def main() -> None:
    """Write all cases anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name, network, images in cases():
        result = network.reconstruct(images)
        classes = range(len(network.class_names))
        found = invertviz.optimize_codes(
            network, classes, steps=STEPS, record_every=EVERY, progress=False
        )
        network.save(FOLDER / f"{name}.network.safetensors")
        expected = {
            "images": images,
            "codes": result.codes,
            "reconstructions": result.images,
            "probabilities": result.probabilities,
            "trajectory": found.trajectory,
        }
        arrays = {key: np.ascontiguousarray(array) for key, array in expected.items()}
        save_file(arrays, FOLDER / f"{name}.expected.safetensors")
    save_file(prior_vectors(), FOLDER / "pretrained.priors.safetensors")
    print(f"wrote {len(list(FOLDER.iterdir()))} files to {FOLDER}")


if __name__ == "__main__":
    main()
