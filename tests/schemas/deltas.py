"""Deltas one by one, and side by side in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from kernels.deltas import Deltas, Groups, Inputs, Readings, Rows
from kernels.texts import texts_of
from schemas.deltas import DeltaColumns, Gauge

COLUMNS = ("occurred_at", "credit", "count", "place", "trait", "group")


def side_by_side(deltas: Sequence[DeltaColumns]) -> Deltas:
    """All of them; a column that one has they all have."""
    topics, partitions, offsets = _unzipped((one.inputs for one in deltas), 3)
    campaigns, groups, instants, records = _unzipped((one.gauges for one in deltas), 4)
    return Deltas(
        texts_of(one.tenant for one in deltas),
        texts_of(one.calling_list for one in deltas),
        Rows(_ends(one.occurred_at for one in deltas), *(_numbers(chain(*(getattr(one, name) for one in deltas))) for name in COLUMNS)),
        Inputs(_ends(one.inputs for one in deltas), texts_of(topics), _numbers(partitions), _numbers(offsets)),
        Readings(_ends(one.gauges for one in deltas), texts_of(campaigns), texts_of(groups), _numbers(instants), _numbers(records)),
        Groups(_ends(one.groups for one in deltas), texts_of(chain(*(one.groups for one in deltas)))),
    )


def apart(deltas: Deltas) -> list[DeltaColumns]:
    """Each of them."""
    return [_alone(deltas.part(number, number + 1)) for number in range(len(deltas))]


def _alone(delta: Deltas) -> DeltaColumns:
    inputs, readings = delta.inputs, delta.readings
    gauges = zip(
        readings.campaign.to_list(), readings.group.to_list(), readings.occurred_at.tolist(), readings.records.tolist(), strict=True
    )
    return DeltaColumns(
        tenant=delta.tenant[0] or "",
        calling_list=delta.calling_list[0] or "",
        inputs=tuple(zip([text or "" for text in inputs.topic.to_list()], inputs.partition.tolist(), inputs.offset.tolist(), strict=True)),
        gauges=tuple(Gauge(campaign or "", *others) for campaign, *others in gauges),
        groups=tuple(delta.groups.name.to_list()),
        **{name: getattr(delta.rows, name) for name in COLUMNS},
    )


def plain(delta: DeltaColumns) -> dict[str, Any]:
    """What can be compared."""
    return {name: getattr(delta, name) for name in DeltaColumns.__slots__} | {name: getattr(delta, name).tolist() for name in COLUMNS}


def _unzipped(lists: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    rows = list(chain(*lists))
    return [[row[place] for row in rows] for place in range(width)]


def _ends(lists: Iterable[Sequence[Any]]) -> np.ndarray:
    return np.cumsum([0, *map(len, lists)])


def _numbers(numbers: Iterable[int]) -> np.ndarray:
    return np.array([*numbers], dtype=np.int64)
