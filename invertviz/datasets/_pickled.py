"""CIFAR-10's pickled batches, read without running what is pickled.

A pickle is a program: whoever loads it runs it. Here it can name nothing but the five things that
those batches are made of, and gets a stand-in for each, which only keeps what it is told.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_STEPS = 250_000  # of the program; a published batch takes 60,000
_MOST_SIZE = 1 << 32


def read_pickled(data: bytes, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images `[N, values]` and labels `[N]` of a batch, both uint8.

    Raises:
        ValueError: no such batch.
    """
    try:
        batch = _unpickled(data)
        parts = {key.decode() if isinstance(key, bytes) else key: batch[key] for key in batch}
        images, labels = parts["data"].as_bytes(), parts["labels"]
        if not all(type(label) is int and 0 <= label < 256 for label in labels):
            raise ValueError("labels that are no class numbers")
        return images, np.array(labels, np.uint8)
    except Exception as error:  # a damaged pickle fails in any way
        raise ValueError(
            f"{path} is no batch of CIFAR-10 ({type(error).__name__}: {error}). Get it again."
        ) from error


class _Steps(dict[int, Any]):
    """What a pickle's codes do, for so many steps: any program ends."""

    left = _MOST_STEPS

    def __getitem__(self, code: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise pickle.UnpicklingError("too many steps")
        return super().__getitem__(code)


def _unpickled(data: bytes) -> Any:
    # Made anew for each file: a pickle can write to what it names.
    class Kind:
        """A dtype: its name."""

        name: str | None = None

        def __init__(self, name: Any = None, *_flags: Any) -> None:
            self.name = name.decode() if isinstance(name, bytes) else name

        def __setstate__(self, state: Any) -> None:
            """Byte order and the like; bytes have none."""

    class Array:
        """An array: its shape, dtype, order and bytes."""

        state: Any = None

        def __setstate__(self, state: Any) -> None:
            self.state = state[1:]

        def as_bytes(self) -> NDArray[np.uint8]:
            """The array, if it is a matrix of bytes."""
            shape, kind, by_columns, values = self.state
            if isinstance(values, str):
                values = values.encode("latin-1")
            rows, columns = shape
            if not all(type(size) is int and 0 <= size < _MOST_SIZE for size in shape):
                raise ValueError("data of no shape")
            if kind.name not in ("u1", "uint8") or rows * columns != len(values):
                raise ValueError("data that are no bytes, or not as many as they say")
            array = np.frombuffer(values, np.uint8)
            return array.reshape(columns, rows).T if by_columns else array.reshape(rows, columns)

    def reconstruct(*_arguments: Any) -> Array:
        return Array()

    def from_buffer(values: bytes | bytearray, kind: Any, shape: Any, order: Any) -> Array:
        array = Array()
        array.state = (shape, kind, order == "F", values)
        return array

    def encode(text: str, encoding: str) -> bytes:
        if encoding not in ("latin1", "latin-1"):
            raise pickle.UnpicklingError(f"text in {encoding!r:.20}")
        return text.encode("latin-1")

    known = {
        "numpy.core.multiarray._reconstruct": reconstruct,
        "numpy._core.multiarray._reconstruct": reconstruct,
        "numpy.core.numeric._frombuffer": from_buffer,
        "numpy._core.numeric._frombuffer": from_buffer,
        "numpy.ndarray": Array,
        "numpy.dtype": Kind,
        "_codecs.encode": encode,
    }

    # In Python, not in C: there a file of some bytes can ask for a memo of gigabytes.
    class Reader(pickle._Unpickler):
        dispatch = _Steps(pickle._Unpickler.dispatch)

        def find_class(self, module: str, name: str) -> Any:
            if (wanted := f"{module}.{name}") not in known:
                raise pickle.UnpicklingError(f"it asks for {wanted:.80}")
            return known[wanted]

    return Reader(io.BytesIO(data), encoding="bytes").load()
