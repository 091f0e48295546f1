"""The priors that a picker offers, fitted when one is asked for; priors.ts is its twin."""

from __future__ import annotations

from typing import Any

import torch

from invertviz._arrays import ArrayLike, to_numpy
from invertviz.network import InvertibleNetwork
from invertviz.priors import KINDS, CodePrior
from invertviz.widgets._values import OneOf

NONE = "none"


class Priors:
    """Priors by their kinds.

    Args:
        network: the network.
        examples: real images; the bundled digits if None, for a network of these.
        own: one that was fitted already, for its kind.
    """

    def __init__(
        self, network: InvertibleNetwork, examples: ArrayLike | None, own: CodePrior | None
    ) -> None:
        self._network, self._examples = network, examples
        self._fitted = {} if own is None else {own.kind: own}
        self._own = {*self._fitted}

    def of(self, kind: str) -> CodePrior | None:
        """The prior of that kind; None for "none".

        Raises:
            ValueError: there are no images to fit it on, or too few.
        """
        if kind == NONE:
            return None
        if kind not in self._fitted:
            self._fitted[kind] = CodePrior.fit(self._network, self._examples, kind)
        return self._fitted[kind]

    def forget(self) -> None:
        """Fit anew what was fitted here: the network has changed."""
        self._fitted = {kind: prior for kind, prior in self._fitted.items() if kind in self._own}

    def packed(self) -> dict[str, dict[str, Any]]:
        """Those that are fitted, as they travel to the page.

        Of each kind: `weight`, the `means` as float32 bytes `[n, code_size]`, and the symmetric
        `roots` of the covariances `[n, code_size, code_size]`, n being 1 where all classes share
        them, else the number of classes.
        """
        return {kind: _packed(prior) for kind, prior in self._fitted.items()}


class PriorKind(OneOf):
    """The kind of a picker's prior, "none" for none; one that cannot be fitted is refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__([NONE, *KINDS], **kwargs)

    def check(self, obj: Any, value: Any) -> str:
        """The kind.

        Raises:
            ValueError: an unknown kind, or there are no images to fit it on.
        """
        kind = super().check(obj, value)
        obj._priors.of(kind)
        return kind


def _packed(prior: CodePrior) -> dict[str, Any]:
    rows = slice(0, 1 if prior.kind == "gaussian" else None)

    def as_bytes(tensor: torch.Tensor) -> bytes:
        return to_numpy(tensor[rows].float()).astype("<f4").tobytes()

    return {
        "weight": float(prior.weight),
        "means": as_bytes(prior.means),
        "roots": as_bytes(prior.roots),
    }
