"""Figures, by the pixels that they draw and the files that they leave."""

import io
import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from invertviz import figures

rng = np.random.default_rng(0)
IMAGES = rng.random((6, 5, 4)).astype(np.float32)
SIGNATURES = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}


def tiles(figure, shape):
    """What was really painted: gray values [tiles, *shape] in [0, 1], from the pixels' centres."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    painted = np.asarray(canvas.buffer_rgba())[..., :3] / 255
    assert np.ptp(painted, axis=-1).max() == 0, "colour in a gray figure"
    found = []
    for axes in figure.axes:
        area = axes.get_window_extent()
        rows = painted.shape[0] - area.y1 + (np.arange(shape[0]) + 0.5) * area.height / shape[0]
        columns = area.x0 + (np.arange(shape[1]) + 0.5) * area.width / shape[1]
        found.append(painted[np.ix_(rows.astype(int), columns.astype(int))][..., 0])
    return np.array(found)


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def test_samples_are_painted_pixel_for_pixel():
    np.testing.assert_allclose(tiles(figures.sample_grid(IMAGES), (5, 4)), IMAGES, atol=0.008)


def test_values_are_drawn_from_0_to_1_whatever_else_is_there():
    image = np.array([[-3, 0.25], [0.75, 9]])
    painted = tiles(figures.sample_grid(image), (2, 2))
    np.testing.assert_allclose(painted, [[[0, 0.25], [0.75, 1]]], atol=0.008)


def test_integers_and_torch_are_drawn_as_floats_are():
    whole = (IMAGES * 255).astype(np.uint8)
    np.testing.assert_allclose(tiles(figures.sample_grid(whole), (5, 4)), whole / 255, atol=0.008)
    painted = tiles(figures.sample_grid(torch.tensor(IMAGES)), (5, 4))
    np.testing.assert_allclose(painted, IMAGES, atol=0.008)


@pytest.mark.parametrize(
    ("count", "rows", "columns"), [(36, 6, 6), (100, 10, 10), (9, 3, 3), (10, 2, 5), (1, 1, 1)]
)
def test_grids_are_about_square_in_whole_rows(count, rows, columns):
    figure = figures.sample_grid(np.zeros((count, 7, 7)))
    assert len(figure.axes) == count
    assert figure.axes[0].get_gridspec().get_geometry() == (rows, columns)


def test_columns_are_as_asked_and_never_empty():
    assert figures.sample_grid(IMAGES, columns=4).axes[0].get_gridspec().get_geometry() == (2, 4)
    assert figures.sample_grid(IMAGES, columns=99).axes[0].get_gridspec().get_geometry() == (1, 6)


def test_titles_are_plain_text():
    figure = figures.sample_grid(IMAGES[:2], titles=["$x", "a_{b"], title="$\\nope$")
    assert titles(figure) == ["$x", "a_{b"]
    assert figure.get_suptitle() == "$\\nope$"
    tiles(figure, (5, 4))  # mathtext would fail on these


def test_titles_and_names_may_be_arrays():
    for given in (np.array([7, 2]), [7, 2], np.array(["7", "2"])):
        figure = figures.sample_grid(IMAGES[:2], titles=given)
        assert titles(figure) == ["7", "2"]


def test_titles_do_not_overlap():
    figure = figures.sample_grid(IMAGES[:4], columns=4, titles=["taken for ankle boot"] * 4)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    extents = [axes.title.get_window_extent() for axes in figure.axes]
    for left, right in pairwise(extents):
        assert left.x1 < right.x0
    assert extents[0].x0 >= 0
    assert extents[-1].x1 <= figure.bbox.width


def test_pairs_show_the_original_left_and_the_reconstruction_right():
    figure = figures.reconstruction_pairs(IMAGES, 1 - IMAGES)
    painted = tiles(figure, (5, 9))
    np.testing.assert_allclose(painted[:, :, :4], IMAGES, atol=0.008)
    np.testing.assert_array_equal(painted[:, :, 4], 1)  # the gap is paper
    np.testing.assert_allclose(painted[:, :, 5:], 1 - IMAGES, atol=0.008)


def test_generated_samples_tell_class_and_confidence():
    figure = figures.generated_samples(IMAGES[:2], torch.tensor([0.9974, 1.0]), ["7", "boot"])
    assert titles(figure) == ["7 · 99.7 %", "boot · 100.0 %"]
    np.testing.assert_allclose(tiles(figure, (5, 4)), IMAGES[:2], atol=0.008)


def test_unit_projections_are_normalised_one_by_one():
    scales = np.array([1e-6, 1, 1e7])[:, None, None]
    figure = figures.unit_projections(
        (IMAGES[:3] - 0.5) * scales, units=[4, 0, 99], order="given", scale="own"
    )
    assert titles(figure) == ["4", "0", "99"]
    low, high = (f(IMAGES[:3], axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    painted = tiles(figure, (5, 4))
    np.testing.assert_allclose(painted, (IMAGES[:3] - low) / (high - low), atol=0.008)


def test_unit_projections_are_sorted_on_one_signed_scale():
    strengths = np.array([1, 4, 2])[:, None, None]
    figure = figures.unit_projections((IMAGES[:3] - 0.5) * strengths, units=[4, 0, 99])
    *drawn, bar = figure.axes
    assert [axes.get_title() for axes in drawn] == ["0", "99", "4"]
    (limits,) = {axes.images[0].get_clim() for axes in figure.axes}
    furthest = 4 * np.abs(IMAGES[1] - 0.5).max()
    np.testing.assert_allclose(limits, (-furthest, furthest))
    assert [label.get_text() for label in bar.get_xticklabels()] == [
        f"{-furthest:.2g}",
        "0",
        f"+{furthest:.2g}",
    ]


def test_differences_keep_their_order_in_grey_print():
    figure = figures.unit_projections(IMAGES - 0.5)
    colours = figure.axes[0].images[0].get_cmap()(np.linspace(0, 1, 101))[:, :3]
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(luminance) > 0).all()
    assert np.ptp(colours[50]) < 0.02  # nothing is grey
    assert luminance[0] < 0.03
    assert luminance[-1] > 0.75


def test_a_unit_that_shows_nothing_is_gray():
    painted = tiles(figures.unit_projections(np.full((2, 3, 3), 7.0), scale="own"), (3, 3))
    np.testing.assert_allclose(painted, 0.5, atol=0.008)


def test_misclassified_pairs_say_what_was_taken_for_what():
    figure = figures.misclassified_pairs(IMAGES[:2], IMAGES[2:4], [9, 1], np.array([4, 0]))
    assert titles(figure) == ["9 taken for 4", "1 taken for 0"]
    np.testing.assert_allclose(tiles(figure, (5, 9))[:, :, 5:], IMAGES[2:4], atol=0.008)
    named = figures.misclassified_pairs(
        IMAGES[:1], IMAGES[:1], [0], [1], class_names=["coat", "bag"]
    )
    assert titles(named) == ["coat taken for bag"]
    sure = figures.misclassified_pairs(
        IMAGES[:2], IMAGES[:2], [9, 3], [4, 3], confidences=[0.931, 0.5]
    )
    assert titles(sure) == ["9 taken for 4 · 93 %", "3 · 50 %"]
    with pytest.raises(ValueError, match="1 confidences were given for 2 images"):
        figures.misclassified_pairs(IMAGES[:2], IMAGES[:2], [9, 3], [4, 3], confidences=[1])


def test_confusion_matrix_shows_counts_and_colours_mistakes_alone():
    counts = np.array([[900, 1, 40], [0, 12000, 5], [2, 0, 0]])
    figure = figures.confusion_matrix(counts, ["$a", "b", "long name"])
    (axes,) = figure.axes
    shown = {(t.get_position()[1] // 1, t.get_position()[0] // 1): t for t in axes.texts}
    assert {k: t.get_text() for k, t in shown.items()} == {
        (i, j): str(counts[i, j]) for i in range(3) for j in range(3) if counts[i, j] or i == j
    }
    assert [label.get_text() for label in axes.get_yticklabels()] == ["$a", "b", "long name"]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    painted = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)

    def colour(i, j):
        x, y = axes.transData.transform((j + 0.1, i + 0.1))
        return painted[int(painted.shape[0] - y), int(x)]

    warmth = {(i, j): colour(i, j)[0] - colour(i, j)[2] for i in range(3) for j in range(3)}
    assert warmth[0, 2] > warmth[1, 2] > warmth[2, 0] > warmth[0, 1] > 20
    assert all(warmth[i, i] < 0 for i in range(3))
    np.testing.assert_array_equal(colour(1, 0), 255)


def test_unsigned_counts_are_told_as_others_are():
    counts = np.diag([9, 3, 5, 7])
    counts[1, 0], counts[0, 1] = 4, 1
    for dtype in (np.int64, np.uint8, np.uint64):
        told = figures.confusion_matrix(counts.astype(dtype), "abcd").alt
        assert told.endswith("most often b taken for a 4 times, a taken for b 1 times")


def test_right_counts_stay_dark_and_readable():
    figure = figures.confusion_matrix(torch.tensor([[10, 0], [0, 10]]), ["a", "b"])
    assert [t.get_color() for t in figure.axes[0].texts] == ["#222222"] * 2


@pytest.mark.parametrize("kind", SIGNATURES)
def test_files_are_of_their_kind_and_the_same_each_time(kind, tmp_path):
    def draw(name):
        figure = figures.generated_samples(IMAGES, np.full(6, 0.5), list("abcdef"))
        return figures.save_figure(figure, tmp_path / f"{name}.{kind}").read_bytes()

    first = draw("one")
    assert first.startswith(SIGNATURES[kind])
    assert draw("two") == first
    assert not re.search(rb"CreationDate|dc:date|20\d\d-\d\d-\d\dT", first)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"one.{kind}", f"two.{kind}"]


def test_saving_a_figure_twice_changes_nothing(tmp_path):
    figure = figures.sample_grid(IMAGES, titles=list("abcdef"), title="all")
    first = figures.save_figure(figure, tmp_path / "one.PNG").read_bytes()
    assert figures.save_figure(figure, tmp_path / "one.PNG").read_bytes() == first


def test_dpi_and_a_white_page(tmp_path):
    figure = figures.sample_grid(IMAGES)
    picture = imread(figures.save_figure(figure, str(tmp_path / "a.png"), dpi=100))
    width, height = figure.get_size_inches()
    assert picture.shape[:2] == (int(height * 100), int(width * 100))
    np.testing.assert_array_equal(picture[0], 1)


def test_a_notebook_shows_a_figure_sharp_and_without_pyplot():
    figure = figures.sample_grid(IMAGES)
    data, metadata = DisplayFormatter().format(figure)
    size = metadata["image/png"]
    picture = imread(io.BytesIO(data["image/png"]))
    assert abs(picture.shape[1] - 2 * size["width"]) <= 2
    assert abs(picture.shape[0] - 2 * size["height"]) <= 2


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((0, 4, 4)), "empty"),
        (np.zeros((2, 0, 4)), "height and a width"),
        (np.zeros(784), "height and a width"),
        (np.zeros((2, 3, 4, 4)), "height and a width"),
        (np.full((1, 2, 2), np.nan), "NaN"),
        (np.full((1, 2, 2), np.inf), "infinite"),
        (np.full((1, 2, 2), 256), "from 0 to 255"),
        (np.zeros((2000, 2, 2)), "too many"),
    ],
)
def test_images_that_cannot_be_drawn_are_refused(images, message):
    for draw in (figures.sample_grid, figures.unit_projections):
        with pytest.raises(ValueError, match=message):
            draw(images)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: figures.sample_grid(IMAGES, columns=0), "columns is 0"),
        (lambda: figures.sample_grid(IMAGES, titles=["a"]), "1 titles were given for 6"),
        (lambda: figures.reconstruction_pairs(IMAGES, IMAGES[:5]), "one reconstruction an image"),
        (lambda: figures.reconstruction_pairs(IMAGES, IMAGES * np.nan), "reconstructions.*NaN"),
        (lambda: figures.generated_samples(IMAGES[:1], [1.1], ["a"]), "probabilities"),
        (lambda: figures.generated_samples(IMAGES[:1], [np.nan], ["a"]), "probabilities"),
        (lambda: figures.generated_samples(IMAGES[:2], [0.5], ["a", "b"]), "each of the 2"),
        (lambda: figures.generated_samples(IMAGES[:1], [0.5], []), "0 names were given for 1"),
        (lambda: figures.unit_projections(IMAGES, units=[1]), "1 units were given for 6"),
        (lambda: figures.misclassified_pairs(IMAGES, IMAGES, [1], [1]), "one label an image"),
        (
            lambda: figures.misclassified_pairs(IMAGES[0], IMAGES[0], [0], [2], class_names="ab"),
            "2 classes",
        ),
        (lambda: figures.confusion_matrix(np.zeros((2, 3), int), "ab"), "counts has shape"),
        (lambda: figures.confusion_matrix(np.zeros((2, 2), int), "abc"), "counts has shape"),
        (lambda: figures.confusion_matrix(np.zeros((0, 0), int), ""), "counts has shape"),
        (lambda: figures.confusion_matrix([[1, -1], [0, 0]], "ab"), "0 or more"),
        (lambda: figures.confusion_matrix([[0.5, 0], [0, 0]], "ab"), "integers"),
    ],
)
def test_what_does_not_fit_together_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_what_is_no_array_of_numbers_is_refused():
    with pytest.raises(TypeError, match="numbers"):
        figures.sample_grid([["a", "b"], ["c", "d"]])
    with pytest.raises(TypeError, match="integers"):
        figures.misclassified_pairs(IMAGES[0], IMAGES[0], [0.5], [1])


def test_files_that_cannot_be_written_are_refused_and_nothing_is_left(tmp_path):
    figure = figures.sample_grid(IMAGES)
    (tmp_path / "file").write_text("kept")
    for name, error, message in (
        ("a.gif", ValueError, "must end in .png, .svg or .pdf"),
        ("a", ValueError, "must end in"),
        ("missing/a.png", FileNotFoundError, "create it first"),
        ("file/a.png", OSError, "create it first"),
    ):
        with pytest.raises(error, match=message):
            figures.save_figure(figure, tmp_path / name)
    for dpi in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="dpi"):
            figures.save_figure(figure, tmp_path / "a.png", dpi=dpi)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_figure_that_fails_to_draw_leaves_the_old_file(tmp_path):
    path = figures.save_figure(figures.sample_grid(IMAGES), tmp_path / "a.png")
    before = path.read_bytes()
    broken = figures.sample_grid(IMAGES)
    broken.text(0.5, 0.5, "$\\nope$")
    with pytest.raises(ValueError, match="nope"):
        figures.save_figure(broken, path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.png"]


def test_inverse_comparison_paints_every_row():
    figure = figures.inverse_comparison(IMAGES, {"ridge": 1 - IMAGES, "$x$": IMAGES / 2})
    painted = tiles(figure, (5, 4)).reshape(3, 6, 5, 4)
    for row, expected in zip(painted, (IMAGES, 1 - IMAGES, IMAGES / 2), strict=True):
        np.testing.assert_allclose(row, expected, atol=0.008)
    assert [text.get_text() for text in figure.texts] == ["original", "ridge", "$x$"]


def test_inverse_comparison_refuses_rows_that_do_not_match():
    with pytest.raises(ValueError, match=r"'ridge': \[5, 5, 4\]"):
        figures.inverse_comparison(IMAGES, {"ridge": IMAGES[:5]})


def test_trade_off_curve_draws_the_tables():
    table = pd.DataFrame({"mse": [0.02, 0.03], "representation_distance": [0.1, 0.05]})
    table.index = [0.0, 0.5]
    others = pd.DataFrame({"mse": [0.05], "representation_distance": [0.4]}, index=["$ridge"])
    (axes,) = figures.trade_off_curve(table, others).axes
    line, points = axes.lines
    np.testing.assert_array_equal(line.get_xydata(), [[0.1, 0.02], [0.05, 0.03]])
    np.testing.assert_array_equal(points.get_xydata(), [[0.4, 0.05]])
    assert [text.get_text() for text in axes.texts] == ["weight 0", "weight 0.5", "$ridge"]
    FigureCanvasAgg(axes.figure).draw()
    with pytest.raises(ValueError, match="mse and representation_distance"):
        figures.trade_off_curve(table[["mse"]])


def test_unit_portraits_scale_and_colour_their_rows():
    signed = np.linspace(-2, 1, 40).reshape(2, 5, 4)
    pictures = {"projection": 100 * IMAGES[:2] - 7, "difference": signed, "sample": IMAGES[:2]}
    figure = figures.unit_portraits(pictures, [4, 9])
    drawn = [axes.images[0] for axes in figure.axes]
    assert [image.get_clim() for image in drawn] == [(0, 1)] * 2 + [(-2, 2)] * 2 + [(0, 1)] * 2
    assert [image.get_cmap().name for image in drawn[1:4]] == ["gray", "difference", "difference"]
    projection = drawn[0].get_array()
    assert (projection.min(), projection.max()) == (0, 1)
    assert titles(figure)[:2] == ["4", "9"]
    FigureCanvasAgg(figure).draw()


def test_unit_portraits_refuse_what_does_not_match():
    with pytest.raises(ValueError, match="'b'"):
        figures.unit_portraits({"a": IMAGES}, range(6), signed=["b"])
    with pytest.raises(ValueError, match="5 titles"):
        figures.unit_portraits({"a": IMAGES}, range(5))
    with pytest.raises(ValueError, match="at least one"):
        figures.unit_portraits({}, [])


def test_unit_sweeps_are_strips_with_values_above_and_predictions_below():
    strips = IMAGES.reshape(2, 3, 5, 4)
    told = np.zeros((2, 3, 2))
    told[..., 0] = [[0.9, 0.7, 0.2], [1, 1, 1]]
    told[..., 1] = 1 - told[..., 0]
    figure = figures.unit_sweeps(
        strips, [-2, 0, 2.5], names=["a", "$b"], probabilities=told, class_names=["cat", "dog"]
    )
    np.testing.assert_allclose(tiles(figure, (5, 4)), IMAGES, atol=0.008)
    assert titles(figure)[:3] == ["-2", "0", "+2.5"]
    assert [text.get_text() for text in figure.texts] == ["a", "$b"]
    below = [axes.get_xlabel() for axes in figure.axes]
    assert below == ["cat · 90 %", "cat · 70 %", "dog · 80 %"] + 3 * ["cat · 100 %"]
    one = figures.unit_sweeps(IMAGES, range(6), names=["unit 3"], probabilities=np.eye(6))
    assert one.axes[5].get_xlabel() == "5 · 100 %"


def test_trajectories_show_frames_from_start_to_end_and_the_curve():
    steps = np.array([0, 10, 20, 30, 40, 50])
    told = np.stack([np.linspace(0.1, 0.975, 6), np.linspace(0.9, 0.025, 6)], 1)
    figure = figures.latent_trajectory(IMAGES, told, 0, steps=steps, class_names=["_a", "$b"])
    *frames, axes = figure.axes
    assert frames[0].get_title() == "step 0"
    assert frames[-1].get_title() == "step 50"
    np.testing.assert_array_equal(frames[-1].images[0].get_array(), IMAGES[-1])
    rival, target = axes.lines
    np.testing.assert_array_equal(target.get_xydata(), np.stack([steps, told[:, 0]], 1))
    np.testing.assert_array_equal(rival.get_ydata(), told[:, 1])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [" $b"]
    assert axes.texts[0].get_text() == " _a · 97.5 %"
    FigureCanvasAgg(figure).draw()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: figures.unit_projections(IMAGES, order="size"), "order is 'size'"),
        (lambda: figures.unit_projections(IMAGES, scale="log"), "scale is 'log'"),
        (lambda: figures.unit_sweeps(IMAGES, [1, 2], names=["a"]), "V finite values"),
        (lambda: figures.unit_sweeps(IMAGES, [np.nan] * 6, names=["a"]), "V finite values"),
        (lambda: figures.unit_sweeps(IMAGES, range(6), names=["a", "b"]), "for 1 strips"),
        (
            lambda: figures.unit_sweeps(IMAGES, range(6), names="a", probabilities=np.eye(5)),
            "and the classes",
        ),
        (lambda: figures.confidence_curves(np.eye(3), 3), "target is 3"),
        (lambda: figures.confidence_curves(np.eye(3) * 2, 0), "all 0 to 1"),
        (lambda: figures.confidence_curves(np.eye(3), 0, steps=[0, 2, 1]), "ascending"),
        (lambda: figures.confidence_curves(np.eye(3), 0, steps=np.uint8([9, 5, 1])), "ascending"),
        (lambda: figures.confidence_curves(np.eye(3), 0, width=1), "a chart does not fit"),
        (lambda: figures.latent_trajectory(IMAGES, np.eye(6), 0, width=1.2), "do not fit in 1.2"),
        (lambda: figures.sample_grid(IMAGES, width=1, columns=6), "do not fit"),
        (lambda: figures.latent_trajectory(IMAGES, np.eye(3), 0), "one image a record"),
        (lambda: figures.sample_grid(IMAGES, width=0), "ONE_COLUMN"),
        (lambda: figures.confusion_matrix(np.eye(40, dtype=int), "a" * 40, width=3), "wider"),
        (lambda: figures.sample_grid(IMAGES, axes=Figure().subplots(1, 5)), "one an image"),
        (lambda: figures.sample_grid(IMAGES[0], axes="ax"), "matplotlib Axes"),
    ],
)
def test_settings_that_cannot_be_are_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
