"""The wheel holds all that a person without node or network needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_wheel_holds_front_end_assets_and_tour(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "static/drawing_canvas.js",
        "static/drawing_canvas.css",
        "assets/pretrained.safetensors",
        "assets/mnist-sample.npz",
        "assets/README.md",
        "export/page.html.j2",
        "export/vendor/embed-amd.js.xz",
        "export/vendor/LICENSES.md",
        "notebooks/tour.ipynb",
        "py.typed",
    ):
        assert f"invertviz/{name}" in names
    assert not [name for name in names if "node_modules" in name or name.startswith("tests/")]


def test_wheel_is_small(wheel):
    assert wheel.stat().st_size < 3_000_000
