"""Images and labels out of what people hold them in: arrays, pairs, torch's data sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from invertviz._arrays import ArrayLike, as_tensor

_KEYS = {
    "images": ("image", "images", "pixel_values", "img", "x"),
    "labels": ("label", "labels", "fine_label", "target", "y"),
}


def images_of(source: Any) -> ArrayLike:
    """The images of a source; arrays are handed on as they are.

    Raises:
        TypeError: items that hold no images.
        ValueError: an empty source, or images of different sizes.
    """
    images, _ = _pair(source)
    return images


def images_and_labels(images: Any, labels: Any = None) -> tuple[ArrayLike, ArrayLike]:
    """Images and their labels, from two arrays or from one source of both.

    Args:
        images: an array; or, without `labels`, a pair `(images, labels)`, a torch Dataset or
            DataLoader of such pairs (or of dicts), or anything with `.images` and `.labels`, such
            as `datasets.load(…).test`.
        labels: an array, or None.

    Raises:
        TypeError: no labels anywhere, or items that hold no images.
        ValueError: an empty source, or images of different sizes.
    """
    found, own = _pair(images)
    if labels is not None:
        return found, labels
    if own is None:
        raise TypeError(
            "labels are missing: give an array of class numbers, one an image, or images and "
            "labels together: a pair (images, labels), a torch Dataset or DataLoader of pairs, or "
            "datasets.load(…).test."
        )
    return found, own


def _pair(source: Any) -> tuple[ArrayLike, ArrayLike | None]:
    if isinstance(source, DataLoader):
        return _gathered(source)
    if isinstance(source, Dataset):
        return _gathered(map(_batch_of_one, cast("Iterable[Any]", source)))
    if hasattr(source, "images") and hasattr(source, "labels"):
        return source.images, source.labels
    if isinstance(source, tuple) and len(source) == 2 and _are_a_pair(*source):
        return source
    return source, None


def _are_a_pair(images: Any, labels: Any) -> bool:
    """Whether these are images and one label each; two images are none."""
    shape, count = tuple(getattr(images, "shape", ())), tuple(getattr(labels, "shape", ()))
    return len(shape) >= 2 and count in (shape[:1], (*shape[:1], 1))


def _gathered(batches: Iterable[Any]) -> tuple[Tensor, Tensor | None]:
    """All batches as one tensor of images and, where each has some, one of labels."""
    images, labels = [], []
    for batch in batches:
        some, theirs = _parts(batch)
        images.append(as_tensor(some, "a batch of images"))
        if theirs is not None:
            labels.append(torch.as_tensor(theirs))
    if not images:
        raise ValueError("the data set is empty; give at least one image.")
    sizes = {tuple(some.shape[1:]) for some in images}
    if len(sizes) > 1:
        raise ValueError(
            f"the data set has images of {len(sizes)} sizes, such as "
            f"{' and '.join(str(list(size)) for size in sorted(sizes)[:2])}; give it a transform "
            "that makes all of one size."
        )
    return torch.cat(images), torch.cat(labels) if len(labels) == len(images) else None


def _batch_of_one(item: Any) -> tuple[Tensor, Tensor | None]:
    image, label = _parts(item)
    shown = as_tensor(image, "an image of the data set")[None]
    return shown, None if label is None else torch.as_tensor(label)[None]


def _parts(item: Any) -> tuple[Any, Any]:
    """Image and label of an item of a data set, or of a batch of a loader."""
    if isinstance(item, Mapping):
        parts = [next((item[k] for k in keys if k in item), None) for keys in _KEYS.values()]
        if parts[0] is None:
            raise TypeError(
                f"an item of the data set is a dict of {sorted(item)}; one of "
                f"{', '.join(_KEYS['images'])} is needed."
            )
        return parts[0], parts[1]
    if isinstance(item, (tuple, list)):
        return item[0], item[1] if len(item) > 1 else None
    return item, None
