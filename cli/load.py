"""`dialstat load`: a file of events onto the two input topics (contract 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

import typer

from cli.errors import INTERRUPTED
from cli.options import KAFKA, REGISTRY, TIMEOUT, Command
from cli.pace import Pace
from cli.progress import EVENTS_FILE, note, open_events
from cli.site import outside_broker
from engine.offline import RefusedLineError
from topologies.declaration import Role, declare
from topologies.inputs import DELIVERY_SECONDS, InputWriter
from topologies.kafka import connect
from topologies.records import registry_of
from topologies.sources import Configuration
from topologies.topics import require

_TOLD: Final = 10
"""So many lines that were not sent are told one by one."""


def load(
    configuration: Configuration,
    events: EVENTS_FILE,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate", min=0.001, metavar="EVENTS_PER_SECOND", help="At most so many a second; without it, as fast as Kafka takes them"
        ),
    ] = None,
    timeout: TIMEOUT = 10.0,
) -> None:
    """Put a file of events onto the two input topics.

    A line whose fields do not fit is sent as it is: the worker sets it aside as a dead letter. A line of no known kind belongs to
    no topic: it is told on standard error and not sent.
    """
    settings = configuration.settings
    brokers = outside_broker(settings)
    require(connect(brokers, timeout)[1], tuple(declare(settings).of_role(Role.INPUT)))
    interrupted = False
    with (
        InputWriter(brokers, registry_of(settings), settings.topic_prefix, max(timeout, DELIVERY_SECONDS)) as writer,
        open_events(events, "loading") as source,
    ):
        try:
            refused = _send(writer, source, Pace(rate))
        except KeyboardInterrupt:
            interrupted, refused = True, 0
    note(f"{writer.delivered} events loaded" + (f"; {refused} lines of no known kind were not" if refused else ""))
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def _send(writer: InputWriter, lines: Iterable[bytes], pace: Pace) -> int:
    refused = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        pace.wait()
        try:
            writer.write_line(line)
        except RefusedLineError as error:
            refused += 1
            if refused <= _TOLD:
                note(f"line {number} not sent: {error.detail}")
    return refused


LOAD = Command(
    load,
    uses=(*KAFKA, *REGISTRY),
    examples="""
    dialstat load events.jsonl.gz --brokers localhost:9092
    dialstat load events.jsonl --brokers localhost:9092 --rate 500
    dialstat simulate --count 10000 | dialstat load - --brokers localhost:9092
    """,
)
