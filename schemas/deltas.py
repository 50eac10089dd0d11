"""List deltas, the internal record between the two agents: parallel columns as raw bytes (domain 1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.contracts import LIST_DELTA
from schemas.records import RecordWriter, UnreadableError

_LONG: Final = np.dtype("<i8")
_CREDIT: Final = np.dtype("<u2")
_NUMBER: Final = np.dtype("<u4")


class Gauge(NamedTuple):
    """A reading of the list's gauge."""

    campaign: str
    group: str | None
    occurred_at: int
    records: int


@dataclass(frozen=True, slots=True)
class DeltaColumns:
    """A list delta; the arrays are parallel, shape (n,), but ``place``, ``trait`` and ``group`` may be empty."""

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


class DeltaWriter:
    """Writes deltas under one schema id."""

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
