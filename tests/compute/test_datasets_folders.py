"""Folders of pictures: a class a folder."""

import numpy as np
import pytest
from PIL import Image

from invertviz import datasets


def picture(path, size=(5, 4), mode="L", value=None, **options):
    """A picture of noise, or of one value; its pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (*size, *((3,) if mode == "RGB" else ()))
    rng = np.random.default_rng(sum(map(ord, path.name)))
    pixels = (
        np.full(shape, value, np.uint8)
        if value is not None
        else rng.integers(0, 256, shape, np.uint8)
    )
    Image.fromarray(pixels).save(path, **options)
    return pixels


def fill(folder, classes=("cat", "dog"), count=3, **options):
    return {
        name: [picture(folder / name / f"{at}.png", **options) for at in range(count)]
        for name in classes
    }


def test_a_folder_a_class(tmp_path):
    made = fill(tmp_path, count=7)
    data = datasets.load(tmp_path)
    assert data.class_names == ("cat", "dog")
    assert "every sixth" in data.note
    np.testing.assert_array_equal(data.test.labels, [0, 1])
    np.testing.assert_allclose(data.test.images[1], made["dog"][5] / 255, atol=1e-7)
    np.testing.assert_array_equal(data.train.labels, [0] * 6 + [1] * 6)
    assert data.train.images.shape == (12, 5, 4)
    assert data.train.images.dtype == np.float32


@pytest.mark.parametrize("test", ["test", "val", "valid", "Validation", "testing"])
def test_splits(tmp_path, test):
    fill(tmp_path / "train")
    made = fill(tmp_path / test, ("dog",), mode="L")
    data = datasets.load(tmp_path)
    np.testing.assert_array_equal(data.test.labels, [1, 1, 1])
    np.testing.assert_allclose(data.test.images[2], made["dog"][2] / 255, atol=1e-7)
    assert data.note == ""


def test_of_test_and_validation_the_latter_is_left_out(tmp_path):
    for split in ("train", "test", "val"):
        fill(tmp_path / split)
    assert "val was left out" in datasets.load(tmp_path).note


def test_in_natural_order(tmp_path):
    fill(tmp_path, ("10", "9", "B", "a"), count=1)
    for at in (10, 9, 8):
        picture(tmp_path / "9" / f"img{at}.png", value=at)
    data = datasets.load(tmp_path)
    assert data.class_names == ("9", "10", "a", "B")
    values = np.round(255 * data.train.images[1:3, 0, 0])
    np.testing.assert_array_equal(values, [8, 9])
    names = ["B", "a", "10", "9"]
    assert datasets.load(tmp_path, class_names=names).train.labels[0] == 3


@pytest.mark.parametrize("kind", ["png", "bmp", "tif", "webp", "ppm", "PNG"])
def test_colour(tmp_path, kind):
    options = {"lossless": True} if kind == "webp" else {}
    made = [
        picture(tmp_path / name / f"{at}.{kind}", mode="RGB", **options)
        for name in "ab"
        for at in range(2)
    ]
    data = datasets.load(tmp_path)
    assert data.train.images.shape == (2, 3, 5, 4)
    np.testing.assert_allclose(data.train.images[1], made[2].transpose(2, 0, 1) / 255, atol=1e-7)


def test_if_any_is_in_colour_all_are(tmp_path):
    made = fill(tmp_path)
    picture(tmp_path / "dog" / "9.png", mode="RGB")
    data = datasets.load(tmp_path)
    assert data.train.images.shape[1:] == (3, 5, 4)
    np.testing.assert_allclose(data.train.images[0], [made["cat"][0] / 255] * 3, atol=1e-7)
    assert datasets.load(tmp_path, image_shape=(1, 5, 4)).train.images.shape[1:] == (5, 4)


def test_colours_on_request(tmp_path):
    fill(tmp_path)
    assert datasets.load(tmp_path, image_shape=(3, 5, 4)).train.images.shape[1:] == (3, 5, 4)


@pytest.mark.parametrize("end", ["png", "tif"])
def test_sixteen_bits(tmp_path, end):
    deep = np.array([[0, 1000], [32768, 65535]], np.uint16)
    for name in "ab":
        for at in "12":
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(deep).save(tmp_path / name / f"{at}.{end}")
    np.testing.assert_allclose(datasets.load(tmp_path).train.images[0], deep / 65535, atol=1e-6)
    with pytest.raises(ValueError, match=r"beyond white=4095"):
        datasets.load(tmp_path, white=4095)
    np.testing.assert_allclose(
        datasets.load(tmp_path, white=2 * 65535).train.images[0], deep / 131070, atol=1e-6
    )


def test_transparent_ones_lie_on_white(tmp_path):
    for name in "ab":
        for at in "12":
            (tmp_path / name).mkdir(exist_ok=True)
            rgba = np.zeros((2, 2, 4), np.uint8)
            rgba[0, :, 3] = 255
            Image.fromarray(rgba).save(tmp_path / name / f"{at}.png")
    np.testing.assert_array_equal(datasets.load(tmp_path).train.images[0], [[[0, 0], [1, 1]]] * 3)


def test_palettes_and_black_and_white(tmp_path):
    red = Image.new("RGB", (3, 2), "red").convert("P")
    white = Image.new("1", (3, 2), 1)
    for name, one in (("a", red), ("b", white)):
        (tmp_path / name).mkdir()
        for at in "12":
            one.save(tmp_path / name / f"{at}.gif" if one is red else tmp_path / name / f"{at}.png")
    images = datasets.load(tmp_path).train.images
    np.testing.assert_array_equal(images[:, :, 0, 0], [[1, 0, 0], [1, 1, 1]])


def test_turned_as_the_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    for name in "ab":
        for at in "12":
            picture(tmp_path / name / f"{at}.png", exif=exif)
    images = datasets.load(tmp_path).train.images  # 1.png, as 2.png is held out
    made = picture(tmp_path / "b" / "1.png", exif=exif)
    np.testing.assert_allclose(images[1], np.rot90(made, -1) / 255, atol=1e-7)


def test_sizes_that_differ_are_named_and_mended(tmp_path):
    fill(tmp_path, value=200)
    picture(tmp_path / "dog" / "9.png", size=(8, 16), value=200)
    with pytest.raises(ValueError, match=r"2 sizes: .*0.png is 5×4 .*9.png 8×16.*image_shape="):
        datasets.load(tmp_path)
    data = datasets.load(tmp_path, image_shape=(6, 6))
    assert data.train.images.shape[1:] == (6, 6)
    np.testing.assert_allclose(data.train.images, 200 / 255, atol=1e-6)


def test_what_sticks_out_is_cropped_evenly(tmp_path):
    for name in "ab":
        for at in "12":
            (tmp_path / name).mkdir(exist_ok=True)
            wide = np.zeros((10, 30), np.uint8)
            wide[:, 10:20] = 255
            Image.fromarray(wide).save(tmp_path / name / f"{at}.png")
    np.testing.assert_allclose(datasets.load(tmp_path, image_shape=(10, 10)).train.images, 1)


def test_hidden_files_are_passed_over_and_others_named(tmp_path):
    fill(tmp_path)
    (tmp_path / "cat" / ".DS_Store").write_bytes(b"x")
    (tmp_path / ".git").mkdir()
    (tmp_path / "cat" / "notes.txt").write_text("x")
    (tmp_path / "README.md").write_text("x")
    note = datasets.load(tmp_path).note
    assert "1 files that are no pictures: notes.txt" in note


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda f: (f / "cat" / "0.png").write_bytes(b"x"), ValueError, "0.png cannot be read"),
        (
            lambda f: (f / "cat" / "0.png").write_bytes((f / "cat" / "0.png").read_bytes()[:60]),
            ValueError,
            "0.png cannot be read",
        ),
        (lambda f: (f / "cow").mkdir(), FileNotFoundError, "cow holds no pictures"),
        (lambda f: picture(f / "x.png"), ValueError, "pictures that are in no class: x.png"),
        (lambda f: picture(f / "cat" / "y" / "x.png"), ValueError, "cat should be a class"),
        (
            lambda f: [p.unlink() for p in (f / "dog").iterdir()] + [(f / "dog").rmdir()],
            ValueError,
            "holds 1 class folders",
        ),
        (lambda f: (f / "test").mkdir(), FileNotFoundError, "lacks train"),
    ],
)
def test_bad_folders(tmp_path, spoil, error, message):
    fill(tmp_path)
    spoil(tmp_path)
    with pytest.raises(error, match=message):
        datasets.load(tmp_path)


def test_a_class_that_only_the_test_split_has(tmp_path):
    fill(tmp_path / "train")
    fill(tmp_path / "test", ("cow",))
    with pytest.raises(ValueError, match=r"has 'cow', a class that .*train lacks"):
        datasets.load(tmp_path)


def test_a_picture_made_to_fill_the_memory(tmp_path):
    fill(tmp_path)
    Image.new("1", (20_000, 10_000)).save(tmp_path / "cat" / "9.tif", compression="group4")
    with pytest.raises(ValueError, match=r"9.tif cannot be read as a picture .*DecompressionBomb"):
        datasets.load(tmp_path)


def test_a_folder_of_something_else(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(FileNotFoundError, match=r"lacks data: .*, and has a.txt"):
        datasets.load(tmp_path)


@pytest.mark.parametrize("shape", [(5,), (2, 5, 4), (0, 5), (1, 2, 3, 4)])
def test_shapes_that_are_none(tmp_path, shape):
    with pytest.raises(ValueError, match="image_shape is "):
        datasets.load(tmp_path, image_shape=shape)


@pytest.mark.parametrize(
    "options", [{"image_shape": 5}, {"image_shape": "ab"}, {"white": "x"}, {"class_names": "ab"}]
)
def test_arguments_of_another_kind(tmp_path, options):
    with pytest.raises(TypeError, match=f"{next(iter(options))} is "):
        datasets.load(tmp_path, **options)
