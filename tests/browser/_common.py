"""Where things lie, and waiting for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "tests" / "artefacts"
SECONDS = 60.0  # how long anything that is waited for may take


def wait_until(condition: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """Return the condition's first true value; fail saying `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)
    return value
