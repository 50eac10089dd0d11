"""The agent of calling lists: deltas of campaigns in, reports of lists out (domain 1.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agents import metrics
from agents.batches import SetAside, last_offset
from agents.bounds import DEFAULT_BOUNDS, Bounds
from agents.letters import NO_RULES, STATE_KEY, Letter, LetterRules, RecentLetters, dead_letters, without_letters
from agents.names import TopicNames
from agents.restoring import restoring
from engine.arrays import Int64s
from engine.campaigns import Limits
from engine.definitions import Definitions
from engine.effects import GaugeReading, ListDelta
from engine.lists import ListsState, fault_of
from engine.reporting import Moment
from schemas.contracts import STATISTIC_REPORT
from schemas.deltas import DeltaColumns, delta_of
from schemas.records import RecordReader, UnreadableError
from schemas.registry import Registry, SchemaPendingError
from schemas.reports import ReportEncoder
from transport.job import Chunk, NotYet, Outcome, Record
from transport.records import Records

NAME: Final = "lists"


@dataclass(slots=True)
class Held:
    """What the agent holds of one partition."""

    partition: int
    engine: ListsState
    recent: RecentLetters
    metrics: metrics.StateMetrics


@dataclass(frozen=True, slots=True)
class DeltaBatch:
    """A run of records; a delta each, or why it could not be read."""

    records: Records
    deltas: list[ListDelta | SetAside]

    @property
    def keys(self) -> Int64s:
        """There is one input only, so nothing is to be put in order."""
        return np.zeros(len(self.records), dtype=np.int64)


class ListsJob:
    """See ``transport.job.Job``; arguments as for ``CampaignsJob``."""

    name = NAME

    def __init__(
        self,
        definitions: Definitions,
        limits: Limits,
        registry: Registry,
        names: TopicNames,
        *,
        letters: LetterRules = NO_RULES,
        bounds: Bounds = DEFAULT_BOUNDS,
    ) -> None:
        self._definitions = definitions
        self._letters = letters
        self._bounds = bounds
        self._limits = limits
        self._reader = RecordReader(registry)
        self._names = names
        self.topics = (names.list_deltas,)
        self.outputs = (names.calling_list_statistics, names.dead_letters)
        self._reports = ReportEncoder(registry.id_for(names.calling_list_statistics, STATISTIC_REPORT))

    def restore(self, partition: int, records: Mapping[bytes, bytes]) -> Held:
        """See ``Job``."""
        engine = ListsState(self._definitions, self._limits.close_grace)
        with restoring(NAME, partition):
            engine.load(without_letters(records))
            recent = RecentLetters(partition, self._letters.limit, records.get(STATE_KEY))
        return Held(partition, engine, recent, metrics.StateMetrics(NAME, partition))

    def decode(self, state: Held, topic: str, records: Records, now_ms: int) -> DeltaBatch:
        """See ``Job``."""
        del now_ms
        aside = self._letters.named_by_operator(topic, state.partition, records)
        deltas = [self._decode(row, records.values.raw(row), aside.get(row)) for row in range(len(records))]
        if fault_of([delta for delta in deltas if isinstance(delta, ListDelta)]) is not None:
            deltas = [_unless_faulty(row, delta) for row, delta in enumerate(deltas)]
        return DeltaBatch(records, deltas)

    def _decode(self, row: int, value: bytes | None, aside: tuple[str, str] | None) -> ListDelta | SetAside:
        if aside is not None:
            return SetAside(row, *aside)
        try:
            return _delta(delta_of(self._reader.decode(value)))
        except SchemaPendingError as pending:
            raise NotYet(str(pending)) from pending
        except UnreadableError as error:
            return SetAside(row, "malformed", str(error))

    def apply(self, state: Held, chunk: Chunk) -> Outcome:
        """See ``Job``."""
        deltas: list[ListDelta] = []
        letters: list[Letter] = []
        for piece in (piece for taken in chunk.taken for piece in taken.pieces):
            for delta in piece.batch.deltas[piece.low : piece.high]:
                if isinstance(delta, ListDelta):
                    deltas.append(delta)
                else:
                    letters.append(Letter(self._names.list_deltas, piece.batch.records[delta.record], delta.reason, delta.detail))
        effects = state.engine.apply(deltas, Moment(chunk.now_ms, chunk.drained))
        self._bounds.check_windows(NAME, state.partition, state.engine.ledger.held)
        outputs: dict[str, Sequence[tuple[bytes, bytes] | Record]] = {
            self._names.calling_list_statistics: self._reports.encode(effects.reports.batches),
            self._names.dead_letters: list(dead_letters(state.partition, letters)),
        }

        def committed() -> None:
            metrics.note_letters(letter.reason for letter in letters)
            for one in chunk.taken:
                state.recent.reached(one.topic, last_offset(one.pieces))
            metrics.note_counters(effects.counters)
            state.metrics.note(state.engine.ledger, len(effects.reports))

        return Outcome(outputs, [*effects.changes, *state.recent.add(letters)], committed)

    def due(self, state: Held, *, drained: bool) -> int | None:
        """See ``Job``."""
        return state.engine.reporter.due(drained=drained)


def _unless_faulty(row: int, delta: ListDelta | SetAside) -> ListDelta | SetAside:
    fault = fault_of([delta]) if isinstance(delta, ListDelta) else None
    return delta if fault is None else SetAside(row, "malformed", f"not a list delta: it holds {fault}")


def _delta(columns: DeltaColumns) -> ListDelta:
    return ListDelta(
        tenant=columns.tenant,
        calling_list=columns.calling_list,
        inputs=columns.inputs,
        occurred_at=columns.occurred_at,
        credit=columns.credit,
        count=columns.count,
        place=columns.place,
        gauges=tuple(GaugeReading(*gauge) for gauge in columns.gauges),
        trait=columns.trait,
        groups=columns.groups,
        group=columns.group,
    )
