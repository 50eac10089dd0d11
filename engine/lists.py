"""The state of one partition of calling lists, fed by the deltas of campaigns on whatever partitions they live (domain 1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import orjson

from engine.arrays import NEVER, Clocks, Int64s
from engine.cells import CLOCKS, SOURCES
from engine.changelog import Change, check_version, decode, encode, encode_key, ledger_changes, load_ledger
from engine.credited import Credits, no_ends
from engine.credits import CALLING_LIST, CODES
from engine.definitions import Definitions
from engine.dimensions import NO_TRAIT, known_traits
from engine.directory import Directory, Owner
from engine.effects import Effects, Inputs, ListDelta, State, no_actions
from engine.gauges import Gauges, Reading
from engine.ledger import Ledger
from engine.old_rows import old_row
from engine.reporting import Moment, Reporter
from engine.rows import EARLIEST_MS, LATEST_MS
from engine.spans import Spans
from engine.starts import Starts

_NO_NUMBERS: Final = np.empty(0, dtype=np.int64)


def fault_of(deltas: Sequence[ListDelta]) -> str | None:
    """What in some deltas stands for nothing that a campaign can report; None if all can be applied."""
    instants = [np.array([reading.occurred_at for reading in delta.gauges], dtype=np.int64) for delta in deltas]
    at = np.concatenate([_NO_NUMBERS, *(delta.occurred_at for delta in deltas), *instants])
    if at.min(initial=LATEST_MS) < EARLIEST_MS or at.max(initial=EARLIEST_MS) > LATEST_MS:
        return "a time outside the calendar"
    codes = np.concatenate([_NO_NUMBERS, *(delta.credit for delta in deltas)])
    if codes.min(initial=0) < 0 or codes.max(initial=0) >= CODES:
        return f"a credit that is none of {CODES}"
    if np.concatenate([_NO_NUMBERS, *(delta.count for delta in deltas)]).min(initial=0) < 0:
        return "a negative number of events"
    if not known_traits(np.concatenate([_NO_NUMBERS, *(delta.trait for delta in deltas)])):
        return "a trait that is none"
    return "negative records" if any(reading.records < 0 for delta in deltas for reading in delta.gauges) else None


Source: TypeAlias = tuple[str, str | None]
"""Campaign and group whose gauge of a list it is (domain 4.7)."""


class ListsState:
    """All that one partition of calling lists holds.

    No window of a list is ever given up: a campaign on a partition that lags behind may still credit it. At rest a window is
    some dozens of bytes.
    """

    def __init__(self, definitions: Definitions, close_grace: int) -> None:
        self.directory = Directory()
        self.clock = Clocks()
        self.ledger = Ledger(definitions, self.directory, self, Starts())
        self.reporter = Reporter(definitions, self.ledger, lambda owners: [*map(self._inputs, owners)], close_grace)
        self._gauges: dict[int, Gauges[Source]] = {}
        self._offsets: dict[int, dict[tuple[str, int], int]] = {}
        self._sources: dict[tuple[str, int], int] = {}
        """What the changelog calls each input partition that contributed."""
        self._new_sources: list[tuple[str, int]] = []

    def _inputs(self, owner: int) -> Inputs:
        return tuple((topic, partition, offset) for (topic, partition), offset in sorted(self._offsets.get(owner, {}).items()))

    def stream_time(self, owner: int) -> int:
        """A list's stream time (domain 2.6)."""
        return self.clock.get(owner)

    def stream_times(self, owners: Int64s) -> Int64s:
        """See ``Subject``."""
        return self.clock.data[owners]

    def spans(self, number: int) -> Spans | None:
        """A calling list has no durable actions."""
        del number
        return None

    def gauge(self, number: int, at: int) -> int:
        """Sum of what the campaigns that use a list report for it (domain 4.7)."""
        gauges = self._gauges.get(self.directory.objects[number].owner)
        return sum(gauges.value(source, at) for source in gauges.readings) if gauges else 0

    def gauge_instants(self, number: int) -> list[int]:
        """See ``Subject``."""
        gauges = self._gauges.get(self.directory.objects[number].owner)
        return [reading.at for readings in gauges.readings.values() for reading in readings] if gauges else []

    def state(self, number: int, at: int) -> State | None:
        """A calling list has no status."""
        del number, at
        return None

    def apply(self, deltas: Sequence[ListDelta], moment: Moment) -> Effects:
        """Apply deltas in the order of their partition."""
        effects = Effects(no_actions([]))
        owners = [self.directory.owner(delta.tenant, delta.calling_list).number for delta in deltas]
        touched = dict.fromkeys(owners)
        self.clock.reserve(len(self.directory.owners))
        for owner, delta in zip(owners, deltas, strict=True):
            self._reach(owner, delta.inputs)
        if deltas:
            credited = self._credits(deltas)
            np.maximum.at(self.clock.data, self.directory.route_owner[credited.route], credited.at)
            self.reporter.note_input(moment, int(credited.at.max(initial=NEVER)))
            self.ledger.credit(credited, no_ends())
        for delta in deltas:
            effects.changes.extend(self._apply_gauges(delta))
        self.ledger.advance(touched, bounded=moment.is_live)
        effects.reports = self.reporter.settle(moment)
        effects.counters = self.ledger.slices.take_counters()
        effects.changes.extend(self._list_changes(touched))
        effects.changes.extend(ledger_changes(self.ledger))
        return effects

    def _reach(self, owner: int, inputs: Inputs) -> None:
        """Note the offsets of a delta; one that is read again from the dead letters is older than those before it."""
        offsets = self._offsets.setdefault(owner, {})
        for topic, partition, offset in inputs:
            offsets[topic, partition] = max(offset, offsets.get((topic, partition), offset))

    def _credits(self, deltas: Sequence[ListDelta]) -> Credits:
        """What deltas credit, in their order; within one, its places tell the order where it has some."""
        sizes = [len(delta.occurred_at) for delta in deltas]
        ends = np.cumsum(sizes).tolist()
        at, code, count = (np.concatenate([getattr(delta, name) for delta in deltas]) for name in ("occurred_at", "credit", "count"))
        named = [(delta.tenant, delta.calling_list, delta.groups or (None,)) for delta in deltas]
        routes = [[self.directory.list_route(tenant, name, group) for group in groups] for tenant, name, groups in named]
        route = np.repeat(np.array([found[0] for found in routes], dtype=np.int64), sizes)
        trait, place = np.full(ends[-1], NO_TRAIT, dtype=np.int64), np.arange(ends[-1])
        for delta, found, size, end in zip(deltas, routes, sizes, ends, strict=True):
            rows = slice(end - size, end)
            if len(delta.group):
                route[rows] = np.array(found, dtype=np.int64)[delta.group]
            if len(delta.trait):
                trait[rows] = delta.trait
            if len(delta.place):
                place[rows] = end - size + np.unique(delta.place, return_inverse=True)[1]
        return Credits(route, code, at, count, place, trait)

    def _apply_gauges(self, delta: ListDelta) -> Iterator[Change]:
        owner = self.directory.owner(delta.tenant, delta.calling_list)
        for reading in delta.gauges:
            source = (reading.campaign, reading.group)
            gauges = self._gauges.setdefault(owner.number, Gauges())
            gauges.report(source, reading.occurred_at, reading.records)
            self.ledger.change(owner.objects[0].number, reading.occurred_at)
            yield encode_key("gauge", *owner.name, *source), encode([tuple(held) for held in gauges.readings[source]])

    def _list_changes(self, owners: Iterable[int]) -> Iterator[Change]:
        """Clocks and inputs of lists, as rows that are written with the windows; sources that are named for the first time."""
        lists = [self._list_of(self.directory.owners[owner]) for owner in owners]
        self.ledger.note_clocks(np.array(lists, dtype=np.int64), (self.clock,))
        offsets = [
            (number, self._source(source), offset)
            for number, owner in zip(lists, owners, strict=True)
            for source, offset in self._offsets[owner].items()
        ]
        numbers, sources, reached = np.array(offsets, dtype=np.int64).reshape(-1, 3).T.copy()
        self.ledger.cells.note(SOURCES, numbers, sources, reached[:, None])
        for source in self._new_sources:
            yield encode_key("source", *source), encode(self._sources[source])
        self._new_sources.clear()

    def _list_of(self, owner: Owner) -> int:
        return self.directory.object(owner, CALLING_LIST).number

    def _source(self, source: tuple[str, int]) -> int:
        if source not in self._sources:
            self._sources[source] = 1 + max(self._sources.values(), default=-1)
            self._new_sources.append(source)
        return self._sources[source]

    def load(self, records: Mapping[bytes, bytes]) -> None:
        """Fill an empty state from the last value of every key.

        Raises:
            StateVersionError: it was written by a later version.
        """
        check_version(records)
        raw_key = b""
        try:
            for raw_key, value in records.items():
                kind, *key = orjson.loads(raw_key)
                if not load_ledger(self.ledger, kind, key, value):
                    self._load(kind, key, decode(value))
        except Exception as error:
            error.add_note(f"at the record {raw_key!r}")
            raise
        self.ledger.load_rows()
        self.clock.reserve(len(self.directory.owners))
        self.ledger.restore_clocks((self.clock,))
        self._load_offsets()
        self.ledger.restored(lambda owners: np.full_like(owners, NEVER))

    def _load_offsets(self) -> None:
        by_number = {number: source for source, number in self._sources.items()}
        sources, numbers = self.ledger.cells.keys_of(SOURCES)
        offsets = self.ledger.cells.noted(SOURCES, numbers, sources, 1)[:, 0]
        for source, owner, offset in zip(sources.tolist(), self.directory.object_owner[numbers].tolist(), offsets.tolist(), strict=True):
            self._offsets.setdefault(owner, {})[by_number[source]] = offset

    def _load(self, kind: str, key: list[Any], form: Any) -> None:  # noqa: ANN401 (whatever JSON holds)
        if kind == "source":
            topic, partition = key
            self._sources[topic, partition] = int(form)
            return
        owner = self.directory.owner(key[0], key[1])
        if kind == "list":
            self._load_list(encode_key(kind, *key), self._list_of(owner), *form)
        elif kind == "gauge":
            self._gauges.setdefault(owner.number, Gauges()).readings[key[2], key[3]] = [Reading(*reading) for reading in form]

    def _load_list(self, key: bytes, number: int, clock: int, inputs: list[tuple[str, int, int]]) -> None:
        """A record of one list's clock and inputs, as state version 2 had them."""
        self.ledger.old_records.add(key, CLOCKS, 0, number, old_row([clock]))
        for topic, partition, offset in inputs:
            self.ledger.old_records.add(key, SOURCES, self._source((topic, partition)), number, old_row([offset]))
