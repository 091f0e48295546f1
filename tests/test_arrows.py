"""The arrows of the house point one way: imports, those inside functions included."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "invertviz"

# From the ground up; who stands on a floor may use what stands below. README shows the same.
FLOORS = [
    "_files _short_repr _labels _arrays _noise _border",
    "_sources",
    "images activations datasets server",
    "parts",
    "dense splitting _checkpoint_file",
    "network",
    "inverses _classes",
    "checkpoints programs",
    "article",
    "priors survey evaluation",
    "descent",
    "codes",
    "units generation comparison layers",
    "figures",
    "widgets teaching",
    "exporting",
    "cli",
]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms.split()}


def imports(path):
    """Names of modules below invertviz that a file imports, wherever in it, for types too."""
    inside = ["invertviz", *path.relative_to(PACKAGE).with_suffix("").parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = inside[: -node.level] if node.level else []
            base = ".".join([*start, *(node.module or "").split(".")]).strip(".")
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room(name):
    """The file or folder on the first level that a module belongs to."""
    parts = name.split(".")
    return parts[1] if parts[0] == "invertviz" and len(parts) > 1 else None


def arrows():
    """Every import from one room to another: (file, its room, the other room)."""
    for path in sorted(PACKAGE.rglob("*.py")):
        here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for name in imports(path):
            there = room(name)
            if there in FLOOR and there != here and here != "__init__":
                yield path, here, there


def test_every_room_has_a_floor():
    rooms = {
        path.name.removesuffix(".py")
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert rooms - {"__init__"} == set(FLOOR)


def test_no_arrow_runs_back_up():
    upward = {f"{path}: {there}" for path, here, there in arrows() if FLOOR[there] >= FLOOR[here]}
    assert not upward


def test_the_article_is_a_family_that_the_rest_does_not_know():
    """Only who offers it to people by name does: its pretrained network, its training."""
    assert {here for _, here, there in arrows() if there == "article"} <= {
        "cli",
        "teaching",
        "widgets",
    }


def test_no_files_go_round_in_a_circle():
    files = {
        ".".join(["invertviz", *path.relative_to(PACKAGE).with_suffix("").parts]): path
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
    }
    graph = {
        name: {other for other in imports(path) for other in (other, other.rpartition(".")[0])}
        & files.keys() - {name}
        for name, path in files.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle
