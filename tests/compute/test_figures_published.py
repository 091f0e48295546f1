"""Figures as they are published: looks, sizes, alternative texts, crisp vector files."""

import base64
import io
import re
import zlib
from functools import cache
from html import unescape

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread

import invertviz
from invertviz import figures

DIGITS = invertviz.datasets.load("mnist-sample").test
rng = np.random.default_rng(0)


@cache
def network():
    return invertviz.load_pretrained()


def seen(images):
    return network().reconstruct(images).images


def samples(**options):
    return figures.sample_grid(DIGITS.images[:12], **options)


def pairs(**options):
    return figures.reconstruction_pairs(DIGITS.images[:6], seen(DIGITS.images[:6]), **options)


@cache
def optimized():
    return invertviz.optimize_codes(network(), [3, 7], prior="class", steps=50, progress=False)


def generated(**options):
    found = optimized()
    sure = found.probabilities[[0, 1], [3, 7]]
    return figures.generated_samples(found.images, sure, ["3", "7"], **options)


def projections(**options):
    units = range(8)
    return figures.unit_projections(invertviz.project_units(network(), units), **options)


def sweeps(**options):
    values = np.linspace(-4, 4, 5)
    code = network().encode(DIGITS.images[0])
    strips = [invertviz.sweep_unit(network(), code, unit, values) for unit in (3, 17)]
    return figures.unit_sweeps(np.stack(strips), values, names=["unit 3", "unit 17"], **options)


def portraits(**options):
    units = range(4)
    pictures = {
        "projection": invertviz.project_units(network(), units),
        "difference": invertviz.unit_differences(network(), units),
    }
    return figures.unit_portraits(pictures, units, **options)


@cache
def descent():
    codes = invertviz.optimize_codes(network(), 7, steps=100, progress=False).trajectory[:, 0]
    return network().invert(codes), network().classify(codes)


def trajectory(**options):
    return figures.latent_trajectory(*descent(), 7, frames=5, **options)


def curves(**options):
    return figures.confidence_curves(descent()[1], 7, **options)


@cache
def result():
    return invertviz.evaluate(network(), DIGITS.images, DIGITS.labels)


def confusion(**options):
    return figures.confusion_matrix(result().confusion_matrix, network().class_names, **options)


def misclassified(**options):
    few = result().misclassified[:6]
    images = DIGITS.images[few]
    return figures.misclassified_pairs(
        images, seen(images), DIGITS.labels[few], result().predictions[few], **options
    )


def comparison(**options):
    images = DIGITS.images[:6]
    return figures.inverse_comparison(images, {"article": seen(images)}, **options)


def trade_off(**options):
    table = pd.DataFrame({"mse": [0.02, 0.03], "representation_distance": [0.1, 0.05]})
    table.index = [0.0, 0.5]
    others = pd.DataFrame({"mse": [0.05], "representation_distance": [0.4]}, index=["ridge"])
    return figures.trade_off_curve(table, others, **options)


def change(**options):
    before, after = seen(DIGITS.images[:2])
    titles = ("base\n4 · 99.0 %", "unit 17 = 4.00\n9 · 61.0 %")
    return figures.code_change(before, after, titles=titles, **options)


ALL = [
    *(samples, pairs, generated, projections, sweeps, portraits, trajectory, curves),
    *(confusion, misclassified, comparison, trade_off, change),
]
INTO_AXES = {
    **{samples: 12, pairs: 6, generated: 2, projections: 8, misclassified: 6},
    **{sweeps: 10, portraits: 8, comparison: 12},
}
INTO_AX = [curves, confusion, trade_off]
each = pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)


@pytest.mark.mpl_image_compare(tolerance=6, style="default", savefig_kwargs={"dpi": 48})
@each
def test_looks(draw):
    return draw(title=draw.__name__)


@each
def test_columns_of_a_paper(draw):
    for width in (figures.ONE_COLUMN, figures.TWO_COLUMNS):
        figure = draw(width=width)
        assert figure.get_size_inches()[0] == pytest.approx(width)
        page = io.BytesIO()
        figure.savefig(page, dpi=100)
        page.seek(0)
        painted = imread(page)[..., :3]
        assert painted.min() < 0.2  # something is there, and within the page
        np.testing.assert_array_equal(painted[0], 1)


@each
def test_figures_say_what_they_show(draw):
    figure = draw(title="A title")
    assert len(figure.alt) > 20
    assert not figure.alt.startswith("Figure:")
    html = figure._repr_html_()
    assert unescape(re.search(r'alt="([^"]*)"', html)[1]) == figure.alt
    data = re.search(r'base64,([^"]*)"', html)[1]
    assert base64.b64decode(data).startswith(b"\x89PNG")


def test_alternative_texts_can_be_told_or_made_of_what_is_written():
    figure = samples()
    figure.alt = 'Twelve "digits"'
    assert 'alt="Twelve &quot;digits&quot;"' in figure._repr_html_()
    other = figures.sample_grid(DIGITS.images[:2], titles=["one", "two"])
    other.alt = ""
    assert other.alt == "Figure: one, two"


def test_files_carry_the_alternative_text(tmp_path):
    figure = samples()
    figure.alt = "Twelve digits <&>"
    svg = figures.save_figure(figure, tmp_path / "a.svg").read_text()
    assert re.search(r'<svg role="img" aria-describedby="desc" [^>]*>\s*<desc id="desc">', svg)
    assert "Twelve digits &lt;&amp;&gt;</desc>" in svg
    assert b"Description\0Twelve digits <&>" in (
        figures.save_figure(figure, tmp_path / "a.png").read_bytes()
    )
    assert b"/Subject (Twelve digits <&>)" in (
        figures.save_figure(figure, tmp_path / "a.pdf").read_bytes()
    )


@pytest.mark.parametrize("draw", INTO_AXES, ids=lambda draw: draw.__name__)
def test_images_go_into_axes_of_ones_own(draw):
    count = INTO_AXES[draw]
    mine = Figure()
    axes = mine.subplots(2, (count + 2) // 2)
    assert draw(axes=axes) is mine
    drawn = [place for place in axes.flat if place.images]
    assert len(drawn) == count
    assert all(not place.axison for place in axes.flat if place not in drawn)


@pytest.mark.parametrize("draw", INTO_AX, ids=lambda draw: draw.__name__)
def test_charts_go_into_axes_of_ones_own(draw):
    mine = Figure()
    left, right = mine.subplots(1, 2)
    assert draw(ax=right, title="$Right") is mine
    assert not left.has_data()
    assert right.get_title() == "$Right"
    assert len(mine.axes) == 2


def test_pixels_in_vector_files_are_whole_squares(tmp_path):
    images = rng.random((1, 5, 4)).astype(np.float32)
    figure = figures.sample_grid(images)
    before = figure.axes[0].images[0].get_array().copy()
    grey = np.repeat(np.repeat(mpl.colormaps["gray"](images[0], bytes=True)[..., 0], 8, 0), 8, 1)
    svg = figures.save_figure(figure, tmp_path / "a.svg").read_text()
    (png,) = re.findall(r'base64,\s*([^"]+)"', svg)
    found = imread(io.BytesIO(base64.b64decode(png)))[..., 0]
    np.testing.assert_array_equal(np.round(found * 255), grey)
    assert "image-rendering:pixelated" in svg
    pdf = figures.save_figure(figure, tmp_path / "a.pdf").read_bytes()
    head, data = re.search(
        rb"<<([^>]*?/Subtype /Image.*?)>>\s*stream\r?\n(.*?)endstream", pdf, re.S
    ).groups()
    assert b"/Width 32" in head
    assert b"/Height 40" in head
    assert b"/Interpolate true" not in head
    assert len(zlib.decompress(data)) > 0
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), before)


def test_fonts_are_embedded(tmp_path):
    figure = samples(title="A title")
    pdf = figures.save_figure(figure, tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    svg = figures.save_figure(figure, tmp_path / "a.svg").read_text()
    assert "<text" not in svg  # letters are shapes


@pytest.mark.parametrize(
    ("draw", "kind"),
    [*((draw, "svg") for draw in ALL), (trajectory, "png"), (trajectory, "pdf")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_same_input_gives_the_same_bytes(draw, kind, tmp_path):
    one, two = (
        figures.save_figure(draw(), tmp_path / f"{name}.{kind}").read_bytes() for name in "ab"
    )
    assert one == two


def test_text_is_readable_on_paper():
    for figure in (curves(), confusion(), samples(titles=list("abcdefghijkl"))):
        for text in figure.findobj(mpl.text.Text):
            if text.get_text():
                assert np.mean(to_rgb(text.get_color())) < 0.5 or text.get_color() == "white"
