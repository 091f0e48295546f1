"""Pictures in exported pages: what they take, and what they say of others."""

import base64
import os
import struct
import unicodedata
import zlib

import nbformat
import pytest

from invertviz.exporting import _pictures, export_notebook

TEXT = nbformat.v4.new_markdown_cell
SVG = b"<?xml version='1.0'?>\n<!-- a -->\n<svg xmlns='http://www.w3.org/2000/svg'/>"


def png(level=0):
    """A picture of one pixel."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((0, level)))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


SECRET = png(77)


@pytest.fixture
def place(tmp_path):
    """A notebook's folder, with a picture in it and one outside."""
    folder = tmp_path / "lesson"
    (folder / "sub").mkdir(parents=True)
    (folder / "dot.png").write_bytes(png())
    (folder / "sub" / "deep.png").write_bytes(png(3))
    (tmp_path / "secret.png").write_bytes(SECRET)
    (tmp_path / "lesson2").mkdir()
    (tmp_path / "lesson2" / "secret.png").write_bytes(SECRET)
    return folder


@pytest.fixture
def show(place):
    """Export markdown: the page's text, and what it leaves out."""

    def show(text, **fields):
        path = place / "lesson.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[TEXT(text, **fields)]), path)
        page = export_notebook(path, place / "lesson.html")
        return page.path.read_text(), page.left_out

    return show


def embedded(data, kind="image/png"):
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


OUTSIDE = [
    "../secret.png",
    "%2e%2e/secret.png",
    "%2E%2E%2Fsecret.png",
    "sub/../../secret.png",
    "../lesson2/secret.png",
    "..\\secret.png",
    "..%5csecret.png",
    "./../secret.png?x=1#y",
    "link.png",
    "linked/secret.png",
    "chain.png",
]


@pytest.mark.parametrize("form", ["![a]({})", "<img src='{}'>", "<input type='image' src='{}'>"])
def test_files_outside_the_notebooks_folder_stay_there(place, show, form):
    (place / "link.png").symlink_to(place.parent / "secret.png")
    (place / "linked").symlink_to(place.parent)
    (place / "chain.png").symlink_to("link.png")
    text, left_out = show("\n\n".join(form.format(address) for address in OUTSIDE))
    assert embedded(SECRET) not in text
    assert left_out == [f"{address} (outside the notebook's folder)" for address in OUTSIDE]


@pytest.mark.parametrize("form", ["![a]({})", "<img src='{}'>", "<IMG SRC = {} >"])
def test_absolute_paths_and_other_schemes_are_not_followed(place, show, form):
    secret = place.parent / "secret.png"
    addresses = [str(secret), secret.as_uri(), f"file:{secret}", f"FILE:{secret}", f"//{secret}"]
    text, left_out = show("\n\n".join(form.format(address) for address in addresses))
    assert embedded(SECRET) not in text
    assert [said.partition(" (")[0] for said in left_out] == addresses


def test_a_pipe_does_not_hang_the_export_and_a_device_does_not_fill_the_memory(place, show):
    os.mkfifo(place / "pipe.png")
    (place / "zero.png").symlink_to("/dev/zero")
    _, left_out = show("![a](pipe.png) ![b](zero.png) ![c](sub) ![d](.)")
    assert left_out == [
        "pipe.png (it is not a file)",
        "zero.png (outside the notebook's folder)",
        "sub (it is not a file)",
        ". (it is not a file)",
    ]


def test_what_a_file_is_is_told_from_its_bytes(place, show):
    (place / "key.png").write_bytes(b"-----BEGIN PRIVATE KEY-----")
    (place / "page.svg").write_bytes(b"<html><svg/></html>")
    (place / "empty.png").write_bytes(b"")
    (place / "figure").write_bytes(SVG)
    text, left_out = show("![](key.png) ![](page.svg) ![](empty.png) ![](figure)")
    assert left_out == [
        f"{name} (it is not an image)" for name in ("key.png", "page.svg", "empty.png")
    ]
    assert embedded(SVG, "image/svg+xml") in text


def test_a_large_file_is_left_out(place, show, monkeypatch):
    monkeypatch.setattr(_pictures, "LARGEST", 1000)
    (place / "large.png").write_bytes(png() + bytes(1000))
    assert show("![](large.png)")[1] == ["large.png (it is larger than 20 MB)"]


def test_names_that_no_file_can_have_are_told(show):
    names = ["none.png", "a%00b.png", "x" * 5000 + ".png", "dot.png/x.png"]
    left_out = show("\n\n".join(f"![]({name})" for name in names))[1]
    assert [said.partition(" (")[0] for said in left_out] == names


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("my image.png", "my%20image.png"),
        ("my image.png", "<my image.png>"),
        ("Bild-ä.png", "Bild-ä.png"),
        ("Bild-ä.png", "Bild-%C3%A4.png"),
        ("Bild-ä.png", unicodedata.normalize("NFD", "Bild-ä.png")),
        (unicodedata.normalize("NFD", "Bild-ä.png"), "Bild-ä.png"),
        ("100%.png", "100%.png"),
        ("a#b.png", "a#b.png"),
        ("a&b.png", "a&b.png"),
        ("深/图.png", "深/图.png"),
        ("inside.png", "../lesson/inside.png"),
        ("dot2.png", "dot2.png?raw=true"),
    ],
)
def test_names_of_all_kinds_are_found(place, show, name, written):
    (place / name).parent.mkdir(exist_ok=True)
    (place / name).write_bytes(png(9))
    text, left_out = show(f'![a]({written})\n\n<img src="{written.strip("<>")}">')
    assert left_out == []
    assert text.count(embedded(png(9))) == 2


def test_links_within_the_folder_are_followed(place, show):
    (place / "here.png").symlink_to("sub/deep.png")
    text, left_out = show("![](here.png)")
    assert embedded(png(3)) in text
    assert left_out == []


@pytest.mark.parametrize("key", ["my image.png", "my%20image.png", "Bild-ä.png", "Bild-%C3%A4.png"])
def test_attachments_of_all_names_are_found(show, key):
    data = {key: {"image/png": base64.b64encode(png(5)).decode()}}
    names = {"m": ("my image.png", "my%20image.png"), "B": ("Bild-ä.png", "Bild-%C3%A4.png")}[
        key[0]
    ]
    text, left_out = show(
        "\n\n".join(
            f'![a](<attachment:{name}>)\n\n<img src="attachment:{name}">'
            for name in (*names, unicodedata.normalize("NFD", names[0]))
        ),
        attachments=data,
    )
    assert left_out == []
    assert text.count(embedded(png(5))) == 6


def test_a_missing_attachment_is_told_by_its_name(show):
    text, left_out = show("![a](attachment:gone.png) and text")
    assert left_out == ["attachment:gone.png (the cell has no such attachment)"]
    assert "and text" in text
    text, left_out = show('<img src="attachment:Bild ä.png">')
    assert left_out == ["attachment:Bild ä.png (the cell has no such attachment)"]


def test_a_link_that_is_put_there_after_the_check_is_not_followed(place):
    (place / "link.png").symlink_to(place.parent / "secret.png")
    (place / "linked").symlink_to(place.parent)
    for parts in (("link.png",), ("linked", "secret.png")):
        with pytest.raises(OSError, match=r"link|directory"):
            _pictures._opened(place, parts)
