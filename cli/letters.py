"""The dead letters of a site, and the options that choose among them: for the commands of dead letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

import typer

from cli.errors import UsageError
from cli.instants import parse_instant, shown_instant
from cli.progress import Counted, note
from cli.site import outside_broker
from cli.tables import aligned, on_one_line
from topologies.dead_letters import DeadLetter, Place, Wanted, letter_of
from topologies.declaration import declare
from topologies.kafka import connect
from topologies.reading import extents, read_topic
from topologies.reasons import REASONS
from topologies.records import record_reader
from topologies.retries import Retry, retries_of
from topologies.settings import Settings

LETTERS: Final = "dead-letters"
RETRIES: Final = "dead-letter-retries"

REASON = Annotated[list[str] | None, typer.Option("--reason", metavar="REASON", help="Those of this reason; may be given again")]
CAMPAIGN = Annotated[str | None, typer.Option("--campaign", metavar="NAME", help="Those of this campaign, or tenant/campaign")]
TOPIC = Annotated[
    list[str] | None,
    typer.Option("--topic", metavar="TOPIC", help="Those that came from this topic, without the prefix; may be given again"),
]
SINCE = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Those set aside at this time or later: ISO 8601 (UTC without an offset) or ms"),
]
UNTIL = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Those set aside before this time")]

_PLACE: Final = re.compile(r"(?:(\S+):)?(\d{1,9}):(\d{1,18})")


class LetterSite:
    """The dead letters of a Kafka, and which of them were sent again.

    Raises:
        NoBrokerError: none answered within ``timeout`` seconds.
        UsageError: it has no topic of dead letters.
    """

    def __init__(self, settings: Settings, timeout: float) -> None:
        self.brokers = outside_broker(settings)
        self.topology = declare(settings)
        self.topic = self.topology.topic(LETTERS).name
        self.notes = self.topology.topic(RETRIES).name
        self.metadata = connect(self.brokers, timeout)[1]
        self.known = self.metadata.topics
        self._timeout = timeout
        self._reader = record_reader(settings)
        if self.topic not in self.known:
            raise UsageError(f"the broker has no topic {self.topic}; `dialstat topics list` tells what there is")

    def letters(self, wanted: Wanted) -> Iterator[DeadLetter]:
        """The letters that are asked for, each partition in its order."""
        strange = 0
        with Counted("letters read") as counted:
            for messages in read_topic(self.brokers, self.topic, self.partitions(self.topic), 0.0, self._timeout):
                for message in messages:
                    letter = letter_of(message, self._reader)
                    if letter is None:
                        strange += 1
                    elif wanted.takes(letter):
                        yield letter
                counted.reach(counted.count + len(messages))
        if strange:
            note(f"{strange:,} records of {self.topic} are not dead letters of ours: they lack the headers")

    def retries(self) -> dict[str, Retry]:
        """Which letters were sent again, by their places; none where nothing ever was."""
        if self.notes not in self.known:
            return {}
        read = read_topic(self.brokers, self.notes, self.partitions(self.notes), 0.0, self._timeout)
        return retries_of(message for messages in read for message in messages)

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        return len(self.known[topic].partitions)

    def gone(self, places: Iterable[str]) -> list[str]:
        """Those of some places of letters that are no longer retained."""
        found = extents(self.brokers, [(self.topic, partition) for partition in self.known[self.topic].partitions], self._timeout)
        first = {str(partition): low for (_, partition), (low, _) in found.items()}
        named = (place.rpartition(":") for place in places)
        return [f"{where}:{offset}" for where, _, offset in named if int(offset) < first.get(where.rpartition(":")[2], 0)]

    def wanted(
        self,
        places: Iterable[str] | None = None,
        reasons: Iterable[str] | None = None,
        topics: Iterable[str] | None = None,
        campaign: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Wanted:
        """What the options ask for.

        Raises:
            UsageError: there is no such reason, topic or place.
        """
        for reason in reasons or ():
            if reason not in REASONS:
                raise UsageError(f"--reason: there is no reason {reason!r}; the reasons are {', '.join(REASONS)}")
        return Wanted(
            places=frozenset(map(self.place, places or ())),
            reasons=frozenset(reasons or ()),
            topics=frozenset(map(self._source, topics or ())),
            campaign=campaign,
            since=None if since is None else parse_instant(since),
            until=None if until is None else parse_instant(until),
        )

    def place(self, text: str) -> Place:
        """The place of a letter that an operator has named.

        Raises:
            UsageError: it is none.
        """
        found = _PLACE.fullmatch(text)
        topic, partition, offset = found.groups() if found else (None, -1, -1)
        if found is None or topic not in {None, LETTERS, self.topic}:
            raise UsageError(f"{text}: a letter is named {LETTERS}:PARTITION:OFFSET, as `dialstat dead-letters list` prints it")
        if int(partition) not in self.known[self.topic].partitions:
            raise UsageError(f"{text}: {self.topic} has no partition {partition}, it has {self.partitions(self.topic)}")
        return Place(self.topic, int(partition), int(offset))

    def _source(self, plain: str) -> str:
        try:
            return self.topology.topic(plain).name
        except KeyError:
            return plain


def summary(letters: Iterable[DeadLetter], retries: Mapping[str, Retry], limit: int) -> Iterator[str]:
    """How many letters there are, by reason, topic and campaign, as lines; the most frequent first."""
    counts, again, last = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]](), dict[tuple[str, str, str], int]()
    for letter in letters:
        kind = (letter.reason, letter.origin.topic, letter.campaign or "-")
        counts[kind] += 1
        again[kind] += retried(letter, retries) is not None
        last[kind] = max(letter.at, last.get(kind, letter.at))
    rows = [
        (f"{count:,}", f"{again[kind]:,}", *map(on_one_line, kind), shown_instant(last[kind])) for kind, count in counts.most_common(limit)
    ]
    yield from aligned([("letters", "retried", "reason", "topic", "campaign", "last set aside"), *rows])
    if len(counts) > limit:
        left = counts.total() - sum(count for _, count in counts.most_common(limit))
        yield f"and {left:,} letters of {len(counts) - limit:,} more kinds"


def retried(letter: DeadLetter, retries: Mapping[str, Retry]) -> Retry | None:
    """When and as what a letter was sent again; None if it was not."""
    retry = retries.get(str(letter.place))
    return retry if retry is not None and retry.is_of(letter) else None


def table(letters: Iterable[DeadLetter], retries: Mapping[str, Retry]) -> Iterator[str]:
    """Letters as lines."""
    rows = [
        (
            str(letter.place),
            shown_instant(letter.at),
            on_one_line(str(letter.origin)),
            on_one_line(letter.reason),
            on_one_line(letter.campaign or "-"),
            fate(letter, retried(letter, retries)),
            on_one_line(letter.detail),
        )
        for letter in letters
    ]
    yield from aligned([("letter", "set aside", "came from", "reason", "campaign", "retries", "detail"), *rows])


def fate(letter: DeadLetter, retry: Retry | None) -> str:
    """What is known of a letter's retries, in a few words."""
    told = [f"{letter.attempt} before"] if letter.attempt else []
    return ", ".join([*told, "retried"] if retry else told) or "-"


def form(letter: DeadLetter, retry: Retry | None) -> dict[str, Any]:
    """A letter as an object."""
    return {
        "letter": str(letter.place),
        "set_aside_at": letter.at,
        "source": {**letter.origin._asdict(), "timestamp": letter.written_at},
        "reason": letter.reason,
        "detail": letter.detail,
        "campaign": letter.campaign,
        "attempt": letter.attempt,
        "retry_of": letter.retry_of,
        "retried_at": retry.at if retry else None,
        "retried_as": retry.sent_as if retry else None,
    }
