"""Columns of texts that only grow."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kernels.texts import Texts

N = TypeVar("N", bound=np.generic)


class GrowingTexts:
    """A column that only grows, at its end; columns that were taken of it stay what they are."""

    def __init__(self) -> None:
        self._data, self._bytes = np.empty(64, dtype=np.uint8), 0
        self._places, self._rows = np.empty((2, 8), dtype=np.int64), 0

    def __len__(self) -> int:
        return self._rows

    def append(self, text: bytes) -> None:
        """Add a text."""
        end = self._bytes + len(text)
        if end > len(self._data):
            self._data = _wider(self._data, 2 * end)
        if self._rows == self._places.shape[1]:
            self._places = _wider(self._places, 2 * self._rows)
        self._data[self._bytes : end] = np.frombuffer(text, dtype=np.uint8)
        self._places[:, self._rows] = self._bytes, len(text)
        self._bytes, self._rows = end, self._rows + 1

    def texts(self) -> Texts:
        """All of them, in the buffer in which they are."""
        return Texts(self._data[: self._bytes], self._places[0, : self._rows], self._places[1, : self._rows])


def _wider(array: NDArray[N], width: int) -> NDArray[N]:
    wider = np.empty((*array.shape[:-1], width), dtype=array.dtype)
    wider[..., : array.shape[-1]] = array
    return wider
