"""Predictions over a data set, and the quality of the way back."""

import numpy as np
import pytest
import torch

from invertviz import InvertibleNetwork, evaluate, evaluate_inverse

rng = np.random.default_rng(0)


@pytest.fixture
def identity():
    """A network of three pixels that names the brightest, and whose way back is exact."""
    identity = np.eye(3)
    return InvertibleNetwork.from_arrays(
        classifier=[(identity, np.zeros(3)), (10 * identity, np.zeros(3))],
        inverse=[identity],
        image_shape=(1, 3),
        device="cpu",
    )


def test_evaluation_counts_what_it_should(identity):
    images = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]], dtype=np.float32)
    result = evaluate(identity, images, [0, 1, 1, 2])
    assert result.accuracy == 0.5
    np.testing.assert_array_equal(result.predictions, [0, 1, 2, 0])
    np.testing.assert_array_equal(result.misclassified, [2, 3])
    np.testing.assert_array_equal(result.confusion_matrix, [[1, 0, 0], [0, 1, 1], [1, 0, 0]])
    np.testing.assert_allclose(result.confidences, result.probabilities.max(1))


def test_an_exact_way_back_is_perfect(identity):
    images = rng.random((50, 1, 3)).astype(np.float32)
    labels = images.reshape(50, 3).argmax(1)
    labels[:5] = (labels[:5] + 1) % 3
    quality = evaluate_inverse(identity, images, labels)
    assert quality.mae == pytest.approx(0, abs=1e-7)
    assert quality.class_consistency == 1
    assert quality.class_consistency_misclassified == 1


def test_a_way_back_that_turns_classes_around_is_measured_as_such():
    swap = np.eye(3)[[1, 0, 2]]
    network = InvertibleNetwork.from_arrays(
        classifier=[(np.eye(3), np.zeros(3)), (10 * np.eye(3), np.zeros(3))],
        inverse=[swap],
        image_shape=(1, 3),
        device="cpu",
    )
    images = np.eye(3, dtype=np.float32)
    quality = evaluate_inverse(network, images, [0, 2, 2])  # the second is misclassified
    assert quality.class_consistency == pytest.approx(1 / 3)
    assert quality.class_consistency_misclassified == 0
    assert quality.mae == pytest.approx(4 / 9)
    assert quality.mse == pytest.approx(4 / 9)


def test_chunks_do_not_show(identity, monkeypatch):
    images = rng.random((25, 3)).astype(np.float32)
    labels = rng.integers(0, 3, 25)
    whole = evaluate(identity, images, labels), evaluate_inverse(identity, images, labels)
    monkeypatch.setattr("invertviz.images.CHUNK", 7)
    monkeypatch.setattr("invertviz.evaluation.CHUNK", 7)
    parts = evaluate(identity, images, labels), evaluate_inverse(identity, images, labels)
    np.testing.assert_allclose(parts[0].probabilities, whole[0].probabilities, atol=1e-5)
    assert parts[1].class_consistency == whole[1].class_consistency
    assert parts[1].mse == pytest.approx(whole[1].mse)


def test_no_misclassified_samples_give_nan(identity):
    quality = evaluate_inverse(identity, np.eye(3), [0, 1, 2])
    assert np.isnan(quality.class_consistency_misclassified)


@pytest.mark.parametrize(
    ("images", "labels", "error", "message"),
    [
        (np.zeros((2, 3)), [0], ValueError, "2 images"),
        (np.zeros((2, 3)), [0, 3], ValueError, "3 classes"),
        (np.zeros((2, 3)), [0.0, 1.0], TypeError, "integers"),
        (np.full((2, 3), 255.0), [0, 1], ValueError, "from 0 to 1"),
        (np.zeros((0, 3)), [], ValueError, "empty"),
    ],
)
def test_bad_data_is_refused(identity, images, labels, error, message):
    with pytest.raises(error, match=message):
        evaluate(identity, images, labels)
    with pytest.raises(error, match=message):
        evaluate_inverse(identity, images, labels)


def test_labels_are_a_copy_of_the_caller_s(identity):
    images, labels = torch.eye(3), torch.tensor([0, 1, 2])
    found = evaluate(identity, images, labels)
    labels[0] = 2
    assert found.labels.tolist() == [0, 1, 2]
    counts = np.array([0, 1, 2])
    found = evaluate(identity, np.eye(3), counts)
    counts[0] = 2
    assert found.labels.tolist() == [0, 1, 2]
