"""The values that were last published of each object, against which new ones are held (domain 7.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s, longer
from engine.effects import State
from engine.evaluation import Valued
from kernels.moves import keep_rows, note_moved

_NOWHERE = -1


class _Rows:
    """Values of all objects that were last published with the same names, each in a slot."""

    def __init__(self, number: int, width: int) -> None:
        self.number = number
        self.values = np.empty((1, width), dtype=np.float64)
        self._free = [0]

    def take(self, count: int) -> list[int]:
        """So many slots."""
        size = len(self.values)
        if len(self._free) < count:
            more = max(count, size)
            self.values = np.concatenate([self.values, np.empty((more, self.values.shape[1]))])
            self._free = [*range(size + more - 1, size - 1, -1), *self._free]
        taken = self._free[len(self._free) - count :]
        del self._free[len(self._free) - count :]
        return taken

    def give_back(self, slot: int) -> bool:
        """A slot is no longer needed; whether none is."""
        self._free.append(slot)
        return len(self._free) == len(self.values)


class LastValues:
    """Of objects by number. Mostly all objects of a type have the same names; those that are broken down have their own."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, ...], _Rows] = {}
        self._names: dict[int, tuple[str, ...]] = {}
        self._made = 0
        self._held: Int64s = np.full(16, _NOWHERE, dtype=np.int64)
        """The number of the rows that an object is in."""
        self._slot: Int64s = np.full(16, _NOWHERE, dtype=np.int64)
        self._states: dict[int, State | None] = {}

    def changed(self, numbers: Int64s, valued: Valued) -> NDArray[np.bool_]:
        """Whose values are others, shape (n,): one moved by more than its insensitivity, came or went; or the state is another."""
        moved = np.zeros(len(numbers), dtype=bool)
        self._reserve(numbers)
        rows = self._rows.get(valued.names)
        if rows is None:
            return ~moved
        slot = np.where(self._held[numbers] == rows.number, self._slot[numbers], _NOWHERE)
        note_moved(rows.values, slot, valued.numbers, valued.insensitivity, moved)
        if valued.states is not None:
            before = map(self._states.get, numbers.tolist())
            moved |= [now is not last and now != last for now, last in zip(valued.states, before, strict=True)]
        return moved

    def keep(self, numbers: Int64s, valued: Valued) -> None:
        """These are the last values now."""
        self._reserve(numbers)
        rows = self._rows.get(valued.names)
        if rows is None:
            rows = self._rows[valued.names] = _Rows(self._made, len(valued.names))
            self._names[self._made] = valued.names
            self._made += 1
        new = numbers[self._held[numbers] != rows.number]
        if len(new):
            self._move(new, rows)
        keep_rows(rows.values, self._slot[numbers], valued.numbers)
        if valued.states is not None:
            self._states.update(zip(numbers.tolist(), valued.states, strict=True))

    def _move(self, numbers: Int64s, rows: _Rows) -> None:
        for number in numbers[self._held[numbers] != _NOWHERE].tolist():
            names = self._names[int(self._held[number])]
            if self._rows[names].give_back(int(self._slot[number])):
                del self._rows[names], self._names[int(self._held[number])]
        self._held[numbers] = rows.number
        self._slot[numbers] = rows.take(len(numbers))

    def _reserve(self, numbers: Int64s) -> None:
        size = int(numbers.max()) + 1 if len(numbers) else 0
        self._held, self._slot = longer(self._held, size, _NOWHERE), longer(self._slot, size, _NOWHERE)
