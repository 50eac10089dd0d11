"""Reports to bytes: what many have in common is encoded once, numbers and values by a compiled loop (contract 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.numbered import write_numbered
from kernels.texts import Int64s, Texts, places_of
from schemas.contracts import STATISTIC_REPORT, contract, fields_of
from schemas.varint import encode_long, encode_text
from schemas.wire import header, record_key

Inputs: TypeAlias = tuple[tuple[str, int, int], ...]

_NULL: Final = encode_long(0)
_SOME: Final = encode_long(1)
_KNOWN: Final = 100_000
"""Objects of which it is remembered what their reports begin with."""
_KNOWN_NAMES: Final = 1_000
"""The same of sets of statistics; only broken-down ones are many."""


class ReportState(Protocol):
    """The state of a report; times in ms."""

    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def since(self) -> int: ...  # noqa: D102
    @property
    def dial_mode(self) -> str | None: ...  # noqa: D102
    @property
    def dial_mode_since(self) -> int | None: ...  # noqa: D102
    @property
    def conditions(self) -> Mapping[str, int]: ...  # noqa: D102


class ObjectName(Protocol):
    """What a report calls its object; the same name is one and the same object, or equal and hashed alike."""

    @property
    def object_type(self) -> str: ...  # noqa: D102
    @property
    def tenant(self) -> str: ...  # noqa: D102
    @property
    def campaign(self) -> str | None: ...  # noqa: D102
    @property
    def group(self) -> str | None: ...  # noqa: D102
    @property
    def calling_list(self) -> str | None: ...  # noqa: D102
    def __hash__(self) -> int: ...


class ReportColumns(Protocol):
    """Reports of the same statistics under one profile, in columns; ``values`` has one column for each of ``names``, NaN is null."""

    @property
    def profile(self) -> str: ...  # noqa: D102
    @property
    def final(self) -> bool: ...  # noqa: D102
    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def objects(self) -> Sequence[ObjectName]: ...  # noqa: D102
    @property
    def window_start(self) -> Int64s: ...  # noqa: D102
    @property
    def as_of(self) -> Int64s: ...  # noqa: D102
    @property
    def revision(self) -> Int64s: ...  # noqa: D102
    @property
    def values(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def inputs(self) -> Sequence[Inputs]: ...  # noqa: D102
    @property
    def states(self) -> Sequence[ReportState | None] | None: ...  # noqa: D102
    @property
    def complete_from(self) -> Sequence[Mapping[str, int]] | None: ...  # noqa: D102


class ReportEncoder:
    """Encodes reports under one schema id."""

    def __init__(self, schema_id: int) -> None:
        types = fields_of(contract(STATISTIC_REPORT).schema)
        self._types = {name: encode_long(number) for number, name in enumerate(types["object_type"]["symbols"])}
        self._head = header(schema_id)
        self._objects: dict[ObjectName, tuple[bytes, bytes]] = {}
        self._names: dict[tuple[str, ...], Texts] = {}
        self._states: dict[int, tuple[ReportState, bytes]] = {}
        """Of states by identity: that of an object mostly stays the same one from report to report."""

    def encode(self, batches: Iterable[ReportColumns]) -> list[tuple[bytes, bytes]]:
        """Key and value of each report: that of a CallingList is keyed by its list, all others by their campaign."""
        return [row for batch in batches for row in self._encoded(batch)]

    def _encoded(self, batch: ReportColumns) -> Iterator[tuple[bytes, bytes]]:
        profile = encode_text(batch.profile)
        objects = [self._object(found) for found in batch.objects]
        texts = write_numbered(
            before=places_of([before + profile for _, before in objects]),
            numbers=np.column_stack([batch.window_start, batch.as_of, batch.revision]),
            flag=batch.final,
            names=self._name_texts(batch.names),
            values=batch.values,
            after=places_of(self._after(batch)),
        )
        data = texts.data.tobytes()
        ends = zip(texts.at.tolist(), texts.size.tolist(), strict=True)
        return ((key, data[at : at + size]) for (key, _), (at, size) in zip(objects, ends, strict=True))

    def _object(self, found: ObjectName) -> tuple[bytes, bytes]:
        """The key of an object's reports, and what they begin with."""
        known = self._objects.get(found)
        if known is None:
            if len(self._objects) >= _KNOWN:
                self._objects.clear()
            names = map(_nullable, (found.campaign, found.group, found.calling_list))
            before = b"".join((self._head, self._types[found.object_type], encode_text(found.tenant), *names))
            known = self._objects[found] = (record_key(found.tenant, found.campaign or found.calling_list or ""), before)
        return known

    def _name_texts(self, names: tuple[str, ...]) -> Texts:
        known = self._names.get(names)
        if known is None:
            if len(self._names) >= _KNOWN_NAMES:
                self._names.clear()
            known = self._names[names] = places_of([encode_text(name) for name in names])
        return known

    def _state(self, state: ReportState | None) -> bytes:
        if state is None:
            return _NULL
        known = self._states.get(id(state))
        if known is None:
            if len(self._states) >= _KNOWN:
                self._states.clear()
            known = self._states[id(state)] = (state, _encoded_state(state))
        return known[1]

    def _after(self, batch: ReportColumns) -> list[bytes]:
        """State, inputs and since when all is counted, of each report; mostly all have the same inputs."""
        inputs = {id(one): one for one in batch.inputs}
        encoded = {key: _inputs(one) for key, one in inputs.items()}
        states = [_NULL] * len(batch.inputs) if batch.states is None else [*map(self._state, batch.states)]
        after = [state + encoded[id(one)] for state, one in zip(states, batch.inputs, strict=True)]
        complete = [_NULL] * len(after) if batch.complete_from is None else [*map(_longs, batch.complete_from)]
        return [one + since for one, since in zip(after, complete, strict=True)]


def _nullable(text: str | None) -> bytes:
    return _NULL if text is None else _SOME + encode_text(text)


def _encoded_state(state: ReportState) -> bytes:
    return b"".join(
        (
            _SOME,
            encode_text(state.status),
            encode_long(state.since),
            _NULL if state.dial_mode is None else _SOME + encode_text(state.dial_mode),
            _NULL if state.dial_mode_since is None else _SOME + encode_long(state.dial_mode_since),
            _longs(state.conditions),
        )
    )


def _longs(values: Mapping[str, int]) -> bytes:
    if not values:
        return _NULL
    return encode_long(len(values)) + b"".join(encode_text(name) + encode_long(value) for name, value in values.items()) + _NULL


def _inputs(inputs: Inputs) -> bytes:
    if not inputs:
        return _NULL
    parts = [encode_text(topic) + encode_long(partition) + encode_long(offset) for topic, partition, offset in inputs]
    return encode_long(len(inputs)) + b"".join(parts) + _NULL
