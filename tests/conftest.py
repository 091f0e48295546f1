"""What tests of every kind share: real digits and the pretrained network."""

import notebook_runs
import pytest
import torch

from invertviz import datasets, load_pretrained

pytest.register_assert_rewrite("_drawing", "_grid", "_picker", "_sliders")  # they assert, too


def pytest_addoption(parser):
    """How often the article's training is done over: `make bench` asks for three."""
    parser.addoption(
        "--article-seeds", type=int, default=1, help="trainings of the article's network"
    )


@pytest.fixture(autouse=True)
def _not_by_chance():
    """Each test draws the same numbers in every run."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def sample():
    """The 5,000 bundled digits."""
    return datasets.load("mnist-sample")


@pytest.fixture(scope="session")
def mnist():
    """Full MNIST, from INVERTVIZ_DATA or by download; an error says how to get it."""
    return datasets.load("mnist")


@pytest.fixture
def pretrained():
    """The article's network as shipped."""
    return load_pretrained()


@pytest.fixture(scope="session")
def executed():
    """A function that runs a notebook once, its exercises solved, and gives what came of it."""
    return notebook_runs.executed


def pytest_collection_modifyitems(items):
    """Put the browser's tests last: the fast come first, and Playwright's loop runs in no other."""
    items.sort(key=lambda item: "browser" in item.path.parts)
