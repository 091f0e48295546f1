"""Damaged files of every format: a data set or the documented error, in little time and memory."""

import gzip
import io
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from idx_files import idx
from PIL import Image

from invertviz import datasets

MOST_MEMORY = 24 << 20
NOISE = np.random.default_rng(0).integers(0, 256, (12, 6, 6), np.uint8)
LABELS = np.arange(12) % 3


def npz(**options):
    stream = io.BytesIO()
    save = np.savez_compressed if options.get("packed") else np.savez
    save(stream, x=NOISE, y=LABELS)
    return stream.getvalue()


def csv(header):
    lines = ["label," + ",".join(f"pixel{at}" for at in range(36))] if header else []
    rows = zip(LABELS, NOISE.reshape(12, -1), strict=True)
    lines += [",".join(map(str, (label, *row))) for label, row in rows]
    return ("\n".join(lines) + "\n").encode()


def batch():
    records = {b"labels": [1, 2], b"data": np.zeros((2, 3072), np.uint8)}
    return pickle.dumps(records, 2)


def picture(kind):
    stream = io.BytesIO()
    Image.fromarray(NOISE[0]).convert("RGB").save(stream, kind)
    return stream.getvalue()


# The file that is damaged, what it is called, and what stays whole beside it.
IMAGES, IMAGE_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
FORMATS = {
    "idx images": (idx(NOISE), IMAGES, {IMAGE_LABELS: idx(LABELS)}),
    "idx labels": (idx(LABELS), IMAGE_LABELS, {IMAGES: idx(NOISE)}),
    "idx floats": (idx(NOISE / 255, "f4"), IMAGES, {IMAGE_LABELS: idx(LABELS, "i4")}),
    "gz": (gzip.compress(idx(NOISE)), f"{IMAGES}.gz", {IMAGE_LABELS: idx(LABELS)}),
    "gz gz": (gzip.compress(gzip.compress(idx(NOISE))), IMAGES, {IMAGE_LABELS: idx(LABELS)}),
    "cifar binary": (bytes(3073 * 2), "data_batch_1.bin", {"test_batch.bin": bytes(3073)}),
    "cifar pickled": (batch(), "data_batch_1", {"test_batch": batch()}),
    "csv": (csv(True), "a.csv", {}),
    "csv without header": (csv(False), "a.csv", {}),
    "csv.gz": (gzip.compress(csv(True)), "a.csv.gz", {}),
    "npz": (npz(), "a.npz", {}),
    "npz packed": (npz(packed=True), "a.npz", {}),
    "png": (picture("png"), "a/1.png", {f"{name}.png": picture("png") for name in ("a/2", "b/1")}),
    "jpeg": (
        picture("jpeg"),
        "a/1.jpg",
        {f"{name}.jpg": picture("jpeg") for name in ("a/2", "b/1")},
    ),
    "gif": (picture("gif"), "a/1.gif", {f"{name}.gif": picture("gif") for name in ("a/2", "b/1")}),
    "tiff": (
        picture("tiff"),
        "a/1.tif",
        {f"{name}.tif": picture("tiff") for name in ("a/2", "b/1")},
    ),
}


@st.composite
def damages(draw):
    """Some places, and what is done there."""
    deeds = st.sampled_from(["set", "flip", "cut", "drop", "insert", "repeat"])
    # Near the beginning is where a file makes its promises.
    places = st.one_of(st.integers(0, 40), st.integers(0, 100_000), st.integers(-400, -1))
    some = st.one_of(
        st.binary(min_size=1, max_size=8),
        st.sampled_from([b"\xff" * 4, b"\xff" * 8, b"\x7f\xff\xff\xff", bytes(8), b"9" * 40, b","]),
    )
    return draw(st.lists(st.tuples(deeds, places, some), min_size=1, max_size=4))


def damaged(data, deeds):
    data = bytearray(data)
    for deed, place, some in deeds:
        at = place % max(len(data), 1)
        if deed == "set":
            data[at : at + len(some)] = some
        elif deed == "flip" and data:
            data[at] ^= 1 << (some[0] % 8)
        elif deed == "cut":
            del data[at:]
        elif deed == "drop":
            del data[at : at + len(some)]
        elif deed == "insert":
            data[at:at] = some
        elif deed == "repeat":
            data[at:at] = data[at : at + 64] * (some[0] % 16)
    return bytes(data)


@pytest.fixture(scope="module", params=list(FORMATS))
def place(request, tmp_path_factory):
    """A folder with all files but the damaged one; that one's path, and what was in it."""
    data, name, others = FORMATS[request.param]
    folder = tmp_path_factory.mktemp("damaged")
    for other, contents in others.items():
        (folder / other).parent.mkdir(exist_ok=True)
        (folder / other).write_bytes(contents)
    (folder / name).write_bytes(data)
    datasets.load(folder)  # as long as it is whole
    return folder, folder / name, data


@settings(
    max_examples=40,
    deadline=5000,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=damages())
def test_damaged_files(place, deeds):
    folder, path, data = place
    path.write_bytes(damaged(data, deeds))
    tracemalloc.start()
    try:
        loaded = datasets.load(folder)
    except (ValueError, OSError):
        pass
    else:
        for split in (loaded.train, loaded.test):
            assert split.images.dtype == np.float32
            assert np.isfinite(split.images).all()
            assert 0 <= split.images.min() <= split.images.max() <= 1
            assert len(split.images) == len(split.labels) > 0
            assert 0 <= split.labels.min() <= split.labels.max() < len(loaded.class_names)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < MOST_MEMORY
