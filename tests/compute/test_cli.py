"""The commands: what they write, what they say, and their exit codes."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from idx_files import idx
from safetensors import safe_open

import invertviz
from invertviz.cli import main

ROOT = Path(__file__).parents[2]
SHORT = ["--steps", "30", "--inverse-steps", "20", "--confidence", "0", "--batch-size", "100"]
QUICK = ["--data", "mnist-sample", *SHORT]
FIGURES = [
    "confusion_matrix",
    "generated",
    "misclassified",
    "projections",
    "samples",
    "unit_portraits",
    "units",
]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every test works in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run a command in this process: exit code, stdout, stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return ended.value.code, out, err

    return run


def process(*arguments, **options):
    """Start the installed command as a person does."""
    return subprocess.run(
        [sys.executable, "-c", "from invertviz.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def write_idx(folder, images, labels):
    """The same floats [N, H, W] and labels, as IDX files to train on and to test with."""
    for part in ("train", "t10k"):
        for kind, array in (("images-idx3", images * 255), ("labels-idx1", labels)):
            (folder / f"{part}-{kind}-ubyte").write_bytes(idx(array))


def table(out):
    """The table that a command printed, as a dictionary."""
    lines = (line for line in out.splitlines() if line[24:])
    return {line[:24].strip(): line[24:] for line in lines}


def test_the_console_script_tells_its_version():
    script = Path(sys.executable).with_name("invertviz")
    done = subprocess.run([script, "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"invertviz {invertviz.__version__}\n")


def test_help_says_what_there_is(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in ("train", "figures", "compare", "lab", "info"):
        assert f"\n  {command} " in out
        code, told, _ = run(command, "--help")
        assert code == 0
        assert f"Examples:\n    invertviz {command}\n" in told


def test_train_saves_what_it_tells(run, sample):
    code, out, err = run("train", *QUICK, "--hidden", "30", "--hidden", "20,12", "--skip", 500)
    assert code == 0
    assert "classifier: 100%" in err
    assert "inverse: 100%" in err
    network = invertviz.load("net.safetensors")
    assert network.classifier.sizes == (784, 30, 20, 12, 10)
    assert network.class_names == sample.class_names
    test = sample.test.images, sample.test.labels
    result, quality = (f(network, *test) for f in (invertviz.evaluate, invertviz.evaluate_inverse))
    told = table(out)
    assert told["accuracy"] == f"{result.accuracy:.4f}"
    assert told["misclassified"] == str(len(result.misclassified))
    assert float(told["MAE"]) == pytest.approx(quality.mae, abs=6e-5)
    assert float(told["MSE"]) == pytest.approx(quality.mse, abs=6e-5)
    assert float(told["class consistency"]) == pytest.approx(quality.class_consistency, abs=6e-5)
    assert out.endswith("saved net.safetensors\n")
    assert network.training_record == {
        "images": len(sample.train.images) - 500,
        "steps": 30,
        "inverse_steps": 20,
        "batch_size": 100,
        "learning_rate": 0.01,
        "confidence": 0.0,
        "seed": 0,
        "data": "mnist-sample",
        "skip": 500,
        "test_accuracy": round(result.accuracy, 4),
    }


def test_train_holds_out_the_first_images(run, sample):
    run("train", *QUICK, "--seed", 3, "--out", "a.safetensors")
    trained = invertviz.load("a.safetensors")
    held_out = len(sample.train.images) // 12
    assert trained.training_record["skip"] == held_out
    expected = invertviz.train(
        sample.train.images[held_out:],
        sample.train.labels[held_out:],
        steps=30,
        inverse_steps=20,
        confidence=0,
        batch_size=100,
        seed=3,
        progress=False,
    )
    for found, wanted in zip(trained.parameters(), expected.parameters(), strict=True):
        np.testing.assert_array_equal(found.cpu(), wanted.cpu())


def test_the_same_seed_gives_the_same_bytes(run):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run("train", *QUICK, "--seed", seed, "--out", f"{name}.safetensors")
    first, again, other = (Path(f"{name}.safetensors").read_bytes() for name in "abc")
    assert first == again
    assert first != other


def test_train_takes_a_folder_and_records_no_path(run, tmp_path):
    folder = tmp_path / "shapes"
    folder.mkdir()
    write_idx(folder, np.random.default_rng(0).random((60, 6, 5)), np.arange(60) % 3)
    assert run("train", *SHORT, "--data", folder, "--hidden", 8)[0] == 0
    with safe_open("net.safetensors", "np") as file:
        record = json.loads(file.metadata()["invertviz"])["training"]
    assert (record["data"], record["skip"], record["images"]) == ("shapes", 5, 55)
    code, out, _ = run("figures", "--network", "net.safetensors", "--data", folder)
    assert code == 0
    assert "figures/generated.png" in out  # of all three classes, of images that are no squares


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_figures_are_drawn_in_each_format(run, kind):
    code, out, _ = run("figures", "--out", "drawn", "--format", kind)
    assert code == 0
    files = sorted(Path("drawn").iterdir())
    assert [path.name for path in files] == [f"{name}.{kind}" for name in FIGURES]
    assert sorted(out.split()) == [str(path) for path in files]
    signature = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind]
    assert all(path.read_bytes().startswith(signature) for path in files)


def test_figures_depend_on_the_seed_alone(run):
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        run("figures", "--out", folder, "--seed", seed)
    drawn = {
        folder: {path.name: path.read_bytes() for path in Path(folder).iterdir()}
        for folder in "abc"
    }
    assert drawn["a"] == drawn["b"]
    changed = {name for name in drawn["a"] if drawn["a"][name] != drawn["c"][name]}
    assert changed == {"samples.png", "projections.png", "misclassified.png"}


def test_a_network_that_makes_no_mistake_has_no_such_figure(run, tmp_path):
    labels = np.arange(200) % 2
    write_idx(tmp_path, np.broadcast_to(labels[:, None, None], (200, 4, 4)), labels)
    told = run("train", "--data", tmp_path, *SHORT, "--learning-rate", 0.3, "--hidden", 4)[1]
    assert table(told)["accuracy"] == "1.0000"
    assert "of the misclassified" not in told
    code, _, err = run("figures", "--network", "net.safetensors", "--data", tmp_path)
    assert code == 0
    assert "no test sample" in err
    assert sorted(p.stem for p in Path("figures").iterdir()) == [
        name for name in FIGURES if name != "misclassified"
    ]


def test_info_tells_the_numbers(run, pretrained, sample):
    code, out, _ = run("info")
    assert code == 0
    told = table(out)
    assert told["invertviz"] == invertviz.__version__
    assert told["layers"] == "784 → 100 → 100 → 10"
    assert told["parameters"] == "178,010"
    assert told["skip"] == "5848"
    test = sample.test.images, sample.test.labels
    result = invertviz.evaluate(pretrained, *test)
    quality = invertviz.evaluate_inverse(pretrained, *test)
    assert told["accuracy"] == f"{result.accuracy:.4f}"
    assert float(told["MAE"]) == pytest.approx(quality.mae, abs=6e-5)
    assert told["of the misclassified"] == f"{quality.class_consistency_misclassified:.4f}"
    for digit in "123456789":
        assert float(told[digit]) >= 0.995


def test_info_of_ones_own_network(run):
    network = invertviz.untrained((784, 12, 10), activation="tanh")
    network.save("mine.safetensors")
    code, out, _ = run("info", "--network", "mine.safetensors")
    assert code == 0
    told = table(out)
    assert (told["network"], told["activation"]) == ("mine.safetensors", "tanh")
    assert told["layers"] == "784 → 12 → 10"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("", 2, "Usage"),
        ("bogus", 2, "No such command"),
        ("train --stepz 3", 2, "--stepz"),
        ("train --steps -1", 2, "--steps"),
        ("train --steps many", 2, "--steps"),
        ("train --batch-size 0", 2, "--batch-size"),
        ("train --seed -1", 2, "--seed"),
        ("train --hidden 10,x", 2, "invertviz: --hidden is 10,x"),
        ("train --hidden 10,0", 2, "invertviz: --hidden is 10,0"),
        ("train --hidden 10,,10", 2, "invertviz: --hidden is 10,,10"),
        ("train --learning-rate 0", 2, "invertviz: --learning-rate is 0"),
        ("train --learning-rate nan", 2, "invertviz: --learning-rate is nan"),
        ("train --confidence 1", 2, "invertviz: --confidence is 1"),
        ("train --activation swish", 2, "invertviz: activation 'swish'"),
        ("train --device tpu", 2, "invertviz: device 'tpu'"),
        ("train --out missing/net.safetensors", 1, "create it first"),
        ("train --out .", 1, "is a folder"),
        ("train --data mnits", 2, "'mnits' is neither a data set nor a folder"),
        ("train --data mnist-sample --skip 4000", 2, "invertviz: --skip is 4000"),
        ("train --data mnist-sample --steps 0", 2, "not more than 80% confident"),
        ("figures --format gif", 2, "gif"),
        ("figures --out missing/figures", 1, "create it first"),
        ("figures --out file", 2, "file is a file; name a folder"),
        ("figures --network missing.safetensors", 1, "no checkpoint missing.safetensors"),
        ("figures --network file", 2, "not a readable safetensors file"),
        ("info --network file", 2, "not a readable safetensors file"),
        ("info --network small.safetensors", 2, "this network takes images of shape [3, 2]"),
        ("info --data file", 2, "no data set that can be read"),
        ("figures --network colour.safetensors", 2, "a height and a width"),
        ("lab missing.ipynb", 1, "no notebook missing.ipynb"),
    ],
)
def test_a_users_mistake_is_told_in_words(run, tmp_path, arguments, code, message):
    (tmp_path / "file").write_text("kept")
    for name, shape in (("small", (3, 2)), ("colour", (3, 1, 2))):
        network = invertviz.untrained((6, 4, 10), image_shape=shape)
        network.save(tmp_path / f"{name}.safetensors")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found, out, err = run(*arguments.split())
    assert found == code
    assert message in err + (out if not arguments else "")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_bad_options_are_refused_before_data_is_looked_for(run, monkeypatch, tmp_path):
    monkeypatch.setenv("INVERTVIZ_DATA", str(tmp_path / "nothing"))
    assert "--confidence" in run("train", "--confidence", "7")[2]
    assert "create it first" in run("train", "--out", "missing/net.safetensors")[2]
    code, _, err = run("train")
    assert code == 1
    assert "nothing" in err


def test_interrupted_training_ends_with_130_and_leaves_nothing(tmp_path):
    command = [sys.executable, "-c", "from invertviz.cli import main; main()", "train"]
    training = subprocess.Popen(
        [*command, "--data", "mnist-sample", "--steps", "1000000"],
        stderr=subprocess.PIPE,
        # A shell's background jobs may ignore the signal, and their children would as well.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        told = b""
        while b"step/s]" not in told:  # it is training
            piece = os.read(training.stderr.fileno(), 4096)
            assert piece, f"it ended by itself: {told.decode()}"
            told += piece
        training.send_signal(signal.SIGINT)
        _, rest = training.communicate(timeout=30)
    finally:
        training.kill()
        training.wait()
    assert training.returncode == 130
    assert b"invertviz: interrupted" in rest
    assert b"Traceback" not in rest
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_without_arrows_stops_nobody():
    done = process("info", env={**os.environ, "PYTHONIOENCODING": "latin-1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert table(done.stdout)["layers"] == "784 ? 100 ? 100 ? 10"


def test_lab_hands_everything_on_to_jupyterlab(tmp_path):
    (tmp_path / "mine.ipynb").write_text("{}")
    for arguments in (["--version"], ["mine.ipynb", "--version"]):
        done = process("lab", *arguments)
        assert done.returncode == 0, done.stderr
        assert int(done.stdout.split(".")[0]) >= 4
    assert process("lab", "--ServerApp.port=none").returncode == 1
    # In a checkout the tour is worked on where it is.
    assert [path.name for path in tmp_path.iterdir()] == ["mine.ipynb"]


def test_lab_of_an_installed_package_copies_the_tour_once(tmp_path):
    site, work = tmp_path / "site", tmp_path / "work"
    shutil.copytree(
        ROOT / "invertviz", site / "invertviz", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "notebooks", site / "invertviz" / "notebooks", dirs_exist_ok=True)
    work.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = process("lab", "--version", cwd=work, env=environment)
    assert done.returncode == 0, done.stderr
    tour = work / "invertviz-tour.ipynb"
    assert tour.read_bytes() == (ROOT / "notebooks" / "tour.ipynb").read_bytes()
    tour.write_text("my notes")
    assert process("lab", "--version", cwd=work, env=environment).returncode == 0
    assert [(path.name, path.read_text()) for path in work.iterdir()] == [(tour.name, "my notes")]


def test_lab_without_jupyterlab_says_what_to_install():
    hide = "import sys; sys.modules['jupyterlab'] = None; from invertviz.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", hide, "lab"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "invertviz: JupyterLab is not installed; install it with: pip install 'invertviz[lab]'\n"
    )


def test_compare_writes_tables_and_figures_and_says_what_it_found(run, elsewhere):
    arguments = ["compare", "--inverses", "ridge, pseudo", "--trade-off", "--steps", 2]
    code, out, _ = run(*arguments, "--out", "found")
    assert code == 0
    files = ["inverses.csv", "inverses.png", "trade_off.csv", "trade_off.png"]
    assert sorted(path.name for path in (elsewhere / "found").iterdir()) == files
    table = pd.read_csv(elsewhere / "found" / "inverses.csv", index_col=0)
    assert list(table.index) == ["ridge", "pseudo", "mean image", "PCA of rank 100"]
    assert table.mse["ridge"] < table.mse["pseudo"]
    assert table.fit_seconds["ridge"] > 0
    assert f"{table.mse['ridge']:.4f}" in out
    assert len(pd.read_csv(elsewhere / "found" / "trade_off.csv")) == 5
    for name in files:
        assert name in out


def test_compare_gives_the_same_figure_for_the_same_seed(run, elsewhere):
    for name in ("one", "two"):
        run("compare", "--inverses", "ridge", "--out", name, "--format", "svg", "--seed", 3)
    first, second = (elsewhere / name / "inverses.svg" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--inverses", "magic"], 2, "'magic'; choose from learned"),
        (["--inverses", "ridge", "--out", "no/where"], 1, "create it first"),
        (["--network", "none.safetensors"], 1, "no checkpoint"),
        (["--steps", "0"], 2, "steps"),
    ],
)
def test_compare_refuses_before_any_work(run, elsewhere, arguments, code, message):
    found, _, err = run("compare", *arguments)
    assert found == code
    assert message in err
    assert not any(elsewhere.iterdir())
