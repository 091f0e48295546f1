"""The class picker as Python sees it; the page's side is driven in tests/browser."""

import asyncio
import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from invertviz import CodePrior, optimize_codes, untrained
from invertviz._noise import normal_noise
from invertviz.descent import Descent
from invertviz.widgets import ClassPicker
from invertviz.widgets.class_picker.run import Run

NOISE = Path(__file__).resolve().parents[2] / "js" / "tests" / "noise.json"


@pytest.fixture
def picker(pretrained):
    return ClassPicker(pretrained)


def page_sends(picker, **state):
    """What the page's twin sends: arrays as `{shape, data}`."""
    for name, value in state.items():
        if isinstance(value, np.ndarray):
            data = memoryview(np.asarray(value, dtype="<f4").tobytes())
            state[name] = {"shape": list(value.shape), "data": data}
    picker.set_state(state)


def test_outside_an_event_loop_it_runs_to_the_end(picker, pretrained):
    picker.classes = [7, "2"]
    ending = picker.run()
    assert repr(ending) == "<step 1000 of 1000, ended>"
    own = optimize_codes(pretrained, [7, 2], record_every=5, progress=False)
    np.testing.assert_allclose(picker.codes, own.codes, atol=1e-5)
    np.testing.assert_allclose(picker.probabilities, own.probabilities, atol=1e-5)
    np.testing.assert_allclose(picker.images, own.images, atol=1e-4)
    np.testing.assert_allclose(picker.trajectory, own.trajectory, atol=1e-5)
    assert picker.recorded == list(range(0, 1001, 5))
    assert picker.curves.shape == (201, 2, 10)
    np.testing.assert_array_equal(picker.code, picker.codes[0])
    assert not picker.running
    picker.chosen, picker.position = 1, 3
    np.testing.assert_array_equal(picker.code, picker.trajectory[3, 1])
    seen = pretrained.reconstruct(picker.image.clip(0, 1))
    np.testing.assert_allclose(picker.picture_probabilities, seen.probabilities[0], atol=1e-6)
    np.testing.assert_allclose(picker.code_probabilities, picker.curves[3, 1], atol=1e-5)


def test_in_an_event_loop_it_streams_and_others_have_their_turn(picker):
    async def notebook():
        picker.classes, picker.steps = [4], 3000
        steps = []
        picker.observe(lambda change: steps.append(change["new"]), "step")
        ending = picker.run()
        assert picker.running
        turns = 0
        while picker.running:
            await asyncio.sleep(0)
            turns += 1
        result = await ending
        assert turns > 20
        assert len(steps) >= 20
        assert steps == sorted(steps)
        assert result.steps == 3000
        assert result.trajectory is picker.trajectory
        assert (await picker.wait()).steps == 3000

    asyncio.run(notebook())


def test_a_page_that_follows_is_sent_no_more_than_it_shows(picker, monkeypatch):
    async def notebook():
        picker.classes, picker.steps = [4], 20_000
        steps = []
        picker.observe(lambda change: steps.append(change["new"]), "step")
        ending = picker.run()
        page_shows(0)
        for _ in range(3):
            count = len(steps)
            await until(lambda: len(steps) > count)  # noqa: B023
            await asyncio.sleep(0.2)  # no page has this step yet: nothing else is sent
            assert len(steps) == count + 1
            page_shows(steps[-1])
        monkeypatch.setattr("invertviz.widgets.class_picker.run._PATIENCE", 0.1)
        await asyncio.wait_for(ending, timeout=60)  # the page was closed
        assert steps[-1] == 20_000

    def page_shows(step):
        picker._handle_custom_msg({"seen": step}, [])

    async def until(condition):
        while not condition():
            await asyncio.sleep(0.001)

    asyncio.run(notebook())


def test_stop_resume_and_restart(picker):
    async def notebook():
        picker.classes, picker.steps = [1], 20_000
        ending = picker.run()
        while picker.step < 500:
            await asyncio.sleep(0)
        picker.stop()
        stopped = picker.step
        assert not picker.running
        assert (await ending).steps == picker.recorded[-1] == stopped
        picker.steps = stopped + 100
        await picker.resume()
        assert picker.step == stopped + 100
        with pytest.raises(ValueError, match=f"more than {picker.step}"):
            picker.resume()
        straight = optimize_codes(picker.network, 1, steps=picker.step, progress=False)
        np.testing.assert_allclose(picker.codes, straight.codes, atol=1e-5)
        first = picker.run()
        picker.steps = 50
        second = picker.run()  # takes the first one's place
        assert (await first).steps == 0
        assert (await second).steps == 50
        picker.classes, picker.steps = [1, 2, 3], 20_000
        replaced = picker.run()
        while picker.step < 100:
            await asyncio.sleep(0)
        picker.classes = [7]
        picker.run()
        found = await replaced
        assert found.codes.shape == (3, 100)
        np.testing.assert_array_equal(found.trajectory[-1], found.codes)
        assert len(found.trajectory) > 2
        picker.stop()

    asyncio.run(notebook())


def test_a_run_of_another_thread_can_be_stopped(picker, monkeypatch):
    """As a page starts it while a cell runs: whenever it is stopped, it is so and of one moment."""

    async def run():
        await picker.run()

    shows = threading.Event()
    set_results = picker._set_results

    def slowly(descent):
        shows.set()
        time.sleep(0.005)  # the other thread comes in between
        set_results(descent)

    monkeypatch.setattr(picker, "_set_results", slowly)
    picker.classes, picker.steps = [1], 20_000
    for k in range(10):
        page = threading.Thread(target=asyncio.run, args=[run()])
        page.start()
        for _ in range(2 + k % 2):
            shows.clear()
            assert shows.wait(10)
        picker.stop()
        page.join()
        assert not picker.running
        assert picker.recorded[-1] == picker.step
        np.testing.assert_array_equal(picker.trajectory[-1], picker.codes)


def test_giving_up_the_wait_lets_the_run_go_on(picker):
    async def notebook():
        picker.classes = [3]
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(picker.run(), timeout=0.01)
        assert picker.running
        assert (await picker.wait()).steps == 1000

    asyncio.run(notebook())


def test_an_observer_s_error_ends_the_run_and_reaches_who_waits(picker):
    def trip(change):
        if change["new"] > 300:
            raise RuntimeError("no further")

    async def notebook():
        with pytest.raises(RuntimeError, match="no further"):
            await picker.run()

    picker.classes = [5]
    picker.observe(trip, "step")
    asyncio.run(notebook())
    assert picker.error == "RuntimeError: no further"
    assert not picker.running
    assert 300 < picker.step < 1000
    with pytest.raises(RuntimeError):
        picker.run()
    picker.unobserve(trip, "step")
    picker.run()
    assert picker.error == ""
    assert picker.probabilities[0, 5] > 0.99


def test_classes_are_names_numbers_or_a_mixture(picker):
    assert picker.classes == ()
    picker.classes = "7"
    assert picker.classes == (7,)
    picker.classes = np.array([1, 2, 1])
    assert picker.classes == (1, 2)
    picker.classes = {"3": 6, 8: 4}
    assert picker.classes == {3: 0.6, 8: 0.4}
    # At rate 1 it still swings by up to 0.07 at step 1,000; how far at a given step, roundings say.
    picker.learning_rate, picker.steps = 5, 4000
    picker.run()
    np.testing.assert_allclose(picker.targets, np.eye(10)[[3]] * 0.6 + np.eye(10)[[8]] * 0.4)
    np.testing.assert_allclose(picker.probabilities[0, [3, 8]], [0.6, 0.4], atol=0.02)


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        ([10], ValueError, "class 10 is unknown"),
        ("ten", ValueError, "'ten' is unknown"),
        ([1.5], TypeError, "not 1.5"),
        ({}, ValueError, "no classes"),
        ({1: 0}, ValueError, "positive"),
        ({1: float("nan")}, ValueError, "positive"),
        ({1: "half"}, TypeError, "'half'"),
        ({1: 0.5, "1": 0.5}, ValueError, "twice"),
    ],
)
def test_bad_classes_are_refused(picker, classes, error, message):
    picker.classes = [2]
    with pytest.raises(error, match=message):
        picker.classes = classes
    assert picker.classes == (2,)


def test_samples_start_apart_by_seeded_noise(picker):
    picker.classes, picker.samples, picker.seed, picker.steps = [6, 9], 3, 4, 1
    picker.run()
    start = picker.trajectory[0]
    assert start.shape == (6, 100)
    np.testing.assert_array_equal(start[[0, 3]], 0)
    np.testing.assert_array_equal(start[1], normal_noise(4, (6, 100))[1])
    assert len(np.unique(start, axis=0)) == 5
    picker.run()
    np.testing.assert_array_equal(picker.trajectory[0], start)
    picker.seed = 5
    picker.run()
    assert (picker.trajectory[0, 1] != start[1]).all()
    np.testing.assert_array_equal(picker.targets.argmax(1), [6, 6, 6, 9, 9, 9])


def test_starting_points(picker, pretrained, sample):
    picker.classes, picker.steps = [0], 1
    for start, expected in (
        ("mean", pretrained.encode(sample.test.images).mean(0)),
        ("random", normal_noise(0, (1, 100))[0]),
    ):
        picker.start = start
        picker.run()
        np.testing.assert_allclose(picker.trajectory[0, 0], expected, atol=1e-4)
    picker.start, picker.digit = "digit", 7
    picker.run()
    third_class = sample.test.images[sample.test.labels == 2]
    np.testing.assert_allclose(
        picker.trajectory[0, 0], pretrained.encode(third_class[1])[0], atol=1e-4
    )
    picker.digit = 30
    with pytest.raises(ValueError, match="give 0 to 29"):
        picker.run()
    mine = ClassPicker(pretrained, examples=sample.test.images[:2], classes=[0], start="digit")
    mine.digit = 1
    mine.run()
    np.testing.assert_allclose(
        mine.trajectory[0, 0], pretrained.encode(sample.test.images[1])[0], atol=1e-4
    )


def test_the_noise_is_that_of_the_browser():
    for case in json.loads(NOISE.read_text()):
        np.testing.assert_allclose(
            normal_noise(case["seed"], (len(case["noise"]),)), case["noise"], rtol=1e-6
        )
    many = normal_noise(1, (200, 100))
    assert abs(many.mean()) < 0.02
    assert abs(many.std() - 1) < 0.02


def test_trajectories_are_bounded(picker):
    picker.classes, picker.samples, picker.steps = range(10), 16, 30
    picker.run()
    assert picker.trajectory.shape[1:] == (160, 100)
    picker.classes, picker.samples, picker.steps = [1], 1, 2001
    picker.run()
    assert len(picker.recorded) <= 202
    assert picker.recorded[-1] == 2001


def test_the_page_s_orders_are_obeyed_once(picker):
    picker.set_state({"classes": [3], "_command": [17, "run"], "_request": 1})
    assert picker.step == 1000
    assert picker._answered == 1
    picker.set_state({"classes": {"3": 0.5, "5": 0.5}, "_command": [17, "run"], "_request": 2})
    assert picker.classes == {3: 0.5, 5: 0.5}
    assert len(picker.images) == 1
    assert picker.targets[0, 3] == 1
    picker.set_state({"classes": [], "_command": [18, "run"], "_request": 3})
    assert "no class is picked" in picker.error


def test_what_the_page_worked_out_is_adopted(picker, pretrained):
    async def notebook():
        found = optimize_codes(pretrained, 8, steps=20, progress=False)
        curves = np.stack([pretrained.classify(codes) for codes in found.trajectory])
        picker.classes = [1]
        ending = picker.run()
        page_sends(
            picker,
            codes=found.codes,
            probabilities=found.probabilities,
            images=found.images,
            trajectory=found.trajectory,
            curves=curves,
            targets=np.eye(10, dtype=np.float32)[[8]],
            recorded=list(range(21)),
            step=20,
            position=20,
            running=False,
            _command=[5, "adopt"],
        )
        assert (await ending).steps == 20  # the kernel's own run ended there
        assert not picker.running
        np.testing.assert_array_equal(picker.codes, found.codes)
        picker.steps = 1000
        await picker.resume()
        assert picker.probabilities[0, 8] > 0.99
        assert picker.recorded[:21] == list(range(21))

    asyncio.run(notebook())


def test_a_run_in_a_page_that_is_gone_can_be_stopped(picker):
    async def notebook():
        picker.classes = [1]
        ending = picker.run()
        picker.set_state({"_command": [5, "adopt"], "running": True, "_request": 1})
        picker.stop()
        assert (
            await asyncio.wait_for(asyncio.wrap_future(picker._result), 10)
        ).steps == picker.step
        assert (await ending).steps == picker.step

    asyncio.run(notebook())


def test_figures_meanwhile_show_what_is_made(picker):
    async def notebook():
        picker.classes, picker.steps = [7], 20
        await picker.run()
        picker.classes, picker.steps = [3], 20_000
        ending = picker.run()
        await asyncio.sleep(0)
        (axes,) = picker.figure().axes
        assert axes.get_title().startswith("3 · ")
        picker.stop()
        await ending

    asyncio.run(notebook())


def test_figures(picker, tmp_path):
    with pytest.raises(ValueError, match="no images yet"):
        picker.figure()
    picker.classes = {3: 0.6, 8: 0.4}
    picker.learning_rate, picker.steps = 5, 4000  # as above: there it has settled
    picker.run()
    (axes,) = picker.figure().axes
    assert axes.get_title().startswith("60 % 3 + 40 % 8 · 99")
    sure = np.minimum(picker.probabilities, picker.targets).sum()
    assert axes.get_title() == f"60 % 3 + 40 % 8 · {100 * sure:.1f} %"
    assert picker.save_figure(tmp_path / "mixture.svg").stat().st_size > 1000
    picker.classes = [7, 2]
    picker.run()
    assert len(picker.figure().axes) == 2
    picker.classes = 7
    picker.run()
    assert picker.save_figure(tmp_path / "seven.png").stat().st_size > 1000
    assert len(picker.figure().axes) > 5


def test_bad_arguments_are_refused_with_advice(pretrained):
    with pytest.raises(TypeError, match="'step_count'"):
        ClassPicker(pretrained, step_count=3)
    for name, value in {
        **{"steps": 0, "learning_rate": 0.0, "samples": 17, "seed": -1},
        **{"start": "ones", "digit": -1},
    }.items():
        with pytest.raises(ValueError, match=name):
            ClassPicker(pretrained, **{name: value})
    with pytest.raises(ValueError, match="image"):
        ClassPicker(pretrained, examples=np.zeros((2, 5, 5)))
    with pytest.raises(ValueError, match=r"picker.classes = \[7\]"):
        ClassPicker(pretrained).run()
    with pytest.raises(ValueError, match="nothing to wait for"):
        ClassPicker(pretrained).wait()
    with pytest.raises(ValueError, match="nothing to resume"):
        ClassPicker(pretrained).resume()


def test_a_network_of_something_else_has_no_digits_to_start_from():
    network = untrained((12, 5, 3), image_shape=(3, 4), class_names=("a", "b", "c"))
    picker = ClassPicker(network, classes="b", steps=5)
    picker.run()
    assert picker.images.shape == (1, 3, 4)
    picker.start = "mean"
    with pytest.raises(ValueError, match="examples=…"):
        picker.run()
    many = untrained((4, 5, 200), image_shape=(2, 2))
    with pytest.raises(ValueError, match="200 codes are too many"):
        ClassPicker(many, classes=range(200)).run()


@pytest.mark.parametrize("kind", ["gaussian", "class", "diverse"])
def test_with_a_prior_it_runs_what_optimize_codes_runs(picker, pretrained, kind):
    picker.classes, picker.prior, picker.seed, picker.steps = [7, 2], kind, 3, 300
    picker.run()
    own = optimize_codes(
        pretrained, [7, 2], prior=kind, seed=3, steps=300, record_every=2, progress=False
    )
    np.testing.assert_allclose(picker.trajectory, own.trajectory, atol=1e-4)
    np.testing.assert_allclose(picker.images, own.images, atol=1e-3)
    picker.prior = "none"
    picker.run()
    assert np.abs(picker.codes - own.codes).max() > 1


def test_samples_of_a_prior_start_apart(picker, pretrained):
    prior = CodePrior.fit(pretrained, kind="class")
    picker.classes, picker.samples, picker.steps, picker.prior = [6], 3, 1, "class"
    picker.run()
    start = picker.trajectory[0]
    np.testing.assert_allclose(start[0], prior.means[6], atol=1e-5)
    np.testing.assert_allclose(start[1:], prior.means[6] + normal_noise(0, (3, 100))[1:], atol=1e-5)
    picker.prior = "diverse"
    picker.run()
    diverse = CodePrior.fit(pretrained, kind="diverse").pull([6] * 3).mean
    np.testing.assert_allclose(picker.trajectory[0], diverse, atol=1e-4)


def test_a_prior_of_one_s_own_and_one_on_examples(pretrained, sample):
    images = sample.train.images[:2000]
    own = CodePrior.fit(pretrained, images, "class", weight=0.1)
    picker = ClassPicker(pretrained, examples=images, prior=own, classes=[4], steps=100)
    assert picker.prior == "class"
    picker.run()
    expected = optimize_codes(pretrained, 4, prior=own, steps=100, progress=False)
    np.testing.assert_allclose(picker.codes, expected.codes, atol=1e-4)
    picker.prior = "gaussian"
    picker.run()
    fitted = CodePrior.fit(pretrained, images)
    expected = optimize_codes(pretrained, 4, prior=fitted, steps=100, progress=False)
    np.testing.assert_allclose(picker.codes, expected.codes, atol=1e-4)
    picker.learning_rate = 100
    picker.prior = "class"
    with pytest.raises(ValueError, match=r"weight 0\.1 is 2 or more"):
        picker.run()
    with pytest.raises(ValueError, match="prior is 'flat'; give one of none, gaussian"):
        picker.prior = "flat"
    other = untrained((12, 5, 3), image_shape=(3, 4))
    with pytest.raises(ValueError, match="images are needed"):
        ClassPicker(other, prior="class")
    with pytest.raises(ValueError, match="for 10 classes"):
        ClassPicker(other, prior=own)


def test_the_page_gets_a_prior_when_it_is_chosen(picker):
    assert picker.get_state()["_fitted_priors"] == {}
    picker.set_state({"prior": "diverse"})
    packed = picker.get_state()["_fitted_priors"]["diverse"]
    assert (len(packed["means"]), len(packed["roots"])) == (4 * 1000, 4 * 100_000)
    prior = CodePrior.fit(picker.network, kind="diverse")
    roots = np.frombuffer(packed["roots"], "<f4").reshape(10, 100, 100)
    np.testing.assert_allclose(roots @ roots, prior.covariances, atol=1e-3)
    np.testing.assert_allclose(roots, roots.transpose(0, 2, 1), atol=1e-5)
    picker.prior = "gaussian"
    packed = picker.get_state()["_fitted_priors"]
    assert len(packed["gaussian"]["roots"]) == 40_000
    assert "diverse" in packed


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "softplus", "tanh"])
def test_it_starts_where_it_can_move(activation):
    rng = np.random.default_rng(0)
    network = untrained((12, 9, 4), activation=activation, image_shape=(3, 4), seed=2)
    examples = rng.random((20, 3, 4), dtype=np.float32)
    for picker in (
        ClassPicker(network, classes=[1], learning_rate=0.1),
        ClassPicker(network, classes=[1], learning_rate=0.1, examples=examples),
    ):
        picker.run()
        before, after = picker.curves[[0, -1], 0, 1]
        assert after > before + 0.01
    starts = [ClassPicker(network, examples=given).start for given in (None, examples)]
    assert starts == (["random", "mean"] if activation == "relu" else ["zeros", "zeros"])


def test_a_run_is_taken_in_slices_without_a_widget(pretrained):
    shown, ended = [], []
    target = torch.eye(10)[[3]]
    descent = Descent(pretrained, target, torch.zeros(1, 100), learning_rate=1, steps=400)
    run = Run(
        descent,
        threading.RLock(),
        lambda run: shown.append(run.descent.step),
        lambda run, error: ended.append((run.descent.step, error)),
    )
    run.begin()
    run.go_on()
    assert shown[0] == 0
    assert len(shown) >= 20
    assert max(np.diff(shown)) <= 20
    assert ended == [(400, None)]
    run.stop()
    assert len(ended) == 1


def test_what_no_page_can_have_worked_out_is_not_adopted(picker):
    picker.classes, picker.steps = [1], 5
    picker.run()
    codes = picker.codes
    for wrong in (np.zeros((1, 99)), np.full((1, 100), np.nan), np.zeros(100)):
        page_sends(picker, codes=wrong, _command=[picker.step, "adopt"], _request=4)
        assert picker.error
        assert picker._answered == 4
        assert picker.codes is codes
    for wrong in ("codes", {"shape": [1, 100]}, {"shape": [7], "data": b"abc"}, None):
        picker.set_state({"codes": wrong, "_command": [picker.step, "adopt"], "_request": 5})
        assert picker.error
        assert (picker._answered, picker.codes is codes) == (5, True)
    for command in (5, None, [], ["run"], [1, 2, 3], "run"):
        picker.set_state({"_command": command, "_request": 6})
        assert picker.error
        assert picker._answered == 6
    page_sends(picker, codes=np.zeros((2, 100)), _command=[9, "run"])  # not adopted: not taken
    assert picker.error == ""
    np.testing.assert_allclose(picker.codes, codes)
