"""Where the way back from each layer of a network goes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from invertviz.parts import Classifier, Split

from .grids import Grid
from .stages import StageInverse, gives_images

IMAGE = ""  # what is before the first layer
_LONGEST = 4  # layers of one stage whose maps have one size


@dataclass(frozen=True)
class Plan:
    """Where the way back from each layer goes next.

    Attributes:
        targets: for each layer that has an inverse of its own, the earlier layer whose code that
            gives; `IMAGE` for the image.
        same: other layers, and the one of those whose codes hold the same numbers.
    """

    targets: Mapping[str, str]
    same: Mapping[str, str]

    @classmethod
    def of(cls, classifier: Classifier, splits: Mapping[str, Split], images: Tensor) -> Plan:
        """Plan the way back from all layers of a classifier.

        Args:
            classifier: what is to be turned around.
            splits: it, cut at each of its usable layers, in the order of the computation.
            images: a few, `[N, *image_shape]`.
        """
        picture = Grid.of_image(classifier.images)
        targets: dict[str, str] = {}
        same: dict[str, str] = {}
        stage: list[str] = []
        before, last, sizes, target = None, IMAGE, None, IMAGE
        for name, split in splits.items():
            with torch.no_grad():
                codes = split.encoder(images).flatten(1)
            if before is not None and torch.equal(before, codes):
                same[name] = last
                continue
            before, last = codes, name
            grid = Grid.of(split.layer.code_shape, classifier.images)
            if gives_images(grid, picture):
                targets[name] = IMAGE
                continue
            vector = grid.height * grid.width == 1
            full = len(stage) == _LONGEST and not vector
            if stage and (full or sizes != (grid.height, grid.width)):
                stage, target = [], stage[-1]
            sizes = grid.height, grid.width
            targets[name] = target
            stage.append(name)
        return cls(targets, same)

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> Plan:
        """The plan that has these `settings`.

        Raises:
            KeyError, TypeError, ValueError: they are missing or make no sense.
        """
        plan = cls(dict(settings["targets"]), dict(settings["same"]))
        known = {IMAGE}
        for name, target in plan.targets.items():
            if target not in known:
                raise ValueError(f"the way back from {name} goes to {target}, which comes later.")
            known.add(name)
        if not {*plan.same.values()} <= {*plan.targets}:
            raise ValueError(f"{plan.same} names layers without a way back.")
        return plan

    @property
    def settings(self) -> dict[str, Any]:
        """It as JSON."""
        return {"targets": dict(self.targets), "same": dict(self.same)}

    def __contains__(self, name: str) -> bool:
        """Whether there is a way back from a layer of that name."""
        return name in self.targets or name in self.same

    def chain(self, name: str) -> list[str]:
        """The layers whose inverses lead from that one's code to the image, in that order."""
        found = [self.same.get(name, name)]
        while self.targets[found[-1]] != IMAGE:
            found.append(self.targets[found[-1]])
        return found

    def stages(self, classifier: Classifier, *, width: int) -> dict[str, StageInverse]:
        """An inverse for each layer, of zeros.

        Raises:
            ValueError: the classifier lacks one of the layers.
        """
        shapes = {layer.name: layer.code_shape for layer in classifier.layers if layer.usable}
        if missing := sorted({*self.targets} - {*shapes}):
            raise ValueError(f"the network has no usable layers {missing}.")
        grids = {name: Grid.of(shapes[name], classifier.images) for name in self.targets}
        grids[IMAGE] = Grid.of_image(classifier.images)
        return {
            name: StageInverse(grids[name], grids[target], images=target == IMAGE, width=width)
            for name, target in self.targets.items()
        }
