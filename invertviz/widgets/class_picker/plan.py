"""What a run is to do, as the settings say, and the descent that does it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from invertviz._arrays import ArrayLike, to_numpy
from invertviz.descent import Course, Descent
from invertviz.network import InvertibleNetwork
from invertviz.priors import Pull, check_prior
from invertviz.widgets._traits import FloatArray
from invertviz.widgets.class_picker.priors import Priors
from invertviz.widgets.class_picker.starts import codes_about, first_codes, starting_points
from invertviz.widgets.class_picker.targets import Choice, target_rows

MOST_CODES = 160
_MOST_RECORDS = 200
_MOST_NUMBERS = 1_000_000  # of a trajectory: 4 MB


class Plan(NamedTuple):
    """The settings of a picker of the same names."""

    classes: Choice
    prior: str
    start: str
    digit: int
    samples: int
    seed: int
    steps: int
    learning_rate: float


class Planner:
    """Makes descents of plans.

    Args:
        network: the network.
        examples: real images to start from; bundled digits if None, for a network of these.
        priors: to choose from.

    Attributes:
        offered: what the examples offer to start from.
    """

    def __init__(
        self, network: InvertibleNetwork, examples: ArrayLike | None, priors: Priors
    ) -> None:
        self._network, self._priors = network, priors
        self.offered = starting_points(network, examples)

    def first(self, plan: Plan) -> Descent:
        """A descent from the start; all that can be wrong is said here.

        Raises:
            ValueError: no class, too many codes, a starting point that is not there, or a prior
                that such a learning rate goes further and further away from.
        """
        if not plan.classes:
            raise ValueError(
                "no class is picked; set classes, for example picker.classes = [7], or click one."
            )
        rows = target_rows(plan.classes, len(self._network.class_names), plan.samples)
        if len(rows) > MOST_CODES:
            raise ValueError(
                f"{len(rows)} codes are too many at once; pick fewer classes or samples, so "
                f"that there are {MOST_CODES} at most."
            )
        targets = self._tensor(rows)
        pull = self._pull(plan, targets)
        return self._descent(plan, targets, self._tensor(self._start(plan, len(rows), pull)), pull)

    def further(
        self, plan: Plan, targets: FloatArray, steps: list[int], codes: FloatArray, said: FloatArray
    ) -> Descent:
        """A descent that goes on from the end of a course.

        Args:
            plan: where to, how fast, and with which prior.
            targets: wanted probabilities, `[N, classes]`.
            steps: that were recorded.
            codes: then, `[R, N, code_size]`.
            said: of them by the network, `[R, N, classes]`.

        Raises:
            ValueError: a prior that such a learning rate goes further and further away from.
        """
        wanted = self._tensor(targets)
        course = Course(steps, self._tensor(codes), self._tensor(said))
        return self._descent(plan, wanted, course, self._pull(plan, wanted))

    def _start(self, plan: Plan, count: int, pull: Pull | None) -> FloatArray:
        if pull is None:
            return first_codes(
                self._network,
                self.offered,
                start=plan.start,
                digit=plan.digit,
                count=count,
                samples=plan.samples,
                seed=plan.seed,
            )
        means: FloatArray = to_numpy(pull.mean)
        if plan.prior == "diverse":  # they are apart by themselves
            return means
        return codes_about(means, samples=plan.samples, seed=plan.seed)

    def _descent(
        self, plan: Plan, targets: torch.Tensor, start: torch.Tensor | Course, pull: Pull | None
    ) -> Descent:
        codes = start.codes[-1] if isinstance(start, Course) else start
        most = max(2, min(_MOST_RECORDS, _MOST_NUMBERS // codes.numel()))
        return Descent(
            self._network,
            targets,
            start,
            learning_rate=plan.learning_rate,
            steps=plan.steps,
            pull=pull,
            record_every=math.ceil(plan.steps / most),
            most_records=most,
        )

    def _pull(self, plan: Plan, targets: torch.Tensor) -> Pull | None:
        prior = self._priors.of(plan.prior)
        if prior is None:
            return None
        check_prior(self._network, prior, plan.learning_rate)
        return prior.pull_towards(targets, seed=plan.seed)

    def _tensor(self, array: FloatArray) -> torch.Tensor:
        return torch.tensor(array, device=self._network.device, dtype=self._network.dtype)
