"""What applying a chunk brings forth: actions, reports, deltas of lists, dead letters, counters, changes of state."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from kernels.deltas import Deltas, no_deltas
from kernels.texts import Texts, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Place(NamedTuple):
    """Where actions belong, which is the same for many (contract 2)."""

    tenant: str
    campaign: str
    group: str | None
    calling_list: str | None
    objects: tuple[str, ...]


class Kind(NamedTuple):
    """Which action, and its phase (contract 2)."""

    action: str
    phase: str


ABSENT = -1
"""Stands in a column for a field that a row does not have."""


@dataclass(frozen=True, slots=True)
class ActionBatch:
    """Actions in order of publication (domain 4.1), in columns of one element an action.

    ``cause`` indexes ``event_ids``, ``ordinal`` is the place of the action within its cause: together they are its
    action_id. ``place`` indexes ``places``, which only grows while a partition is held, ``kind`` indexes ``kinds``.
    """

    kinds: Sequence[Kind]
    places: list[Place]
    event_ids: Texts
    cause: Int64s
    ordinal: Int64s
    place: Int64s
    kind: Int64s
    occurred_at: Int64s
    begun_at: Int64s
    duration_ms: Int64s
    count: Int64s
    call_result: Int64s

    def __len__(self) -> int:
        return len(self.cause)


@dataclass(frozen=True, slots=True)
class State:
    """The value of CurrentState (domain 5.2); times in ms."""

    status: str
    since: int
    dial_mode: str | None
    dial_mode_since: int | None
    conditions: Mapping[str, int]


Inputs: TypeAlias = "tuple[tuple[str, int, int], ...]"
"""(topic, partition, last offset applied) of every input partition that contributed (domain 7.1)."""


@dataclass(frozen=True, slots=True)
class Report:
    """One published value of all statistics of an object under a profile (domain 7.1, contract 2)."""

    object_type: str
    tenant: str
    campaign: str | None
    group: str | None
    calling_list: str | None
    profile: str
    window_start: int
    as_of: int
    revision: int
    final: bool
    names: tuple[str, ...]
    values: Sequence[float | None]
    state: State | None
    inputs: Inputs
    complete_from: Mapping[str, int] = field(default_factory=dict)
    """By statistic, the instant (ms) from which everything in the window is counted, of those that were defined later."""


class ObjectName(NamedTuple):
    """What a report calls its object (contract 2)."""

    object_type: str
    tenant: str
    campaign: str | None
    group: str | None
    calling_list: str | None


@dataclass(frozen=True, slots=True)
class ReportBatch:
    """Reports of the same statistics under one profile, in columns of one element a report.

    ``values`` has a column for each of ``names``, NaN where there is no value. ``states`` and ``complete_from`` are None where no report
    has any. Times are ms.
    """

    profile: str
    final: bool
    names: tuple[str, ...]
    objects: Sequence[ObjectName]
    window_start: Int64s
    as_of: Int64s
    revision: Int64s
    values: NDArray[np.float64]
    inputs: Sequence[Inputs]
    states: Sequence[State | None] | None = None
    complete_from: Sequence[Mapping[str, int]] | None = None

    def __len__(self) -> int:
        return len(self.objects)

    def __iter__(self) -> Iterator[Report]:
        """Each of them."""
        times = (self.window_start.tolist(), self.as_of.tolist(), self.revision.tolist())
        for row, (start, as_of, revision) in enumerate(zip(*times, strict=True)):
            yield Report(
                *self.objects[row],
                profile=self.profile,
                window_start=start,
                as_of=as_of,
                revision=revision,
                final=self.final,
                names=self.names,
                values=[None if value != value else value for value in self.values[row].tolist()],  # noqa: PLR0124 (NaN alone differs from itself)
                state=None if self.states is None else self.states[row],
                inputs=self.inputs[row],
                complete_from={} if self.complete_from is None else self.complete_from[row],
            )


@dataclass(frozen=True, slots=True)
class Reports:
    """All reports of a chunk, in order of publication."""

    batches: tuple[ReportBatch, ...] = ()

    def __len__(self) -> int:
        return sum(map(len, self.batches))

    def __iter__(self) -> Iterator[Report]:
        """Each of them."""
        return chain.from_iterable(self.batches)


class DeadLetter(NamedTuple):
    """A row that was not counted: of which topic, its number in the chunk's rows of that topic, and why (contract 6)."""

    topic: str
    row: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """A gauge of a list as one campaign reports it (domain 4.7); a group that was removed reads 0."""

    campaign: str
    group: str | None
    occurred_at: int
    records: int


@dataclass(slots=True)
class Effects:
    """All effects of one chunk. ``counters`` are by (name, label)."""

    actions: ActionBatch
    reports: Reports = field(default_factory=Reports)
    deltas: Deltas = field(default_factory=no_deltas)
    """What the chunk credits to calling lists, one record for each of them, of all campaigns that use it (domain 1.3).

    A report of a list that came of half of it could not be recomputed from its inputs (7.5).
    """
    dead_letters: list[DeadLetter] = field(default_factory=list)
    counters: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: list[tuple[bytes, bytes | None]] = field(default_factory=list)


def no_actions() -> ActionBatch:
    """A batch without actions."""
    none = np.empty(0, dtype=np.int64)
    return ActionBatch((), [], texts_of([]), *[none] * 9)
