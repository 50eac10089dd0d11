"""Dead letters as the commands see them: read from their topic, told apart by reason, time and campaign (contract 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson
from confluent_kafka import Message

from agents.letters import ATTEMPT, LEFT_OUT, RETRIED, read_headers
from schemas.records import RecordReader, UnreadableError
from schemas.wire import record_key

_NUMBERS: Final = ("partition", "offset", "timestamp")
_NUMBER: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,9}", re.ASCII)


class Place(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return ":".join(map(str, self))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that was not counted.

    Attributes:
        place: of the letter.
        at: when it was set aside, ms.
        reason: one of contract 6.
        detail: what was wrong with this record.
        origin: where the record stood.
        written_at: the timestamp of the record, ms.
        key: as received.
        value: as received.
        headers: as received.
        fields: what the value says; None if it can't be read.
        unreadable: why it can't be read, or could not be read as Avro.
    """

    place: Place
    at: int
    reason: str
    detail: str
    origin: Place
    written_at: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    fields: Mapping[str, Any] | None
    unreadable: str | None

    @property
    def campaign(self) -> str | None:
        """`campaign`, or `tenant/campaign`: by the event, or by the key of one that can't be read; None if neither tells."""
        if self.fields is None:
            return _text(self.key)
        tenant, campaign = self.fields.get("tenant") or "", self.fields.get("campaign")
        named = isinstance(tenant, str) and isinstance(campaign, str) and campaign
        return record_key(tenant, str(campaign)).decode() if named else None

    @property
    def attempt(self) -> int:
        """How often the record had been sent again before; 0 if it came from its writer."""
        text = self._header(ATTEMPT) or ""
        return int(text) if _COUNT.fullmatch(text) else 0

    @property
    def retry_of(self) -> str | None:
        """The place of the letter that was sent again as this record."""
        return self._header(RETRIED)

    @property
    def left_out(self) -> bool:
        """Whether the letter is without its record's bytes, which were too many; they may still stand at ``origin``."""
        return self.key is None and self.value is None and self._header(LEFT_OUT) is not None

    def _header(self, name: str) -> str | None:
        return next((_text(value) for given, value in self.headers if given == name), None)


def _text(value: bytes | None) -> str | None:
    """Bytes as text; None if they are none."""
    try:
        return value.decode() if value else None
    except UnicodeDecodeError:
        return None


def letter_of(message: Message, reader: RecordReader) -> DeadLetter | None:
    """The dead letter that a record of the topic is; None if it has no context, so that it is none of ours."""
    context, came = read_headers(message.headers() or ())
    if "reason" not in context or "topic" not in context or not all(_NUMBER.fullmatch(context.get(name, "")) for name in _NUMBERS):
        return None
    fields, unreadable = _fields(message.value(), reader)
    partition, offset, written_at = (int(context[name]) for name in _NUMBERS)
    return DeadLetter(
        place=Place(message.topic(), message.partition(), message.offset()),
        at=message.timestamp()[1],
        reason=context["reason"],
        detail=context.get("detail", ""),
        origin=Place(context["topic"], partition, offset),
        written_at=written_at,
        key=message.key(),
        value=message.value(),
        headers=came,
        fields=fields,
        unreadable=unreadable,
    )


def _fields(value: bytes | None, reader: RecordReader) -> tuple[dict[str, Any] | None, str | None]:
    """The fields of a value and, if it is not a record of a known schema, why; `dialstat load` sends misfits as JSON."""
    try:
        return reader.decode(value), None
    except UnreadableError as error:
        reason = str(error)
    try:
        read = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None, reason
    return (read, f"{reason}; it is JSON") if isinstance(read, dict) else (None, reason)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are asked for: those that meet all conditions; one that is empty or None is met by all.

    Attributes:
        places: of the letters.
        reasons: any of these.
        topics: that the records came from, any of these, full names.
        campaign: `campaign` or `tenant/campaign`.
        since: set aside at this instant (ms) or later.
        until: set aside before this instant.
    """

    places: frozenset[Place] = frozenset()
    reasons: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    campaign: str | None = None
    since: int | None = None
    until: int | None = None

    def takes(self, letter: DeadLetter) -> bool:
        """Whether a letter is asked for."""
        return (
            (not self.places or letter.place in self.places)
            and (not self.reasons or letter.reason in self.reasons)
            and (not self.topics or letter.origin.topic in self.topics)
            and (self.since is None or letter.at >= self.since)
            and (self.until is None or letter.at < self.until)
            and (self.campaign is None or self.campaign in _campaign_names(letter))
        )


def _campaign_names(letter: DeadLetter) -> Iterator[str]:
    if letter.campaign is not None:
        yield letter.campaign
    if letter.fields is not None and isinstance(letter.fields.get("campaign"), str):
        yield letter.fields["campaign"]
