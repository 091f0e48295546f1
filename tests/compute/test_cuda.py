"""On a CUDA device: the same results as on the CPU, and as without recorded steps."""

import numpy as np
import pytest
import torch

from invertviz import train, untrained

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="this machine has no CUDA device"
)


def test_reconstructions_are_those_of_the_cpu():
    images = np.random.default_rng(0).random((8, 28, 28), dtype=np.float32)
    expected = untrained(seed=3, device="cpu").reconstruct(images)
    result = untrained(seed=3, device="cuda").reconstruct(images)
    for mine, theirs in zip(result, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "leaky_relu", "softplus"])
def test_recorded_training_is_the_plain_one_s(sample, activation, monkeypatch):
    settings = {"activation": activation, "steps": 80, "inverse_steps": 80, "confidence": 0}
    settings |= {"batch_size": 300, "device": "cuda", "progress": False}
    digits = sample.train.images, sample.train.labels
    recorded = train(*digits, **settings)
    monkeypatch.setattr("invertviz.article.training.recorded", lambda step, device: step)
    plain = train(*digits, **settings)
    torch.testing.assert_close(
        recorded.state_dict(), plain.state_dict(), rtol=0, atol=1e-6, msg=activation
    )
