"""The wheel holds all that a person without node or network needs."""

import ast
import gzip
import itertools
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import invertviz

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

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


def test_what_is_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = itertools.chain.from_iterable(project["optional-dependencies"].values())
    wanted = [Requirement(line) for line in [*project["dependencies"], *extras]]
    declared = {requirement.name.replace("_", "-").lower() for requirement in wanted}
    of_module = packages_distributions()
    for path in (ROOT / "invertviz").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for top in {name.partition(".")[0] for name in names} - {"invertviz"}:
                if top not in sys.stdlib_module_names and top != "typing_extensions":  # for types
                    owners = {name.replace("_", "-").lower() for name in of_module[top]}
                    assert owners & declared, f"{path} imports {top}, of {owners}"


def test_where_private_parts_are_overridden_the_next_version_is_not_trusted():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bounded = {"anywidget", "ipywidgets", "bqplot"}
    for requirement in map(Requirement, project["dependencies"]):
        if requirement.name in bounded:
            assert "<" in str(requirement.specifier), requirement
