"""Measure rivals side by side: A B C, B A C, …, after a warm-up, and keep every sample."""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PARTS = Path(__file__).parent / "results"  # one JSON a script; RESULTS.md is made of them


def interleaved(
    rivals: Mapping[str, Callable[[], Any]],
    *,
    rounds: int,
    repeat: int = 1,
    settle: Callable[[], Any] = lambda: None,
) -> dict[str, list[float]]:
    """Milliseconds a call of each rival, one number a round, in an order drawn for each round.

    The threads and the cache of the one before would be in a rival's time: each is called once
    before its clock starts, and none always follows the same one.

    Args:
        rivals: what to call, by name.
        rounds: how many numbers of each.
        repeat: calls behind each number.
        settle: called before a clock is read, so that work on a device is done.
    """
    found: dict[str, list[float]] = {name: [] for name in rivals}
    order = random.Random(0)
    for warm_up in [True] + [False] * rounds:
        for name, call in order.sample([*rivals.items()], len(rivals)):
            call()
            settle()
            begin = time.perf_counter()
            for _ in range(repeat):
                call()
            settle()
            if not warm_up:
                found[name].append(1000 * (time.perf_counter() - begin) / repeat)
    return found


def summary(values: list[float]) -> dict[str, float]:
    """How many, their median, and their 5th and 95th percentile."""
    ordered = sorted(values)
    low, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.05, 0.95))
    found = {"median": statistics.median(ordered), "p5": low, "p95": high}
    return {"n": len(ordered), **{name: float(f"{value:.5g}") for name, value in found.items()}}


class Report:
    """The results of one script, written as JSON for `report.py`.

    Args:
        name: of the script.
        conditions: what the numbers hold under: device, threads, versions.
    """

    def __init__(self, name: str, **conditions: Any) -> None:
        self.name = name
        self.content: dict[str, Any] = {"conditions": conditions, "rows": []}

    def add(
        self,
        work: str,
        samples: Mapping[str, list[float]],
        ours: str,
        *,
        wanted: Mapping[str, str] | None = None,
        unit: str = "ms",
    ) -> None:
        """Keep one comparison, and print it.

        Args:
            work: what was done.
            samples: numbers of each rival, ours among them.
            ours: whose ratio to the others is of interest.
            wanted: what the issue asks of the ratio to a rival, for example "≤ 1.5".
            unit: of the numbers.
        """
        row = {"work": work, "ours": ours, "unit": unit, "wanted": dict(wanted or {})}
        row["found"] = {name: summary(values) for name, values in samples.items()}
        self.content["rows"].append(row)
        for name, values in samples.items():
            print(f"{work:44s} {name:34s} {statistics.median(values):10.3f} {unit}", flush=True)

    def write(self) -> None:
        """Write what was added so far."""
        PARTS.mkdir(exist_ok=True)
        path = PARTS / f"{self.name}.json"
        path.write_text(json.dumps(self.content, ensure_ascii=False, indent=1) + "\n")


def threads_from_environment() -> int:
    """OMP_NUM_THREADS, or the number of cores; both sides of every ratio use as many."""
    return int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


def say(text: str) -> None:
    """A line for whoever waits."""
    print(text, file=sys.stderr, flush=True)
