"""Results show themselves in a few lines, however much they hold."""

import pytest
import torch

import invertviz


@pytest.fixture(scope="module")
def digits():
    return invertviz.datasets.load("mnist-sample")


def test_arrays_are_told_by_dtype_and_shape(digits):
    assert repr(digits.test) == (
        "Split(\n    images=float32[1000, 28, 28],\n    labels=int64[1000],\n)"
    )
    assert "    train=Split(\n        images=float32[4000, 28, 28],\n" in repr(digits)


def test_tensors_are_told_as_arrays_are_and_where_they_lie(pretrained, digits):
    images = digits.test.images[:3]
    told = repr(pretrained.reconstruct(images))
    assert "codes=float32[3, 100],\n" in told
    assert repr(pretrained.reconstruct(torch.from_numpy(images))) == told
    elsewhere = invertviz.CodePrior("gaussian", *torch.empty(2, 5, device="meta"), weight=0.5)
    assert "means=float32[5] on meta,\n" in repr(elsewhere)
    assert "weight=0.5,\n" in repr(elsewhere)


@pytest.mark.parametrize("name", ["evaluate", "survey", "prior", "optimized", "driving"])
def test_no_result_fills_the_screen(pretrained, digits, name):
    images, labels = digits.test.images, digits.test.labels
    result = {
        "evaluate": lambda: invertviz.evaluate(pretrained, images, labels),
        "survey": lambda: invertviz.survey_units(pretrained, images),
        "prior": lambda: invertviz.CodePrior.fit(pretrained),
        "optimized": lambda: invertviz.optimize_codes(pretrained, [3], steps=2, progress=False),
        "driving": lambda: invertviz.driving_samples(pretrained, images),
    }[name]()
    lines = repr(result).splitlines()
    assert lines[0] == f"{type(result).__name__}("
    assert len(lines) < 12
    assert max(map(len, lines)) < 80
