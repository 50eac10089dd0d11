"""The agent of campaigns: events and call results in; actions, reports, deltas of lists and dead letters out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from prometheus_client import Gauge

from agents import metrics
from agents.batches import RowBatch, SetAside, TakenRows, last_offset, take_rows, without
from agents.bounds import DEFAULT_BOUNDS, Bounds
from agents.letters import NO_RULES, STATE_KEY, Letter, LetterRules, RecentLetters, dead_letters, without_letters
from agents.names import TopicNames
from agents.restoring import restoring
from engine.admission import admit
from engine.campaigns import EVENTS, CampaignsState, Limits
from engine.campaigns import Chunk as EngineChunk
from engine.checks import check_events, check_results
from engine.definitions import Definitions
from engine.effects import Effects
from engine.reporting import Moment
from engine.rows import EVENT_COLUMNS, RESULT_COLUMNS, EventRows, ResultRows, event_rows, join_events, join_results, result_rows
from kernels.delta_writing import Written
from schemas.actions import ActionEncoder
from schemas.contracts import CALL_RESULT, CAMPAIGN_ACTION, CAMPAIGN_EVENT, LIST_DELTA, STATISTIC_REPORT, contract
from schemas.decode import Decoder
from schemas.deltas import DeltaEncoder
from schemas.registry import Registry, SchemaPendingError
from schemas.reports import ReportEncoder
from transport.job import Chunk, Columns, NotYet, Outcome, Output
from transport.records import Records

NAME: Final = "campaigns"


@dataclass(slots=True)
class Held:
    """What the agent holds of one partition."""

    partition: int
    engine: CampaignsState
    recent: RecentLetters
    actions: ActionEncoder
    metrics: metrics.StateMetrics
    chains: Gauge
    delay: Gauge


class CampaignsJob:
    """See ``transport.job.Job``.

    Args:
        definitions: profiles and statistics.
        limits: settings that decide what is counted.
        registry: schemas and their ids.
        names: topics of the site.
        publish_actions: whether actions go to their topic; statistics don't depend on it.
        letters: what the operator says of dead letters.
        bounds: how much state is too much.
    """

    name = NAME

    def __init__(
        self,
        definitions: Definitions,
        limits: Limits,
        registry: Registry,
        names: TopicNames,
        *,
        publish_actions: bool = True,
        letters: LetterRules = NO_RULES,
        bounds: Bounds = DEFAULT_BOUNDS,
    ) -> None:
        self._definitions = definitions
        self._limits = limits
        self._names = names
        self._publish_actions = publish_actions
        self._letters = letters
        self._bounds = bounds
        metrics.LETTER_LIMIT.set(letters.limit.most)
        self.topics = (names.campaign_events, names.call_results)
        self.outputs = (names.campaign_actions, names.campaign_statistics, names.list_deltas, names.dead_letters)
        self._decoders = {
            names.campaign_events: Decoder(contract(CAMPAIGN_EVENT).schema, registry, EVENT_COLUMNS),
            names.call_results: Decoder(contract(CALL_RESULT).schema, registry, RESULT_COLUMNS),
        }
        self._action_id = registry.id_for(names.campaign_actions, CAMPAIGN_ACTION)
        self._deltas = DeltaEncoder(registry.id_for(names.list_deltas, LIST_DELTA))
        self._reports = ReportEncoder(registry.id_for(names.campaign_statistics, STATISTIC_REPORT))

    def restore(self, partition: int, records: Mapping[bytes, bytes]) -> Held:
        """See ``Job``."""
        engine = CampaignsState(self._definitions, self._limits, (self._names.campaign_events, self._names.call_results))
        with restoring(NAME, partition):
            engine.load(without_letters(records))
            recent = RecentLetters(partition, self._letters.limit, records.get(STATE_KEY))
        label = str(partition)
        gauges = (metrics.CHAINS.labels(label), metrics.DELAY.labels(label))
        return Held(partition, engine, recent, ActionEncoder(self._action_id), metrics.StateMetrics(NAME, partition), *gauges)

    def decode(self, state: Held, topic: str, records: Records, now_ms: int) -> RowBatch[Any]:
        """See ``Job``; a record that is unreadable, incomplete or in the future is set aside here (domain 2.5)."""
        aside = self._letters.set_aside(topic, state.partition, records)
        try:
            decoded = self._decoders[topic].decode(without(records.values, aside))
        except SchemaPendingError as pending:
            raise NotYet(str(pending)) from pending
        number = self.topics.index(topic)
        check = check_events if number == EVENTS else check_results
        checked = check(decoded.columns, now_ms + self._limits.future_limit, self._limits.name_limit)
        columns, checked, routes = admit(decoded.columns, checked, state.engine.admission[number])
        rows = (event_rows if number == EVENTS else result_rows)(columns, routes)
        refused = [SetAside(int(decoded.rows[refusal.row]), refusal.reason, refusal.detail) for refusal in checked.refused]
        return RowBatch(
            records=records,
            rows=rows,
            row_keys=state.engine.order_keys(number, rows.route, rows.occurred_at),
            records_of=decoded.rows[checked.ordered],
            set_aside=[*(SetAside(bad.row, *aside.get(bad.row, (bad.reason, bad.detail))) for bad in decoded.refused), *refused],
        )

    def apply(self, state: Held, chunk: Chunk) -> Outcome:
        """See ``Job``."""
        taken = {one.topic: one for one in chunk.taken}
        events: TakenRows[EventRows] = take_rows(taken.get(self._names.campaign_events))
        results: TakenRows[ResultRows] = take_rows(taken.get(self._names.call_results))
        effects = state.engine.apply(
            EngineChunk(
                events=join_events(events.parts),
                event_order=events.order,
                event_keys=events.keys,
                results=join_results(results.parts),
                result_order=results.order,
                result_keys=results.keys,
                inputs=tuple((one.topic, state.partition, last_offset(one.pieces)) for one in chunk.taken),
                moment=Moment(chunk.now_ms, chunk.drained),
            )
        )
        self._bounds.check_chains(state.partition, len(state.engine.chains))
        self._bounds.check_windows(NAME, state.partition, state.engine.ledger.held)
        letters = self._dead_letters(effects, events, results)
        changes = [*effects.changes, *state.recent.add(letters)]
        return Outcome(self._outputs(state, effects, letters), changes, self._committed(state, chunk, effects, letters))

    def due(self, state: Held, *, drained: bool) -> int | None:
        """See ``Job``."""
        return state.engine.reporter.due(drained=drained)

    def _dead_letters(self, effects: Effects, events: TakenRows[EventRows], results: TakenRows[ResultRows]) -> list[Letter]:
        """All that was set aside, before the order of events or in it; by topic and offset."""
        found: list[Letter] = []
        taken: tuple[TakenRows[Any], ...] = (events, results)
        for topic, rows in zip(self.topics, taken, strict=True):
            letters = [Letter(topic, record, aside.reason, aside.detail) for record, aside in rows.set_aside]
            letters += [Letter(topic, rows.record(bad.row), bad.reason, bad.detail) for bad in effects.dead_letters if bad.topic == topic]
            found.extend(sorted(letters, key=lambda letter: letter.record.offset))
        return found

    def _outputs(self, state: Held, effects: Effects, letters: list[Letter]) -> Mapping[str, Output]:
        names = self._names
        return {
            names.campaign_actions: Columns(*state.actions.encode(effects.actions)) if self._publish_actions else (),
            names.campaign_statistics: self._reports.encode(effects.reports.batches),
            names.list_deltas: _columns(self._deltas.encode(effects.deltas)),
            names.dead_letters: list(dead_letters(state.partition, letters)),
        }

    def _committed(self, state: Held, chunk: Chunk, effects: Effects, letters: list[Letter]) -> Callable[[], None]:
        def committed() -> None:
            metrics.note_letters(letter.reason for letter in letters)
            for one in chunk.taken:
                state.recent.reached(one.topic, last_offset(one.pieces))
            metrics.note_counters(effects.counters)
            metrics.ACTIONS.inc(len(effects.actions) if self._publish_actions else 0)
            state.metrics.note(state.engine.ledger, len(effects.reports))
            for topic, admission in zip(self.topics, state.engine.admission, strict=True):
                metrics.NAMED.labels(topic, str(state.partition)).set(admission.size)
            state.chains.set(len(state.engine.chains))
            if latest := state.engine.latest():
                state.delay.set((chunk.now_ms - latest) / 1000)

        return committed


def _columns(written: Written) -> Columns:
    """Records that have each a key of its own."""
    return Columns(written.keys, np.arange(len(written.keys)), written.values)
