"""How far the inputs of calling lists were read: the offsets of every partition that contributed to each (domain 7.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np

from engine.arrays import Int64s, longer
from engine.changelog import Change, encode, encode_key
from engine.effects import Inputs
from kernels.deltas import Inputs as InputColumns
from kernels.fields import field_names, text_columns
from kernels.name_table import UNKNOWN, NameTable
from kernels.numbering import Numbering, numbered

Source: TypeAlias = tuple[str, int]
"""Topic and partition."""

_TOPIC: Final = ("topic",)
_FIELDS: Final = field_names(_TOPIC, ())
_UNREAD: Final = -(1 << 63)
_BITS: Final = 32
"""Of a source's number in the key of a pair."""


class Sources:
    """The sources of one partition of calling lists, and the offset of each pair of an owner and a source."""

    def __init__(self) -> None:
        self._numbers: dict[Source, int] = {}
        """What the changelog calls each."""
        self._names: dict[int, Source] = {}
        self._new: list[Source] = []
        self._topics = NameTable(_TOPIC)
        self._topic_names: list[str] = []
        self._pairs = Numbering()
        self._offsets: Int64s = np.full(64, _UNREAD, dtype=np.int64)
        self._of_owner: dict[int, list[tuple[Source, int]]] = {}
        """Sources of each owner in order, each with the number of the pair."""

    def reach(self, owners: Int64s, inputs: InputColumns) -> tuple[Int64s, Int64s]:
        """Note the offsets of deltas, whose owners are given for each input; one that is read again is older than those before it.

        Returns:
            the source of each input, and the offset that it has reached in that owner, shapes (n,).
        """
        sources = self._sources_of(inputs)
        pairs = self._pairs_of(owners, sources)
        np.maximum.at(self._offsets, pairs, inputs.offset)
        return sources, self._offsets[pairs]

    def _sources_of(self, inputs: InputColumns) -> Int64s:
        topics = self._topics_of(inputs)
        _, partition = numbered(inputs.partition)
        first, number = numbered(topics * (1 + int(partition.max(initial=0))) + partition)
        named = zip(topics[first].tolist(), inputs.partition[first].tolist(), strict=True)
        return np.array([self.number((self._topic_names[topic], found)) for topic, found in named], dtype=np.int64)[number]

    def _topics_of(self, inputs: InputColumns) -> Int64s:
        columns = text_columns(_FIELDS, [inputs.topic])
        topics = self._topics.find(columns)
        while (topics == UNKNOWN).any():
            one = np.flatnonzero(topics == UNKNOWN)[:1]
            self._topics.add(columns.take(one), np.array([len(self._topic_names)]))
            self._topic_names.append(columns.text_at("topic", int(one[0])) or "")
            topics = self._topics.find(columns)
        return topics

    def _pairs_of(self, owners: Int64s, sources: Int64s) -> Int64s:
        pairs, new = self._pairs.of(owners << _BITS | sources)
        self._offsets = longer(self._offsets, len(self._pairs), _UNREAD)
        for pair, key in enumerate(new.tolist(), start=len(self._pairs) - len(new)):
            owner, source = key >> _BITS, key & ((1 << _BITS) - 1)
            self._of_owner.setdefault(owner, []).append((self._names[source], pair))
            self._of_owner[owner].sort()
        return pairs

    def number(self, source: Source) -> int:
        """What the changelog calls a source, which gets a number if it is new."""
        found = self._numbers.get(source)
        if found is None:
            found = 1 + max(self._numbers.values(), default=-1)
            self.restore_number(source, found)
            self._new.append(source)
        return found

    def restore_number(self, source: Source, number: int) -> None:
        """The changelog calls a source by a number."""
        self._numbers[source], self._names[number] = number, source

    def restore(self, owners: Int64s, sources: Int64s, offsets: Int64s) -> None:
        """Put back what was read from the changelog."""
        pairs = self._pairs_of(owners, sources)  # in a line of its own: it may put a longer array in place of the one that is written to
        self._offsets[pairs] = offsets

    def take_new(self) -> Iterator[Change]:
        """Changelog records of the sources that have a number for the first time."""
        for source in self._new:
            yield encode_key("source", *source), encode(self._numbers[source])
        self._new.clear()

    def inputs(self, owners: Sequence[int]) -> list[Inputs]:
        """The inputs of each owner; those that are equal are one and the same."""
        distinct: dict[Inputs, Inputs] = {}
        return [distinct.setdefault(found, found) for found in map(self._inputs, owners)]

    def _inputs(self, owner: int) -> Inputs:
        return tuple((*source, int(self._offsets[pair])) for source, pair in self._of_owner.get(owner, ()))
