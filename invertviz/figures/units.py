"""Hidden units, pictured in several ways."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from matplotlib.figure import Figure

from invertviz._arrays import ArrayLike

from ._drawing import as_pictures, gallery, own_scale


def unit_portraits(
    pictures: Mapping[str, ArrayLike],
    units: Sequence[int],
    *,
    signed: Collection[str] = ("difference",),
    scaled: Collection[str] = ("projection",),
    title: str | None = None,
) -> Figure:
    """Each unit in a column, each way to picture it in a row.

    Args:
        pictures: for each row's name, images `[units, H, W]`: the article's projection, the
            difference the unit makes, a picture that maximizes it, samples that drive it.
        units: the units' numbers.
        signed: rows of differences: blue below 0, red above, all on one scale.
        scaled: rows whose scale means nothing: each picture from its own smallest value (black)
            to its own largest (white). The others are drawn from 0 to 1.
        title: of the whole figure.
    """
    rows = {name: as_pictures(found, name) for name, found in pictures.items()}
    unknown = (set(signed) | set(scaled)) - set(rows) - {"difference", "projection"}
    if not rows or unknown:
        raise ValueError(
            f"the rows are {list(rows)}; give at least one, and name in signed and scaled only "
            f"those, not {sorted(unknown)}."
        )
    for name in set(scaled) & set(rows):
        rows[name] = own_scale(rows[name])
    marked = [name for name in rows if name in signed]
    return gallery(rows, titles=[*map(str, units)], title=title, signed=marked)
