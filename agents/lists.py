"""The agent of calling lists: deltas of campaigns in, reports of lists out (domain 1.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agents import metrics
from agents.batches import RowBatch, SetAside, TakenRows, last_offset, take_rows, without
from agents.bounds import DEFAULT_BOUNDS, Bounds
from agents.letters import NO_RULES, STATE_KEY, Letter, LetterRules, RecentLetters, dead_letters, without_letters
from agents.names import TopicNames
from agents.restoring import restoring
from engine.campaigns import Limits
from engine.definitions import Definitions
from engine.lists import ListsState, fault_of
from engine.reporting import Moment
from kernels.deltas import Deltas, join_deltas, no_deltas
from schemas.contracts import STATISTIC_REPORT
from schemas.deltas import DeltaReader
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
        self._reader = DeltaReader(registry)
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

    def decode(self, state: Held, topic: str, records: Records, now_ms: int) -> RowBatch[Deltas]:
        """See ``Job``; there is one input only, so nothing is to be put in order."""
        del now_ms
        aside = self._letters.named_by_operator(topic, state.partition, records)
        try:
            read = self._reader.read(without(records.values, aside))
        except SchemaPendingError as pending:
            raise NotYet(str(pending)) from pending
        set_aside = [SetAside(bad.row, *aside.get(bad.row, ("malformed", bad.detail))) for bad in read.bad]
        deltas, rows = read.deltas, read.rows
        if fault_of(deltas) is not None:
            faults = {number: fault for number in range(len(rows)) if (fault := fault_of(deltas.part(number, number + 1))) is not None}
            set_aside += [
                SetAside(int(rows[number]), "malformed", f"not a list delta: it holds {fault}") for number, fault in faults.items()
            ]
            deltas, rows = deltas.without(faults), np.delete(rows, [*faults])
        return RowBatch(records, deltas, np.zeros(len(rows), dtype=np.int64), rows, set_aside)

    def apply(self, state: Held, chunk: Chunk) -> Outcome:
        """See ``Job``."""
        taken: TakenRows[Deltas] = take_rows(chunk.taken[0] if chunk.taken else None)
        letters = [Letter(self._names.list_deltas, record, aside.reason, aside.detail) for record, aside in taken.set_aside]
        letters.sort(key=lambda letter: letter.record.offset)
        effects = state.engine.apply(join_deltas(taken.parts) if taken.parts else no_deltas(), Moment(chunk.now_ms, chunk.drained))
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
