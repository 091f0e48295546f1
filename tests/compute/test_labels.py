"""Labels in every form that people keep them in."""

import numpy as np
import pandas as pd
import pytest
import torch

from invertviz._labels import labels_and_names

NUMBERS = [2, 0, 1, 2]
DIGITS = ("0", "1", "2")
PETS = ["dog", "ant", "cat", "dog"]
ONE_HOT = np.eye(3)[NUMBERS]


@pytest.mark.parametrize(
    "labels",
    [
        NUMBERS,
        tuple(NUMBERS),
        np.array(NUMBERS, np.uint8),
        np.array(NUMBERS, ">i4"),
        np.array(NUMBERS, float),
        np.array(NUMBERS, np.float16),
        np.array(NUMBERS)[:, None],
        np.array(NUMBERS, object),
        [np.int64(2), 0, 1.0, 2],
        pd.Series(NUMBERS, index=[5, 6, 7, 8]),
        pd.Series(NUMBERS, dtype="Int64"),
        pd.Series(NUMBERS, dtype="Float32"),
        pd.DataFrame({"label": NUMBERS}),
        pd.Index(NUMBERS),
        torch.tensor(NUMBERS),
        torch.tensor(NUMBERS, dtype=torch.uint8)[:, None],
        torch.tensor(NUMBERS, dtype=torch.bfloat16),
        torch.tensor(NUMBERS, dtype=torch.float32, requires_grad=True),
        np.ma.masked_array(NUMBERS),
        np.matrix(NUMBERS).T,
        ONE_HOT,
        ONE_HOT.astype(bool),
        ONE_HOT.astype(int).tolist(),
        torch.tensor(ONE_HOT),
        pd.DataFrame(ONE_HOT),
        pd.Categorical(NUMBERS),
    ],
)
def test_class_numbers(labels):
    numbers, names = labels_and_names(labels, count=4)
    np.testing.assert_array_equal(numbers, NUMBERS)
    assert type(numbers) is np.ndarray
    assert (numbers.dtype, names) == (np.int64, DIGITS)
    assert labels_and_names(labels, ["a", "b", "c"])[1] == ("a", "b", "c") or isinstance(
        labels, pd.Categorical
    )


@pytest.mark.parametrize(
    "labels",
    [
        PETS,
        np.array(PETS),
        np.array(PETS, object),
        np.array(PETS, "S3"),
        [b"dog", b"ant", b"cat", b"dog"],
        np.array(PETS)[:, None],
        pd.Series(PETS),
        pd.Series(PETS, dtype="category"),
        pd.Categorical(PETS),
        pd.Index(PETS),
        np.array(PETS, np.dtypes.StringDType()) if hasattr(np.dtypes, "StringDType") else PETS,
    ],
)
def test_class_names(labels):
    numbers, names = labels_and_names(labels)
    np.testing.assert_array_equal(numbers, [2, 0, 1, 2])
    assert names == ("ant", "cat", "dog")
    numbers, names = labels_and_names(labels, ["dog", "eel", "cat", "ant"])
    np.testing.assert_array_equal(numbers, [0, 3, 2, 0])
    assert names == ("dog", "eel", "cat", "ant")
    with pytest.raises(ValueError, match="holds 'dog', which class_names lacks: 'cat', 'ant'"):
        labels_and_names(labels, ["cat", "ant"])


def test_a_categorical_s_order_is_kept():
    sizes = pd.Categorical(["small", "large"], ["small", "medium", "large"], ordered=True)
    numbers, names = labels_and_names(sizes)
    assert (list(numbers), names) == ([0, 2], ("small", "medium", "large"))


def test_digits_by_their_value():
    assert labels_and_names(["10", "9", "b", "A"])[1] == ("9", "10", "A", "b")


def test_bools_are_two_classes():
    numbers, names = labels_and_names([True, False, True])
    assert (list(numbers), names) == ([1, 0, 1], ("False", "True"))
    assert labels_and_names(torch.tensor([True, False]), ["no", "yes"])[1] == ("no", "yes")


def test_one_hot_rows_tell_how_many_classes_there_are():
    assert labels_and_names(np.eye(5)[[0, 1]])[1] == tuple("01234")
    assert list(labels_and_names([[0, 1, 0]])[0]) == [1]


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([], ValueError, "is empty"),
        (np.zeros((0, 10)), ValueError, "is empty"),
        ([0, -1, 1], ValueError, r"go from -1 to 1; .*leave those out"),
        ([1, -1, 1], ValueError, r"go from -1 to 1; .*give labels > 0"),
        ([0, 1.5], ValueError, "holds 1.5; labels are whole"),
        ([0, np.nan], ValueError, "lacks 1 of 2 labels, first that of sample 1"),
        ([0, np.inf], ValueError, "holds inf"),
        ([1e30], ValueError, "go up to 1e"),
        ([4_000_000_000], ValueError, "no number of a class"),
        ([0, None], ValueError, "lacks 1 of 2"),
        (["a", None], TypeError, "holds strings, and None"),
        (["a", 1], TypeError, "holds strings, and 1"),
        (["a", " "], ValueError, "lacks 1 of 2"),
        (pd.Series([1, None], dtype="Int64"), ValueError, "lacks 1 of 2"),
        (pd.Series(["a", None]), ValueError, "lacks 1 of 2"),
        (pd.Categorical(["a", None]), ValueError, "lacks 1 of 2"),
        (np.ma.masked_array([0, 1], [False, True]), ValueError, "lacks 1 of 2"),
        ([[0, 1], [1, 1]], ValueError, "2 classes in row 1"),
        ([[0, 1], [0, 0]], ValueError, "0 classes in row 1"),
        ([[0.2, 0.8]], ValueError, r"row 0 is not one-hot.*argmax"),
        ([[0, np.nan]], ValueError, "NaN or infinite"),
        ([[0], [0, 1]], ValueError, "not one label a sample"),
        (np.zeros((2, 2, 2)), ValueError, r"has shape \[2, 2, 2\]"),
        (np.array([["a", "b"]]), ValueError, r"has shape \[1, 2\]"),
        (3, TypeError, "labels is 3"),
        (np.array(3), (TypeError, ValueError), "labels"),
        ("abc", TypeError, "labels is 'abc'"),
        ({0: 1}, TypeError, "one label a sample"),
        (iter([1]), TypeError, "one label a sample"),
        ([1j], TypeError, "complex|1j"),
        (np.array(["2020-01-01"], "M8[D]"), TypeError, "datetime64"),
        ([object()], TypeError, "object"),
        (None, TypeError, "labels is None"),
    ],
)
def test_what_is_no_label(labels, error, message):
    with pytest.raises(error, match=message):
        labels_and_names(labels)


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ("abc", TypeError, "a sequence of strings"),
        (3, TypeError, "a sequence of strings"),
        (["a", 2, "c"], TypeError, "holds 2"),
        ([], ValueError, "is empty"),
        (["a", "", "c"], ValueError, "empty name"),
        (["a", "b", "a"], ValueError, "'a' more than once"),
        (["a", "b"], ValueError, "3 classes apart .* class_names has 2"),
    ],
)
def test_names_that_are_none(names, error, message):
    with pytest.raises(error, match=message):
        labels_and_names(NUMBERS, names)


def test_as_many_as_there_are_images():
    with pytest.raises(ValueError, match="targets holds 4 labels, but there are 5 images"):
        labels_and_names(NUMBERS, count=5, name="targets")
