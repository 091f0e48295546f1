"""One small inverse for each stage of a network, composed: a way back from every layer."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from invertviz._arrays import ArrayLike
from invertviz.images import ImageSpec
from invertviz.parts import Inverse, Layer, Network

from .modular_fit import Settings, fitted
from .plan import Plan
from .stages import StageInverse, chained

if TYPE_CHECKING:
    from typing_extensions import Self


class ModularInverse(Inverse):
    """Small inverses of a network's stages, composed: one fit serves every layer.

    Each layer that can be the code has a `StageInverse`, from its code to that of the last layer
    of the stage before, or to the image; a stage ends where the size of the maps changes. To
    invert a code is to go back stage by stage. After the modular inverses of *Inverse-TVM*
    (TMLR 2026), which gives each stage of a vision transformer one and chains them; the linear
    part of each in closed form, and tuning them together, are additions.

        network = network.with_inverse(ModularInverse.fit(network, images))
        network.at("layer2").reconstruct(images)        # at once, like every other layer

    Args:
        layer: whose codes this one takes.
        plan: where the way back from each layer goes next.
        stages: the inverses of the plan's layers, by name.
        images: what it gives.
        width: of the stages' inverses; see `StageInverse`.
        reached: peak signal-to-noise ratio on held-out images, in dB, by layer.
    """

    kind = "modular"

    def __init__(
        self,
        layer: Layer,
        plan: Plan,
        stages: Mapping[str, StageInverse],
        images: ImageSpec,
        *,
        width: int = 768,
        reached: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.plan = plan
        self.parts = nn.ModuleList(stages[name] for name in plan.targets)
        self.image_shape = images.shape
        self.width = width
        self.reached = dict(reached or {})
        self.layer, self.code_shape = layer.name, layer.code_shape

    @classmethod
    def unfitted(cls, network: Network, settings: Mapping[str, Any]) -> Self:
        """One of zeros."""
        plan = Plan.of_settings(settings["plan"])
        stages = plan.stages(network.classifier, width=settings["width"])
        rest = {key: settings[key] for key in ("width", "reached")}
        return cls(network.layer, plan, stages, network.images, **rest)

    @classmethod
    def fit(
        cls,
        network: Network,
        images: ArrayLike,
        *,
        seconds: float = 120.0,
        steps: int | None = None,
        representation: float = 0.02,
        classes: float = 0.05,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
        width: int = 768,
        seed: int = 0,
        progress: bool = True,
    ) -> Self:
        """Fit the inverses of all stages, each to what the stage itself maps, then all together.

        First the linear part of each is found in closed form; then all learn, side by side on the
        same batches, to give the code before their stage; then, composed, to give images: each
        step starts from one layer, and makes small

            ‖x̂ - x‖²/‖x - mean‖² + representation·‖f(x̂) - f(x)‖²/‖f(x) - mean‖²
            + classes·KL(p(x) ‖ p(x̂))

        with f the encoder of that layer, its channels standardized. What did best on held-out
        images is kept; where that has stopped improving, the fit stops.

        Args:
            network: the network, at any layer; it stays as it is.
            images: `[N, *image_shape]` or `[N, pixels]`, floats in [0, 1] or integers 0…255; two
                or more.
            seconds: how long to fit, more or less; the less time, the fewer steps.
            steps: how many steps to take instead, so that the same seed gives the same.
            representation: weight of the result's code, 0 or more.
            classes: weight of the result's class probabilities, 0 or more.
            batch_size: images in a step, where they are small; fewer if codes are large.
            learning_rate: the largest, for Adam; it falls to 0 along half a cosine.
            width: of the inverses; see `StageInverse`.
            seed: of initial weights, batches, and held-out images.
            progress: show a progress bar.

        Raises:
            TypeError: not an array of numbers.
            ValueError: fewer than two images, of another shape, not finite, out of range; settings
                out of range.
        """
        settings = Settings(
            seconds, steps, representation, classes, batch_size, learning_rate, width
        )
        plan, stages, reached = fitted(network, images, settings, seed=seed, progress=progress)
        return cls(network.layer, plan, stages, network.images, width=width, reached=reached)

    @property
    def stages(self) -> dict[str, StageInverse]:
        """The inverses by the names of their layers."""
        parts = (part for part in self.parts if isinstance(part, StageInverse))
        return dict(zip(self.plan.targets, parts, strict=True))

    def at(self, layer: Layer) -> Inverse | None:
        """The way back from another layer; it shares all of its parts with this one."""
        if layer.name not in self.plan:
            return None
        other = copy.copy(self)
        other.layer, other.code_shape = layer.name, layer.code_shape
        return other

    def forward(self, codes: Tensor) -> Tensor:
        """Invert codes `[N, *code_shape]` to images `[N, *image_shape]` in [0, 1]."""
        found = chained([self.stages[name] for name in self.plan.chain(self.layer)], codes)
        return found.reshape(-1, *self.image_shape)

    @property
    def settings(self) -> dict[str, Any]:
        """Where the way back from each layer goes, how wide it is, and what was reached."""
        return {"plan": self.plan.settings, "width": self.width, "reached": self.reached}

    def named_tensors(self) -> dict[str, nn.Parameter]:
        """inverse.LAYER.first, …: those of each stage's inverse."""
        return {
            f"inverse.{layer}.{name}": tensor
            for layer, stage in self.stages.items()
            for name, tensor in stage.named_parameters()
        }

    def extra_repr(self) -> str:
        """What was reached."""
        return ", ".join(f"{name}: {psnr:.1f} dB" for name, psnr in self.reached.items())
