"""How good generated images are, without a prior and with each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
import torch
from torch import Tensor
from tqdm.auto import tqdm

from invertviz._arrays import ArrayLike, generator_of
from invertviz._border import border_mask
from invertviz._classes import Classes, class_indices
from invertviz.codes import optimize_codes
from invertviz.images import displayable
from invertviz.network import InvertibleNetwork
from invertviz.priors import KINDS, CodePrior, confident_codes, real_images

COLUMNS = (
    "least_confidence",
    "least_confidence_fed_back",
    "border_noise",
    "nearest_code",
    "diversity",
)
"""The columns of `compare_priors`."""


def compare_priors(
    network: InvertibleNetwork,
    classes: Classes | None = None,
    *,
    images: ArrayLike | None = None,
    samples: int = 4,
    steps: int = 1000,
    confidence: float = 0.8,
    weight: float = 0.01,
    seed: int = 0,
    progress: bool = True,
) -> pd.DataFrame:
    """Generate samples of each class without a prior and with each, and measure them.

    Args:
        network: the network, with the inverse to see the codes through.
        classes: as for `optimize_codes`; all of them if None.
        images: real ones, as for `CodePrior.fit`.
        samples: codes to make of each class, 2 or more.
        steps: of each latent optimization.
        confidence: as for `CodePrior.fit`.
        weight: likewise.
        seed: of what is drawn.
        progress: show a progress bar.

    Returns:
        Rows "none", one for each prior, and "real" (reconstructions of real images); the columns

        - `least_confidence`: of the codes, in their class, the least of all;
          `least_confidence_fed_back`: the same of what the network sees in their pictures;
        - `border_noise`: RMS of the four-pixel border of the pictures, where real digits are 0;
        - `nearest_code`: mean Euclidean distance to the nearest real code;
        - `diversity`: mean RMS difference between two pictures of one class.

    Raises:
        TypeError, ValueError: as for `optimize_codes` and `CodePrior.fit`; fewer than two samples;
            images without a border.
    """
    if samples < 2:
        raise ValueError(f"samples is {samples}; diversity needs 2 or more.")
    border = border_mask(network.image_shape).to(network.device)
    chosen = class_indices(network, range(len(network.class_names)) if classes is None else classes)
    wanted = [number for number in chosen for _ in range(samples)]
    shown = real_images(network, images)
    priors: Mapping[str, CodePrior | None] = {"none": None} | {
        kind: CodePrior.fit(network, shown, kind, confidence=confidence, weight=weight)
        for kind in KINDS
    }
    with torch.no_grad():
        real, taken = confident_codes(network, shown, confidence)
    rows = {}
    for name, prior in tqdm(priors.items(), desc="priors", unit="prior", disable=not progress):
        optimize = partial(optimize_codes, steps=steps, record_every=max(1, steps), seed=seed)
        found = optimize(network, wanted, prior=prior, progress=False)
        made = torch.as_tensor(found.codes, device=network.device)
        rows[name] = _measures(network, made, wanted, real, border)
    few = [_drawn(real[taken == number], samples, seed) for number in chosen]
    rows["real"] = _measures(network, torch.cat(few), wanted, real, border)
    rows["real"]["nearest_code"] = float("nan")  # itself
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS), dtype=float)


@torch.no_grad()
def _measures(
    network: InvertibleNetwork, codes: Tensor, wanted: list[int], real: Tensor, border: Tensor
) -> dict[str, float]:
    codes = codes.reshape(-1, *network.code_shape)
    shown = displayable(network.inverted(codes))
    pictures, rows = shown.flatten(1), codes.flatten(1)
    own = torch.tensor(wanted, device=network.device)[:, None]
    same = own == own.T
    exact = "donot_use_mm_for_euclid_dist"  # the other way finds distances between equals
    apart = torch.cdist(pictures, pictures, compute_mode=exact) / pictures.shape[1] ** 0.5
    pairs = same & ~torch.eye(len(wanted), dtype=torch.bool, device=network.device)

    def least(seen: Tensor) -> float:
        return float(network.head(seen).softmax(-1).gather(1, own).min())

    return {
        "least_confidence": least(codes),
        "least_confidence_fed_back": least(network.encoder(shown)),
        "border_noise": float(pictures[:, border].square().mean().sqrt()),
        "nearest_code": float(torch.cdist(rows, real).amin(1).mean()),
        "diversity": float(apart[pairs].mean()),
    }


def _drawn(codes: Tensor, count: int, seed: int) -> Tensor:
    if len(codes) < count:
        raise ValueError(
            f"of a class, the network is sure of {len(codes)} real images only; give more images, "
            f"lower confidence, or ask for fewer samples than {count}."
        )
    generator = generator_of(seed)
    return codes[torch.randperm(len(codes), generator=generator)[:count].to(codes.device)]
