"""Images and labels in whatever people hold them."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from invertviz import RidgeInverse, evaluate, survey_units, train, untrained

rng = np.random.default_rng(0)
IMAGES = rng.random((30, 4, 3)).astype(np.float32)
LABELS = np.arange(30) % 3
TENSORS = torch.from_numpy(IMAGES), torch.from_numpy(LABELS)


class Dicts(Dataset):
    """As Hugging Face's data sets give them."""

    def __len__(self):
        return 30

    def __getitem__(self, index):
        if index >= 30:
            raise IndexError(index)
        return {"image": IMAGES[index], "label": int(LABELS[index])}


class Bytes(Dataset):
    """As torchvision's give them with PILToTensor: bytes, channels first."""

    def __len__(self):
        return 30

    def __getitem__(self, index):
        if index >= 30:
            raise IndexError(index)
        return (255 * TENSORS[0][index]).round().byte()[None], int(LABELS[index])


@pytest.fixture(scope="module")
def network():
    return untrained((12, 8, 6, 3), image_shape=(4, 3), device="cpu")


@pytest.mark.parametrize(
    "source",
    [
        (IMAGES, LABELS),
        TENSORS,
        TensorDataset(*TENSORS),
        Dicts(),
        DataLoader(TensorDataset(*TENSORS), batch_size=7),
        DataLoader(Dicts(), batch_size=30),
        Bytes(),
    ],
    ids=lambda source: type(source).__name__,
)
def test_sources_say_what_arrays_say(network, source):
    expected = evaluate(network, IMAGES, LABELS)
    found = evaluate(network, source)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-3)
    np.testing.assert_array_equal(found.labels, LABELS)
    ranges = survey_units(network, source).ranges
    np.testing.assert_allclose(ranges, survey_units(network, IMAGES).ranges, atol=1e-2)
    RidgeInverse.fit(network, source)
    assert train(source, hidden=(4,), steps=1, inverse_steps=1, confidence=0).units == 4


def test_what_is_missing_is_told(network):
    with pytest.raises(TypeError, match="labels are missing"):
        evaluate(network, IMAGES)
    with pytest.raises(TypeError, match="labels are missing"):
        evaluate(network, TensorDataset(TENSORS[0]))
    with pytest.raises(ValueError, match="empty"):
        evaluate(network, TensorDataset(TENSORS[0][:0], TENSORS[1][:0]))
    sizes = [(torch.zeros(4, 3), 0), (torch.zeros(5, 3), 1)]
    uneven = type("Uneven", (Dataset,), {"__getitem__": lambda _, i: sizes[i]})()
    with pytest.raises(ValueError, match="2 sizes"):
        evaluate(network, uneven)
    standardized = TensorDataset(TENSORS[0] * 3 - 0.4, TENSORS[1])
    with pytest.raises(ValueError, match=r"standardized.*\* std \+ mean"):
        evaluate(network, standardized)
