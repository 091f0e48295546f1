"""What the benchmarks say they found; they are run by `make bench`."""

import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import _measure
    import run

    yield run, _measure
    for name in ("run", "_measure"):
        del sys.modules[name]


def test_results_are_the_same_in_words_and_as_json(benchmarks):
    run, _ = benchmarks
    content = json.loads((BENCHMARKS / "RESULTS.json").read_text())
    assert run.markdown(content) == (BENCHMARKS / "RESULTS.md").read_text()


def test_a_ratio_is_ours_to_the_other_s_and_says_whether_it_is_what_was_wanted(benchmarks):
    run, measure = benchmarks
    samples = {"ours": [1.0, 2.0, 3.0, 2.0], "theirs": [8.0], "bound": [1.0, 1.0, 1.0]}
    samples["nothing"] = [0.0]
    row = {"work": "a step", "ours": "ours", "unit": "ms"}
    row["wanted"] = {"theirs": "≤ 0.5", "bound": "≤ 1.5"}
    row["found"] = {name: measure.summary(values) for name, values in samples.items()}
    assert list(run.table_rows(row)) == [
        "| a step | ours: 2 ms (1 to 3) | theirs: 8 ms | 0.25 | ≤ 0.5 | yes |",
        "|  |  | bound: 1 ms (1 to 1) | 2.00 | ≤ 1.5 | **no** |",
        "|  |  | nothing: 0 ms |  |  |  |",
    ]


def test_rivals_take_turns_after_a_warm_up(benchmarks):
    _, measure = benchmarks
    turns = []
    found = measure.interleaved(
        {name: lambda name=name: turns.append(name) for name in "ab"}, rounds=9, repeat=2
    )
    rounds = ["".join(turns[i : i + 6]) for i in range(0, len(turns), 6)]
    assert len(rounds) == 10
    assert {*rounds} == {"aaabbb", "bbbaaa"}  # untimed once, then twice; neither is always first
    assert [len(found[name]) for name in "ab"] == [9, 9]
