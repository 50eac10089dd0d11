"""What was published against what the rules make of the input: nothing missing, nothing twice, nothing out of order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition

from engine.profiles import Growing
from schemas.records import RecordReader
from schemas.registry import BuiltinRegistry
from tests.simulation.definitions import boundaries
from tests.simulation.log import Entry, Txn
from tests.simulation.loop import EPOCH_MS
from tests.simulation.order import out_of_order
from tests.simulation.recounted import Expected, Place
from tests.simulation.traffic import LIMITS, SENT_BY, TOPICS

if TYPE_CHECKING:
    from tests.simulation.world import World

SAMPLE = 25
"""Reports that are no last finals and are checked too, of each seed."""

_UNREADABLE = {"malformed", "unknown_schema", "incompatible_schema", "missing_field", "unknown_kind"}


@cache
def _reader() -> RecordReader:
    return RecordReader(BuiltinRegistry())


def differences(world: World) -> Iterator[str]:
    """All that is not as it should be, in words."""
    names = world.names
    reports = [*_records(world, names.campaign_statistics), *_records(world, names.calling_list_statistics)]
    expected = Expected(world.definitions, TOPICS, _given(world), reports, (LIMITS.allowed_lateness, LIMITS.chain_retention))
    yield from _dead_letters(world, expected)
    yield from _actions(world, expected)
    yield from _reports(world, expected, reports)


def _entries(world: World, topic: str) -> Iterator[Entry]:
    """Committed records of a topic, each partition in its order."""
    for number in range(world.broker.partitions[topic]):
        yield from world.broker.logs[TopicPartition(topic, number)].all_committed()


def _records(world: World, topic: str) -> list[dict[str, Any]]:
    return [_reader().decode(entry.value) for entry in _entries(world, topic)]


def _given(world: World) -> dict[tuple[str, int], list[tuple[int, dict[str, Any] | None]]]:
    given = {}
    for topic in TOPICS:
        for number in range(world.config.partitions):
            entries = world.broker.logs[TopicPartition(topic, number)].all_committed()
            sent = [(entry.offset, world.dialers.sent[topic, number, entry.offset]) for entry in entries]
            given[topic, number] = [(offset, None if one.future else one.fields) for offset, one in sent]
    return given


def _dead_letters(world: World, expected: Expected) -> Iterator[str]:
    found: defaultdict[Place, list[str]] = defaultdict(list)
    for entry in _entries(world, world.names.dead_letters):
        told = {name: value.decode() for name, value in entry.headers if name.startswith("dialstat.")}
        place = (told["dialstat.topic"], int(told["dialstat.partition"]), int(told["dialstat.offset"]))
        found[place].append(told["dialstat.reason"])
        if place not in world.dialers.sent:
            yield f"a dead letter of {place}, where no dialer sent anything"
            continue
        sent = world.dialers.sent[place]
        if (entry.key, entry.value, entry.headers[0]) != (sent.key, sent.value, SENT_BY):
            yield f"the dead letter of {place} is not the record that was sent: {entry}"
    wanted: dict[Place, set[str]] = {place: {reason} for place, reason in expected.refused().items()}
    for place in expected.unusable:
        wanted[place] = {"future"} if world.dialers.sent[place].future else _UNREADABLE
    for place in sorted(wanted.keys() | found.keys()):
        reasons = found.get(place, [])
        if len(reasons) != (place in wanted) or not set(reasons) <= wanted.get(place, set()):
            yield f"dead letters of {place}: {reasons}, expected one of {wanted.get(place)}"


def _actions(world: World, expected: Expected) -> Iterator[str]:
    topic_of = {sent.fields["event_id"]: place[0] for place, sent in world.dialers.sent.items() if sent.fields}
    published: defaultdict[tuple[str, str, str], list[Any]] = defaultdict(list)
    of_txn: defaultdict[Txn, list[dict[str, Any]]] = defaultdict(list)
    for entry in _entries(world, world.names.campaign_actions):
        action = _reader().decode(entry.value)
        if entry.txn is not None:
            of_txn[entry.txn].append(action)
        told = (action["action"], action["phase"], action["occurred_at"], action["begun_at"], action["count"])
        published[action["tenant"], action["campaign"], topic_of[action["event_id"]]].append((action["event_id"], told))
    wanted = expected.actions()
    for place in sorted(wanted.keys() | published.keys()):
        yield from _sequence(place, wanted.get(place, []), published.get(place, []))
    yield from out_of_order(world, expected.unusable, of_txn)


def _sequence(place: Any, wanted: list[tuple[str, Counter[Any]]], published: list[Any]) -> Iterator[str]:
    """The first action of a campaign that is not the one that should be there."""
    at = 0
    for event_id, actions in wanted:
        size = actions.total()
        found = published[at : at + size]
        if [name for name, _ in found] != [event_id] * size or Counter(told for _, told in found) != actions:
            yield f"actions of {place}, number {at} on: published {found}, expected of {event_id}: {sorted(actions, key=repr)}"
            return
        at += size
    if at < len(published):
        yield f"actions of {place}: {len(published) - at} too many, from {published[at]} on"


def _reports(world: World, expected: Expected, reports: list[dict[str, Any]]) -> Iterator[str]:
    last: dict[Any, dict[str, Any]] = {}
    others = [report for report in reports if not report["final"]]
    for report in (report for report in reports if report["final"]):
        key = (_name(report), report["profile"], report["window_start"])
        if report["revision"] != (last[key]["revision"] + 1 if key in last else 0):
            yield f"revision {report['revision']} of {key} follows {last[key]['revision'] if key in last else 'nothing'}"
        if key in last:
            others.append(last[key])
        last[key] = report
    for key, report in last.items():
        for difference in expected.differences(report, whole=True):
            yield f"last final of {key}: {difference}"
    yield from _never_closed(world, expected, last.keys())
    for report in world.random.sample(others, min(SAMPLE, len(others))):
        for difference in expected.differences(report, whole=False):
            yield f"report of {_name(report)}, {report['profile']}, {report['window_start']} as of {report['as_of']}: {difference}"


def _never_closed(world: World, expected: Expected, closed: Container[Any]) -> Iterator[str]:
    for name, profile in world.definitions.profiles.items():
        if isinstance(profile, Growing):
            for found, start in expected.busy_windows(boundaries(name, EPOCH_MS)):
                if (found, name, start) not in closed and world.definitions.panel(name, found[0]):
                    yield f"no final of {found}, {name}, {start}"


def _name(report: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(report[name] for name in ("object_type", "tenant", "campaign", "group", "calling_list"))
