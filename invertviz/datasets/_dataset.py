"""What a data set is here: two splits of images with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from invertviz._labels import labels_and_names
from invertviz._short_repr import short_repr

_HELD_OUT = 6  # of so many samples of a class, one is held out


@dataclass(frozen=True)
class Split:
    """Images with their labels.

    Attributes:
        images: float32 in [0, 1], `[N, H, W]` of grey images, `[N, 3, H, W]` of colour ones.
        labels: class numbers, int64 `[N]`.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    __repr__ = short_repr


@dataclass(frozen=True)
class Dataset:
    """A training and a test split of the same classes.

    Attributes:
        name: what it was loaded as.
        train: to fit on.
        test: to judge by.
        class_names: one name a class.
        note: what is to be known about it: that it is a part of a published set, that its test
            split was taken from the training images, what was left out.
    """

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    note: str = ""

    __repr__ = short_repr


class Samples(NamedTuple):
    """Some images, and their labels in any form that `labels_and_names` reads."""

    images: NDArray[np.float32]
    labels: Any
    source: str  # for errors
    labels_in: str = "there are"  # likewise, where the labels are in another file


def assembled(
    name: str,
    train: Samples,
    test: Samples | None,
    class_names: Sequence[str] | None = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """A data set of splits as they were read.

    Without a test split, every sixth sample of each class is held out as one, in the order of the
    file: a table that is sorted by class is as well divided as another.

    Raises:
        TypeError: labels of no known kind.
        ValueError: images and labels that do not fit together, or splits that do not.
    """
    notes = list(notes)
    splits = [train] if test is None else [train, test]
    for split in splits:
        if len(split.images) != len(split.labels):
            raise ValueError(
                f"{split.source} holds {len(split.images)} images, but {split.labels_in} "
                f"{len(split.labels)} labels; they do not belong together."
            )
    if test is not None and train.images.shape[1:] != test.images.shape[1:]:
        raise ValueError(
            f"the training images have shape {list(train.images.shape[1:])} and the test images "
            f"{list(test.images.shape[1:])}; they do not belong together."
        )
    # Together, so that the same label is the same class in both.
    given = [np.asarray(split.labels) for split in splits]
    if len({one.dtype.kind in "US" for one in given}) > 1:
        raise ValueError(
            f"the labels of {train.source} and {splits[-1].source} are of two kinds: "
            "class names here, and numbers there."
        )
    labels, names = labels_and_names(np.concatenate(given), class_names)
    if test is not None:
        middle = len(train.labels)
        first, second = Split(train.images, labels[:middle]), Split(test.images, labels[middle:])
    else:
        held_out = _held_out(labels)
        first = Split(train.images[~held_out], labels[~held_out])
        second = Split(train.images[held_out], labels[held_out])
        notes.append(
            f"{train.source} has no test split: every sixth sample of each class was held out."
        )
    return Dataset(name, first, second, names, " ".join(notes))


def _held_out(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Every sixth sample of each class; of a class of two to five samples, the last."""
    chosen = np.zeros(len(labels), bool)
    for number in np.unique(labels):
        places = np.flatnonzero(labels == number)
        if len(places) >= _HELD_OUT:
            chosen[places[_HELD_OUT - 1 :: _HELD_OUT]] = True
        elif len(places) > 1:
            chosen[places[-1]] = True
    if not chosen.any():
        raise ValueError(
            f"{len(labels)} samples, one a class, cannot be divided into training and test images; "
            "give more, or a test split."
        )
    return chosen
