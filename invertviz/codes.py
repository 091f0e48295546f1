"""Work on codes: latent optimization, unit sweeps, unit projections."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm.auto import trange

from invertviz._arrays import (
    Array,
    ArrayLike,
    as_codes,
    as_tensor,
    generator_of,
    like,
    one_code,
    to_numpy,
)
from invertviz._classes import Classes, class_indices
from invertviz._short_repr import short_repr
from invertviz.descent import Descent, moves_from_zeros
from invertviz.network import InvertibleNetwork
from invertviz.priors import CodePrior, Pull, bundled_digits, check_prior, real_images

OnStep: TypeAlias = Callable[[int, Array, Array], bool | None]


@dataclass(frozen=True)
class CodeOptimization:
    """Result of a latent optimization of N codes; numpy arrays (torch if `start` was).

    Attributes:
        codes: the optimized codes, float32 `[N, *code_shape]`.
        probabilities: what the network says of them, float32 `[N, classes]`.
        images: the codes inverted, float32 `[N, *image_shape]`.
        trajectory: the recorded codes from the start to the end, float32
            `[records, N, *code_shape]`.
        steps: how many steps were taken; fewer than asked for if it was stopped.
    """

    codes: Array
    probabilities: Array
    images: Array
    trajectory: Array
    steps: int

    __repr__ = short_repr


def optimize_codes(
    network: InvertibleNetwork,
    classes: Classes,
    *,
    steps: int = 1000,
    learning_rate: float = 1.0,
    start: ArrayLike | None = None,
    prior: str | CodePrior | None = None,
    seed: int = 0,
    record_every: int = 1,
    on_step: OnStep | None = None,
    progress: bool = True,
) -> CodeOptimization:
    """Latent optimization: descend on codes until the network is sure of the classes.

    Plain gradient descent on Σ|onehot - p(z)| (Pitis, "Inverting a Neural Net"); every code
    descends by itself, all of them in one batch. A prior keeps the codes where those of real
    images are, so that every way back gives clear pictures of them; see `CodePrior`.

    Args:
        network: the network.
        classes: one class or several, as numbers or class names; one code is made for each.
        steps: steps to take.
        learning_rate: of the gradient descent.
        start: codes to start from, `[N, *code_shape]` or one for all `[*code_shape]`; if None, the
            prior's means; without a prior zeros (the article's), or where a descent would not
            leave them, as with relu, the mean code of the bundled digits for a network that was
            trained on such, else a small draw.
        prior: None (the article's), "gaussian", "class" or "diverse", fitted on the bundled
            digits; or one that `CodePrior.fit` fitted on images of yours. With "diverse", naming
            a class several times gives several samples of it.
        seed: of what "diverse" draws, and of a start that is drawn.
        record_every: the trajectory keeps the start, every so many steps, and the end.
        on_step: called after each step with its number (from 1), the codes `[N, *code_shape]` and
            probabilities `[N, classes]`; return True to stop there.
        progress: show a progress bar.

    Raises:
        TypeError: classes that are neither numbers nor names, or a prior of no such kind.
        ValueError: no or unknown classes, a start of another shape or not finite, settings out
            of range, an unknown prior, one named for a network of something else than digits, or
            one fitted for other classes or codes of another size.
    """
    chosen = class_indices(network, classes)
    if steps < 0 or record_every < 1 or not 0 < learning_rate < math.inf:
        raise ValueError(
            f"steps is {steps}, record_every {record_every}, learning_rate {learning_rate}; give "
            "steps of 0 or more, record_every of 1 or more, a positive learning_rate."
        )
    targets = torch.nn.functional.one_hot(
        torch.tensor(chosen, device=network.device), len(network.class_names)
    ).to(network.dtype)
    if isinstance(prior, str):
        prior = CodePrior.fit(network, kind=prior)
    if prior is not None:
        check_prior(network, prior, learning_rate)
    pull = None if prior is None else prior.pull(chosen, seed=seed)
    begin = _start(network, start, len(chosen), pull, seed)
    descent = Descent(
        network,
        targets,
        begin,
        learning_rate=learning_rate,
        steps=steps,
        pull=pull,
        record_every=record_every,
    )
    with trange(1, steps + 1, desc="codes", unit="step", disable=not progress) as bar:
        for step in bar:
            descent.advance(step)
            codes, probabilities = descent.codes, descent.probabilities
            if on_step and on_step(step, like(start, codes), like(start, probabilities)):
                break
    return CodeOptimization(
        codes=like(start, descent.codes),
        probabilities=like(start, descent.probabilities),
        images=like(start, network.inverted(descent.codes)),
        trajectory=like(start, descent.course().codes),
        steps=descent.step,
    )


def sweep_unit(network: InvertibleNetwork, code: ArrayLike, unit: int, values: ArrayLike) -> Array:
    """Invert one code with one unit set to each of several values.

    Args:
        network: the network.
        code: the code to start from, `[*code_shape]` or `[1, *code_shape]`.
        unit: which unit to set, 0…units-1.
        values: what to set it to, float `[V]`.

    Returns:
        Images, float32 `[V, *image_shape]`.

    Raises:
        TypeError: not arrays of numbers.
        ValueError: more than one code, an unknown unit, no values, or values not finite.
    """
    base = one_code(code, network.code_shape, device=network.device, dtype=network.dtype)
    (unit,) = unit_numbers(network, [unit])
    settings = as_codes(
        as_tensor(values, "values").reshape(-1, 1),
        (1,),
        device=network.device,
        dtype=network.dtype,
        name="values",
    )
    return like(code, network.inverted(_swept(network, base, unit, settings)))


def _swept(network: InvertibleNetwork, base: Tensor, unit: int, values: Tensor) -> Tensor:
    """A code with one unit set to each of the values `[V, 1]`: a channel shifted as a whole."""
    if base.ndim == 1:
        codes = base.repeat(len(values), 1)
        codes[:, unit] = values[:, 0]
        return codes
    shifts = base.new_zeros(len(values), network.units)
    shifts[:, unit] = values[:, 0] - network.layer.values(base[None])[0, unit]
    return network.layer.shifted(base[None], shifts)


def project_units(
    network: InvertibleNetwork, units: Sequence[int] | None = None, *, scale: float = 1e8
) -> NDArray[np.float32]:
    """Picture hidden units: invert `scale`·onehot(k) for each unit k.

    With the article's 10⁸ and an inverse that squashes, the picture shows the direction of the
    unit's row of W2inv alone (Pitis, "Inverting a Neural Net", "visualizing features"). Where
    nothing squashes (one hidden layer, or an unbounded activation), it grows with `scale`.

    Args:
        network: the network.
        units: which units; all of them if None.
        scale: value of the unit; all others are 0.

    Returns:
        Images, float32 `[units, *image_shape]`.

    Raises:
        ValueError: no or unknown units, or a scale that is 0 or not finite.
    """
    chosen = unit_numbers(network, units)
    if scale == 0 or not math.isfinite(scale):
        raise ValueError(f"scale is {scale}; give a finite number other than 0.")
    nothing = torch.zeros(network.code_shape, device=network.device, dtype=network.dtype)
    shifts = nothing.new_zeros(len(chosen), network.units)
    shifts[range(len(chosen)), chosen] = scale
    codes = network.layer.shifted(nothing[None], shifts)
    return to_numpy(network.inverted(codes))


def _start(
    network: InvertibleNetwork, start: ArrayLike | None, count: int, pull: Pull | None, seed: int
) -> Tensor:
    if start is None and pull is not None:
        return pull.mean.reshape(-1, *network.code_shape)
    if start is None and not moves_from_zeros(network):
        return _a_start_that_moves(network, count, seed)
    if start is None:
        return torch.zeros(count, *network.code_shape, device=network.device, dtype=network.dtype)
    codes = as_codes(
        start, network.code_shape, device=network.device, dtype=network.dtype, name="start"
    )
    if len(codes) not in (1, count):
        raise ValueError(
            f"start holds {len(codes)} codes for {count} classes; give one for all, or one each."
        )
    return codes.repeat(
        count // len(codes), *([1] * len(network.code_shape))
    )  # the caller's own stay as they are


def _a_start_that_moves(network: InvertibleNetwork, count: int, seed: int) -> Tensor:
    """The mean code of known images of the kind that it was trained on, else a small draw."""
    known = bundled_digits(network)
    if known is not None:
        mean = network.encoder(real_images(network, known.train.images)).detach().mean(0)
        return mean.expand(count, *network.code_shape)
    # Positive, as relu passes on: of what starts below 0 nothing would be learned.
    drawn = torch.randn(count, *network.code_shape, generator=generator_of(seed)).abs()
    return 0.1 * drawn.to(network.device, network.dtype)


def unit_numbers(network: InvertibleNetwork, units: Sequence[int] | None) -> list[int]:
    """Units as numbers; all of them if None.

    Raises:
        ValueError: none at all, or an unknown unit.
    """
    chosen = [*range(network.units)] if units is None else [*map(operator.index, units)]
    if not chosen:
        raise ValueError("no unit was given; give at least one.")
    for unit in chosen:
        if not 0 <= unit < network.units:
            raise ValueError(f"unit {unit} is unknown; give 0 to {network.units - 1}.")
    return chosen
