"""The moved units and their values, as a trait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invertviz.widgets._values import Checked, Frozen, real, whole


class Moved(Checked[Frozen]):
    """A mapping from units to their values; assign another one to change it."""

    info_text = "a dict of units and their values, such as {3: -1.0, 17: 2.5}"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Frozen(), **kwargs)
        self.tag(sync=True, echo_update=False, to_json=_to_json, from_json=_from_json)

    def check(self, obj: Any, value: Any) -> Frozen:
        """Units as ints, values as floats.

        Raises:
            TypeError: not a mapping from whole numbers to numbers.
            ValueError: an unknown unit, or a value that is not finite.
        """
        if not isinstance(value, Mapping):
            raise TypeError(f"{self.name} is {self.info_text}, not {value!r}.")
        last = obj.network.units - 1
        return Frozen(
            {
                whole(unit, "unit", 0, last): real(number, f"the value of unit {unit}")
                for unit, number in value.items()
            }
        )


def _to_json(moved: Frozen, _widget: object) -> dict[str, float]:
    return {str(unit): value for unit, value in moved.items()}


def _from_json(moved: Any, _widget: object) -> Any:
    """What the page sends; its keys are numbers written out."""
    return {int(unit): value for unit, value in moved.items()} if isinstance(moved, dict) else moved
