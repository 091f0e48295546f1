"""What the network makes of every sample, in arrays that filter and sort a million rows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from invertviz._arrays import ArrayLike, to_numpy
from invertviz.evaluation import Evaluation, evaluate
from invertviz.images import as_floats, as_stack
from invertviz.network import InvertibleNetwork

if TYPE_CHECKING:
    import pandas as pd

Indices = NDArray[np.int64]
KEYS = ("confidence", "loss", "margin", "index")
_TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class SampleTable:
    """A data set beside what the network says of it.

    Attributes:
        network: that looked.
        pixels: `[N, pixels]`, of the type they were given in: uint8 stays uint8, nothing is copied.
        columns: "true", "predicted" int32, "confidence", "loss", "margin" float32, each `[N]`.
        confusion: counts, int64 `[true class, predicted class]`.
    """

    network: InvertibleNetwork
    pixels: Tensor
    columns: Mapping[str, NDArray[Any]]
    confusion: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        network: InvertibleNetwork,
        images: ArrayLike,
        labels: ArrayLike,
        evaluation: Evaluation | None = None,
    ) -> SampleTable:
        """Look at every sample, unless `evaluation` has it.

        Raises:
            TypeError, ValueError: those of `evaluate`; an evaluation of other samples.
        """
        pixels = as_stack(images, network.images)
        if evaluation is None:
            evaluation = evaluate(network, images, labels)
        else:
            _check_evaluation(evaluation, len(pixels), len(network.class_names), labels)
        true, predicted, probabilities, confusion = (
            _numpy(column)
            for column in (
                evaluation.labels,
                evaluation.predictions,
                evaluation.probabilities,
                evaluation.confusion_matrix,
            )
        )
        each = np.arange(len(pixels))
        own = probabilities[each, true]
        others = probabilities.copy()
        others[each, true] = -1
        best_other = torch.from_numpy(others).amax(1).numpy()  # numpy takes six times as long
        columns = {
            "true": true.astype(np.int32),
            "predicted": predicted.astype(np.int32),
            "confidence": _numpy(evaluation.confidences).astype(np.float32),
            "loss": -np.log(np.maximum(own, _TINY)).astype(np.float32),
            "margin": (own - best_other).astype(np.float32),
        }
        return cls(network, pixels, columns, confusion)

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self.pixels)

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which samples are misclassified, bool `[N]`."""
        return self.columns["true"] != self.columns["predicted"]

    def order(self, wanted: Mapping[str, Any], key: str, descending: bool) -> Indices:
        """The samples that pass a filter, sorted by a key; of equals the lower index is first."""
        low, high = wanted["confidence"]
        confidence = self.columns["confidence"]
        passing = np.ones(len(self), dtype=bool)
        if wanted["misclassified"]:
            passing &= self.wrong
        for name in ("true", "predicted"):
            if wanted[name] is not None:
                passing &= self.columns[name] == wanted[name]
        if low > 0:
            passing &= confidence >= np.float32(low)
        if high < 1:
            passing &= confidence <= np.float32(high)
        return self.sorted(passing.nonzero()[0], key, descending)

    def sorted(self, indices: Indices, key: str, descending: bool) -> Indices:
        """Indices, ascending as they are given, in the order of a key."""
        if key == "index":
            return indices[::-1].copy() if descending else indices
        # One integer a sample, its bits in the order of the values and then of the indices: sorting
        # these is several times faster than a stable sort of the values.
        bits = (self.columns[key][indices] + np.float32(0)).view(np.uint32)  # -0 becomes 0
        ranks = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
        words = (~ranks if descending else ranks).astype(np.uint64) << np.uint64(32)
        words |= indices.astype(np.uint64)
        words.sort()
        return (words & np.uint64(2**32 - 1)).astype(np.int64)

    def frame(self, indices: Indices) -> pd.DataFrame:
        """Rows as a data frame: index, true, predicted, confidence, loss, margin."""
        import pandas as pd  # slow to load, and only needed here

        columns = {name: values[indices] for name, values in self.columns.items()}
        return pd.DataFrame({"index": indices, **columns})

    def images(self, indices: Indices) -> NDArray[np.float32]:
        """The samples themselves, float32 `[n, H, W]` in [0, 1]."""
        return to_numpy(self._floats(indices).float()).reshape(-1, *self.network.image_shape)

    @torch.no_grad()
    def reconstructions(self, indices: Indices) -> NDArray[np.float32]:
        """What the network sees in them, float32 `[n, H, W]`."""
        if len(indices) == 0:
            return np.zeros((0, *self.network.image_shape), dtype=np.float32)
        images = self.network.inverted(self.network.encoder(self._floats(indices)))
        return to_numpy(images.float()).reshape(-1, *self.network.image_shape)

    def levels(self, indices: Indices) -> NDArray[np.uint8]:
        """The samples as grey levels, uint8 `[n, H, W]`."""
        if self.pixels.dtype == torch.uint8:
            rows = self.pixels[torch.from_numpy(indices)]
            return to_numpy(rows).reshape(-1, *self.network.image_shape)
        return as_levels(self.images(indices))

    def _floats(self, indices: Indices) -> Tensor:
        rows = self.pixels[torch.from_numpy(indices)]
        return as_floats(rows, device=self.network.device, dtype=self.network.dtype)


def as_levels(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Grey levels of images in [0, 1], rounded as the page rounds: halves go up."""
    return (255 * images.clip(0, 1) + np.float32(0.5)).astype(np.uint8)


def _check_evaluation(evaluation: Any, count: int, classes: int, labels: ArrayLike) -> None:
    if not isinstance(evaluation, Evaluation):
        raise TypeError(
            f"evaluation is what invertviz.evaluate(network, images, labels) returns, not "
            f"{type(evaluation).__name__}."
        )
    shape = tuple(evaluation.probabilities.shape)
    same = np.array_equal(_numpy(evaluation.labels), _numpy(labels))
    if shape != (count, classes) or not same:
        raise ValueError(
            f"evaluation is of other samples or another network: its probabilities have shape "
            f"{list(shape)}, and there are {count} images and {classes} classes; give that of "
            "these images and labels, or leave it out."
        )


def _numpy(values: ArrayLike) -> NDArray[Any]:
    return to_numpy(values) if isinstance(values, Tensor) else np.asarray(values)
