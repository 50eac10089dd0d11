"""The state of one partition of calling lists, fed by the deltas of campaigns on whatever partitions they live (domain 1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import orjson

from engine.arrays import NEVER, Clocks, Int64s
from engine.changelog import Change, check_version, decode, encode, encode_key, ledger_changes, load_ledger
from engine.credited import Credits, join, no_ends
from engine.credits import CODES
from engine.definitions import Definitions
from engine.dimensions import NO_TRAIT, known_traits
from engine.directory import Directory
from engine.effects import Effects, Inputs, ListDelta, State, no_actions
from engine.gauges import Gauges, Reading
from engine.ledger import Ledger
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
        touched: dict[int, None] = {}
        parts: list[Credits] = []
        following = 0
        for delta in deltas:
            part = self._credits(delta, following)
            parts.append(part)
            following = 1 + int(part.place.max(initial=following))
            owner = self.directory.owner(delta.tenant, delta.calling_list).number
            touched[owner] = None
            self.clock.raise_to(owner, max([int(part.at.max(initial=NEVER)), *(reading.occurred_at for reading in delta.gauges)]))
            self._reach(owner, delta.inputs)
        if parts:
            credited = join(parts)
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

    def _credits(self, delta: ListDelta, first: int) -> Credits:
        size = len(delta.occurred_at)
        routes = [self.directory.list_route(delta.tenant, delta.calling_list, group) for group in delta.groups or (None,)]
        self.clock.reserve(len(self.directory.owners))
        route = np.array(routes, dtype=np.int64)[delta.group if len(delta.group) else np.zeros(size, dtype=np.int64)]
        places = first + (delta.place if len(delta.place) else np.arange(size))
        trait = delta.trait if len(delta.trait) else np.full(size, NO_TRAIT, dtype=np.int64)
        return Credits(route, delta.credit, delta.occurred_at, delta.count, places, trait)

    def _apply_gauges(self, delta: ListDelta) -> Iterator[Change]:
        owner = self.directory.owner(delta.tenant, delta.calling_list)
        for reading in delta.gauges:
            source = (reading.campaign, reading.group)
            gauges = self._gauges.setdefault(owner.number, Gauges())
            gauges.report(source, reading.occurred_at, reading.records)
            self.ledger.change(owner.objects[0].number, reading.occurred_at)
            yield encode_key("gauge", *owner.name, *source), encode([tuple(held) for held in gauges.readings[source]])

    def _list_changes(self, owners: Iterable[int]) -> Iterator[Change]:
        for owner in owners:
            yield encode_key("list", *self.directory.owners[owner].name), encode([self.clock.get(owner), self._inputs(owner)])

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
        self.ledger.restored(lambda owners: np.full_like(owners, NEVER))

    def _load(self, kind: str, key: list[Any], form: list[Any]) -> None:
        owner = self.directory.owner(key[0], key[1]).number
        self.clock.reserve(owner + 1)
        if kind == "list":
            clock, inputs = form
            self.clock.data[owner] = clock
            self._offsets[owner] = {(topic, partition): offset for topic, partition, offset in inputs}
        elif kind == "gauge":
            self._gauges.setdefault(owner, Gauges()).readings[key[2], key[3]] = [Reading(*reading) for reading in form]
