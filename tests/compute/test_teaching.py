"""What learners are told about their answers."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import invertviz
from invertviz.teaching import Exercise, check
from invertviz.teaching._check import judge
from invertviz.teaching._exercises import EXERCISES

ROOT = Path(invertviz.__file__).parents[1]


def said(answer, expected, **options):
    verdict = judge(Exercise(lambda: expected, **options), answer, {})
    assert not verdict
    return verdict.said


@pytest.mark.parametrize("answer", [None, ...])
def test_no_answer_yet_stops_nothing(answer):
    assert "three dots" in said(answer, 3)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (3, 3),
        (np.int64(3), 3),
        (torch.tensor(3), 3),
        ([3], 3),
        (0.9521, 0.95213),
        (torch.arange(3.0), np.arange(3)),
        ({1, 2}, {2, 1}),
        ([2, 1], {1, 2}),
        (np.array([1, 2]), {1, 2}),
        (range(1, 3), {1, 2}),
        (" Ridge", "ridge"),
        ((9, 4), (9, 4)),
    ],
)
def test_right_answers_are_right_in_any_form(answer, expected):
    assert judge(Exercise(lambda: expected), answer, {})


@pytest.mark.parametrize(
    ("answer", "expected", "told"),
    [
        ("seven", 7, "yours is a str"),
        ([[1], [2, 3]], 7, "a number"),
        ([1, 2], 7, "one number"),
        (7, np.ones(3), "yours is one"),
        (np.ones((3, 2)), np.ones((2, 3)), "Transpose"),
        (np.ones(6), np.ones((2, 3)), "reshape"),
        (np.ones(5), np.ones((2, 3)), "has [2, 3]"),
        ([1, np.nan], [1, 2], "NaN"),
        (95.2, 0.952, "per cent"),
        (0.00952, 0.952, "hundredth"),
        (-0.5, 0.5, "sign"),
        (255 * np.arange(3), np.arange(3), "0 to 1"),
        ([3, 2, 1], [1, 2, 3], "other way round"),
        ([1, 5, 3], [1, 2, 3], "1 of 3 values are off; the first is at 1, where 5 is too large"),
        (np.zeros((2, 2)), np.eye(2), "2 of 4 values are off; the first is at [0, 0]"),
        (8, 7, "counting starts at 0"),
        (3, 7, "another number than 3"),
        (0.1, 0.5, "too small"),
        (0.9, 0.5, "too large"),
        ({1, 5}, {1, 2, 3}, "5 should not be among them. 2 are missing."),
        ({1}, {1, 2}, "1 is missing"),
        (3, {1, 2}, "several numbers"),
        ("pseudo", "ridge", "another one"),
        (3, "ridge", "a name"),
    ],
)
def test_wrong_answers_are_told_what_is_off(answer, expected, told):
    assert told in said(answer, expected)


def test_a_slip_is_told_before_anything_else():
    slips = [(lambda: 3, "That is the number of legs.")]
    assert said(3, 4, slips=slips) == "That is the number of legs."


def test_an_exercise_of_one_s_own_is_checked():
    half = Exercise(lambda n: n / 2, [(lambda n: n * 2, "That is the double.")], "Well divided.")
    assert check(half, 4, n=8).said == "Well divided."
    assert check(half, 16, n=8).said == "That is the double."
    assert "three dots" in check(half, ..., n=8).said
    with pytest.raises(TypeError):
        check(half, 4)


def test_verdicts_are_shown_in_a_line():
    right = judge(Exercise(lambda: 3, right="<Yes>."), 3, {})
    assert repr(right) == "✓ Right. <Yes>."
    assert "✓ Right. &lt;Yes&gt;." in right._repr_html_()
    assert 'role="status"' in right._repr_html_()
    assert repr(judge(Exercise(lambda: 3), 9, {})).startswith("✗ Not yet.")


def test_an_unknown_exercise_is_told_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'worst-confusion'"):
        check("worst-confusions", 3)


def test_code_by_hand_knows_the_usual_slips(pretrained, sample):
    image = sample.test.images[0]
    (W1, W2, _), (b1, b2, _) = (
        [part.numpy(force=True) for part in parts]
        for parts in (pretrained.classifier.weights, pretrained.classifier.biases)
    )

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    a1 = sigmoid(image.reshape(784) @ W1 + b1)
    given = {"network": pretrained, "image": image}
    assert check("code-by-hand", a1 @ W2 + b2, **given)
    assert "a2" in check("code-by-hand", sigmoid(a1 @ W2 + b2), **given).said
    assert "b2 is missing" in check("code-by-hand", a1 @ W2, **given).said
    linear = (image.reshape(784) @ W1 + b1) @ W2 + b2
    assert "has a σ too" in check("code-by-hand", linear, **given).said


def test_counts_know_the_usual_slips():
    counts = np.array([[90, 9, 1], [2, 50, 0], [0, 4, 30]])
    assert check("accuracy-from-confusion", 170 / 186, counts=counts)
    assert "mistakes" in check("accuracy-from-confusion", 16 / 186, counts=counts).said
    assert check("worst-confusion", (0, 1), counts=counts)
    assert "other way round" in check("worst-confusion", (1, 0), counts=counts).said
    assert "diagonal" in check("worst-confusion", (0, 0), counts=counts).said


def test_components_are_counted_as_numpy_would(sample):
    known, images = sample.train.images[:500], sample.test.images[:200]
    given = {"fit_images": known, "images": images}
    centred = images.reshape(200, -1) - known.reshape(500, -1).mean(0)
    _, _, axes = np.linalg.svd(known.reshape(500, -1) - known.reshape(500, -1).mean(0))
    left = centred - centred @ axes[:10].T @ axes[:10]
    mse = float(np.square(left).mean())
    assert check("components-needed", 10, **given, mse=mse * 1.0001)
    assert check("components-needed", 11, **given, mse=mse * 0.9999)
    assert "One more" in check("components-needed", 9, **given, mse=mse * 1.0001).said


def test_another_choice_is_told_what_it_measures(pretrained, sample):
    mean = pretrained.encode(sample.test.images).mean(0)
    given = {"network": pretrained, "code": mean, "values": [-6, 6]}
    low, high = np.repeat(mean[None], 2, 0)
    low[3], high[3] = -6, 6
    moved = np.ptp(pretrained.classify(np.stack([low, high]))[:, 7])
    told = check("unit-that-moves-class", 3, **given, to=7).said
    assert told.startswith(f"Unit 3 moves the probability of 7 by {moved:.2g}, and another")
    change = np.ptp(invertviz.sweep_unit(pretrained, mean, 3, [-6, 6]), axis=0).mean()
    told = check("unit-that-moves-picture", np.int64(3), **given).said
    assert told.startswith(f"Unit 3 changes a pixel by {change:.2g} on average, and another")
    counts = np.array([[90, 9, 1], [2, 50, 0], [0, 4, 30]])
    assert "2 is taken for 1 4 times" in check("worst-confusion", (2, 1), counts=counts).said
    table = pd.DataFrame({"mse": [0.05, 0.03, 0.07], "class_consistency": [0.9, 0.8, 0.1]})
    table.index = ["article", "ridge", "mean image"]
    table.loc["pseudo"] = (0.08, 1)
    table.loc["PCA of rank 100"] = (0.01, 0.99)
    assert check("clearest-way", "ridge", table=table)
    assert "The mse of article is 0.0500" in check("clearest-way", "article", table=table).said


@pytest.mark.parametrize("answer", [-1, 100, 3.5, "3", [1, 2]])
def test_what_is_no_choice_is_told_so(pretrained, sample, answer):
    given = {"network": pretrained, "code": np.zeros(100, np.float32), "values": [-6, 6]}
    said = check("unit-that-moves-class", answer, **given, to=7).said
    assert said
    assert "moves the probability" not in said


def test_every_exercise_of_the_notebooks_is_there_and_no_other():
    assert set().union(*asked().values()) == set(EXERCISES)


def test_the_page_on_lectures_lists_the_exercises_of_each_notebook():
    page = (ROOT / "docs/howto/lecture.md").read_text()
    rows = re.findall(r"^\| `(\w+\.ipynb)` \| (.*) \|$", page, re.MULTILINE)
    assert {name: re.findall("`([^`]+)`", names) for name, names in rows} == asked()


def asked():
    """The exercises that each notebook checks, where it does."""
    found = {}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]
        found[path.name] = re.findall(r'check\(\s*"([^"]+)"', "\n".join(cells))
    return {name: names for name, names in found.items() if names}
