"""The wheel holds all that a person without node or network needs."""

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import invertviz

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
        "assets/jupyter/jupyter_server_config.d/invertviz.json",
        "__init__.pyi",
        "figures/__init__.pyi",
        "exporting/page.html.j2",
        "exporting/vendor/embed-amd.js.xz",
        "exporting/vendor/LICENSES.md",
        "notebooks/tour.ipynb",
        "py.typed",
    ):
        assert f"invertviz/{name}" in names
    assert not [name for name in names if "node_modules" in name or name.startswith("tests/")]


def test_wheel_is_small(wheel):
    assert wheel.stat().st_size < 3_000_000


def test_bundles_are_small():
    bundles = [*(ROOT / "invertviz" / "static").glob("*.*s*")]
    assert len(bundles) >= 2
    for bundle in bundles:
        assert len(gzip.compress(bundle.read_bytes())) <= 60_000, bundle.name


def test_every_public_name_is_there():
    for package in (invertviz, invertviz.figures):
        assert len(package.__all__) > 10
        for name in package.__all__:
            assert getattr(package, name) is not None


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("invertviz", ["torch", "numpy", "ipywidgets"]),
        ("invertviz.server", ["torch", "ipywidgets"]),
        ("invertviz.widgets", ["matplotlib", "pandas", "nbconvert"]),
    ],
)
def test_an_import_loads_only_what_it_needs(module, unneeded):
    code = f"import {module}, sys; print([name for name in {unneeded} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
