"""The state of one partition of campaigns, and a chunk of its input applied to it (domain 2-7).

``CampaignsState.apply`` is a function of the state and the chunk: the same state and chunk give the same effects, in the same
order. Everything it needs to go on from is in the changelog records among the effects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.admission import Admission
from engine.arrays import NEVER, Clocks, Int64s
from engine.campaign import Pair
from engine.campaign_changelog import campaign_changes, forget_spans, load, named_changes, page_end
from engine.chain_pages import ListName, ListNames
from engine.chains import Chains
from engine.changelog import Change
from engine.credited import Credits, join
from engine.credits import CALLING_LIST, CAMPAIGN, CAMPAIGN_GROUP
from engine.definitions import Definitions
from engine.directory import NONE, Directory
from engine.due import Due
from engine.effects import ActionBatch, DeadLetter, Effects, Inputs, State
from engine.events import AppliedEvents, EventApplier, too_late
from engine.gauges import Gauges, values_of
from engine.ledger import Ledger
from engine.list_deltas import ListDeltas
from engine.modes import Modes
from engine.places import Places
from engine.reached import Reached
from engine.reporting import Moment, Reporter
from engine.results import AppliedResults, ResultClock, apply_results, result_actions
from engine.rows import EventRows, ResultRows
from engine.spans import Spans
from engine.starts import Starts
from engine.subject import state_of
from kernels.merging import merged
from kernels.numbering import numbered
from kernels.running import raise_after, raise_all
from kernels.texts import join_texts, texts_of

EVENTS, RESULTS = 0, 1
"""The two input topics by number, in the order in which they go at equal times (domain 2.5)."""

_BESIDE_CAUSE = ("ordinal", "place", "kind", "occurred_at", "begun_at", "duration_ms", "count", "call_result")
"""Columns of actions."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Settings that decide what is counted (contract 5): ms; bytes of a name; objects that a topic names, chains."""

    allowed_lateness: int = 3_600_000
    close_grace: int = 10_000
    future_limit: int = 60_000
    chain_retention: int = 86_400_000
    name_limit: int = 250
    object_limit: int = 200_000
    chain_limit: int = 5_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of both topics, with the place of each in the merged order (domain 2.5), and the offsets they reach.

    ``keys`` are the merge keys of the rows, which move the order's clocks. ``inputs`` are given for the topics that have rows.
    """

    events: EventRows
    event_order: Int64s
    event_keys: Int64s
    results: ResultRows
    result_order: Int64s
    result_keys: Int64s
    inputs: Inputs = ()
    moment: Moment = field(default_factory=Moment)


class CampaignsState:
    """All that one partition of campaigns holds."""

    def __init__(self, definitions: Definitions, limits: Limits, topics: tuple[str, str]) -> None:
        self.limits = limits
        self.topics = topics
        self.directory = Directory()
        self.admission = (Admission(limits.object_limit, self.directory), Admission(limits.object_limit, self.directory))
        self.places = Places(self.directory)
        self.clocks = (Clocks(), Clocks())
        self.order_clocks = (Clocks(), Clocks())
        self._ahead = (Clocks(), Clocks())
        self.chains = Chains(limits.chain_retention, limits.chain_limit)
        self.list_names = ListNames(self._list_name)
        self.starts = Starts()
        self.events = EventApplier(self.directory, self.places, self.clocks[EVENTS], limits.allowed_lateness, self.starts)
        self.ledger = Ledger(definitions, self.directory, self, self.starts)
        self.modes = Modes()
        self.spans_due = Due()
        """When pages of campaigns' ended spans are to be given up."""
        self._gauged: set[int] = set()
        """Campaigns that have a gauge."""
        self.reached = Reached()
        self.inputs: dict[str, tuple[int, int]] = {}
        self._spans: dict[int, Spans] = {}
        """Those of campaigns and groups that were asked for; each keeps the same ones."""
        self._states: dict[int, tuple[Spans, int, State | None]] = {}
        """The last state of each object, with the durable actions that it comes of, and their version."""
        sliced = CALLING_LIST in self.ledger.slices.types
        self.deltas = ListDeltas(self.directory, with_places=sliced or bool(self.ledger.selections.sizes), told_apart=sliced)
        self.reporter = Reporter(definitions, self.ledger, lambda owners: [self._inputs()] * len(owners), limits.close_grace)

    def _inputs(self) -> Inputs:
        return tuple((topic, *self.inputs[topic]) for topic in self.topics if topic in self.inputs)

    def _list_name(self, number: int) -> ListName:
        found = self.directory.objects[number]
        return (*self.directory.owners[found.owner].name, found.name)

    def reserve(self) -> None:
        """Make room in the clocks for every owner of the directory."""
        for clock in (*self.clocks, *self.order_clocks, *self._ahead):
            clock.reserve(len(self.directory.owners))

    def load(self, records: Mapping[bytes, bytes]) -> None:
        """Fill this empty state from the last value of every changelog key.

        Raises:
            StateVersionError: it was written by a later version.
        """
        load(self, records)
        self._gauged.update(owner for owner, campaign in self.events.campaigns.items() if campaign.gauges.readings)
        self.reserve()
        self.ledger.restored(self._horizons)
        for ahead, applied in zip(self._ahead, self.order_clocks, strict=True):
            ahead.data = applied.data.copy()

    def order_keys(self, topic: int, routes: Int64s, occurred_at: Int64s) -> Int64s:
        """Merge keys of rows in the order of their partition: running maxima within topic and campaign (domain 2.5)."""
        self.reserve()
        owners = self.directory.route_owner[routes]
        keys = np.empty(len(owners), dtype=np.int64)
        raise_after(owners, occurred_at, self._ahead[topic].data, keys)
        return keys

    def latest(self) -> int | None:
        """The latest event time applied in this partition, ms; None before any."""
        latest = max(int(clock.data.max()) for clock in self.clocks)
        return latest if latest > NEVER else None

    def stream_time(self, owner: int) -> int:
        """A campaign's stream time (domain 2.6)."""
        return max(clock.get(owner) for clock in self.clocks)

    def stream_times(self, owners: Int64s) -> Int64s:
        """See ``Subject``."""
        events, results = (clock.data[owners] for clock in self.clocks)
        return np.maximum(events, results)

    def spans(self, number: int) -> Spans | None:
        """Durable actions of a campaign or a group."""
        known = self._spans.get(number)
        if known is None and (found := self._find_spans(number)) is not None:
            known = self._spans[number] = found
        return known

    def _find_spans(self, number: int) -> Spans | None:
        found = self.directory.objects[number]
        if found.type == CAMPAIGN:
            return self.events.campaign(found.owner).spans
        if found.type == CAMPAIGN_GROUP:
            group = self.events.campaign(found.owner).groups.get(found.name)
            return group.spans if group else None
        return None

    def gauge(self, number: int, at: int) -> int:
        """Sum of the gauges that are credited to an object (domain 4.7)."""
        gauges, pairs = self._gauges_of(number)
        return sum(gauges.value(pair, at) for pair in pairs)

    def gauges(self, numbers: Int64s, at: Int64s) -> Int64s:
        """See ``Subject``."""
        return values_of(numbers, at, self.directory.object_owner[numbers], self._gauged, self.gauge)

    def gauge_instants(self, number: int) -> list[int]:
        """See ``Subject``."""
        gauges, pairs = self._gauges_of(number)
        return [reading.at for pair in pairs for reading in gauges.readings[pair]]

    def _gauges_of(self, number: int) -> tuple[Gauges[Pair], Sequence[Pair]]:
        found = self.directory.objects[number]
        campaign = self.events.campaign(found.owner)
        return campaign.gauges, campaign.pairs(found.group, found.calling_list)

    def state(self, number: int, at: int) -> State | None:
        """Status, mode and conditions of a campaign or a group."""
        spans = self.spans(number)
        if spans is None or at < spans.latest:
            return state_of(spans.at(at)) if spans else None
        known = self._states.get(number)
        if known is None or known[0] is not spans or known[1] != spans.version:
            known = self._states[number] = (spans, spans.version, state_of(spans.at(at)))
        return known[2]

    def apply(self, chunk: Chunk) -> Effects:
        """Apply a chunk: what it counts, publishes and sets aside, and the changelog records of all that changed."""
        self.reserve()
        clock, lateness = self.clocks[RESULTS], self.limits.allowed_lateness
        results = apply_results(chunk.results, chunk.result_order, clock, lateness, self.chains, self.directory)
        in_order = ResultClock(self.directory, results)
        events = self.events.apply(chunk.events.rows, chunk.event_order, self._named_by(results, chunk.result_order), in_order)
        credited = self._with_modes(join([events.all_credits(chunk.event_order), results.credits]), events, chunk.event_order)
        for topic, partition, offset in chunk.inputs:
            self.inputs[topic] = (partition, offset)
        touched = self._move_order_clocks(chunk)
        owners = self.directory.object_owner[touched]
        if len(credited):
            self.reporter.note_input(chunk.moment, int(credited.at.max()))
        self.ledger.begin(events.starts, self.reached.by_owner)
        self.ledger.credit(credited, events.all_ended(chunk.event_order))
        if self.ledger.by_starts:
            self.reached.note(credited, self.directory, np.maximum(*(clock.data for clock in self.clocks)))
        for number, at in events.changed.items():
            self.ledger.change(number, at)
        self._gauged.update(owner for owner, *_ in events.pairs)
        for owner, _, page in events.pages:
            self.spans_due.note(owner, page_end(page))
        self.ledger.advance(owners, bounded=chunk.moment.is_live)
        effects = Effects(
            actions=_in_order(
                events.all_actions(texts_of(row.event_id for row in chunk.events.rows), self.places),
                chunk.event_order,
                result_actions(chunk.results, results, self.places),
                chunk.result_order,
            ),
            reports=self.reporter.settle(chunk.moment),
            deltas=self.deltas.of(credited, events.list_gauges, self._inputs()),
            dead_letters=self._dead_letters(chunk, events, results),
            counters=self._counters(events, results),
        )
        effects.changes = list(campaign_changes(self, touched, events))
        effects.changes.extend(named_changes(self.admission, (chunk.events.route, chunk.results.route)))
        effects.changes.extend(self._forget(owners))
        return effects

    def _with_modes(self, credited: Credits, events: AppliedEvents, order: Int64s) -> Credits:
        """The credits with the dial mode that was in force for each, if a statistic asks for it."""
        if not self.ledger.slices.by_mode:
            return credited
        self.modes.begin_chunk()
        for group, at, mode, row in events.modes:
            self.modes.note(int(self.directory.object_owner[group]), group, at, mode, int(order[row]))
        groups = self.directory.route_objects[credited.route, CAMPAIGN_GROUP]
        return replace(credited, trait=credited.trait + self.modes.in_force(groups, credited.at, credited.place))

    def _named_by(self, results: AppliedResults, order: Int64s) -> dict[int, int]:
        """Groups that the chunk's calls make known, with the place of the first such call in the order (domain 3.0)."""
        groups = self.directory.route_objects[results.credits.route, CAMPAIGN_GROUP]
        new = np.flatnonzero((groups != NONE) & ~self.directory.object_known[groups])
        first = new[numbered(groups[new])[0]]
        return {
            number: place
            for number, place in zip(groups[first].tolist(), order[results.applied[first]].tolist(), strict=True)
            if not self.directory.objects[number].known
        }

    def _move_order_clocks(self, chunk: Chunk) -> Int64s:
        """Move the clocks of the merge; returns the campaigns that have rows in the chunk, by their objects."""
        routes, keys = (chunk.events.route, chunk.results.route), (chunk.event_keys, chunk.result_keys)
        for clock, of_topic, reached in zip(self.order_clocks, routes, keys, strict=True):
            raise_all(self.directory.route_owner[of_topic], reached, clock.data)
        campaigns = self.directory.route_objects[np.concatenate(routes), CAMPAIGN]
        return np.sort(campaigns[numbered(campaigns)[0]])

    def _dead_letters(self, chunk: Chunk, events: AppliedEvents, results: AppliedResults) -> list[DeadLetter]:
        lateness = self.limits.allowed_lateness
        letters = [DeadLetter(self.topics[EVENTS], refused.row, refused.reason, refused.detail) for refused in events.refused]
        for row in np.flatnonzero(~chunk.results.valid).tolist():
            detail = f"call result {chunk.results.call_result[row]} is not one of an outbound call"
            letters.append(DeadLetter(self.topics[RESULTS], row, "invalid_call_result", detail))
        for row, late_by in zip(results.late.tolist(), results.late_by.tolist(), strict=True):
            letters.append(DeadLetter(self.topics[RESULTS], row, "too_late", too_late(late_by, lateness)))
        return letters

    def _counters(self, events: AppliedEvents, results: AppliedResults) -> Counter[tuple[str, str]]:
        counters = events.counters
        counters["duplicates", ""] += results.duplicates
        counters.update(self.ledger.slices.take_counters())
        return counters

    def _horizons(self, owners: Int64s) -> Int64s:
        """The instant before which no event of a campaign counts any more."""
        events, results = (clock.data[owners] for clock in self.clocks)
        return np.minimum(events, results) - self.limits.allowed_lateness

    def _forget(self, owners: Int64s) -> Iterator[Change]:
        """Give up what no event can reach any more: windows behind both clocks by the allowed lateness (domain 6.6)."""
        horizons = self._horizons(owners)
        self.ledger.forget(owners, horizons)
        self.starts.forget(owners, horizons)
        self.modes.forget(owners, horizons)
        for owner, oldest in self.spans_due.take(owners, self.ledger.oldest(owners)):
            yield from forget_spans(self, owner, oldest)


def _in_order(events: ActionBatch, event_order: Int64s, results: ActionBatch, result_order: Int64s) -> ActionBatch:
    """One batch of two that are in order already, in the order of their causes; ``*_order`` tell the place of each cause."""
    if not (len(events) and len(results)):
        return events if len(events) else results
    rows = merged(event_order[events.cause], result_order[results.cause])
    cause = np.concatenate([events.cause, results.cause + len(events.event_ids)])[rows]
    others = {name: np.concatenate([getattr(events, name), getattr(results, name)])[rows] for name in _BESIDE_CAUSE}
    event_ids = join_texts([events.event_ids, results.event_ids])
    return ActionBatch(kinds=events.kinds, places=events.places, event_ids=event_ids, cause=cause, **others)
