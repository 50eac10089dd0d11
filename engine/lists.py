"""The state of one partition of calling lists, fed by the deltas of campaigns on whatever partitions they live (domain 1.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from engine.effects import Effects, State, no_actions
from engine.gauges import Gauges, Reading, values_of
from engine.ledger import Ledger
from engine.old_rows import old_row
from engine.reporting import Moment, Reporter
from engine.rows import EARLIEST_MS, LATEST_MS
from engine.sources import Sources
from engine.spans import Spans
from engine.starts import Starts
from kernels.deltas import Deltas, Readings, numbers_of
from kernels.fields import field_names, text_columns
from kernels.name_table import UNKNOWN, NameTable
from kernels.numbering import distinct
from kernels.running import raise_all
from kernels.texts import ABSENT, Texts

_NAMES: Final = ("tenant", "calling_list", "group")
_FIELDS: Final = field_names(_NAMES, ())


def fault_of(deltas: Deltas) -> str | None:
    """What in some deltas stands for nothing that a campaign can report; None if all can be applied."""
    rows, readings = deltas.rows, deltas.readings
    for at in (rows.occurred_at, readings.occurred_at):
        if at.min(initial=LATEST_MS) < EARLIEST_MS or at.max(initial=EARLIEST_MS) > LATEST_MS:
            return "a time outside the calendar"
    if rows.credit.min(initial=0) < 0 or rows.credit.max(initial=0) >= CODES:
        return f"a credit that is none of {CODES}"
    if rows.count.min(initial=0) < 0:
        return "a negative number of events"
    if not known_traits(rows.trait):
        return "a trait that is none"
    return "negative records" if readings.records.min(initial=0) < 0 else None


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
        self.sources = Sources()
        self.reporter = Reporter(definitions, self.ledger, self.sources.inputs, close_grace)
        self._gauges: dict[int, Gauges[Source]] = {}
        self._routes = NameTable(_NAMES)

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

    def gauges(self, numbers: Int64s, at: Int64s) -> Int64s:
        """See ``Subject``."""
        return values_of(numbers, at, self.directory.object_owner[numbers], self._gauges, self.gauge)

    def gauge_instants(self, number: int) -> list[int]:
        """See ``Subject``."""
        gauges = self._gauges.get(self.directory.objects[number].owner)
        return [reading.at for readings in gauges.readings.values() for reading in readings] if gauges else []

    def state(self, number: int, at: int) -> State | None:
        """A calling list has no status."""
        del number, at
        return None

    def apply(self, deltas: Deltas, moment: Moment) -> Effects:
        """Apply deltas in the order of their partition."""
        effects = Effects(no_actions())
        routes, first = self._routes_of(deltas)
        owners = self.directory.route_owner[routes[first]]
        lists = self.directory.route_objects[routes[first], CALLING_LIST]
        self.clock.reserve(len(self.directory.owners))
        of_input = numbers_of(deltas.inputs.ends)
        sources, reached = self.sources.reach(owners[of_input], deltas.inputs)
        if len(deltas):
            credited = self._credits(deltas, routes, first)
            raise_all(self.directory.route_owner[credited.route], credited.at, self.clock.data)
            self.reporter.note_input(moment, int(credited.at.max(initial=NEVER)))
            self.ledger.credit(credited, no_ends())
        effects.changes.extend(self._apply_gauges(deltas.readings, lists))
        self.ledger.advance(owners, bounded=moment.is_live)
        effects.reports = self.reporter.settle(moment)
        effects.counters = self.ledger.slices.take_counters()
        self.ledger.note_clocks(distinct(lists), (self.clock,))
        self.ledger.cells.note(SOURCES, lists[of_input], sources, reached[:, None])
        effects.changes.extend(self.sources.take_new())
        effects.changes.extend(ledger_changes(self.ledger))
        return effects

    def _routes_of(self, deltas: Deltas) -> tuple[Int64s, Int64s]:
        """The route of each group of each delta, of which one without any has that of events without a group; and where each begins."""
        sizes = np.diff(deltas.groups.ends)
        first = np.cumsum(np.maximum(sizes, 1)) - np.maximum(sizes, 1)
        delta = np.repeat(np.arange(len(deltas)), np.maximum(sizes, 1))
        named = np.repeat(sizes > 0, np.maximum(sizes, 1))
        at, size = np.zeros(len(delta), dtype=np.int64), np.full(len(delta), ABSENT, dtype=np.int64)
        at[named], size[named] = deltas.groups.name.at, deltas.groups.name.size
        groups = Texts(deltas.groups.name.data, at, size)
        columns = text_columns(_FIELDS, [deltas.tenant.take(delta), deltas.calling_list.take(delta), groups])
        routes = self._routes.find(columns)
        new = np.flatnonzero(routes == UNKNOWN)
        if len(new):
            named_new = zip(*(columns.take(new).texts(name).to_list() for name in _NAMES), strict=True)
            routes[new] = [self.directory.list_route(tenant or "", name or "", group or None) for tenant, name, group in named_new]
            self._routes.add(columns.take(new), routes[new])
        return routes, first

    def _credits(self, deltas: Deltas, routes: Int64s, first: Int64s) -> Credits:
        """What deltas credit, in their order; within one, its places tell the order where it has some."""
        rows, delta = deltas.rows, numbers_of(deltas.rows.ends)
        size = len(rows.occurred_at)
        route = routes[first[delta] + rows.group] if len(rows.group) else routes[first[delta]]
        trait = rows.trait if len(rows.trait) else np.full(size, NO_TRAIT, dtype=np.int64)
        place = _in_order(delta << 32 | rows.place) if len(rows.place) else np.arange(size)
        return Credits(route, rows.credit, rows.occurred_at, rows.count, place, trait)

    def _apply_gauges(self, readings: Readings, lists: Int64s) -> Iterator[Change]:
        of_reading = lists[numbers_of(readings.ends)].tolist()
        names = zip(readings.campaign.to_list(), readings.group.to_list(), strict=True)
        numbers = zip(readings.occurred_at.tolist(), readings.records.tolist(), strict=True)
        for number, (campaign, group), (at, records) in zip(of_reading, names, numbers, strict=True):
            owner, source = self.directory.owners[int(self.directory.object_owner[number])], (campaign or "", group)
            gauges = self._gauges.setdefault(owner.number, Gauges())
            gauges.report(source, at, records)
            self.ledger.change(number, at)
            yield encode_key("gauge", *owner.name, *source), encode([tuple(held) for held in gauges.readings[source]])

    def _list_of(self, owner: Owner) -> int:
        return self.directory.object(owner, CALLING_LIST).number

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
        sources, numbers = self.ledger.cells.keys_of(SOURCES)
        offsets = self.ledger.cells.noted(SOURCES, numbers, sources, 1)[:, 0]
        self.sources.restore(self.directory.object_owner[numbers], sources, offsets)

    def _load(self, kind: str, key: list[Any], form: Any) -> None:  # noqa: ANN401 (whatever JSON holds)
        if kind == "source":
            topic, partition = key
            self.sources.restore_number((topic, partition), int(form))
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
            self.ledger.old_records.add(key, SOURCES, self.sources.number((topic, partition)), number, old_row([offset]))


def _in_order(places: Int64s) -> Int64s:
    """The places of rows without gaps, so that they count on over all deltas; mostly they ascend already."""
    if (places[1:] > places[:-1]).all():
        return np.arange(len(places))
    ranks: Int64s = np.unique(places, return_inverse=True)[1]
    return ranks
