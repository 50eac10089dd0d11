"""Published reports and the input that they were made of, from a Kafka or from files: for the commands that recompute them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final, TypeAlias

import orjson
import typer
from confluent_kafka import Message

from cli.errors import UsageError
from cli.letters import LetterSite, retried
from cli.progress import Counted, note, open_events
from cli.site import outside_broker
from kernels.texts import Texts, places_of
from recount.events import Event, Source, event_of
from recount.inputs import Extent, File, Partitions
from recount.lines import read_lines
from recount.reports import Report, report_of
from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT, contract
from schemas.decode import Decoded, Decoder
from schemas.registry import RegistryError, SchemaPendingError
from topologies.dead_letters import Wanted
from topologies.declaration import Role, declare
from topologies.kafka import connect
from topologies.limits import limits_of
from topologies.reading import Place, extents, read_one, read_topic, read_up_to
from topologies.records import record_reader, registry_of
from topologies.settings import Settings

EVENTS = Annotated[
    str | None, typer.Option("--events", metavar="FILE", help="The file of events that the reports were replayed from; without a Kafka")
]
"""The option of commands that recompute reports."""

REPORT_TOPICS: Final = ("campaign-statistics", "calling-list-statistics")
_BY_SURROUNDINGS: Final = frozenset({"future", "unknown_schema", "set_aside", "too_large", "name_too_long", "too_many_objects"})
"""Reasons of dead letters that the input alone does not tell: the worker's clock, its registry, its limits, or the operator decided."""
_BY_ITSELF: Final = "anomaly"
"""The reason of a dead letter that stays one wherever the same input is applied, and takes part in its order (domain 2.5)."""
_PATIENCE_SECONDS: Final = 10.0

Campaign: TypeAlias = tuple[str, str | None]
"""(tenant, campaign)."""
Moments: TypeAlias = Mapping[int, Iterable[tuple[int, int]]]


class Site:
    """The topics of a Kafka.

    Raises:
        NoBrokerError: none answered within ``timeout`` seconds.
    """

    def __init__(self, settings: Settings, timeout: float) -> None:
        self._settings = settings
        self._timeout = timeout
        self._brokers = outside_broker(settings)
        self._topology = declare(settings)
        self._known = connect(self._brokers, timeout)[1].topics
        self._reader = record_reader(settings)
        self.inputs = tuple(topic.name for topic in self._topology.of_role(Role.INPUT))

    def published(self) -> Iterator[Report]:
        """Every committed report of campaigns and of calling lists."""
        for plain in REPORT_TOPICS:
            for message in self._messages(self._topic(plain)):
                yield self._report(message)

    def report(self, place: Place, offset: int) -> Report:
        """The report that stands at an offset."""
        topic, partition = self._topic(place[0]), place[1]
        if partition not in self._known[topic].partitions:
            raise UsageError(f"{topic} has no partition {partition}, it has {len(self._known[topic].partitions)}")
        message = read_one(self._brokers, (topic, partition), offset, self._timeout)
        if message is None:
            raise UsageError(f"{topic}:{partition} has no committed record at offset {offset}")
        return self._report(message)

    def _report(self, message: Message) -> Report:
        where = f"{message.topic()}:{message.partition()}:{message.offset()}"
        try:
            return report_of(self._reader.decode(message.value()), where)
        except ValueError as error:
            raise UsageError(f"{where} is not a statistics report: {error}") from error

    def _topic(self, plain: str) -> str:
        try:
            name = self._topology.topic(plain).name
        except KeyError:
            name = plain
        if name not in self._known:
            raise UsageError(f"the broker has no topic {name}; `dialstat topics list` tells what there is")
        return name

    def _messages(self, topic: str) -> Iterator[Message]:
        for messages in read_topic(self._brokers, topic, len(self._known[topic].partitions), 0.0, self._timeout):
            yield from messages

    def read(self, reports: Sequence[Report], moments: Moments) -> Partitions:
        """The input of some reports, each partition read once, as far as they have applied it.

        Args:
            reports: those that are to be recomputed.
            moments: see ``Partitions``.
        """
        last: dict[Place, int] = {}
        for source in (source for report in reports for source in report.inputs):
            if source.topic in self._known and source.topic in self.inputs:
                last[source[:2]] = max(source.offset, last.get(source[:2], -1))
        found = {place: Extent(*extent) for place, extent in extents(self._brokers, last, self._timeout).items()}
        cut = {partition for (_, partition), extent in found.items() if extent.first > 0}
        wanted = {place: offset for place, offset in last.items() if place[1] not in cut}
        limits = limits_of(self._settings)
        events = self._events(wanted, _campaigns(reports), self._set_aside())
        return Partitions((self.inputs[0], self.inputs[1]), events, found, moments, (limits.allowed_lateness, limits.chain_retention))

    def _set_aside(self) -> set[Source]:
        """Input that was not counted for reasons that lie outside it, or that was sent again and counts where it stands now."""
        site = LetterSite(self._settings, self._timeout)
        retries = site.retries()
        aside = {
            Source(*letter.origin)
            for letter in site.letters(Wanted())
            if letter.reason in _BY_SURROUNDINGS or (letter.reason != _BY_ITSELF and retried(letter, retries) is not None)
        }
        places = [(site.topic, partition) for partition in self._known[site.topic].partitions]
        if any(first > 0 for first, _ in extents(self._brokers, places, self._timeout).values()):
            note(f"{site.topic} is no longer retained from its beginning: input that was in the future then is counted here")
        return aside

    def _events(
        self, last: Mapping[Place, int], campaigns: Mapping[int, frozenset[Campaign] | None], aside: set[Source]
    ) -> dict[Place, list[Event]]:
        registry = registry_of(self._settings)
        contracts = zip(self.inputs, (CAMPAIGN_EVENT, CALL_RESULT), strict=True)
        decoders = {topic: Decoder(contract(record).schema, registry) for topic, record in contracts}
        events: dict[Place, list[Event]] = {place: [] for place in last}
        with Counted("records of the input read") as counted:
            for messages in read_up_to(self._brokers, last, self._timeout):
                by_place: defaultdict[Place, list[Message]] = defaultdict(list)
                for message in messages:
                    by_place[message.topic(), message.partition()].append(message)
                for place, received in by_place.items():
                    decoded = _decoded(decoders[place[0]], places_of([message.value() for message in received]))
                    offsets = [received[row].offset() for row in decoded.rows.tolist()]
                    events[place].extend(_events_of(decoded, place, offsets, campaigns[place[1]], aside))
                counted.reach(counted.count + len(messages))
        return events


def _decoded(decoder: Decoder, values: Texts) -> Decoded:
    while True:
        try:
            return decoder.decode(values)
        except SchemaPendingError as pending:
            if not pending.arrived.wait(_PATIENCE_SECONDS):
                raise RegistryError(f"{pending}, and it has not answered within {_PATIENCE_SECONDS:g} s") from pending


def _events_of(
    decoded: Decoded, place: Place, offsets: Sequence[int], campaigns: frozenset[Campaign] | None, aside: set[Source]
) -> Iterator[Event]:
    for offset, fields in zip(offsets, decoded.records(), strict=True):
        source = Source(*place, offset)
        if source not in aside and (campaigns is None or (fields["tenant"] or "", fields["campaign"]) in campaigns):
            event = event_of(fields, source)
            if event is not None:
                yield event


def _campaigns(reports: Iterable[Report]) -> dict[int, frozenset[Campaign] | None]:
    """The campaigns of each input partition whose events are needed: all, None, where there is a report of a calling list."""
    wanted: defaultdict[int, set[Campaign]] = defaultdict(set)
    for report in reports:
        for partition in report.partitions:
            wanted[partition].add((report.name[1], report.name[2]))
    return {
        partition: None if any(campaign is None for _, campaign in campaigns) else frozenset(campaigns)
        for partition, campaigns in wanted.items()
    }


def read_file(events: str, settings: Settings) -> File:
    """A file of events as input."""
    limits = limits_of(settings)
    with open_events(events, "reading events") as source:
        return File(read_lines(source), (limits.allowed_lateness, limits.chain_retention))


def reports_of_file(name: str) -> Iterator[Report]:
    """The reports of a file that `dialstat replay` has written."""
    with open_events(name, "reading reports") as source:
        for number, line in enumerate(source, start=1):
            if line.strip():
                yield _line_report(line, f"{name}:{number}")


def _line_report(line: bytes, where: str) -> Report:
    try:
        return report_of(orjson.loads(line), where)
    except ValueError as error:
        raise UsageError(f"{where} is not a statistics report: {error}") from error
