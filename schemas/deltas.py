"""List deltas, the internal record between the two agents: parallel columns as raw bytes (domain 1.3).

Many at once are written and read by compiled loops. What those do not read, of other versions or damaged, is read record by record: that
tells what is wrong, and what can be read is written again as those do read it, so that there is one way from bytes to columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import fastavro
import numpy as np
from numpy.typing import NDArray

from kernels.avro import schema_ids
from kernels.delta_reading import read_deltas
from kernels.delta_writing import Written, write_deltas
from kernels.deltas import Deltas
from kernels.numbering import distinct
from kernels.texts import Int64s, Texts, join_texts, places_of
from schemas.contracts import LIST_DELTA, contract
from schemas.records import RecordReader, RecordWriter, UnreadableError
from schemas.registry import Registry, UnknownSchemaError
from schemas.wire import header

_LONG: Final = np.dtype("<i8")
_CREDIT: Final = np.dtype("<u2")
_NUMBER: Final = np.dtype("<u4")
_NO_ID: Final = 0
"""Of what is written only to be read at once."""


class Gauge(NamedTuple):
    """A reading of the list's gauge."""

    campaign: str
    group: str | None
    occurred_at: int
    records: int


@dataclass(frozen=True, slots=True)
class DeltaColumns:
    """One list delta; the arrays are parallel, shape (n,), but ``place``, ``trait`` and ``group`` may be empty."""

    tenant: str
    calling_list: str
    inputs: tuple[tuple[str, int, int], ...]
    occurred_at: NDArray[np.int64]
    credit: NDArray[np.int64]
    count: NDArray[np.int64]
    place: NDArray[np.int64]
    gauges: tuple[Gauge, ...]
    trait: NDArray[np.int64]
    groups: tuple[str | None, ...]
    group: NDArray[np.int64]


class DeltaEncoder:
    """Writes many deltas under one schema id."""

    def __init__(self, schema_id: int) -> None:
        self._head = np.frombuffer(header(schema_id), dtype=np.uint8)

    def encode(self, deltas: Deltas) -> Written:
        """Key and value of each delta."""
        return write_deltas(self._head, deltas)


class BadDelta(NamedTuple):
    """A value that is no delta: its number among those that were given, and why."""

    row: int
    detail: str


class ReadDeltas(NamedTuple):
    """The deltas of values, the number of the value of each, and the values that are none, in order."""

    deltas: Deltas
    rows: Int64s
    bad: list[BadDelta]


class DeltaReader:
    """Reads values of any version of a delta that the registry knows."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._one = RecordReader(registry)
        self._writer = DeltaWriter(_NO_ID)
        self._present = _form(contract(LIST_DELTA).schema)
        self._is_present: dict[int, bool] = {}

    def read(self, values: Texts) -> ReadDeltas:
        """Read values as received, each with its header; one that is absent is none.

        Raises:
            SchemaPendingError: an id is not known yet, and the registry has not answered; nothing has been read.
        """
        ids = schema_ids(values)
        present = [schema_id for schema_id in distinct(ids).tolist() if self._has_present_form(schema_id)]
        rows = np.flatnonzero(np.isin(ids, present))
        accepted, deltas = read_deltas(values, rows)
        if len(rows) == len(values) and accepted.all():
            return ReadDeltas(deltas, rows, [])
        return self._read_again(values, rows[accepted])

    def _has_present_form(self, schema_id: int) -> bool:
        if schema_id < 0:
            return False
        if schema_id not in self._is_present:
            try:
                self._is_present[schema_id] = _form(self._registry.schema(schema_id)) == self._present
            except UnknownSchemaError:
                return False
        return self._is_present[schema_id]

    def _read_again(self, values: Texts, read: Int64s) -> ReadDeltas:
        """All values, of which those that were not read are read one by one first."""
        bad: list[BadDelta] = []
        written = list(self._written_again(values, read, bad))
        rows = np.array([*read.tolist(), *(row for row, _ in written)], dtype=np.int64)
        order = np.argsort(rows)
        found = join_texts([values.take(read), places_of([value for _, value in written])]).take(order)
        accepted, deltas = read_deltas(found, np.arange(len(found)))
        assert accepted.all()
        return ReadDeltas(deltas, rows[order], bad)

    def _written_again(self, values: Texts, read: Int64s, bad: list[BadDelta]) -> Iterator[tuple[int, bytes]]:
        for row in np.setdiff1d(np.arange(len(values)), read).tolist():
            try:
                yield row, self._writer.encode(delta_of(self._one.decode(values.raw(row))))
            except UnreadableError as error:
                bad.append(BadDelta(row, str(error)))


def _form(schema: Any) -> str | None:  # noqa: ANN401 (a schema as JSON)
    """A schema without what does not matter to who reads it; None if it is none."""
    try:
        form: str = fastavro.schema.to_parsing_canonical_form(schema)
    except Exception:  # noqa: BLE001 (whatever a registry may hold)
        return None
    return form


class DeltaWriter:
    """Writes single deltas under one schema id."""

    def __init__(self, schema_id: int) -> None:
        self._writer = RecordWriter(LIST_DELTA, schema_id)

    def encode(self, delta: Any) -> bytes:  # noqa: ANN401 (anything with the attributes of DeltaColumns)
        """The value of a delta."""
        return self._writer.encode(
            {
                "tenant": delta.tenant,
                "calling_list": delta.calling_list,
                "inputs": [{"topic": topic, "partition": partition, "offset": offset} for topic, partition, offset in delta.inputs],
                "occurred_at": delta.occurred_at.astype(_LONG).tobytes(),
                "credit": delta.credit.astype(_CREDIT).tobytes(),
                "count": delta.count.astype(_LONG).tobytes(),
                "place": delta.place.astype(_NUMBER).tobytes(),
                "gauges": [
                    {"campaign": g.campaign, "group": g.group, "occurred_at": g.occurred_at, "records": g.records} for g in delta.gauges
                ],
                "trait": delta.trait.astype(_LONG).tobytes(),
                "groups": list(delta.groups),
                "group": delta.group.astype(_NUMBER).tobytes(),
            }
        )


def delta_of(record: Mapping[str, Any]) -> DeltaColumns:
    """The delta of a record's fields, of this version or an earlier one.

    Raises:
        UnreadableError: they are those of something else, or its columns are not parallel.
    """
    try:
        delta = DeltaColumns(
            tenant=record["tenant"],
            calling_list=record["calling_list"],
            inputs=tuple((place["topic"], place["partition"], place["offset"]) for place in record["inputs"]),
            occurred_at=np.frombuffer(record["occurred_at"], dtype=_LONG).astype(np.int64),
            credit=np.frombuffer(record["credit"], dtype=_CREDIT).astype(np.int64),
            count=np.frombuffer(record["count"], dtype=_LONG).astype(np.int64),
            place=np.frombuffer(record["place"], dtype=_NUMBER).astype(np.int64),
            gauges=tuple(_gauge(gauge, record) for gauge in record["gauges"]),
            trait=np.frombuffer(record.get("trait", b""), dtype=_LONG).astype(np.int64),
            groups=tuple(record.get("groups", ())),
            group=np.frombuffer(record.get("group", b""), dtype=_NUMBER).astype(np.int64),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError(f"not a list delta: {error!r}") from error
    size = len(delta.occurred_at)
    optional = {len(delta.place), len(delta.trait), len(delta.group)}
    if not size == len(delta.credit) == len(delta.count) or not optional <= {0, size}:
        raise UnreadableError("not a list delta: its columns are not parallel")
    if len(delta.group) and int(delta.group.max()) >= len(delta.groups):
        raise UnreadableError("not a list delta: it names a group that it does not hold")
    return delta


def _gauge(gauge: Mapping[str, Any], record: Mapping[str, Any]) -> Gauge:
    """A reading; those of the first version have the campaign of their record."""
    return Gauge(gauge.get("campaign") or record["campaign"], gauge["group"], gauge["occurred_at"], gauge["records"])
