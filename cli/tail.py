"""`dialstat tail`: a topic printed in the offline form (contract 4)."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import orjson
import typer
from confluent_kafka import Message

from agents.letters import read_headers
from cli.errors import UsageError
from cli.options import KAFKA, REGISTRY, TIMEOUT, Command
from cli.site import outside_broker
from schemas.records import RecordReader, UnreadableError
from topologies.declaration import Topology, declare
from topologies.kafka import connect
from topologies.reading import read_topic
from topologies.records import record_reader
from topologies.sources import Configuration

_NUMBERS: Final = frozenset({"partition", "offset", "timestamp"})


def tail(
    configuration: Configuration,
    topic: Annotated[
        str, typer.Argument(metavar="TOPIC", help="campaign-actions, campaign-statistics, dead-letters, ...; without the prefix")
    ],
    until_idle: Annotated[
        float | None,
        typer.Option("--until-idle", min=0, metavar="SECONDS", help="Stop when nothing came for so long; without it, at Ctrl-C"),
    ] = None,
    offsets: Annotated[bool, typer.Option("--offsets", help="Add topic, partition and offset to each record")] = False,
    timeout: TIMEOUT = 10.0,
) -> None:
    """Print a topic, one JSON object a line.

    From its beginning, committed records only. Dead letters are printed with their reason, where they came from, and the
    event; as base64 if it can't be read.
    """
    settings = configuration.settings
    brokers = outside_broker(settings)
    known = connect(brokers, timeout)[1].topics
    name = _full_name(topic, declare(settings), known)
    reader = record_reader(settings)
    try:
        for messages in read_topic(brokers, name, len(known[name].partitions), until_idle, timeout):
            _print(messages, reader, offsets=offsets)
    except KeyboardInterrupt:
        return


def _full_name(topic: str, topology: Topology, known: Mapping[str, object]) -> str:
    try:
        name = topology.topic(topic).name
    except KeyError:
        name = topic
    if name not in known:
        declared = ", ".join(entry.plain for entry in topology.topics)
        raise UsageError(f"the broker has no topic {name}; ours are {declared} (`dialstat topics create` makes them)")
    return name


def _print(messages: Iterable[Message], reader: RecordReader, *, offsets: bool) -> None:
    for message in messages:
        record = form(message, reader)
        if offsets:
            record |= {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()}
        sys.stdout.buffer.write(orjson.dumps(record, default=_as_base64, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def form(message: Message, reader: RecordReader) -> dict[str, Any]:
    """A record as it is printed: its fields; of a dead letter also why and whence; of what can't be read its bytes."""
    headers = message.headers() or []
    try:
        content = reader.decode(message.value())
        readable = True
    except UnreadableError:
        content, readable = {"value_base64": _as_base64(message.value())}, False
    given, came = read_headers(headers)
    if "reason" not in given:
        return content if readable else {"key": _as_text(message.key()), **content}
    return {
        "reason": given.pop("reason"),
        "detail": given.pop("detail", None),
        "source": {name: int(value) if name in _NUMBERS else value for name, value in given.items()},
        "key": _as_text(message.key()),
        "headers": [[name, _as_text(value)] for name, value in came],
        **({"event": content} if readable else content),
    }


def _as_text(value: bytes | None) -> str | None:
    """Bytes as text; those that are not UTF-8 as base64."""
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return _as_base64(value)


def _as_base64(value: object) -> str | None:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else None


TAIL = Command(
    tail,
    uses=(*KAFKA, *REGISTRY),
    examples="""
    dialstat tail campaign-actions --brokers localhost:9092
    dialstat tail campaign-statistics --brokers localhost:9092 --until-idle 2 > statistics.jsonl
    dialstat tail dead-letters --brokers localhost:9092 --offsets
    """,
)
